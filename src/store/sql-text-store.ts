import { B, inverseDocumentFrequency, K1 } from '../search/bm25-index.ts';
import type { ScoredItem } from '../search/rank-fusion.ts';
import type { Filter } from './filter.ts';
import { filterToSql } from './filter.ts';
import type {
  EncodedText,
  ListOptions,
  Metadata,
  Metric,
  ModelIdentity,
  SearchKind,
  TextRecord,
  TextStore,
  VectorHit,
  VectorQuery,
  WordQuery,
} from './text-store.ts';
import { quoteWord, wordPositions } from './word-positions.ts';

/** A PostgreSQL with pgvector, embedded or a server. */
export interface SqlConnection {
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly (string | number | null)[]): Promise<Row[]>;
  /** Fills a table with rows in PostgreSQL's binary COPY format. */
  copy(table: string, rows: Uint8Array): Promise<void>;
  /** All or nothing; the work uses the connection that it is given, one statement at a time. */
  transaction<Result>(work: (connection: SqlConnection) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const FORMAT = 1;
/** From so many texts on vectors are searched by a graph: comparing all would take longer than 10 ms. */
const INDEX_FROM = 20_000;
/** pgvector's graphs hold no longer vectors. */
const LONGEST_INDEXED = 2_000;
/** Neighbours looked at in the graph: recall .98 at 10 hits and 100,000 texts (docs/performance.md). */
const SEARCH_BREADTH = 100;
/** A word that is in more texts than this share counts only if there is no rarer one in the question. */
const FREQUENT_SHARE = 0.1;
/** So many texts are looked at for the mean length. */
const SAMPLE = 1_000;
const MAXIMUM_WORDS = 32;
const PAGE = 5_000;

/** Keeps texts in PostgreSQL: embedded (PGlite), or a server. One collection is one table. */
export class SqlTextStore implements TextStore {
  readonly #sql: SqlConnection;
  readonly #collection: string;
  readonly #table: string;
  #model: ModelIdentity | undefined;
  #indexed = false;
  /** Number of texts and, of a sample of them, the mean number of different words; undefined after a change. */
  #size: { texts: number; meanWords: number } | undefined;

  private constructor(sql: SqlConnection, collection: string) {
    this.#sql = sql;
    this.#collection = collection;
    this.#table = `"wordkin_${collection}"`;
  }

  /**
   * @param collection - lower-case letters, digits and _; a database may hold several
   * @throws RangeError for a bad name; Error for a database of another version
   */
  static async open(sql: SqlConnection, collection = 'texts'): Promise<SqlTextStore> {
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(collection)) {
      throw new RangeError(
        `A collection's name must be of lower-case letters, digits and _, at most 40, got ${JSON.stringify(collection)}`,
      );
    }
    const store = new SqlTextStore(sql, collection);
    await sql.query('create extension if not exists vector');
    await sql.query(
      'create table if not exists wordkin_collections (name text primary key, format integer not null, fingerprint text not null, description text not null, dimensions integer not null)',
    );
    const [row] = await sql.query<ModelIdentity & { format: number }>(
      'select format, fingerprint, description, dimensions from wordkin_collections where name = $1',
      [collection],
    );
    if (!row) return store;
    if (row.format !== FORMAT) {
      throw new Error(
        `Cannot open collection "${collection}": it is of format ${row.format}, this version of wordkin reads ${FORMAT}`,
      );
    }
    const { fingerprint, description, dimensions } = row;
    store.#model = { fingerprint, description, dimensions };
    store.#indexed =
      (await sql.query('select 1 as found where to_regclass($1) is not null', [store.#indexName])).length > 0;
    return store;
  }

  get model(): ModelIdentity | undefined {
    return this.#model;
  }

  get #indexName(): string {
    return `"wordkin_${this.#collection}_hnsw"`;
  }

  async claim(model: ModelIdentity): Promise<void> {
    const { fingerprint, description, dimensions } = model;
    await this.#sql.transaction(async (sql) => {
      await sql.query(`create table ${this.#table} (
        id text collate "C" primary key, text text not null, metadata jsonb not null,
        vector vector(${Math.floor(dimensions)}), words tsvector not null)`);
      await sql.query(`create index on ${this.#table} using gin (words)`);
      await sql.query(
        'insert into wordkin_collections (name, format, fingerprint, description, dimensions) values ($1, $2, $3, $4, $5)',
        [this.#collection, FORMAT, fingerprint, description, dimensions],
      );
    });
    this.#model = model;
  }

  async put(texts: readonly EncodedText[]): Promise<{ added: number; updated: number }> {
    if (texts.length === 0) return { added: 0, updated: 0 };
    const incoming = `wordkin_incoming_${this.#collection}`;
    this.#size = undefined;
    const rows = await this.#sql.transaction(async (sql) => {
      await sql.query(`create temporary table if not exists ${incoming} (
        id text, text text, metadata jsonb, vector vector, words text) on commit delete rows`);
      await sql.copy(incoming, copyRows(texts));
      return sql.query<{ added: boolean }>(`insert into ${this.#table} as old (id, text, metadata, vector, words)
        select id, text, metadata, vector, words::tsvector from ${incoming}
        on conflict (id) do update set text = excluded.text, metadata = excluded.metadata, vector = excluded.vector, words = excluded.words
        where old.text is distinct from excluded.text or old.metadata is distinct from excluded.metadata
        returning (xmax = 0) as added`);
    });
    const added = rows.filter((row) => row.added).length;
    return { added, updated: rows.length - added };
  }

  async delete(ids: readonly string[]): Promise<number> {
    if (!this.#model) return 0;
    this.#size = undefined;
    const rows = await this.#sql.query(
      `delete from ${this.#table} where id in (${placeholders(ids.length)}) returning 1`,
      [...ids],
    );
    return rows.length;
  }

  async get(ids: readonly string[]): Promise<Required<TextRecord>[]> {
    if (!this.#model || ids.length === 0) return [];
    return this.#sql.query(`select id, text, metadata from ${this.#table} where id in (${placeholders(ids.length)})`, [
      ...ids,
    ]);
  }

  async list({ after, count = 100, where }: ListOptions = {}): Promise<Required<TextRecord>[]> {
    if (!this.#model) return [];
    const statement = new Statement();
    const conditions = [where && statement.filter(where), after !== undefined && `id > ${statement.add(after)}`];
    const sql = `select id, text, metadata from ${this.#table} ${whereClause(conditions)} order by id limit ${statement.add(count)}::int`;
    return this.#sql.query(sql, statement.parameters);
  }

  async count(): Promise<number> {
    if (!this.#model) return 0;
    const [row] = await this.#sql.query<{ count: number }>(`select count(*)::float8 as count from ${this.#table}`);
    return row.count;
  }

  async searchVectors({ vector, metric, count, where }: VectorQuery): Promise<VectorHit[]> {
    if (!this.#model || (metric === 'cosine' && vector.every((value) => value === 0))) return [];
    const statement = new Statement();
    const distance = `vector ${DISTANCES[metric]} ${statement.add(`[${vector.join(',')}]`)}::vector`;
    const conditions = ['vector is not null', where && statement.filter(where)];
    const sql = `select id, (${distance})::float8 as distance from ${this.#table} ${whereClause(conditions)} order by ${distance} limit ${statement.add(count)}::int`;
    const run = (connection: SqlConnection) =>
      connection.query<{ id: string; distance: number }>(sql, statement.parameters);
    const rows =
      this.#indexed && metric === 'cosine'
        ? await this.#sql.transaction(async (connection) => {
            await connection.query(`set local hnsw.ef_search = ${Math.min(1000, Math.max(SEARCH_BREADTH, count))}`);
            // With a filter the graph is searched on until enough rows fulfil it.
            await connection.query('set local hnsw.iterative_scan = relaxed_order');
            return run(connection);
          })
        : await run(this.#sql);
    return rows
      .filter((row) => !Number.isNaN(row.distance)) // a vector of zeros has no direction
      .sort((a, b) => a.distance - b.distance)
      .map(({ id, distance }) => ({ id, value: metric === 'cosine' ? 1 - distance : distance }));
  }

  /**
   * BM25 as in `Bm25Index`, but that a text's length is the number of its different words. How often a word occurs is in its
   * ts_rank: of n occurrences that is .1 · 6/π² · (1 + 1/2² + … + 1/n²). What is missing to the whole of that series, x,
   * gives 1/n = x + x²/2 + x³/3 + x⁴/3, to .3 % for all n.
   */
  async searchWords({ tokens, count, where }: WordQuery): Promise<ScoredItem<string>[]> {
    const words = [...new Set(tokens)].filter((word) => quoteWord(word) !== undefined).slice(0, MAXIMUM_WORDS);
    if (!this.#model || words.length === 0) return [];
    this.#size ??= await this.#measure();
    const { texts: total, meanWords } = this.#size;
    // Counting stops where a word is frequent: half of the texts hold "the".
    const most = Math.max(100, Math.floor(FREQUENT_SHARE * total));
    const counting = new Statement();
    const counts = words.map(
      (word) =>
        `(select count(*)::float8 from (select from ${this.#table} where words @@ ${counting.add(quoteWord(word)!)}::tsquery limit ${most + 1}) as found)`,
    );
    const [row] = await this.#sql.query<Record<string, number>>(
      `select ${counts.map((sql, i) => `${sql} as n${i}`).join(', ')}`,
      counting.parameters,
    );
    const found = words
      .map((word, i) => ({ word: quoteWord(word)!, texts: row[`n${i}`] }))
      .filter(({ texts }) => texts > 0);
    if (found.length === 0) return [];
    const rare = found.filter(({ texts }) => texts <= most);
    const scored = rare.length > 0 ? rare : found;
    const statement = new Statement();
    // Null where the word does not occur.
    const missing = scored.map(
      ({ word }, i) =>
        `(1 - nullif(ts_rank(words, ${statement.add(word)}::tsquery), 0)::float8 / 0.1) * ${Math.PI ** 2 / 6} as x${i}`,
    );
    const length = `${K1} * (${1 - B} + ${B} * length(words) / ${meanWords}::float8)`;
    const score = scored.map(({ texts }, i) => {
      const idf = Math.max(inverseDocumentFrequency(total, texts), 1e-6);
      return `coalesce(${idf * (K1 + 1)}::float8 / (1 + ${length} * x${i} * (1 + x${i} * (0.5 + x${i} * (1 + x${i}) / 3))), 0)`;
    });
    const any = scored.map(({ word }) => word).join(' | ');
    const conditions = [`words @@ ${statement.add(any)}::tsquery`, where && statement.filter(where)];
    // "offset 0" keeps PostgreSQL from computing each rank four times.
    const sql = `select id as item, ${score.join(' + ')} as score from ${this.#table}, lateral (select ${missing.join(', ')} offset 0) as ranks
      ${whereClause(conditions)} order by score desc, id limit ${statement.add(count)}::int`;
    return this.#sql.query<ScoredItem<string>>(sql, statement.parameters);
  }

  async #measure(): Promise<{ texts: number; meanWords: number }> {
    const [row] = await this.#sql.query<{ mean: number | null }>(
      `select avg(length(words))::float8 as mean from (select words from ${this.#table} limit ${SAMPLE}) as sample`,
    );
    return { texts: await this.count(), meanWords: Math.max(1, row.mean ?? 1) };
  }

  async *vectors() {
    if (!this.#model) return;
    for (let after = ''; ; ) {
      const rows = await this.#sql.query<{ id: string; vector: string | null; metadata: Metadata }>(
        `select id, vector::text as vector, metadata from ${this.#table} where id > $1 order by id limit ${PAGE}`,
        [after],
      );
      for (const { id, vector, metadata } of rows) {
        yield { id, vector: vector === null ? undefined : Float32Array.from(JSON.parse(vector) as number[]), metadata };
      }
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }

  async optimize(): Promise<SearchKind> {
    if (!this.#model) return 'exact';
    await this.#sql.query(`analyze ${this.#table}`);
    if (this.#indexed) return 'hnsw';
    if (this.#model.dimensions > LONGEST_INDEXED || (await this.count()) < INDEX_FROM) return 'exact';
    await this.#sql.transaction(async (sql) => {
      await sql.query("set local maintenance_work_mem = '256MB'");
      await sql.query(
        `create index if not exists ${this.#indexName} on ${this.#table} using hnsw (vector vector_cosine_ops)`,
      );
    });
    this.#indexed = true;
    return 'hnsw';
  }

  close(): Promise<void> {
    return this.#sql.close();
  }
}

const DISTANCES: Record<Metric, string> = { cosine: '<=>', euclidean: '<->' };

/** Collects parameters while a statement is put together. */
class Statement {
  readonly parameters: (string | number)[] = [];

  add(value: string | number): string {
    this.parameters.push(value);
    return `$${this.parameters.length}`;
  }

  filter(filter: Filter): string {
    return filterToSql(filter, 'metadata', (value) => this.add(value));
  }
}

function whereClause(conditions: readonly (string | false | undefined)[]): string {
  const given = conditions.filter(Boolean);
  return given.length > 0 ? `where ${given.join(' and ')}` : '';
}

function placeholders(count: number): string {
  return Array.from({ length: count }, (_, i) => `$${i + 1}`).join(', ') || 'null';
}

const COPY_SIGNATURE = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00];

