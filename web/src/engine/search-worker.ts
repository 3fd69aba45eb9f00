// The database in its thread: PGlite evaluates code, so that this script alone is served with a policy that allows it.
import { STARTED, serveCalls } from '../../../src/threads/remote-calls.ts';
import { messageOf, PageError } from './page-error.ts';
import {
  createSentenceEncoder,
  explainSimilarity,
  loadModel,
  openTextStore,
  subwordHash,
  TextIndex,
} from './wordkin.ts';

/** A text that was found, and the words that made it so. */
export interface Found {
  readonly id: string;
  readonly text: string;
  readonly similarity: number;
  readonly reasons: readonly { readonly word: string; readonly contribution: number }[];
}

const DATABASE = 'wordkin-page';
const REASONS = 5;

let index: TextIndex | undefined;

const calls = {
  /** Opens the store of the texts, which belongs to one model. */
  async open(model: Blob, packages: string, anew: boolean): Promise<number> {
    if (anew) {
      await index?.store.close();
      index = undefined;
      await removeDatabase();
    }
    if (index) return index.count();
    let modules: NonNullable<Parameters<typeof openTextStore>[1]>['pglite'];
    try {
      // By addresses that no bundler follows: the packages are files of the server.
      const load = (path: string) => import(/* @vite-ignore */ new URL(path, packages).href);
      const [{ PGlite }, { vector }] = await Promise.all([load('pglite/index.js'), load('pglite-pgvector/index.js')]);
      modules = { PGlite, vector };
    } catch (error) {
      throw new PageError('no-database', { detail: messageOf(error) });
    }
    const encoder = await createSentenceEncoder(await loadModel(model));
    const store = await kept(() => openTextStore(DATABASE, { pglite: modules }));
    try {
      index = await TextIndex.open(encoder, store);
    } catch (error) {
      await store.close();
      throw error;
    }
    return index.count();
  },

  /** Lets the store go, so that it can be opened for another model. */
  async close(): Promise<void> {
    await index?.store.close();
    index = undefined;
  },

  async add(texts: readonly string[]): Promise<number> {
    const records = texts.map((text) => ({ id: idOf(text), text }));
    await kept(() => need().add(records));
    return need().count();
  },

  async search(question: string): Promise<Found[]> {
    const { encoder } = need();
    const hits = await need().search(question, { count: 5 });
    return hits.map(({ id, text, similarity = 0 }) => ({
      id,
      text,
      similarity,
      reasons: explainSimilarity(encoder, text, question)
        .first.filter(({ contribution }) => contribution > 0)
        .slice(0, REASONS)
        .map(({ word, contribution }) => ({ word, contribution })),
    }));
  },

  async clear(): Promise<number> {
    for (let texts = await need().list({ count: 1000 }); texts.length > 0; texts = await need().list({ count: 1000 }))
      await need().delete(texts.map(({ id }) => id));
    return need().count();
  },
};

/** A long text is known by its beginning, its hash and its length. */
function idOf(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 180)} … ${subwordHash(text)} ${text.length}`;
}

function need(): TextIndex {
  if (!index) throw new PageError('no-database', { detail: '' });
  return index;
}

/** Runs what writes, and tells of a full disk in a sentence of the page. */
async function kept<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const message = messageOf(error);
    if (/quota|storage is full|No space|ENOSPC/i.test(message) || (error as Error).name === 'QuotaExceededError')
      throw new PageError('storage-full', { detail: message });
    throw error;
  }
}

function removeDatabase(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`/pglite/${DATABASE}`);
    request.onsuccess = () => resolve();
    request.onblocked = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

const thread = globalThis as unknown as {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
};
serveCalls(
  {
    post: (message) => thread.postMessage(message),
    onMessage: (listener) => thread.addEventListener('message', ({ data }) => listener(data)),
  },
  async (call, args) => ({
    value: await (calls as unknown as Record<string, (...all: readonly unknown[]) => unknown>)[call](...args),
  }),
);
thread.postMessage({ id: STARTED });

export type SearchCalls = typeof calls;
