import type { TextStoreOptions } from '../environment/text-stores.ts';
import { createPgliteConnection, type PgliteModules } from '../store/pglite-connection.ts';
import { SqlTextStore } from '../store/sql-text-store.ts';
import type { TextStore } from '../store/text-store.ts';

/** See src/environment/text-stores.ts. */
export async function openTextStore(
  name: string,
  { collection, mustExist, pglite }: TextStoreOptions = {},
): Promise<TextStore> {
  if (mustExist) throw new RangeError('Cannot use "mustExist" in a page: leave it out');
  const { PGlite, vector } = pglite ?? (await importPglite(name));
  const unlock = await lockStore(name);
  try {
    const database = await PGlite.create({ dataDir: `idb://${name}`, extensions: { vector: vector as never } });
    return await SqlTextStore.open(
      createPgliteConnection(database, async () => unlock()),
      collection,
    );
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * By an import map. The names are none that a bundler sees: it would have to find what most pages do not need, and what
 * esbuild and webpack cannot build.
 */
async function importPglite(store: string): Promise<PgliteModules> {
  const load = (name: string) => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name);
  try {
    const [{ PGlite }, { vector }] = await Promise.all(
      ['@electric-sql/pglite', '@electric-sql/pglite-pgvector'].map(load),
    );
    return { PGlite, vector };
  } catch (cause) {
    throw new Error(
      `Cannot open "${store}": the page has no database. Give it one: import { PGlite } from '@electric-sql/pglite' and { vector } from '@electric-sql/pglite-pgvector', then openTextStore(name, { pglite: { PGlite, vector } })`,
      { cause },
    );
  }
}

/** Two pages that wrote to one store would lose each other's texts. */
function lockStore(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`wordkin ${name}`, { ifAvailable: true }, (lock) => {
        if (lock) return new Promise<void>((unlock) => resolve(unlock));
        reject(new Error(`Cannot open "${name}": another page uses it; a store takes one page at a time`));
        return undefined;
      })
      .catch(reject);
  });
}
