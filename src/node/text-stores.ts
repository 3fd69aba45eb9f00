import { existsSync } from 'node:fs';
import { SqlTextStore } from '../store/sql-text-store.ts';
import { openPglite } from './pglite-store.ts';
import { connectPostgres, type PostgresOptions, shownDatabase } from './postgres-connection.ts';

/** `connectSeconds` and `statementSeconds` are of a server; an embedded database has `signal` only. */
export interface TextStoreOptions extends PostgresOptions {
  /** Lower-case letters, digits and _; `texts` if absent. */
  readonly collection?: string | undefined;
  /** Refuse a folder or a collection that is not there, in place of making one. */
  readonly mustExist?: boolean | undefined;
}

/**
 * Opens a store of texts: an embedded PostgreSQL in a folder, made if it is not there, or a server by its URL
 * (postgres://user@host/database), which needs the extension vector (pgvector).
 *
 * @throws Error if the folder is used by another process or holds something else, or the server cannot be reached
 */
export async function openTextStore(database: string, options: TextStoreOptions = {}): Promise<SqlTextStore> {
  const { collection, mustExist = false, signal } = options;
  checkDatabase(database);
  const connection = /^postgres(ql)?:\/\//i.test(database)
    ? await connectPostgres(database, options)
    : await openPglite(database, { mustExist, signal });
  try {
    const store = await SqlTextStore.open(connection, collection);
    if (mustExist && !store.model) throw await missingCollection(store, shownDatabase(database), collection);
    return store;
  } catch (error) {
    await connection.close().catch(() => {});
    throw error;
  }
}

function checkDatabase(database: unknown): void {
  if (typeof database !== 'string' || database.trim() === '')
    throw new TypeError(
      `A database must be the path of a folder or a URL that begins with postgres://, got ${database === '' ? 'an empty string' : typeof database}`,
    );
  if (/^\w[\w+.-]*:\/\//.test(database) && !/^postgres(ql)?:\/\//i.test(database))
    throw new Error(
      `Cannot open "${shownDatabase(database)}": a store is a folder or a URL that begins with postgres://`,
    );
  if (/(^|\s)(host|hostaddr|dbname|user|password|service)\s*=/i.test(database) && !existsSync(database))
    throw new Error(
      'Cannot open a database by keywords such as "host=… dbname=…": give its URL, postgres://user@host/database',
    );
}

async function missingCollection(store: SqlTextStore, shown: string, collection = 'texts'): Promise<Error> {
  const names = await store.collections();
  const there = names.length > 0 ? `it holds ${names.slice(0, 20).join(', ')}` : 'it holds none yet';
  return new Error(
    `Cannot open collection "${collection}" of "${shown}": there is none of that name; ${there}. Fill it with "wordkin index"`,
  );
}
