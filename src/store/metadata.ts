import { isWellFormed } from '../text/utf8.ts';

/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
/** What is kept with a text: the fields of a JSON object. */
export type Metadata = { readonly [field: string]: JsonValue };

/** Levels of objects and arrays in each other, of metadata and of conditions: the least that all stores take. */
export const MOST_LEVELS = 100;
const MOST_CHARACTERS = 10_000_000;

/**
 * What keeps a value from being stored as it is, such as `"year" is NaN, which JSON cannot hold`; undefined where nothing does.
 * What JSON would leave out or change without a word is named: undefined, functions, dates, bigints, NaN.
 */
export function metadataProblem(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata) || !isPlain(metadata))
    return `must be an object of fields and values, got ${nameOf(metadata)}`;
  const waiting: { value: unknown; path: string; level: number }[] = [{ value: metadata, path: '', level: 0 }];
  let characters = 0;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, path, level } = next;
    const problem = scalarProblem(value, path);
    if (problem) return problem;
    characters += 1 + (typeof value === 'string' ? value.length : 0);
    if (characters > MOST_CHARACTERS) return `is longer than ${MOST_CHARACTERS} characters`;
    if (typeof value !== 'object' || value === null) continue;
    if (level >= MOST_LEVELS) return `is nested in more than ${MOST_LEVELS} levels, or holds itself`;
    if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i--)
        waiting.push({ value: value[i], path: `${shorten(path)}[${i}]`, level: level + 1 });
      continue;
    }
    for (const [key, inner] of Object.entries(value)) {
      const keyProblem = textProblem(key);
      if (keyProblem) return `has a field whose name ${keyProblem}`;
      characters += key.length;
      waiting.push({ value: inner, path: path === '' ? key : `${shorten(path)}.${key}`, level: level + 1 });
    }
  }
  return undefined;
}

/** What keeps a text from being stored as it is; undefined where nothing does. */
export function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'holds a NUL character, which cannot be stored; remove it';
  if (!isWellFormed(text)) return 'holds half of a surrogate pair, which is no text; remove it';
  return undefined;
}

/** A copy of metadata that can be stored, which shares nothing with it. */
export function copyMetadata(metadata: Metadata): Metadata {
  return JSON.parse(JSON.stringify(metadata)) as Metadata;
}

/** Whether two values are the same JSON; the order of the fields does not count. */
export function sameJson(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => sameJson(value, b[i]))
    );
  const [fieldsOfA, fieldsOfB] = [a as Metadata, b as Metadata];
  const names = Object.keys(fieldsOfA);
  return (
    names.length === Object.keys(fieldsOfB).length &&
    names.every((name) => Object.hasOwn(fieldsOfB, name) && sameJson(fieldsOfA[name], fieldsOfB[name]))
  );
}

function scalarProblem(value: unknown, path: string): string | undefined {
  const field = JSON.stringify(shorten(path));
  switch (typeof value) {
    case 'boolean':
      return undefined;
    case 'number':
      if (Number.isFinite(value)) return undefined;
      return `cannot be stored: ${field} is ${value}${Number.isNaN(value) ? '' : ' (or a number too large)'}, which JSON cannot hold`;
    case 'string': {
      const problem = textProblem(value);
      return problem && `cannot be stored: ${field} ${problem}`;
    }
    case 'object':
      if (value === null || Array.isArray(value) || isPlain(value)) return undefined;
  }
  return `cannot be stored: ${field} is ${nameOf(value)}; give strings, numbers, booleans, null, arrays or plain objects`;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null; // an object of another realm is one, too
  return plain && Object.getOwnPropertySymbols(value).length === 0;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const { name } = (value.constructor ?? {}) as { name?: unknown };
  return name === 'Object' ? 'an object with symbols' : `an object of ${String(name ?? 'an unknown kind')}`;
}

function shorten(path: string): string {
  return path.length > 60 ? `${path.slice(0, 60)}…` : path;
}
