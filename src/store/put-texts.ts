import { copyRows, jsonbField } from './copy-rows.ts';
import type { Collection } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { ID } from './sql-statement.ts';
import type { EncodedText } from './text-store.ts';

/** A text that was put, if it was not there as it is. */
export interface PutRow {
  readonly id: string;
  readonly added: boolean;
  /** Number of the transaction. */
  readonly changed: string;
}

/** Puts texts into the tables: all or none. */
export function putTexts(
  sql: SqlConnection,
  { table, deleted }: Collection,
  texts: readonly EncodedText[],
  words: readonly Uint8Array[],
): Promise<PutRow[]> {
  const rows = copyRows(
    texts.map(({ id, text, metadata = {}, vector }, i) => [
      id,
      text,
      jsonbField(JSON.stringify(metadata)),
      vector ?? null,
      words[i],
    ]),
  );
  const before = [
    `create temporary table if not exists "wordkin incoming" (
      id text, text text, metadata jsonb, vector vector, words bytea) on commit delete rows`,
    'delete from "wordkin incoming"',
  ];
  // As an array: each is looked up, where a list would be compared with all ids that have ever been deleted.
  const forget = `delete from ${deleted} where id = any (array (select id from "wordkin incoming"))`;
  // In the order of the ids: two processes that put the same texts wait for each other only once.
  const put = `insert into ${table} as old (id, text, metadata, vector, words, changed)
    select id, text, metadata, vector, words, txid_current() from "wordkin incoming" order by id collate "C"
    on conflict (id) do update set text = excluded.text, metadata = excluded.metadata, vector = excluded.vector,
      words = excluded.words, changed = excluded.changed
    where old.text is distinct from excluded.text or old.metadata is distinct from excluded.metadata
    returning ${ID}, (xmax = 0) as added, changed::text as changed`;
  return sql.fill<PutRow>({ before, table: '"wordkin incoming"', rows, after: [forget, put] });
}
