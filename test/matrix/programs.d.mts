interface Pglite {
  readonly imports: string;
  readonly modules: string;
}
export const JOB: string;
export const PGLITE: Record<'bundled' | 'served', Pglite>;
export function pageProgram(pglite: Pglite): string;
export function runtimeProgram(options?: { store?: boolean | string; commonJs?: boolean }): string;
export function faultOf(
  answer: unknown,
  expected?: { threads?: boolean; store?: boolean | string },
): string | undefined;
