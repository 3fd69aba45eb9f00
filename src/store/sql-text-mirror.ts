import { CopyReader } from './copy-rows.ts';
import type { Filter } from './filter.ts';
import type { Collection } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { type TableEntry, TextTable } from './text-table.ts';

/** How texts are held. */
export interface MirrorLimits {
  /** Threads that help to scan vectors; if undefined, as many as serve this machine. */
  readonly scanHelpers?: number | undefined;
  /** Of so many texts metadata are held; if undefined, of 131,072. */
  readonly mostHeld?: number | undefined;
  /** Vectors are held up to so many bytes; if undefined, 134 million: 335,544 texts with 100 dimensions. */
  readonly mostHeldVectorBytes?: number | undefined;
}

/** What of the texts is held. Words always are. */
export interface MirrorParts extends MirrorLimits {
  /** Of many texts their codes only, see `CodedVectors`. */
  readonly vectors: boolean;
  /** Of many texts columns of the fields that conditions ask for: each is read when it is first asked for. */
  readonly metadata: boolean;
}

/** Of so many texts metadata are held: then the first condition on a field need not read those of all. */
const MOST_HELD = 1 << 17;
/** So long vectors are held: then a search need not read those of its candidates, nor wait while the database stores texts. */
const MOST_HELD_VECTOR_BYTES = 1 << 27;
/** So often columns are read anew that are given up before they are used, as others ask for others. */
const ATTEMPTS = 3;
/** Blocks of 8 kB that are read at once. */
const BLOCKS_AT_ONCE = 8192;

/**
 * Texts of a database in memory, so that they are searched there: read when they are first asked for, and from then on kept up
 * to date with what this process and others change.
 *
 * Each row tells the transaction that changed it last, and a snapshot tells the oldest transaction that had not ended (`xmin`): all
 * changes that were not seen are by transactions from that one on. Those of them that were seen are known, as a transaction is seen in
 * whole or not at all.
 */
export class SqlTextMirror {
  readonly parts: MirrorParts;
  readonly #collection: Collection;
  readonly #connection: () => SqlConnection;
  readonly #isExclusive: boolean;
  #table: TextTable;
  /** Transactions before it have been seen; undefined before the texts are read. */
  #since: bigint | undefined;
  /** Those from there on that have been seen, too. */
  #seen = new Set<bigint>();
  #isStale = true;
  /** Conditions whose fields are wanted. */
  readonly #wanted: Filter[] = [];
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param isExclusive - whether nobody else can change the texts */
  constructor(collection: Collection, parts: MirrorParts, isExclusive: boolean, connection: () => SqlConnection) {
    this.#collection = collection;
    this.parts = parts;
    this.#table = this.#emptyTable();
    this.#isExclusive = isExclusive;
    this.#connection = connection;
  }

