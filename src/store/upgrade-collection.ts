import type { Metadata } from './metadata.ts';
import { putTexts } from './put-texts.ts';
import { type Collection, FORMAT } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { ID, TEXT } from './sql-statement.ts';
import { SqlWords } from './sql-words.ts';
import type { EncodedText } from './text-store.ts';

const PAGE = 1_000;

interface OldRow {
  readonly id: string;
  readonly text: string;
  readonly metadata: Metadata;
  readonly vector: string | null;
  /** Each word with the number of its positions. */
  readonly words: readonly (readonly [string, number])[] | null;
}

/**
 * Brings a collection of version 0.1 over, whose words were a tsvector: all or nothing, in one transaction. Vectors stay as they
 * are. A graph is not built; `optimize` does that.
 */
export async function upgradeCollection(connection: SqlConnection, collection: Collection): Promise<void> {
  const { name, table } = collection;
  await connection.transaction(async (sql) => {
    await sql.query("select pg_advisory_xact_lock(hashtext('wordkin_collections'))");
    const [{ dimensions, format }] = await sql.query<{ dimensions: number; format: number }>(
      'select dimensions, format from wordkin_collections where name = $1',
      [name],
    );
    if (format === FORMAT) return; // another process was faster
    const old = collection.named('0.1');
    await sql.query(`alter table ${table} rename to ${old}`);
    // Indexes and tables share their names.
    const [key] = await sql.query<{ name: string }>(
      "select quote_ident(conname) as name from pg_constraint where conrelid = to_regclass($1) and contype = 'p'",
      [old],
    );
    await sql.query(`alter table ${old} rename constraint ${key.name} to ${collection.named('0.1 id')}`);
    await collection.create(sql, dimensions);
    const words = new SqlWords(collection);
    for (let after = ''; ; ) {
      const rows = await sql.query<OldRow>(
        `select ${ID}, ${TEXT}, metadata, vector::text as vector, (select jsonb_agg(jsonb_build_array(lexeme, coalesce(cardinality(positions), 1)))
          from unnest(words)) as words from ${old} where id > $1 order by ${old}.id limit ${PAGE}`,
        [after],
      );
      const texts = rows.map(encodedOf);
      const encoded = await words.encode(
        sql,
        texts.map(({ tokens }) => tokens),
      );
      if (texts.length > 0) await putTexts(sql, collection, texts, encoded);
      if (rows.length < PAGE) break;
      after = rows.at(-1)!.id;
    }
    await sql.query(`drop table ${old}`);
    await sql.query('update wordkin_collections set format = $1 where name = $2', [FORMAT, name]);
  });
}

function encodedOf({ id, text, metadata, vector, words }: OldRow): EncodedText {
  return {
    ...{ id, text, metadata },
    vector: vector === null ? undefined : Float32Array.from(JSON.parse(vector) as number[]),
    tokens: (words ?? []).flatMap(([word, count]) => Array<string>(count).fill(word)),
  };
}
