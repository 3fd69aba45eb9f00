import type { ScoredItem } from '../search/rank-fusion.ts';
import { checkOptions, checkTextArray } from '../text/check-options.ts';
import {
  checkIds,
  checkIsQuestion,
  checkModel,
  checkQuestion,
  checkTexts,
  checkWordQuery,
  closedError,
  LIST_RULES,
} from './check-texts.ts';
import type { Filter } from './filter.ts';
import type { Metadata } from './metadata.ts';
import { putTexts } from './put-texts.ts';
import {
  Collection,
  createExtension,
  FORMAT,
  hasCollections,
  OldCollectionError,
  readModel,
} from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { findNearest } from './sql-nearest.ts';
import { ID, IS_LISTED, idLists, Statement, TEXT, whereClause } from './sql-statement.ts';
import { type MirrorLimits, SqlTextMirror } from './sql-text-mirror.ts';
import { SqlVectorSearch } from './sql-vector-search.ts';
import { SqlWords } from './sql-words.ts';
import type { TextStoreOptions } from './store-options.ts';
import {
  type EncodedText,
  type ListOptions,
  type ModelIdentity,
  type OptimizeOptions,
  type SearchKind,
  TextDataError,
  type TextRecord,
  type TextStore,
  type VectorHit,
  type VectorQuery,
  type WordQuery,
  type WordScore,
} from './text-store.ts';
import type { TextTable } from './text-table.ts';
import { upgradeCollection } from './upgrade-collection.ts';

const PAGE = 5_000;
/** So often a search in memory begins anew because others have changed what it found; after that the database is asked. */
const ATTEMPTS = 5;
/** So many of the best by words are asked whether they fulfil a condition, before all texts are. */
const ASKED_FIRST = 500;
/** Codes of PostgreSQL that speak of the data: data exception, cardinality, integrity, a limit of the program. */
const DATA_ERRORS = /^(21|22|23|54)/;

/**
 * Keeps texts in PostgreSQL: embedded (PGlite), or a server. Words are searched in memory: the first such search reads those of all
 * texts, some 130 bytes a text, and from then on what was changed.
 */
export class SqlTextStore implements TextStore {
  readonly #collection: Collection;
  readonly #words: SqlWords;
  readonly #vectors: SqlVectorSearch;
  readonly #connection: SqlConnection;
  #model: ModelIdentity | undefined;
  #mirror: SqlTextMirror;
  #closing: Promise<void> | undefined;

  readonly #limits: MirrorLimits;

  private constructor(connection: SqlConnection, collection: Collection, limits: MirrorLimits) {
    this.#connection = connection;
    this.#collection = collection;
    this.#words = new SqlWords(collection);
    this.#vectors = new SqlVectorSearch(collection);
    this.#limits = limits;
    this.#mirror = this.#createMirror(false);
  }

  /**
   * Reads only: a role that may not write, or a standby, can search.
   *
   * @param name - lower-case letters, digits and _; a database may hold several
   * @param options - `upgrade`: bring a collection of an earlier version over, which takes as long as to write its texts
   * @throws RangeError for a bad name; Error for a database of another version
   */
  static async open(
    sql: SqlConnection,
    name = 'texts',
    { upgrade = false, ...limits }: Pick<TextStoreOptions, 'upgrade'> & MirrorLimits = {},
  ): Promise<SqlTextStore> {
    const collection = new Collection(name);
    const [{ encoding }] = await sql.query<{ encoding: string }>(
      `select current_setting('server_encoding') as encoding`,
    );
    if (encoding !== 'UTF8')
      throw new Error(`Cannot use this database: its encoding is ${encoding}, texts need one with the encoding UTF8`);
    const store = new SqlTextStore(sql, collection, limits);
    try {
      await store.#refresh();
    } catch (error) {
      if (!upgrade || !(error instanceof OldCollectionError)) throw error;
      await upgradeCollection(sql, collection);
      await store.#refresh();
    }
    return store;
  }

  get model(): ModelIdentity | undefined {
    return this.#model;
  }

  /** Names of the collections that the database holds. */
  async collections(): Promise<string[]> {
    const sql = this.#sql;
    if (!(await hasCollections(sql))) return [];
    const rows = await sql.query<{ name: string }>('select name from wordkin_collections order by name');
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
      const found = await readModel(connection, this.#collection.name);
      if (found) return checkModel(found, model);
      await this.#collection.create(connection, dimensions);
      await connection.query(
        'insert into wordkin_collections (name, format, fingerprint, description, dimensions) values ($1, $2, $3, $4, $5)',
        [this.#collection.name, FORMAT, fingerprint, description, dimensions],
      );
    });
    await this.#refresh();
  }

