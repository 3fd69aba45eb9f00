import {
  createPgliteConnection,
  type Pglite,
  type PgliteCalls,
  type PgliteModules,
  pgliteCalls,
} from '../store/pglite-connection.ts';
import { checkCollectionName } from '../store/sql-collection.ts';
import { SqlTextStore } from '../store/sql-text-store.ts';
import { TEXT_STORE_RULES, type TextStoreOptions } from '../store/store-options.ts';
import type { TextStore } from '../store/text-store.ts';
import { checkOptions } from '../text/check-options.ts';
import { maskSecrets } from '../text/mask-secrets.ts';
import { showValue } from '../text/show-value.ts';

/**
 * PostgreSQL's own copy of what it reads of files, which in a page lie in memory themselves. It is filled with zeros each time that a store
 * is opened. With PostgreSQL's default of 128 MB, a search of 30,000 texts takes .4 ms less, and each page 96 MB more.
 */
const BUFFERS = '32MB';

/** See src/environment/text-stores.ts. */
export async function openTextStore(name: string, options: TextStoreOptions = {}): Promise<TextStore> {
  checkOptions(options, TEXT_STORE_RULES);
  checkName(name);
  const { collection, mustExist, pglite, upgrade = false } = options;
  if (collection !== undefined) checkCollectionName(collection); // before a database is made
  if (mustExist) throw new RangeError('Cannot use "mustExist" in a page: leave it out');
  const { PGlite, vector } = pglite ?? (await importPglite(name));
  const unlock = await lockStore(name);
  try {
    const database = await withItsFiles(name, () =>
      PGlite.create({
        dataDir: `idb://${name}`,
        extensions: { vector: vector as never },
        initDbStartParams: ['-c', `shared_buffers=${BUFFERS}`],
      }),
    );
    return await SqlTextStore.open(
      createPgliteConnection(callsThatKeepChanges(database), async () => unlock()),
      collection,
      { upgrade },
    );
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * PGlite looks over all of its files after each statement, for what it has to write to IndexedDB: ten times the work of a small search.
 * But a statement that only reads leaves nothing to keep, and a transaction nothing before it ends.
 */
export function callsThatKeepChanges(database: Pglite): PgliteCalls {
  const calls = pgliteCalls(database);
  const keep = database.syncToFs.bind(database);
  let onlyReads = false;
  database.syncToFs = async () => {
    if (!onlyReads && !database.isInTransaction()) await keep();
  };
  // Each call ends before the next begins, except within a transaction.
  return {
    query(sql, parameters) {
      onlyReads = sql.startsWith('select ');
      return calls.query(sql, parameters);
    },
    fill(sql, bytes) {
      onlyReads = false;
      return calls.fill(sql, bytes);
    },
    read(sql) {
      onlyReads = true;
      return calls.read(sql);
    },
    close() {
      onlyReads = false;
      return calls.close();
    },
  };
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || name.trim() === '')
    throw new TypeError(`A store in a page must have a name, such as "texts", got ${showValue(name)}`);
  if (/^:?memory:/i.test(name))
    throw new Error(`Cannot open "${name}": a store in memory is made by new MemoryTextStore(), without a name`);
  if (/^([a-z][\w+.-]*:\/\/|sqlite:|file:)/i.test(name))
    throw new Error(
      `Cannot open "${maskSecrets(name)}": a page keeps its texts in IndexedDB, under a name such as "texts"; no address is needed`,
    );
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

const LOOK_MILLISECONDS = 200;
const FILES = /\/(pglite|initdb|vector)[^/]*\.(wasm|data|tar\.gz)$/;

/**
 * PGlite fetches its files from beside its script, and waits for ever where a bundler has left them behind.
 *
 * @throws Error that names the file
 */
async function withItsFiles<Result>(store: string, start: () => Promise<Result>): Promise<Result> {
  const begin = performance.now();
  let stop = () => {};
  const missing = new Promise<never>((_, reject) => {
    const fail = (what: string) =>
      reject(
        new Error(
          `Cannot open "${store}": ${what}; @electric-sql/pglite needs its files (pglite.wasm, pglite.data, initdb.wasm, vector.tar.gz) beside its script: copy them there, or leave the package out of the bundle`,
        ),
      );
    const look = () => {
      const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
      const bad = entries.find(
        (entry) => entry.startTime >= begin && entry.responseStatus >= 400 && FILES.test(new URL(entry.name).pathname),
      );
      if (bad) fail(`the server answers ${bad.responseStatus} for ${bad.name}`);
    };
    // What is there, but something else, such as the page of a server that answers everything.
    const hear = ({ reason }: PromiseRejectionEvent) => {
      const message = String(reason?.message ?? reason);
      if (!/Invalid FS bundle size|WebAssembly/.test(message)) return;
      look(); // the address says more, if it is known
      fail(message);
    };
    const timer = setInterval(look, LOOK_MILLISECONDS);
    globalThis.addEventListener('unhandledrejection', hear);
    stop = () => {
      clearInterval(timer);
      globalThis.removeEventListener('unhandledrejection', hear);
    };
  });
  try {
    return await Promise.race([start(), missing]);
  } finally {
    stop();
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
