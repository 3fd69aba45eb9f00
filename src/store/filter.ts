import { compareUtf8 } from '../text/utf8.ts';
import type { JsonValue, Metadata } from './text-store.ts';

export const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', 'contains'] as const;
/** How a condition compares. */
export type Operator = (typeof OPERATORS)[number];
/** What a condition compares with. */
export type Scalar = string | number | boolean | null;

/** A condition on metadata. */
export type Filter =
  | { readonly kind: 'compare'; readonly path: readonly string[]; readonly operator: Operator; readonly value: Scalar }
  | { readonly kind: 'exists'; readonly path: readonly string[] }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter };

/**
 * Reads a condition, such as
 *
 *     lang = "zh" and (year >= 2020 or tags contains 'news') and not author.name in ("a", "b") and url exists
 *
 * A field that is not there equals nothing and is smaller than nothing: `lang != "zh"` holds for it. Strings compare by
 * their bytes, numbers by size; a number never equals a string.
 *
 * @throws SyntaxError that says where and what was expected
 */
export function parseFilter(text: string): Filter {
  const tokens = [...text.matchAll(TOKEN)].map((match) => ({ text: match[0], at: match.index, groups: match.groups! }));
  let next = 0;
  const fail = (expected: string): never => {
    const token = tokens[next];
    throw new SyntaxError(
      `Cannot read the filter: ${expected} expected ${token ? `at character ${token.at + 1}, found ${token.text.slice(0, 40)}` : 'at the end'}`,
    );
  };
  const isWord = (word: string) => tokens[next]?.groups.name?.toLowerCase() === word;
  const take = (word: string) => isWord(word) && ++next > 0;
  const takeSign = (sign: string) => tokens[next]?.groups.sign === sign && ++next > 0;

  function either(): Filter {
    const parts = [both()];
    while (take('or')) parts.push(both());
    return parts.length === 1 ? parts[0] : { kind: 'or', parts };
  }
  function both(): Filter {
    const parts = [single()];
    while (take('and')) parts.push(single());
    return parts.length === 1 ? parts[0] : { kind: 'and', parts };
  }
  function single(): Filter {
    if (take('not')) return { kind: 'not', part: single() };
    if (takeSign('(')) {
      const inner = either();
      if (!takeSign(')')) fail('")"');
      return inner;
    }
    const path = field();
    if (take('exists')) return { kind: 'exists', path };
    if (take('in')) {
      if (!takeSign('(')) fail('"("');
      const parts: Filter[] = [];
      do parts.push({ kind: 'compare', path, operator: '=', value: value() });
      while (takeSign(','));
      if (!takeSign(')')) fail('"," or ")"');
      return { kind: 'or', parts };
    }
    const operator = take('contains') ? 'contains' : tokens[next]?.groups.operator;
    if (operator === undefined) return fail('an operator (=, !=, <, <=, >, >=, in, contains, exists)');
    if (operator !== 'contains') next++;
    return { kind: 'compare', path, operator: (operator === '==' ? '=' : operator) as Operator, value: value() };
  }
  function field(): string[] {
    const name = tokens[next]?.groups.name;
    if (name === undefined || ['and', 'or', 'not'].includes(name.toLowerCase())) fail('a field');
    next++;
    return name!.split('.');
  }
  function value(): Scalar {
    const { string, number, name } = tokens[next]?.groups ?? {};
    const constants: Record<string, Scalar> = { true: true, false: false, null: null };
    if (string === undefined && number === undefined && !(name !== undefined && Object.hasOwn(constants, name)))
      fail('a value (a string in quotes, a number, true, false, null)');
    next++;
    if (string !== undefined) return string.slice(1, -1).replace(/\\(.)/gs, '$1');
    return number !== undefined ? Number(number) : constants[name!];
  }

  const filter = either();
  if (next < tokens.length) fail('"and", "or" or the end');
  return filter;
}

const TOKEN =
  /(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_.-]*)|(?<operator>==|!=|<=|>=|=|<|>)|(?<sign>[(),])|(?<wrong>\S)/gsu;

/** Whether metadata fulfils the condition; the same answer as `filterToSql`. */
export function matchesFilter(filter: Filter, metadata: Metadata): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => matchesFilter(part, metadata));
    case 'or':
      return filter.parts.some((part) => matchesFilter(part, metadata));
    case 'not':
      return !matchesFilter(filter.part, metadata);
    case 'exists':
      return valueAt(metadata, filter.path) !== undefined;
    case 'compare': {
      const found = valueAt(metadata, filter.path);
      const { operator, value } = filter;
      if (operator === '=') return found === value;
      if (operator === '!=') return found !== value;
      if (operator === 'contains')
        return (
          (Array.isArray(found) && found.includes(value)) ||
          (typeof found === 'string' && typeof value === 'string' && found.includes(value))
        );
      if (typeof found === 'number' && typeof value === 'number') return holds(operator, found - value);
      if (typeof found === 'string' && typeof value === 'string') return holds(operator, compareUtf8(found, value));
      return false;
    }
  }
}

function holds(operator: Operator, difference: number): boolean {
  if (operator === '<') return difference < 0;
  if (operator === '<=') return difference <= 0;
  if (operator === '>') return difference > 0;
  return difference >= 0;
}

function valueAt(metadata: Metadata, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = metadata;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Metadata)[key];
  }
  return value;
}

/**
 * The condition as SQL on a column of type jsonb. Fields and values are parameters, never text of the statement.
 *
 * @param addParameter - takes a value, returns its placeholder
 */
export function filterToSql(filter: Filter, column: string, addParameter: (value: string) => string): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.parts.map((part) => filterToSql(part, column, addParameter)).join(` ${filter.kind} `)})`;
    case 'not':
      return `(not ${filterToSql(filter.part, column, addParameter)})`;
    default: {
      const found = `(${column}${filter.path.map((key) => ` -> ${addParameter(key)}::text`).join('')})`;
      if (filter.kind === 'exists') return `(${found} is not null)`;
      const { operator, value } = filter;
      if (operator === '=') return `coalesce(${found} = ${addParameter(JSON.stringify(value))}::jsonb, false)`;
      if (operator === '!=') return `coalesce(${found} <> ${addParameter(JSON.stringify(value))}::jsonb, true)`;
      const type = `jsonb_typeof(${found})`;
      if (operator === 'contains') {
        const inArray = `(${type} = 'array' and ${found} @> ${addParameter(JSON.stringify([value]))}::jsonb)`;
        const inText =
          typeof value === 'string'
            ? `(${type} = 'string' and position(${addParameter(value)}::text in (${found} #>> '{}')) > 0)`
            : 'false';
        return `coalesce(${inArray} or ${inText}, false)`;
      }
      if (typeof value === 'number')
        return `coalesce(${type} = 'number' and ${found} ${operator} ${addParameter(String(value))}::jsonb, false)`;
      if (typeof value === 'string')
        return `coalesce(${type} = 'string' and (${found} #>> '{}') collate "C" ${operator} ${addParameter(value)}::text collate "C", false)`;
      return 'false';
    }
  }
}
