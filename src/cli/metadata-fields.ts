import type { Filter, TextStore } from '../node/store.ts';
import type { TextRecord } from '../node/text.ts';
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

/** Tells which fields of a condition no text has: a misspelt one finds nothing, or with "!=" everything. */
export async function noteUnknownFields(store: TextStore, filter: Filter): Promise<void> {
  const paths = new Map(pathsOf(filter).map((path) => [path.join('.'), path]));
  for (const [name, path] of paths) {
    if ((await store.list({ where: { kind: 'exists', path }, count: 1 })).length > 0) continue;
    const names = new Set((await store.list()).flatMap(({ metadata }) => Object.keys(metadata)));
    const nearest = nearestSpelling(name, [...names]);
    const there = nearest ? `did you mean "${nearest}"?` : `they have ${[...names].slice(0, 20).join(', ') || 'none'}`;
    note(`no text has the field "${name}" of --where; ${there}`);
  }
}

function pathsOf(filter: Filter): (readonly string[])[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.flatMap(pathsOf);
    case 'not':
      return pathsOf(filter.part);
    default:
      return [filter.path];
  }
}
