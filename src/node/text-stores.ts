import { existsSync } from 'node:fs';
import { checkCollectionName } from '../store/sql-collection.ts';
import { SqlTextStore } from '../store/sql-text-store.ts';
import { TEXT_STORE_RULES, type TextStoreOptions } from '../store/store-options.ts';
import { checkOptions } from '../text/check-options.ts';
import { openPglite } from './pglite-store.ts';
import { connectPostgres, shownDatabase } from './postgres-connection.ts';

/** See src/environment/text-stores.ts. */
export async function openTextStore(database: string, options: TextStoreOptions = {}): Promise<SqlTextStore> {
  checkOptions(options, TEXT_STORE_RULES);
  const { collection, mustExist = false, upgrade = false, scanHelpers, signal } = options;
  checkDatabase(database);
  if (collection !== undefined) checkCollectionName(collection); // before a database is made
  const connection = /^postgres(ql)?:\/\//i.test(database)
    ? await connectPostgres(database, options)
    : await openPglite(database, { mustExist, signal });
  try {
    const store = await SqlTextStore.open(connection, collection, { upgrade, scanHelpers });
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
  if (/^:?memory:$/i.test(database))
    throw new Error(`Cannot open "${database}": a store in memory is made by new MemoryTextStore(), without a name`);
  if (/^(\w[\w+.-]*:\/\/|sqlite:|file:)/i.test(database) && !/^postgres(ql)?:\/\//i.test(database))
    throw new Error(
      `Cannot open "${shownDatabase(database)}": a store is a folder or a URL that begins with postgres://`,
    );
  if (/^~[\\/]/.test(database) && !existsSync(database))
    throw new Error(`Cannot open "${database}": ~ stands for the home folder in a shell only; write the whole path`);
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
