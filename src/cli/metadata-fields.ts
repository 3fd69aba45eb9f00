import { conditionNotes, type Filter, type TextStore } from '../node/store.ts';
import type { TextRecord } from '../node/text.ts';
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

/** Of so many texts the fields are looked at before and behind an indexing. */
const LOOKED_AT = 100;

/**
 * Looks at the metadata of texts before they are indexed. What is returned tells, when they are, which fields they have no more: records whose
 * --metadata leaves a field out take it away from texts that had it.
 */
export async function watchFields(store: TextStore): Promise<() => Promise<void>> {
  const before = await store.list({ count: LOOKED_AT });
  return async () => {
    const now = new Map((await store.get(before.map(({ id }) => id))).map((text) => [text.id, text.metadata]));
    const gone = before.flatMap(({ id, metadata }) =>
      Object.keys(metadata).flatMap((field) => (Object.hasOwn(now.get(id) ?? metadata, field) ? [] : [{ id, field }])),
    );
    if (gone.length === 0) return;
    const fields = [...new Set(gone.map(({ field }) => `"${field}"`))].slice(0, 20).join(', ');
    note(
      `texts such as ${JSON.stringify(gone[0].id)} had ${fields} in their metadata, and have it no more: if it was to stay, index again with it in --metadata`,
    );
  };
}

/** Tells what is wrong with a condition, see `conditionNotes`. */
export async function noteConditions(store: TextStore, filter: Filter): Promise<void> {
  for (const text of await conditionNotes(store, filter, '--where')) note(text);
}
