/**
 * The error of an optional package that could not be imported.
 *
 * @param purpose - what it is needed for, in words
 */
export function explainMissingPackage(cause: unknown, purpose: string, ...packages: string[]): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  const names = packages.join(' and ');
  const named = packages.length > 1 ? `the optional packages ${names} are` : `the optional package ${names} is`;
  const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return new Error(
    `Cannot ${purpose}: ${
      missing
        ? `${named} not installed; run npm install ${packages.join(' ')}`
        : `the optional package ${names} cannot be loaded (${message})`
    }`,
    { cause },
  );
}
