import { compareUtf8 } from '../text/utf8.ts';
import { type JsonValue, type Metadata, MOST_LEVELS, textProblem } from './metadata.ts';

export const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', 'contains'] as const;
/** How a condition compares. */
export type Operator = (typeof OPERATORS)[number];
/** What a condition compares with. */
export type Scalar = string | number | boolean | null;

/**
 * A condition on metadata. A path of several names is a field in a field, or one field whose name holds the dots: the
 * latter where it is there.
 */
export type Filter =
  | { readonly kind: 'compare'; readonly path: readonly string[]; readonly operator: Operator; readonly value: Scalar }
  | { readonly kind: 'exists'; readonly path: readonly string[] }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter };

/** Names of fields and values in a condition; the values of one `in` count as one. */
const MOST_OPERANDS = 10_000;

const SPACE = /\s*/uy;
const NAME = /[\p{L}\p{M}_$@][\p{L}\p{M}\p{N}_$@-]*/uy;
const INNER_NAME = /[\p{L}\p{M}\p{N}_$@-]+/uy;
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/suy;
const QUOTED_FIELD = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/suy;
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/uy;
/** What makes no number of one, such as that of a date or time. */
const BEHIND_NUMBER = /[\p{L}\p{M}\p{N}_:./-]+/uy;
const OPERATOR = /==|!=|<=|>=|=|<|>/uy;
const SIGNS = { '(': /\(/uy, ')': /\)/uy, ',': /,/uy, '.': /\./uy };
const WORD = /[\p{L}_]+/uy;
const FOUND = /(?:[\p{L}\p{N}_.-]+|\S)/uy;

/**
 * Reads a condition, such as
 *
 *     lang = "zh" and (year >= 2020 or tags contains 'news') and not author.name in ("a", "b") and "Product Name" exists
 *
 * A field that is not there equals nothing and is smaller than nothing: `lang != "zh"` holds for it. Strings compare by
 * their bytes, numbers by size; a number never equals a string. A name with spaces or signs stands in quotes. In quotes a
 * backslash begins an escape, as in JSON: `"C:\\new"`; so `JSON.stringify` makes a value of any text.
 *
 * @throws SyntaxError that says where and what was expected
 */
export function parseFilter(text: string): Filter {
  if (typeof text !== 'string') throw new TypeError(`A filter must be a string, got ${typeof text}`);
  const filter = new FilterReader(text).readAll();
  const problem = filterProblem(filter);
  if (problem) throw new SyntaxError(`Cannot read the filter: ${problem}`);
  return filter;
}

/** Reads by recursive descent: a method for each rule of the grammar. */
class FilterReader {
  readonly #text: string;
  #at = 0;
  #levels = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): Filter {
    const filter = this.#either();
    if (this.#peek(FOUND) !== undefined) this.#fail('"and", "or" or the end');
    return filter;
  }