  /**
   * Tells that this process has changed something: what is not known from the database yet, if nobody else can have changed more.
   *
   * @param transaction - the number of the one that did it; undefined if nothing has changed
   * @param changes - what it put; without an entry, what it deleted
   */
  noteChange(
    transaction: string | undefined,
    changes: () => readonly { readonly id: string; readonly entry: TableEntry | undefined }[],
  ): void {
    if (transaction === undefined) return;
    const isFollowed = this.#since !== undefined && !this.#isStale && !this.#running;
    if (!isFollowed || !this.#isExclusive) {
      this.#isStale = true;
      return;
    }
    const changed = BigInt(transaction);
    if (changed < this.#since!) return; // read already
    const { vectors, metadata } = this.parts;
    for (const { id, entry } of changes()) {
      if (!entry) this.#table.delete(id);
      else
        this.#table.set(id, {
          words: entry.words,
          ...(vectors && { vector: entry.vector }),
          ...(metadata && { metadata: entry.metadata }),
        });
    }
    // One transaction after the other: all before this one have ended.
    this.#since = changed + 1n;
    this.#seen.clear();
  }

  /** Ends the threads of its table. */
  close(): void {
    this.#table.close();
  }

  /**
   * The texts as they are in the database now, or later.
   *
   * @param where - a condition that they are asked for
   * @returns undefined where the condition has more fields than are held
   */
  async currentFor(where: Filter): Promise<TextTable | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const table = await this.current();
      const missing = table.missingFields(where);
      if (missing?.length === 0) return table;
      if (!missing) break;
      this.#wanted.push(where);
    }
    return undefined;
  }

  /** The texts as they are in the database now, or later. */
  async current(): Promise<TextTable> {
    if (!this.#running) this.#running = this.#update().finally(() => (this.#running = undefined));
    else {
      // What runs may have begun before a change that the caller must see.
      this.#next ??= this.#running
        .catch(() => {})
        .then(() => {
          this.#next = undefined;
          return this.current().then(() => {});
        });
      await this.#next;
      return this.#table;
    }
    await this.#running;
    return this.#table;
  }

  async #update(): Promise<void> {
    const sql = this.#connection();
    if (this.#since === undefined) await this.#load(sql);
    await this.#loadColumns(sql);
    if (this.#isExclusive && !this.#isStale) return;
    this.#isStale = false;
    try {
      if (!(await this.#readChanges(sql))) {
        await this.#load(sql);
        await this.#readChanges(sql);
      }
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  /** Reads all; what changes meanwhile is read again by `#readChanges`. */
  async #load(sql: SqlConnection): Promise<void> {
    const [{ xmin }] = await sql.query<{ xmin: string }>(
      'select txid_snapshot_xmin(txid_current_snapshot())::text as xmin',
    );
    const table = this.#emptyTable();
    for await (const rows of this.#read(sql, this.columns))
      while (rows.nextRow()) {
        rows.nextField();
        this.#setRow(table, rows.text, rows, table.holdsMetadata);
      }
    this.#table.close();
    this.#table = table;
    this.#since = BigInt(xmin);
    this.#seen = new Set();
  }

  /** Reads the fields that are wanted. What changes meanwhile is read again by `#readChanges`. */
  async #loadColumns(sql: SqlConnection): Promise<void> {
    const wanted = this.#wanted.splice(0);
    const fields = new Map(
      wanted.flatMap((where) => this.#table.missingFields(where) ?? []).map((path) => [JSON.stringify(path), path]),
    );
    if (fields.size === 0) return;
    this.#isStale = true;
    const columns = this.#table.fillColumns([...fields.values()]);
    for await (const rows of this.#read(sql, 'metadata'))
      while (rows.nextRow()) {
        rows.nextField();
        const id = rows.text;
        rows.nextField();
        columns.set(id, rows.json);
      }
    columns.finish();
  }

  /** Ids and columns of all texts, many at once; the database reads the next ones while these are taken in. */
  async *#read(sql: SqlConnection, columns: string): AsyncIterable<CopyReader> {
    const { table } = this.#collection;
    const [{ blocks }] = await sql.query<{ blocks: number }>(
      "select ceil(pg_relation_size(to_regclass($1)) / current_setting('block_size')::float8)::float8 as blocks",
      [table],
    );
    const read = (first: number) => {
      // Behind the last block of all: rows may have been added.
      const last = first + BLOCKS_AT_ONCE < blocks ? `and ctid < '(${first + BLOCKS_AT_ONCE},0)'` : '';
      const reading = sql.read(`select id, ${columns} from ${table} where ctid >= '(${first},0)' ${last}`);
      reading.catch(() => {}); // told where it is awaited
      return reading;
    };
    let next = read(0);
    for (let first = 0; first < Math.max(1, blocks); first += BLOCKS_AT_ONCE) {
      const rows = new CopyReader(await next);
      if (first + BLOCKS_AT_ONCE < blocks) next = read(first + BLOCKS_AT_ONCE);
      yield rows;
    }
  }

  #emptyTable(): TextTable {
    const { scanHelpers, mostHeld = MOST_HELD, mostHeldVectorBytes = MOST_HELD_VECTOR_BYTES } = this.parts;
    return new TextTable({ scanHelpers, mostHeld, mostHeldVectorBytes });
  }

  get columns(): string {
    const { vectors, metadata } = this.parts;
    return ['words', metadata && 'metadata', vectors && 'vector'].filter(Boolean).join(', ');
  }

  /** @param takesMetadata - whether the table wants them, if they are there */
  #setRow(table: TextTable, id: string, rows: CopyReader, takesMetadata = true): void {
    rows.nextField();
    const words = rows.bytes;
    let metadata: string | undefined;
    if (this.parts.metadata && rows.nextField() && takesMetadata) metadata = rows.json;
    const vector = this.parts.vectors && rows.nextField() ? rows.vector : undefined;
    table.set(id, { words, metadata, vector });
  }

  /** Returns false if deletions are no longer known that have not been seen. */
  async #readChanges(sql: SqlConnection): Promise<boolean> {
    const { table, deleted } = this.#collection;
    const { metadata, vectors } = this.parts;
    const unseen = `changed >= ${this.#since}${this.#seen.size > 0 ? ` and changed <> all('{${[...this.#seen].join(',')}}'::bigint[])` : ''}`;
    const none = ['null::bytea', metadata && 'null::jsonb', vectors && 'null::vector'].filter(Boolean).join(', ');
    // One statement is one snapshot.
    const rows = new CopyReader(
      await sql.read(`select txid_snapshot_xmin(txid_current_snapshot()), null::text as id, ${none}
        union all select changed, id, ${this.columns} from ${table} where ${unseen}
        union all select changed, id, ${none} from ${deleted} where ${unseen}`),
    );
    let xmin = this.#since!;
    const seen: bigint[] = [];
    const gone: string[] = [];
    let isKnown = true;
    while (rows.nextRow()) {
      rows.nextField();
      const changed = rows.bigint;
      if (!rows.nextField()) {
        xmin = changed;
        this.#skip(rows);
        continue;
      }
      seen.push(changed);
      const id = rows.text;
      if (id === '') isKnown = false;
      // A text has words, if perhaps none: a row without them is one of a deleted text.
      const begin = rows.mark();
      if (rows.nextField()) {
        rows.reset(begin);
        this.#setRow(this.#table, id, rows);
      } else {
        gone.push(id);
        rows.reset(begin);
        this.#skip(rows);
      }
    }
    for (const id of gone) this.#table.delete(id);
    this.#since = xmin;
    this.#seen = new Set([...this.#seen, ...seen].filter((transaction) => transaction >= xmin));
    return isKnown;
  }

  #skip(rows: CopyReader): void {
    const { metadata, vectors } = this.parts;
    for (let field = 0; field < 1 + Number(metadata) + Number(vectors); field++) rows.nextField();
  }
}
