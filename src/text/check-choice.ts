import { nearestSpelling } from './nearest-spelling.ts';
import { showValue } from './show-value.ts';

/** @throws RangeError with the nearest choice as a suggestion */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  const nearest = typeof value === 'string' ? nearestSpelling(value, choices) : undefined;
  throw new RangeError(
    `"${name}" must be ${choices.join(' or ')}, got ${showValue(value)}${nearest ? `; did you mean "${nearest}"?` : ''}`,
  );
}