/**
 * Rows for COPY … (FORMAT binary) (PostgreSQL manual, COPY, "Binary Format"): for each field its length and value; a vector is
 * its dimension and a zero, 16 bits each, and big-endian float32.
 */
function copyRows(texts: readonly EncodedText[]): Uint8Array {
  const encoder = new TextEncoder();
  const rows = texts.map(({ id, text, metadata = {}, vector, tokens }) => ({
    fields: [id, text, `\u0001${JSON.stringify(metadata)}`, wordPositions(tokens)].map((field) =>
      encoder.encode(field),
    ),
    vector,
  }));
  const byteLength = rows.reduce(
    (sum, { fields, vector }) =>
      sum + 2 + 5 * 4 + fields.reduce((all, { length }) => all + length, 0) + (vector ? 4 + 4 * vector.length : 0),
    COPY_SIGNATURE.length + 8 + 2,
  );
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(COPY_SIGNATURE);
  let at = COPY_SIGNATURE.length + 8;
  const writeField = (field: Uint8Array) => {
    view.setInt32(at, field.length);
    bytes.set(field, at + 4);
    at += 4 + field.length;
  };
  for (const { fields, vector } of rows) {
    view.setInt16(at, 5);
    at += 2;
    for (const field of fields.slice(0, 3)) writeField(field);
    view.setInt32(at, vector ? 4 + 4 * vector.length : -1);
    at += 4;
    if (vector) {
      view.setInt16(at, vector.length);
      at += 4;
      for (let d = 0; d < vector.length; d++, at += 4) view.setFloat32(at, vector[d]);
    }
    writeField(fields[3]);
  }
  view.setInt16(at, -1);
  return bytes;
}
