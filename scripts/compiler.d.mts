/** The program of the compiler. */
export const compilerPath: string;
