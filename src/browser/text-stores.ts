import { createPgliteConnection } from '../store/pglite-connection.ts';
import { SqlTextStore } from '../store/sql-text-store.ts';

/**
 * Opens a store of texts that the browser keeps (IndexedDB), made if it is not there: the same embedded PostgreSQL as in Node.
 *
 * @throws Error if another page has it open
 */
export async function openTextStore(name: string, { collection }: { collection?: string } = {}): Promise<SqlTextStore> {
  const unlock = await lockStore(name);
  try {
    const [{ PGlite }, { vector }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite-pgvector'),
    ]);
    const pglite = await PGlite.create({ dataDir: `idb://${name}`, extensions: { vector } });
    return await SqlTextStore.open(
      createPgliteConnection(pglite, async () => unlock()),
      collection,
    );
  } catch (error) {
    unlock();
    throw error;
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
