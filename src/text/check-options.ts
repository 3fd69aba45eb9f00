import { nearestSpelling } from './nearest-spelling.ts';
import { showValue } from './show-value.ts';

/** What an option may be. */
export interface OptionRule {
  /** Completes "must be …". */
  readonly wanted: string;
  accepts(value: unknown): boolean;
}

/** What is asked whether it holds something, as a Set is. */
export const SET: OptionRule = {
  wanted: 'a Set',
  accepts: (value) => typeof (value as Set<unknown> | null)?.has === 'function',
};

/** One rule for each option there is, so that the compiler tells of an option without one. */
export type OptionRules<T> = { readonly [Name in keyof T]-?: OptionRule };

export const ANY_VALUE: OptionRule = { wanted: 'a value', accepts: () => true };
export const OBJECT: OptionRule = {
  wanted: 'an object',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
export const BOOLEAN: OptionRule = { wanted: 'true or false', accepts: (value) => typeof value === 'boolean' };
export const FUNCTION: OptionRule = { wanted: 'a function', accepts: (value) => typeof value === 'function' };
export const STRING: OptionRule = { wanted: 'a string', accepts: (value) => typeof value === 'string' };
export const ARRAY: OptionRule = { wanted: 'an array', accepts: Array.isArray };
export const COUNT: OptionRule = {
  wanted: 'an integer of at least 1',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};

/** As many as there are, if so wanted. */
export const COUNT_OR_ALL: OptionRule = {
  wanted: 'an integer of at least 1 or Infinity',
  accepts: (value) => value === Infinity || COUNT.accepts(value),
};
export const STRINGS: OptionRule = {
  wanted: 'an array of strings',
  accepts: (value) => Array.isArray(value) && everyItem(value, (item) => typeof item === 'string'),
};
export const NOT_EMPTY: OptionRule = {
  wanted: 'a string that is not empty',
  accepts: (value) => typeof value === 'string' && value !== '',
};
export const SIGNAL: OptionRule = {
  wanted: 'an AbortSignal',
  accepts: (value) => typeof (value as AbortSignal | null)?.throwIfAborted === 'function',
};
export function numberFrom(minimum: number, maximum: number): OptionRule {
  return {
    wanted: `a number from ${minimum} to ${maximum}`,
    accepts: (value) => typeof value === 'number' && value >= minimum && value <= maximum,
  };
}

export const BYTES: OptionRule = {
  wanted: 'a number of bytes above 0',
  accepts: (value) => typeof value === 'number' && value > 0,
};

export function integerFrom(minimum: number, maximum: number): OptionRule {
  return {
    wanted: `an integer from ${minimum} to ${maximum}`,
    accepts: (value) => Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
  };
}

export function oneOf(choices: readonly string[]): OptionRule {
  return { wanted: choices.join(' or '), accepts: (value) => choices.includes(value as string) };
}

/**
 * Refuses options that are no object, options that do not exist and values that an option may not have. An option that is undefined
 * is one that was left out.
 *
 * @throws TypeError for what is no object; RangeError that names the option, and the nearest one there is
 */
export function checkOptions<T>(options: unknown, rules: OptionRules<T>): void {
  const names = Object.keys(rules);
  checkIsObject(options, names[0]);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(rules, name)) {
      const nearest = nearestSpelling(name, names);
      const help = nearest ? `did you mean "${nearest}"?` : `there are "${names.join('", "')}"`;
      throw new RangeError(`There is no option "${name}"; ${help}`);
    }
    const { wanted, accepts } = rules[name as keyof T];
    if (!accepts(value)) throw new RangeError(`"${name}" must be ${wanted}, got ${showValue(value)}`);
  }
}

/**
 * @param example - an option
 * @throws TypeError for what is no object
 */
export function checkIsObject(options: unknown, example: string): asserts options is object {
  if (Object.prototype.toString.call(options) === '[object Object]') return; // a Map, a Date, a Promise would be taken for no options
  throw new TypeError(`Options must be an object such as { ${example}: … }, got ${showValue(options)}`);
}

/** As `every`, but for the holes of an array, too, which are undefined to those who read them. */
export function everyItem<T>(items: readonly unknown[], accepts: (item: unknown) => item is T): items is readonly T[];
export function everyItem(items: readonly unknown[], accepts: (item: unknown) => boolean): boolean;
export function everyItem(items: readonly unknown[], accepts: (item: unknown) => boolean): boolean {
  for (let at = 0; at < items.length; at++) if (!accepts(items[at])) return false;
  return true;
}

/** @throws TypeError for what is no text */
export function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`"${name}" must be a text, got ${showValue(value)}`);
}

/** @throws TypeError for what is no array of texts */
export function checkTextArray(name: string, value: unknown): asserts value is readonly string[] {
  if (!Array.isArray(value)) throw new TypeError(`"${name}" must be an array of texts, got ${showValue(value)}`);
  for (let at = 0; at < value.length; at++) checkText(name, value[at]); // holes, too
}

/** @throws TypeError for what is no list of texts, one text among them */
export function checkTexts(name: string, value: unknown): asserts value is Iterable<string> {
  const isList = typeof value === 'object' && value !== null && Symbol.iterator in value;
  if (!isList) throw new TypeError(`"${name}" must be an array of texts, got ${showValue(value)}`);
  if (Array.isArray(value)) for (const text of value) checkText(name, text);
}
