/** The program of the compiler. */
export const compilerPath: string;
/** What it reads of its surroundings, beside `process.env`. */
export const compilerEnvironment: Record<string, string>;
