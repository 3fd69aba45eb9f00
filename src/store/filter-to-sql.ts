import { checkFilter, type Filter, groupEqual, type Operator, type Scalar } from './filter.ts';

const SIZES: readonly Operator[] = ['<', '<=', '>', '>='];

type AddParameter = (value: string) => string;

/**
 * The condition as SQL on a column of type jsonb, never null; the same answer as `matchesFilter`. Fields and values are
 * parameters, never text of the statement.
 *
 * @param addParameter - takes a value, returns its placeholder
 * @throws RangeError as `checkFilter`
 */
export function filterToSql(filter: Filter, column: string, addParameter: AddParameter): string {
  checkFilter(filter);
  return toSql(filter, column, addParameter);
}

function toSql(filter: Filter, column: string, addParameter: AddParameter): string {
  const inner = (part: Filter) => toSql(part, column, addParameter);
  switch (filter.kind) {
    case 'and':
      return joined(filter.parts.map(inner), 'and', 'true');
    case 'or': {
      const { equal, others } = groupEqual(filter.parts);
      const groups = equal.map(({ path, values }) =>
        equalsAny(fieldSql(path, column, addParameter), values, addParameter),
      );
      return joined([...others.map(inner), ...groups], 'or', 'false');
    }
    case 'not':
      return `(not ${inner(filter.part)})`;
    case 'exists':
      return `(${fieldSql(filter.path, column, addParameter)} is not null)`;
    case 'compare': {
      const { path, operator, value } = filter;
      // Nothing is smaller than true or null. No parameter may be left that the statement does not use.
      if (SIZES.includes(operator) && typeof value !== 'number' && typeof value !== 'string') return 'false';
      return compareSql(fieldSql(path, column, addParameter), operator, value, addParameter);
    }
  }
}

function joined(parts: readonly string[], word: 'and' | 'or', empty: string): string {
  return parts.length === 0 ? empty : `(${parts.join(` ${word} `)})`;
}

/** As `valueAt` in memory: the field with the dots in its name first. */
function fieldSql(path: readonly string[], column: string, addParameter: AddParameter): string {
  const nested = `(${column}${path.map((key) => ` -> ${addParameter(key)}::text`).join('')})`;
  return path.length === 1 ? nested : `coalesce(${column} -> ${addParameter(path.join('.'))}::text, ${nested})`;
}

function equalsAny(found: string, values: readonly Scalar[], addParameter: AddParameter): string {
  if (values.length === 1) return compareSql(found, '=', values[0], addParameter);
  const list = addParameter(JSON.stringify(values));
  return `coalesce(${found} in (select jsonb_array_elements(${list}::jsonb)), false)`;
}

function compareSql(found: string, operator: Operator, value: Scalar, addParameter: AddParameter): string {
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
  return `coalesce(${type} = 'string' and (${found} #>> '{}') collate "C" ${operator} ${addParameter(String(value))}::text collate "C", false)`;
}
