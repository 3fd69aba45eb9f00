import type { Filter } from './filter.ts';
import { filterToSql } from './filter-to-sql.ts';
import { textProblem } from './metadata.ts';

/** Ids in one statement. */
const IDS_AT_ONCE = 50_000;

/** Collects parameters while a statement is put together. */
export class Statement {
  readonly parameters: (string | number)[] = [];

  add(value: string | number): string {
    return `$${this.parameters.push(value)}`;
  }

  filter(filter: Filter): string {
    return filterToSql(filter, 'metadata', (value) => this.add(value));
  }
}

export function whereClause(conditions: readonly (string | false | undefined)[]): string {
  const given = conditions.filter(Boolean);
  return given.length > 0 ? `where ${given.join(' and ')}` : '';
}

/**
 * One parameter for any number of ids: a statement takes 65,535 at most. A list as an array would be looked through for each row
 * where the planner chooses to read the table.
 */
export const IS_LISTED = 'id in (select jsonb_array_elements_text($1::jsonb))';

/**
 * Ids and texts as JSON, which JSON.parse makes strings of: the decoder of PGlite takes a byte order mark away from the beginning of
 * plain text, and another id would come back. In `order by` they need the name of their table.
 */
export const ID = 'to_json(id) as id';
export const TEXT = 'to_json(text) as text';

/** Lists of ids for `IS_LISTED`, without those that no text can have. */
export function* idLists(ids: readonly string[]): Iterable<string> {
  const possible = ids.filter((id) => typeof id === 'string' && textProblem(id) === undefined);
  for (let first = 0; first < possible.length; first += IDS_AT_ONCE)
    yield JSON.stringify(possible.slice(first, first + IDS_AT_ONCE));
}
