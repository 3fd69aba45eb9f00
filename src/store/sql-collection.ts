import type { SqlConnection } from './sql-connection.ts';
import type { ModelIdentity } from './text-store.ts';

/** Of the tables of a collection. */
export const FORMAT = 3;
/** As version 0.1 of wordkin wrote it. */
export const FIRST_FORMAT = 1;
/** The table that lists the collections is called like one of this name. */
const RESERVED_NAME = 'collections';

/** A collection that an earlier version wrote. */
export class OldCollectionError extends Error {
  override readonly name = 'OldCollectionError';
}

/** @throws RangeError for a bad name */
export function checkCollectionName(name: string): void {
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]{0,39}$/.test(name))
    throw new RangeError(
      `A collection's name must be of lower-case letters, digits and _, at most 40, got ${JSON.stringify(name)}`,
    );
  if (name === RESERVED_NAME)
    throw new RangeError(
      `A collection cannot be named "${RESERVED_NAME}": the database keeps the list of its collections by that name; choose another`,
    );
}

/** The tables of a collection. No collection's own table is named with a space, so none is another's. */
export class Collection {
  readonly name: string;
  /** Texts: id, text, metadata, vector, words (see term-vector.ts), and the transaction that changed the row. */
  readonly table: string;
  /** Blocks of words: the number of the first, and a JSON array of them. A block that is there stays. */
  readonly words: string;
  /**
   * Ids of deleted texts with the transaction that deleted them, so that other processes see it. The empty id stands for all that have
   * been taken out of this table: the last transaction of them.
   */
  readonly deleted: string;
  readonly #prefix: string;

  /** @throws RangeError for a bad name */
  constructor(name: string) {
    checkCollectionName(name);
    this.name = name;
    this.#prefix = `wordkin_${name}`;
    this.table = `"${this.#prefix}"`;
    this.words = this.named('word');
    this.deleted = this.named('deleted');
  }

  /** The quoted name of something that belongs to it. */
  named(part: string): string {
    return `"${this.#prefix} ${part}"`;
  }

  async create(sql: SqlConnection, dimensions: number): Promise<void> {
    await sql.query(`create table ${this.table} (
      id text collate "C" not null, text text not null, metadata jsonb not null,
      vector vector(${Math.floor(dimensions)}), words bytea not null, changed bigint not null,
      constraint ${this.named('id')} primary key (id))`);
    // Vectors and words look like chance: to compress them costs time and gains nothing.
    await sql.query(`alter table ${this.table} alter vector set storage external, alter words set storage external`);
    await sql.query(`create index ${this.named('changed')} on ${this.table} (changed)`);
    await sql.query(`create table ${this.words} (first integer primary key, words text not null)`);
    await sql.query(`create table ${this.deleted} (id text collate "C" primary key, changed bigint not null)`);
  }
}

/** Whether there is a list of collections. */
export async function hasCollections(sql: SqlConnection): Promise<boolean> {
  const [row] = await sql.query<{ there: boolean }>("select to_regclass('wordkin_collections') is not null as there");
  return row.there;
}

/**
 * The model of a collection; undefined if there is no such collection.
 *
 * @throws OldCollectionError that says how to bring it over; Error for one of a later version
 */
export async function readModel(sql: SqlConnection, name: string): Promise<ModelIdentity | undefined> {
  const [row] = await sql.query<ModelIdentity & { format: number }>(
    'select format, fingerprint, description, dimensions from wordkin_collections where name = $1',
    [name],
  );
  if (!row) return undefined;
  const { format, fingerprint, description, dimensions } = row;
  if (format === FIRST_FORMAT)
    throw new OldCollectionError(
      `Cannot open collection "${name}": version 0.1 of wordkin wrote it (format ${format}, this version has ${FORMAT}); bring it over by "wordkin upgrade --db DATABASE", or in a program by openTextStore(database, { upgrade: true }). Nothing has to be embedded anew`,
    );
  if (format !== FORMAT)
    throw new Error(
      `Cannot open collection "${name}": it is of format ${format}, this version of wordkin reads ${FORMAT}; install the version that wrote it`,
    );
  return { fingerprint, description, dimensions };
}

/** PostgreSQL's codes where the extension is not installed, or not for this role. */
const NOT_AVAILABLE = new Set(['58P01', '0A000', '42501']);

/** @throws Error if it is not there and cannot be made */
export async function createExtension(sql: SqlConnection): Promise<void> {
  const there = await sql.query("select 1 as found from pg_extension where extname = 'vector'");
  if (there.length > 0) return;
  try {
    await sql.query('create extension vector');
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const wayOut = NOT_AVAILABLE.has(code ?? '')
      ? '. Let an administrator install pgvector and run "create extension vector"'
      : '';
    throw new Error(
      `Cannot keep vectors in this database: it has no extension vector (pgvector), and it could not be made: ${message}${wayOut}`,
      { cause: error },
    );
  }
}