  async put(texts: readonly EncodedText[]): Promise<{ added: number; updated: number }> {
    const sql = this.#sql;
    const checked = checkTexts(texts, await this.#current());
    if (checked.length === 0) return { added: 0, updated: 0 };
    try {
      const words = await this.#words.encode(
        sql,
        checked.map(({ tokens }) => tokens),
      );
      const rows = await putTexts(sql, this.#collection, checked, words);
      this.#mirror.noteChange(rows[0]?.changed, () => {
        const put = new Set(rows.map(({ id }) => id));
        return checked.flatMap(({ id, vector, metadata = {} }, i) =>
          put.has(id) ? [{ id, entry: { vector, words: words[i], metadata: JSON.stringify(metadata) } }] : [],
        );
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
    const { table, deleted } = this.#collection;
    let count = 0;
    for (const list of idLists(ids)) {
      const rows = await sql.query<{ id: string; changed: string }>(
        `with gone as (delete from ${table} where ${IS_LISTED} returning id)
        insert into ${deleted} as old (id, changed) select id, txid_current() from gone
        on conflict (id) do update set changed = excluded.changed returning ${ID}, changed::text as changed`,
        [list],
      );
      count += rows.length;
      this.#mirror.noteChange(rows[0]?.changed, () => rows.map(({ id }) => ({ id, entry: undefined })));
    }
    return count;
  }

  async get(ids: readonly string[]): Promise<Required<TextRecord>[]> {
    checkIds(ids);
    const sql = this.#sql;
    if (!(await this.#current())) return [];
    const found: Required<TextRecord>[] = [];
    for (const list of idLists(ids))
      found.push(
        ...(await sql.query<Required<TextRecord>>(
          `select ${ID}, ${TEXT}, metadata from ${this.#collection.table} where ${IS_LISTED}`,
          [list],
        )),
      );
    return found;
  }

  async list(options: ListOptions = {}): Promise<Required<TextRecord>[]> {
    checkOptions(options, LIST_RULES);
    const { after, count = 100, where } = options;
    const most = checkQuestion({ count, where, after });
    const sql = this.#sql;
    if (!(await this.#current())) return [];
    const { table } = this.#collection;
    const statement = new Statement();
    const conditions = [where && statement.filter(where), after !== undefined && `id > ${statement.add(after)}`];
    return sql.query(
      `select ${ID}, ${TEXT}, metadata from ${table} ${whereClause(conditions)} order by ${table}.id limit ${statement.add(most)}::int`,
      statement.parameters,
    );
  }

  async count(): Promise<number> {
    const sql = this.#sql;
    if (!(await this.#current())) return 0;
    const [row] = await sql.query<{ count: number }>(`select count(*)::float8 as count from ${this.#collection.table}`);
    return row.count;
  }

  async searchVectors(query: VectorQuery): Promise<VectorHit[]> {
    checkIsQuestion(query);
    const count = checkQuestion(query);
    const sql = this.#sql;
    const model = await this.#current();
    if (!model) return [];
    if (!this.#mirror.parts.vectors) return this.#vectors.search(sql, { ...query, count }, model.dimensions);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const table = await this.#tableFor(query.where);
      if (!table) break;
      const held = table.searchVectors({ ...query, count });
      if (held) return held;
      const candidates = table.vectorCandidates({ ...query, count });
      const hits = await findNearest(sql, this.#collection, candidates, { ...query, count });
      if (hits) return hits;
    }
    return this.#vectors.searchAll(sql, { ...query, count });
  }

  async searchWords(asked: WordQuery): Promise<ScoredItem<string>[]> {
    checkWordQuery(asked);
    const { tokens, where, ...query } = asked;
    const count = checkQuestion({ ...query, where });
    const sql = this.#sql;
    if (!(await this.#current())) return [];
    const terms = [...(await this.#words.find(sql, tokens)).values()];
    const able = await this.#tableFor(where);
    if (able) return able.searchWords(terms, { count, where });
    const table = await this.#mirror.current();
    // The best first: most conditions hold for enough of them.
    const first = table.searchWords(terms, { count: ASKED_FIRST + 4 * count });
    const fulfil = await this.#idsWhere(
      where!,
      first.map(({ item }) => item),
    );
    const found = first.filter(({ item }) => fulfil.has(item)).slice(0, count);
    if (found.length === count || first.length < ASKED_FIRST + 4 * count) return found;
    return table.searchWords(terms, { count, only: await this.#idsWhere(where!) });
  }

  async explainWords(tokens: readonly string[], ids: readonly string[]): Promise<Map<string, WordScore[]>> {
    checkTextArray('tokens', tokens);
    checkIds(ids);
    const sql = this.#sql;
    if (!(await this.#current())) return new Map();
    const table = await this.#mirror.current();
    return table.explainWords(await this.#words.find(sql, tokens), ids);
  }

  async *vectors() {
    const sql = this.#sql;
    if (!(await this.#current())) return;
    const { table } = this.#collection;
    for (let after = ''; ; ) {
      const statement = new Statement();
      const rows = await sql.query<{ id: string; vector: string | null; metadata: Metadata }>(
        `select ${ID}, vector::text as vector, metadata from ${table} where id > ${statement.add(after)} order by ${table}.id limit ${PAGE}`,
        statement.parameters,
      );
      for (const { id, vector, metadata } of rows) {
        yield { id, vector: vector === null ? undefined : Float32Array.from(JSON.parse(vector) as number[]), metadata };
      }
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }

  async optimize({ onProgress }: OptimizeOptions = {}): Promise<SearchKind> {
    const sql = this.#sql;
    const model = await this.#current();
    if (!model) return 'exact';
    await sql.query(`analyze ${this.#collection.table}`);
    await forgetDeleted(sql, this.#collection);
    return this.#vectors.optimize(sql, () => this.count(), model.dimensions, onProgress);
  }

  async keepInMemory(): Promise<void> {
    const sql = this.#sql;
    if (this.#mirror.parts.vectors) return;
    if (!(await this.#current()))
      throw new Error('Cannot keep a store in memory that belongs to no model: call claim() first');
    const mirror = this.#createMirror(true);
    await this.#words.load(sql);
    await mirror.current();
    this.#mirror.close();
    this.#mirror = mirror;
  }

  close(): Promise<void> {
    this.#mirror.close();
    this.#closing ??= this.#connection.close();
    return this.#closing;
  }

  /** The connection, as long as the store is open. */
  get #sql(): SqlConnection {
    if (this.#closing) throw closedError();
    return this.#connection;
  }

  /** The texts in memory; undefined where the database is to be asked which of them fulfil the condition. */
  async #tableFor(where: Filter | undefined): Promise<TextTable | undefined> {
    if (!where) return this.#mirror.current();
    return this.#mirror.parts.metadata ? this.#mirror.currentFor(where) : undefined;
  }

  #createMirror(whole: boolean): SqlTextMirror {
    const parts = { vectors: whole, metadata: whole, ...this.#limits };
    return new SqlTextMirror(this.#collection, parts, this.#connection.isExclusive, () => this.#sql);
  }

  /** Which texts fulfil a condition, of these or of all. */
  async #idsWhere(where: Filter, ids?: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    if (!ids) {
      const statement = new Statement();
      const rows = await this.#sql.query<{ id: string }>(
        `select ${ID} from ${this.#collection.table} ${whereClause([statement.filter(where)])}`,
        statement.parameters,
      );
      for (const { id } of rows) found.add(id);
      return found;
    }
    for (const list of idLists(ids)) {
      const statement = new Statement();
      statement.add(list);
      const rows = await this.#sql.query<{ id: string }>(
        `select ${ID} from ${this.#collection.table} ${whereClause([IS_LISTED, statement.filter(where)])}`,
        statement.parameters,
      );
      for (const { id } of rows) found.add(id);
    }
    return found;
  }

  /** The model, which another process may have set meanwhile. */
  async #current(): Promise<ModelIdentity | undefined> {
    if (!this.#model) await this.#refresh();
    return this.#model;
  }

  async #refresh(): Promise<void> {
    const sql = this.#sql;
    this.#model = (await hasCollections(sql)) ? await readModel(sql, this.#collection.name) : undefined;
    if (this.#model) await this.#vectors.refresh(sql);
  }
}

/** Forgets deletions that everybody who looks at the store from time to time has seen; who has not reads all anew. */
async function forgetDeleted(sql: SqlConnection, { deleted }: Collection): Promise<void> {
  await sql.query(`with old as (delete from ${deleted}
      where id <> '' and changed < txid_snapshot_xmin(txid_current_snapshot()) returning changed)
    insert into ${deleted} as mark (id, changed) select '', max(changed) from old having count(*) > 0
    on conflict (id) do update set changed = greatest(mark.changed, excluded.changed)`);
}