  #either(): Filter {
    const parts = [this.#both()];
    while (this.#takeWord('or')) parts.push(this.#both());
    return parts.length === 1 ? parts[0] : { kind: 'or', parts };
  }

  #both(): Filter {
    const parts = [this.#single()];
    while (this.#takeWord('and')) parts.push(this.#single());
    return parts.length === 1 ? parts[0] : { kind: 'and', parts };
  }

  #single(): Filter {
    if (++this.#levels > MOST_LEVELS)
      throw new SyntaxError(`Cannot read the filter: it is nested in more than ${MOST_LEVELS} levels`);
    const filter = this.#deeper();
    this.#levels--;
    return filter;
  }

  #deeper(): Filter {
    if (this.#takeWord('not')) return { kind: 'not', part: this.#single() };
    if (this.#takeSign('(')) {
      const inner = this.#either();
      if (!this.#takeSign(')')) this.#fail('")"');
      return inner;
    }
    return this.#condition(this.#field());
  }

  #condition(path: readonly string[]): Filter {
    if (this.#takeWord('exists')) return { kind: 'exists', path };
    if (this.#takeWord('in')) {
      if (!this.#takeSign('(')) this.#fail('"("');
      const parts: Filter[] = [];
      do parts.push({ kind: 'compare', path, operator: '=', value: this.#value() });
      while (this.#takeSign(','));
      if (!this.#takeSign(')')) this.#fail('"," or ")"');
      return { kind: 'or', parts };
    }
    const operator = this.#takeWord('contains') ? 'contains' : this.#take(OPERATOR);
    if (operator === undefined) return this.#fail('an operator (=, !=, <, <=, >, >=, in, contains, exists)');
    return { kind: 'compare', path, operator: (operator === '==' ? '=' : operator) as Operator, value: this.#value() };
  }

  #field(): string[] {
    const expected = 'a field (in quotes, if its name has spaces or signs)';
    if (['and', 'or', 'not'].includes(this.#peek(NAME)?.toLowerCase() ?? '')) this.#fail(expected);
    const path: string[] = [];
    do {
      const quoted = this.#take(QUOTED_FIELD);
      const name = quoted === undefined ? this.#take(path.length === 0 ? NAME : INNER_NAME) : unquote(quoted);
      if (name === undefined) return this.#fail(path.length === 0 ? expected : 'a name behind the dot');
      path.push(name);
    } while (this.#takeSign('.'));
    return path;
  }

  #value(): Scalar {
    const quoted = this.#take(QUOTED);
    if (quoted !== undefined) return unquote(quoted);
    const number = this.#take(NUMBER);
    if (number !== undefined) {
      BEHIND_NUMBER.lastIndex = this.#at;
      const [behind] = BEHIND_NUMBER.exec(this.#text) ?? [];
      if (behind !== undefined && !/^(and|or)$/i.test(behind))
        throw new SyntaxError(
          `Cannot read the filter: ${number}${behind.slice(0, 40)} is no number; put text in quotes`,
        );
      // Records keep such numbers as text, so that no two become one.
      if (/^[-+]?\d+$/.test(number) && !Number.isSafeInteger(Number(number)))
        throw new SyntaxError(
          `Cannot read the filter: ${number} lies beyond the whole numbers that can be told apart; where records have it as text, put it in quotes`,
        );
      return Number(number);
    }
    const constants: Record<string, Scalar> = { true: true, false: false, null: null };
    const name = this.#peek(WORD);
    if (name === undefined || !Object.hasOwn(constants, name))
      return this.#fail('a value (a string in quotes, a number, true, false, null)');
    this.#take(WORD);
    return constants[name];
  }

  /** What comes next, behind white space, if it is of the pattern. */
  #peek(pattern: RegExp): string | undefined {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    pattern.lastIndex = SPACE.lastIndex;
    return pattern.exec(this.#text)?.[0];
  }

  #take(pattern: RegExp): string | undefined {
    const found = this.#peek(pattern);
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  #takeWord(word: string): boolean {
    return this.#peek(WORD)?.toLowerCase() === word && this.#take(WORD) !== undefined;
  }

  #takeSign(sign: keyof typeof SIGNS): boolean {
    return this.#take(SIGNS[sign]) !== undefined;
  }

  #fail(expected: string): never {
    const found = this.#peek(FOUND);
    const place =
      found === undefined ? 'at the end' : `at character ${SPACE.lastIndex + 1}, found ${found.slice(0, 40)}`;
    throw new SyntaxError(`Cannot read the filter: ${expected} expected ${place}`);
  }
}

/** Escapes as JSON has them, so that what `JSON.stringify` gives is a value; further \' and \` for the other quotes. */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (written, code: string | undefined, sign: string) => {
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      if (/["'`\\/]/.test(sign)) return sign;
      if (Object.hasOwn(ESCAPES, sign)) return ESCAPES[sign];
      throw new SyntaxError(
        `Cannot read the filter: ${written} in ${quoted.slice(0, 40)} stands for nothing; write \\\\ for a backslash`,
      );
    });
}

/**
 * Checks what may come from elsewhere than `parseFilter`.
 *
 * @throws RangeError
 */
export function checkFilter(filter: Filter): void {
  const problem = filterProblem(filter);
  if (problem) throw new RangeError(`Cannot filter: ${problem}`);
}

function filterProblem(filter: Filter): string | undefined {
  let operands = 0;
  const pathProblem = (path: unknown) => {
    if (!Array.isArray(path) || path.length === 0 || !path.every((name) => typeof name === 'string'))
      return 'the path of a field must be an array of names';
    if (path.length > MOST_LEVELS) return `a field lies in more than ${MOST_LEVELS} others`;
    operands += path.length;
    const problem = path.map(textProblem).find(Boolean);
    return problem && `the name of a field ${problem}`;
  };
  const valueProblem = (value: unknown) => {
    if (typeof value === 'string') {
      const problem = textProblem(value);
      return problem && `a value ${problem}`;
    }
    if (typeof value === 'number')
      return Number.isFinite(value)
        ? undefined
        : `${value} is no value that metadata can have (is the number too large?)`;
    return value === null || typeof value === 'boolean'
      ? undefined
      : `a value must be a string, a number, true, false or null, got ${Array.isArray(value) ? 'an array' : typeof value}`;
  };
  const problemOf = (part: Filter, level: number): string | undefined => {
    if (level > MOST_LEVELS) return `it is nested in more than ${MOST_LEVELS} levels`;
    if (++operands > MOST_OPERANDS) return `it has more than ${MOST_OPERANDS} fields and values`;
    switch (part?.kind) {
      case 'and':
      case 'or': {
        if (!Array.isArray(part.parts)) return `"${part.kind}" must have an array "parts"`;
        const { equal, others } = part.kind === 'or' ? groupEqual(part.parts) : { equal: [], others: part.parts };
        for (const { path, values } of equal) {
          const problem = pathProblem(path) ?? values.map(valueProblem).find(Boolean);
          if (problem) return problem;
          if (++operands > MOST_OPERANDS) break;
        }
        for (const inner of others) {
          const problem = problemOf(inner, level + 1);
          if (problem) return problem;
        }
        return operands > MOST_OPERANDS ? `it has more than ${MOST_OPERANDS} fields and values` : undefined;
      }
      case 'not':
        return problemOf(part.part, level + 1);
      case 'exists':
        return pathProblem(part.path);
      case 'compare':
        if (!OPERATORS.includes(part.operator)) return `an operator must be one of ${OPERATORS.join(' ')}`;
        return pathProblem(part.path) ?? valueProblem(part.value);
      default:
        return 'a part must be of the kind compare, exists, and, or, not, as parseFilter gives it';
    }
  };
  return problemOf(filter, 0);
}

/** Takes the comparisons by "=" of an "or" together that ask for one field: `in` may have many thousands of values. */
export function groupEqual(parts: readonly Filter[]) {
  const equal = new Map<string, { path: readonly string[]; values: Scalar[] }>();
  const others: Filter[] = [];
  for (const part of parts) {
    if (part?.kind !== 'compare' || part.operator !== '=') {
      others.push(part);
      continue;
    }
    const key = JSON.stringify(part.path);
    const group = equal.get(key);
    if (group) group.values.push(part.value);
    else equal.set(key, { path: part.path, values: [part.value] });
  }
  return { equal: [...equal.values()], others };
}

/** Whether metadata fulfil the condition; the same answer as `filterToSql`. */
export function matchesFilter(filter: Filter, metadata: Metadata): boolean {
  return compileFilter(filter)(metadata);
}

/**
 * The condition as a function, for many texts.
 *
 * @throws RangeError as `checkFilter`
 */
export function compileFilter(filter: Filter): (metadata: Metadata) => boolean {
  checkFilter(filter);
  return compile(filter);
}

function compile(filter: Filter): (metadata: Metadata) => boolean {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.parts.map(compile);
      return (metadata) => parts.every((part) => part(metadata));
    }
    case 'or': {
      const { equal, others } = groupEqual(filter.parts);
      const parts = others.map(compile);
      for (const { path, values } of equal) {
        const set = new Set<JsonValue | undefined>(values);
        parts.push((metadata) => set.has(valueAt(metadata, path)));
      }
      return (metadata) => parts.some((part) => part(metadata));
    }
    case 'not': {
      const part = compile(filter.part);
      return (metadata) => !part(metadata);
    }
    case 'exists':
      return (metadata) => valueAt(metadata, filter.path) !== undefined;
    case 'compare': {
      const { path, operator, value } = filter;
      const holds = comparison(operator, value);
      return (metadata) => holds(valueAt(metadata, path));
    }
  }
}

/** What a condition says of the value of its field; undefined where there is none. */
export function comparison(operator: Operator, value: Scalar): (found: JsonValue | undefined) => boolean {
  if (operator === '=') return (found) => found === value;
  if (operator === '!=') return (found) => found !== value;
  if (operator === 'contains')
    return (found) =>
      (Array.isArray(found) && found.includes(value)) ||
      (typeof found === 'string' && typeof value === 'string' && found.includes(value));
  const fulfils = (order: number) =>
    (operator === '<' && order < 0) ||
    (operator === '<=' && order <= 0) ||
    (operator === '>' && order > 0) ||
    (operator === '>=' && order >= 0);
  if (typeof value === 'number')
    return (found) => typeof found === 'number' && fulfils(found < value ? -1 : found > value ? 1 : 0);
  if (typeof value === 'string') return (found) => typeof found === 'string' && fulfils(compareUtf8(found, value));
  return () => false;
}

/** The value of a field, with dots in its name or in other fields; undefined where there is none. */
export function valueAt(metadata: Metadata, path: readonly string[]): JsonValue | undefined {
  const whole = path.length === 1 ? path[0] : path.join('.');
  if (Object.hasOwn(metadata, whole)) return metadata[whole];
  if (path.length === 1) return undefined;
  let value: JsonValue | undefined = metadata;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Metadata)[key];
  }
  return value;
}
