import type { ScoredItem } from '../search/rank-fusion.ts';
import { checkOptions } from '../text/check-options.ts';
import { checkIds, checkModel, checkQuestion, checkTexts, closedError, LIST_RULES } from './check-texts.ts';
import { copyRows } from './copy-rows.ts';
import type { Metadata } from './metadata.ts';
import type { SqlConnection } from './sql-connection.ts';
import { IS_LISTED, idLists, Statement, whereClause } from './sql-statement.ts';
import { measureWords, searchWords, type WordStatistics } from './sql-word-search.ts';
import {
  type EncodedText,
  type ListOptions,
  type Metric,
  type ModelIdentity,
  type SearchKind,
  TextDataError,
  type TextRecord,
  type TextStore,
  type VectorHit,
  type VectorQuery,
  type WordQuery,
} from './text-store.ts';

const FORMAT = 1;
/** From so many texts on vectors are searched by a graph: comparing all would take longer than 10 ms. */
const INDEX_FROM = 20_000;
/** pgvector's graphs hold no longer vectors. */
const LONGEST_INDEXED = 2_000;
/** Neighbours looked at in the graph: recall .98 at 10 hits and 100,000 texts (docs/performance.md). */
const SEARCH_BREADTH = 100;
const PAGE = 5_000;
/** Building a graph of millions of texts takes hours. */
const BUILD_LIMIT_SECONDS = 24 * 3600;
/** The table that lists the collections is called like one of this name. */
const RESERVED_NAME = 'collections';
/** Codes of PostgreSQL that speak of the data: data exception, cardinality, integrity, a limit of the program. */
const DATA_ERRORS = /^(21|22|23|54)/;

/** Keeps texts in PostgreSQL: embedded (PGlite), or a server. One collection is one table. */
export class SqlTextStore implements TextStore {
  readonly #connection: SqlConnection;
  readonly #collection: string;
  readonly #table: string;
  #model: ModelIdentity | undefined;
  /** Whether there is a graph of the vectors. */
  #indexed = false;
  /** Whether the graph can be searched on until enough texts fulfil a condition (pgvector 0.8). */
  #iterates = false;
  /** Undefined after a change. */
  #size: WordStatistics | undefined;
  #closing: Promise<void> | undefined;

  private constructor(connection: SqlConnection, collection: string) {
    this.#connection = connection;
    this.#collection = collection;
    this.#table = `"wordkin_${collection}"`;
  }

  /**
   * Reads only: a role that may not write, or a standby, can search.
   *
   * @param collection - lower-case letters, digits and _; a database may hold several
   * @throws RangeError for a bad name; Error for a database of another version
   */
  static async open(sql: SqlConnection, collection = 'texts'): Promise<SqlTextStore> {
    if (typeof collection !== 'string' || !/^[a-z][a-z0-9_]{0,39}$/.test(collection)) {
      throw new RangeError(
        `A collection's name must be of lower-case letters, digits and _, at most 40, got ${JSON.stringify(collection)}`,
      );
    }
    if (collection === RESERVED_NAME) {
      throw new RangeError(
        `A collection cannot be named "${RESERVED_NAME}": the database keeps the list of its collections by that name; choose another`,
      );
    }
    const [{ encoding }] = await sql.query<{ encoding: string }>(
      `select current_setting('server_encoding') as encoding`,
    );
    if (encoding !== 'UTF8')
      throw new Error(`Cannot use this database: its encoding is ${encoding}, texts need one with the encoding UTF8`);
    const store = new SqlTextStore(sql, collection);
    await store.#refresh();
    return store;
  }

  get model(): ModelIdentity | undefined {
    return this.#model;
  }

