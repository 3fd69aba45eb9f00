/** Tells whoever runs the program: as a `WordkinWarning` of the process in Node and what is like it, otherwise on the console. */
export function tellWarning(message: string): void {
  const { process } = globalThis as { process?: { emitWarning?: (message: string, name: string) => void } };
  if (typeof process?.emitWarning === 'function') process.emitWarning(message, 'WordkinWarning');
  else console.warn(message);
}
