import type { Filter, JsonValue, TextStore } from '../node/store.ts';
import type { TextRecord } from '../node/text.ts';
import { valueAt } from '../text/json-records.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { note } from './output.ts';

/** So many records are read before the first is stored, to see whether they have the fields. */
const PEEKED = 1_000;

/**
 * Records as they are, if the fields of --metadata are there; what only the later ones may have is told at their end. A
 * misspelt name would take the metadata of all texts away.
 *
 * @throws Error before the first record, if there are no more than 1,000 and none has the field
 */
export async function* withMetadataFields(
  records: AsyncIterable<TextRecord>,
  fields: readonly string[],
): AsyncGenerator<TextRecord> {
  const missing = new Set(fields);
  const see = ({ metadata = {} }: TextRecord) => {
    for (const field of missing) if (Object.hasOwn(metadata, field)) missing.delete(field);
  };
  const shown = () => [...missing].map((field) => `"${field}"`).join(', ');
  const peeked: TextRecord[] = [];
  const iterator = records[Symbol.asyncIterator]();
  try {
    let next = await iterator.next();
    for (; !next.done && missing.size > 0 && peeked.length < PEEKED; next = await iterator.next()) {
      see(next.value);
      peeked.push(next.value);
    }
    if (next.done && missing.size > 0 && peeked.length > 0)
      throw new Error(
        `Cannot index: no record has the field ${shown()} of --metadata; nothing was changed. Leave it out, or spell it as the records do`,
      );
    if (missing.size > 0 && peeked.length > 0)
      note(`none of the first ${peeked.length} records has the field ${shown()} of --metadata`);
    yield* peeked;
    for (; !next.done; next = await iterator.next()) {
      if (missing.size > 0) see(next.value);
      yield next.value;
    }
    if (missing.size > 0 && peeked.length > 0) note(`no record has the field ${shown()} of --metadata`);
  } finally {
    await iterator.return?.();
  }
}

/** So many texts tell of what kind the values of a field are. */
const LOOKED_AT = 100;

/**
 * Tells which fields of a condition no text has, and which hold values of another kind than what they are compared with: such a
 * condition finds nothing, or with "!=" everything.
 */
export async function noteConditions(store: TextStore, filter: Filter): Promise<void> {
  const comparisons = comparisonsIn(filter);
  const paths = new Map(comparisons.map(({ path }) => [path.join('.'), path]));
  for (const [name, path] of paths) {
    const texts = await store.list({ where: { kind: 'exists', path }, count: LOOKED_AT });
    if (texts.length > 0) {
      const values = texts.map(({ metadata }) => valueAt(metadata, name) as JsonValue | undefined);
      const advice = comparisons
        .filter((comparison) => comparison.kind === 'compare' && comparison.path.join('.') === name)
        .map((comparison) => kindAdvice(comparison as Comparison, values));
      const [told] = advice.filter((text) => text !== undefined);
      if (told !== undefined) note(`the field "${name}" of --where ${told}`);
      continue;
    }
    const names = new Set((await store.list()).flatMap(({ metadata }) => Object.keys(metadata)));
    const nearest = nearestSpelling(name, [...names]);
    const there = nearest ? `did you mean "${nearest}"?` : `they have ${[...names].slice(0, 20).join(', ') || 'none'}`;
    note(`no text has the field "${name}" of --where; ${there}`);
  }
}

type Comparison = Extract<Filter, { kind: 'compare' }>;

/** What to say of a comparison that no value looked at can fulfil, whatever is in it; undefined where one can. */
function kindAdvice({ operator, value }: Comparison, values: readonly (JsonValue | undefined)[]): string | undefined {
  const kinds = new Set(values.map(kindOf));
  const has = `holds ${[...kinds].join(' or ')}`;
  if (operator === 'contains') {
    const canHold = kinds.has('lists') || (kinds.has('text') && typeof value === 'string');
    return canHold ? undefined : `${has}: contains asks for a value of a list, or text in text`;
  }
  if (value === null || kinds.has(kindOf(value)) || kinds.has('null')) return undefined;
  const differs = `${has}, and ${JSON.stringify(value)} is none of it`;
  if (kinds.has('lists')) return `${differs}: ask with contains`;
  if (kinds.has('numbers') && typeof value === 'string') return `${differs}: leave out the quotes`;
  return kinds.has('text') ? `${differs}: put it in quotes` : differs;
}

function kindOf(value: JsonValue | undefined): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'lists';
  const kinds: Record<string, string> = { string: 'text', number: 'numbers', boolean: 'true or false' };
  return kinds[typeof value] ?? 'objects';
}

function comparisonsIn(filter: Filter): Extract<Filter, { kind: 'compare' | 'exists' }>[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.flatMap(comparisonsIn);
    case 'not':
      return comparisonsIn(filter.part);
    default:
      return [filter];
  }
}
