import { nearestSpelling } from './nearest-spelling.ts';

/** @throws RangeError with the nearest choice as a suggestion */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  const nearest = nearestSpelling(String(value), choices);
  throw new RangeError(
    `"${name}" must be ${choices.join(' or ')}, got ${JSON.stringify(value)}${nearest ? `; did you mean "${nearest}"?` : ''}`,
  );
}