  /** Names of the collections that the database holds. */
  async collections(): Promise<string[]> {
    if (!(await this.#hasCollections())) return [];
    const rows = await this.#sql.query<{ name: string }>('select name from wordkin_collections order by name');
    return rows.map(({ name }) => name);
  }

  async claim(model: ModelIdentity): Promise<void> {
    const sql = this.#sql;
    checkModel(this.#model, model);
    if (this.#model) return;
    const { fingerprint, description, dimensions } = model;
    await sql.transaction(async (connection) => {
      // Several processes may do this at once; "if not exists" alone fails then.
      await connection.query("select pg_advisory_xact_lock(hashtext('wordkin_collections'))");
      await createExtension(connection);
      await connection.query(
        'create table if not exists wordkin_collections (name text primary key, format integer not null, fingerprint text not null, description text not null, dimensions integer not null)',
      );
      const found = await this.#read(connection);
      if (found) return checkModel(found, model);
      // No collection's table is named with a space.
      await connection.query(`create table ${this.#table} (
        id text collate "C" not null, text text not null, metadata jsonb not null,
        vector vector(${Math.floor(dimensions)}), words tsvector not null,
        constraint "${this.#name} id" primary key (id))`);
      await connection.query(`create index "${this.#name} words" on ${this.#table} using gin (words)`);
      await connection.query(
        'insert into wordkin_collections (name, format, fingerprint, description, dimensions) values ($1, $2, $3, $4, $5)',
        [this.#collection, FORMAT, fingerprint, description, dimensions],
      );
    });
    await this.#refresh();
  }

  async put(texts: readonly EncodedText[]): Promise<{ added: number; updated: number }> {
    const sql = this.#sql;
    const checked = checkTexts(texts, await this.#current());
    if (checked.length === 0) return { added: 0, updated: 0 };
    this.#size = undefined;
    try {
      const rows = await sql.transaction(async (connection) => {
        await connection.query(`create temporary table if not exists "wordkin incoming" (
          id text, text text, metadata jsonb, vector vector, words text) on commit delete rows`);
        await connection.copy('"wordkin incoming"', copyRows(checked));
        // In the order of the ids: two processes that put the same texts wait for each other only once.
        return connection.query<{
          added: boolean;
        }>(`insert into ${this.#table} as old (id, text, metadata, vector, words)
          select id, text, metadata, vector, words::tsvector from "wordkin incoming" order by id collate "C"
          on conflict (id) do update set text = excluded.text, metadata = excluded.metadata, vector = excluded.vector, words = excluded.words
          where old.text is distinct from excluded.text or old.metadata is distinct from excluded.metadata
          returning (xmax = 0) as added`);
      });
      const added = rows.filter((row) => row.added).length;
      return { added, updated: rows.length - added };
    } catch (error) {
      if (!DATA_ERRORS.test(String((error as { code?: unknown }).code ?? ''))) throw error;
      const which =
        checked.length === 1 ? `The text ${JSON.stringify(checked[0].id)}` : `One of ${checked.length} texts`;
      throw new TextDataError(`${which} cannot be stored: ${(error as Error).message}`, { cause: error });
    }
  }

  async delete(ids: readonly string[]): Promise<number> {
    checkIds(ids);
    const sql = this.#sql;
    if (!(await this.#current())) return 0;
    this.#size = undefined;
    let deleted = 0;
    for (const list of idLists(ids))
      deleted += (await sql.query(`delete from ${this.#table} where ${IS_LISTED} returning 1`, [list])).length;
    return deleted;
  }

  async get(ids: readonly string[]): Promise<Required<TextRecord>[]> {
    checkIds(ids);
    const sql = this.#sql;
    if (!(await this.#current())) return [];
    const found: Required<TextRecord>[] = [];
    for (const list of idLists(ids))
      found.push(
        ...(await sql.query<Required<TextRecord>>(`select id, text, metadata from ${this.#table} where ${IS_LISTED}`, [
          list,
        ])),
      );
    return found;
  }

  async list(options: ListOptions = {}): Promise<Required<TextRecord>[]> {
    checkOptions(options, LIST_RULES);
    const { after, count = 100, where } = options;
    const most = checkQuestion({ count, where, after });
    const sql = this.#sql;
    if (!(await this.#current())) return [];
    const statement = new Statement();
    const conditions = [where && statement.filter(where), after !== undefined && `id > ${statement.add(after)}`];
    return sql.query(
      `select id, text, metadata from ${this.#table} ${whereClause(conditions)} order by id limit ${statement.add(most)}::int`,
      statement.parameters,
    );
  }

  async count(): Promise<number> {
    const sql = this.#sql;
    if (!(await this.#current())) return 0;
    const [row] = await sql.query<{ count: number }>(`select count(*)::float8 as count from ${this.#table}`);
    return row.count;
  }

  async searchVectors(query: VectorQuery): Promise<VectorHit[]> {
    const most = checkQuestion(query);
    const { vector, metric } = query;
    if (!(await this.#current()) || (metric === 'cosine' && vector.every((value) => value === 0))) return [];
    let rows = this.#indexed && metric === 'cosine' ? await this.#searchGraph(query, most) : [];
    // The graph is left after so many texts, and knows no texts that are behind it: then all are compared.
    if (rows.length < most) rows = await this.#searchAll(query, most);
    return rows
      .filter((row) => !Number.isNaN(row.distance)) // a vector of zeros has no direction
      .sort((a, b) => a.distance - b.distance)
      .map(({ id, distance }) => ({ id, value: metric === 'cosine' ? 1 - distance : distance }));
  }

  #searchGraph({ vector, metric, where }: VectorQuery, most: number): Promise<DistanceRow[]> {
    const statement = new Statement();
    const distance = distanceSql(vector, metric, statement);
    const conditions = ['vector is not null', where && statement.filter(where)];
    const sql = `select id, (${distance})::float8 as distance from ${this.#table} ${whereClause(conditions)} order by ${distance} limit ${statement.add(most)}::int`;
    return this.#sql.transaction(async (connection) => {
      await connection.query(`set local hnsw.ef_search = ${Math.min(1000, Math.max(SEARCH_BREADTH, most))}`);
      if (this.#iterates) await connection.query('set local hnsw.iterative_scan = relaxed_order');
      return connection.query<DistanceRow>(sql, statement.parameters);
    });
  }

  #searchAll({ vector, metric, where }: VectorQuery, most: number): Promise<DistanceRow[]> {
    const statement = new Statement();
    const distance = distanceSql(vector, metric, statement);
    const conditions = ['vector is not null', where && statement.filter(where)];
    // An order by another expression than the graph's, as PostgreSQL would take the graph.
    const sql = `select id, (${distance})::float8 as distance from ${this.#table} ${whereClause(conditions)} order by (${distance}) + 0, id limit ${statement.add(most)}::int`;
    return this.#sql.query<DistanceRow>(sql, statement.parameters);
  }

  async searchWords(query: WordQuery): Promise<ScoredItem<string>[]> {
    const count = checkQuestion(query);
    const sql = this.#sql;
    if (!(await this.#current())) return [];
    this.#size ??= await measureWords(sql, this.#table);
    return searchWords(sql, this.#table, this.#size, { ...query, count });
  }

  async *vectors() {
    const sql = this.#sql;
    if (!(await this.#current())) return;
    for (let after = ''; ; ) {
      const rows = await sql.query<{ id: string; vector: string | null; metadata: Metadata }>(
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
    const sql = this.#sql;
    const model = await this.#current();
    if (!model) return 'exact';
    await sql.query(`analyze ${this.#table}`);
    await this.#findGraph();
    if (this.#indexed) return 'hnsw';
    if (model.dimensions > LONGEST_INDEXED || (await this.count()) < INDEX_FROM) return 'exact';
    if ((await sql.query("select 1 as found from pg_am where amname = 'hnsw'")).length === 0) return 'exact'; // pgvector 0.4
    await sql.transaction(async (connection) => {
      const limit = { limitSeconds: BUILD_LIMIT_SECONDS };
      await connection.query('set local statement_timeout = 0');
      await connection.query("set local maintenance_work_mem = '256MB'");
      // Another process may be building it.
      await connection.query('select pg_advisory_xact_lock(hashtext($1))', [`${this.#name} hnsw`], limit);
      await connection.query(
        `create index if not exists "${this.#name} hnsw" on ${this.#table} using hnsw (vector vector_cosine_ops)`,
        [],
        limit,
      );
    });
    this.#indexed = true;
    return 'hnsw';
  }

  close(): Promise<void> {
    this.#closing ??= this.#connection.close();
    return this.#closing;
  }

  /** The connection, as long as the store is open. */
  get #sql(): SqlConnection {
    if (this.#closing) throw closedError();
    return this.#connection;
  }

  get #name(): string {
    return `wordkin_${this.#collection}`;
  }

  /** The model, which another process may have set meanwhile. */
  async #current(): Promise<ModelIdentity | undefined> {
    if (!this.#model) await this.#refresh();
    return this.#model;
  }

  async #refresh(): Promise<void> {
    this.#model = (await this.#hasCollections()) ? await this.#read(this.#sql) : undefined;
    if (!this.#model) return;
    const [extension] = await this.#sql.query<{ version: string }>(
      "select extversion as version from pg_extension where extname = 'vector'",
    );
    const [major, minor] = (extension?.version ?? '').split('.').map(Number);
    this.#iterates = major > 0 || minor >= 8;
    await this.#findGraph();
  }

  async #hasCollections(): Promise<boolean> {
    const [row] = await this.#sql.query<{ there: boolean }>(
      "select to_regclass('wordkin_collections') is not null as there",
    );
    return row.there;
  }

  async #findGraph(): Promise<void> {
    const rows = await this.#sql.query(
      `select 1 as found from pg_index join pg_class on pg_class.oid = indexrelid join pg_am on pg_am.oid = relam
      where indrelid = to_regclass($1) and amname = 'hnsw' and indisvalid`,
      [this.#table],
    );
    this.#indexed = rows.length > 0;
  }

  async #read(sql: SqlConnection): Promise<ModelIdentity | undefined> {
    const [row] = await sql.query<ModelIdentity & { format: number }>(
      'select format, fingerprint, description, dimensions from wordkin_collections where name = $1',
      [this.#collection],
    );
    if (!row) return undefined;
    const { format, fingerprint, description, dimensions } = row;
    if (format !== FORMAT) {
      throw new Error(
        `Cannot open collection "${this.#collection}": it is of format ${format}, this version of wordkin reads ${FORMAT}`,
      );
    }
    return { fingerprint, description, dimensions };
  }
}

interface DistanceRow {
  readonly id: string;
  readonly distance: number;
}

const DISTANCES: Record<Metric, string> = { cosine: '<=>', euclidean: '<->' };

function distanceSql(vector: Float32Array, metric: Metric, statement: Statement): string {
  return `vector ${DISTANCES[metric]} ${statement.add(`[${vector.join(',')}]`)}::vector`;
}

async function createExtension(sql: SqlConnection): Promise<void> {
  const there = await sql.query("select 1 as found from pg_extension where extname = 'vector'");
  if (there.length > 0) return;
  try {
    await sql.query('create extension vector');
  } catch (error) {
    throw new Error(
      `Cannot keep vectors in this database: it has no extension vector (pgvector), and it could not be made: ${(error as Error).message}. Let an administrator install pgvector and run "create extension vector"`,
      { cause: error },
    );
  }
}
