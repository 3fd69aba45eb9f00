/** What can go wrong in the page itself; each has a sentence in each language (language/*.ts, `faults`). */
export const FAULTS = [
  'empty-text',
  'not-text',
  'no-field',
  'no-model',
  'no-text',
  'storage-full',
  'storage-failed',
  'no-database',
  'other-host',
  'engine-failed',
  'model-too-large',
  'few-words',
  'no-fourth-word',
  'is-training',
] as const;
export type Fault = (typeof FAULTS)[number];

/** A fault with what its sentence needs. It crosses threads as the name and message of an error. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly fault: Fault;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(fault: Fault, facts: Readonly<Record<string, string | number>> = {}) {
    super(JSON.stringify({ fault, facts }));
    this.fault = fault;
    this.facts = facts;
  }
}

/** The fault in an error that may have crossed a thread; undefined for errors of wordkin, which tell by themselves. */
export function faultOf(error: unknown): Pick<PageError, 'fault' | 'facts'> | undefined {
  if (error instanceof PageError) return error;
  if (!(error instanceof Error) || error.name !== 'PageError') return undefined;
  return JSON.parse(error.message) as Pick<PageError, 'fault' | 'facts'>;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
