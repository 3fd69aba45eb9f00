// What the browser keeps between two visits: the text, the settings and the model, in IndexedDB.
import { messageOf, PageError } from './engine/page-error.ts';

const DATABASE = 'wordkin-lesson';
const STORE = 'kept';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run<Result>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const database = await open();
  try {
    return await new Promise<Result>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
      transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  } finally {
    database.close();
  }
}

/** What was kept under a name; undefined where nothing was, or the browser keeps nothing. */
export async function loadKept<Value>(name: string): Promise<Value | undefined> {
  try {
    return (await run('readonly', (store) => store.get(name))) as Value | undefined;
  } catch {
    return undefined;
  }
}

/** @throws PageError where the browser has no room, or keeps nothing; what was kept before stays */
export async function keep(name: string, value: unknown): Promise<void> {
  try {
    await run('readwrite', (store) => store.put(value, name));
  } catch (error) {
    const isFull = (error as Error | null)?.name === 'QuotaExceededError';
    throw new PageError(isFull ? 'storage-full' : 'storage-failed', { detail: messageOf(error) });
  }
}
