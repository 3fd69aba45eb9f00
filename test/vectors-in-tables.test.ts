import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openPglite } from '../dist/node/pglite-store.js';
import { connectPostgres } from '../dist/node/postgres-connection.js';
import { parseFilter } from '../dist/store/filter.js';
import { MemoryTextStore } from '../dist/store/memory-text-store.js';
import type { SqlConnection } from '../dist/store/sql-connection.js';
import { SqlTextStore } from '../dist/store/sql-text-store.js';
import type { EncodedText, TextStore } from '../dist/store/text-store.js';
import { emptyStore, temporaryFolder } from './command.ts';

// A store in memory that holds few vectors itself: it must answer, bit by bit, as one that holds all.
const DIMENSIONS = 8;
const LIMITS = { mostHeld: 20, mostHeldVectorBytes: 20 * 4 * DIMENSIONS, scanHelpers: 0 };
const model = { fingerprint: 'f', description: 'made up', dimensions: DIMENSIONS };
const folder = temporaryFolder();
let folders = 0;
const server = process.env.WORDKIN_TEST_POSTGRES;
const databases: Record<string, () => Promise<SqlConnection>> = {
  PGlite: async () => openPglite(await emptyStore(join(folder, `store${folders++}`)), { mustExist: false }),
  ...(server && { PostgreSQL: () => connectPostgres(server) }),
};

let state = 1;
/** 0 … n − 1 */
function below(n: number): number {
  state = (state * 48_271) % 2_147_483_647;
  return state % n;
}

/** Many have the vector of another; some have none, some have one of zeros. */
function textOf(number: number): EncodedText {
  const kind = below(10);
  const vector =
    kind === 0
      ? undefined
      : Float32Array.from({ length: DIMENSIONS }, (_, d) =>
          kind === 1 ? 0 : kind < 6 ? ((kind * (d + 1)) % 5) - 2 : below(2001) / 1000 - 1,
        );
  const id = [`t${number}`, `'${number}"`, `\\${number}`, `文${number}`, `\ufeff${number}`][number % 5];
  return { id, text: `text ${number}`, tokens: [`w${number % 7}`], metadata: { number, tens: number % 10 }, vector };
}

describe.each(Object.entries(databases))('%s that holds codes of vectors', (name, connect) => {
  const collection = `codes_${process.pid}`;
  const opened: SqlTextStore[] = [];
  let before: () => Promise<void> = async () => {};

  /** @param watched - whether `before` is called before the vectors of candidates are read */
  async function open(watched = false) {
    const connection = await connect();
    const { read } = connection;
    if (watched)
      connection.read = async (sql) => {
        if (sql.startsWith('select id, vector')) await before();
        return read(sql);
      };
    const store = await SqlTextStore.open(connection, collection, LIMITS);
    opened.push(store);
    await store.claim(model);
    return store;
  }

  afterAll(async () => {
    for (const store of opened) await store.close();
  });

  const questionOf = () => Float32Array.from({ length: DIMENSIONS }, () => below(5) - 2);

  /** @param isRead - whether vectors are read from the table, and texts with them */
  async function expectSame(store: TextStore, memory: TextStore, isRead = true) {
    for (const metric of ['cosine', 'euclidean'] as const)
      for (const condition of [undefined, 'tens = 3', 'number < 9 or number = 300'])
        for (const count of condition ? [10] : [1, 500]) {
          const query = { vector: questionOf(), metric, count, where: condition ? parseFilter(condition) : undefined };
          const expected = await memory.searchVectors(query);
          expect(await store.searchVectors(query)).toEqual(expected);
          const hits = await store.searchVectors({ ...query, withRecords: true });
          expect(hits.map(({ id, value }) => ({ id, value }))).toEqual(expected);
          const records = hits.flatMap(({ record }) => record ?? []);
          expect(records).toEqual(await memory.get(records.map(({ id }) => id)));
          if (count === 1) expect(hits.every(({ record }) => record)).toBe(isRead || hits.length === 0);
        }
  }

  it('answers as memory does, after any changes and while they are made', async () => {
    const store = await open(true);
    const memory = new MemoryTextStore();
    await memory.claim(model);
    const both = [store, memory];
    const put = async (texts: EncodedText[]) => {
      for (const each of both) await each.put(texts);
    };
    await put(Array.from({ length: 10 }, (_, i) => textOf(i)));
    await store.keepInMemory();
    await expectSame(store, memory, false);
    await put(Array.from({ length: 700 }, (_, i) => textOf(i)));
    await expectSame(store, memory);
    await put(Array.from({ length: 200 }, () => ({ ...textOf(below(700)), text: 'another' })));
    for (const each of both) await each.delete(Array.from({ length: 140 }, (_, i) => textOf(5 * i).id));
    await expectSame(store, memory);

    // What is found is deleted, or gets another vector, before it is read.
    const writer = name === 'PostgreSQL' ? await open() : store;
    for (const change of ['delete', 'replace'] as const) {
      const query = { vector: questionOf(), metric: 'euclidean', count: 3 } as const;
      const [{ id }] = await memory.searchVectors(query);
      let isFirst = true;
      before = async () => {
        if (!isFirst) return;
        isFirst = false;
        for (const each of [writer, memory])
          if (change === 'delete') await each.delete([id]);
          else await each.put([{ ...textOf(1), id, text: 'moved', vector: new Float32Array(DIMENSIONS).fill(50) }]);
      };
      const found = await store.searchVectors(query);
      expect(isFirst).toBe(false);
      expect(found.map((hit) => hit.id)).not.toContain(id);
      expect(found).toEqual(await memory.searchVectors(query));
    }

    // It changes each time: then the database answers.
    const query = { vector: questionOf(), metric: 'euclidean', count: 3 } as const;
    let times = 0;
    before = async () => {
      const [{ id }] = await memory.searchVectors(query);
      const moved = {
        ...textOf(1),
        id,
        text: `moved ${times++}`,
        vector: new Float32Array(DIMENSIONS).fill(60 + times),
      };
      for (const each of [writer, memory]) await each.put([moved]);
    };
    const ids = (await store.searchVectors(query)).map(({ id }) => id);
    expect(times).toBeGreaterThan(2);
    before = async () => {};
    expect(ids).toEqual((await memory.searchVectors(query)).map(({ id }) => id));
    await expectSame(store, memory);
  });

  it('reads few of thousands of texts that are the same, and longer texts only if they are hits', async () => {
    const store = await open(true);
    const memory = new MemoryTextStore();
    await memory.claim(model);
    await store.delete((await store.list({ count: 1e6 })).map(({ id }) => id));
    const vector = Float32Array.from({ length: DIMENSIONS }, (_, d) => d);
    const texts = Array.from({ length: 1500 }, (_, i) => ({ ...textOf(i), id: `same ${i}`, vector }));
    texts[500].text = 'long '.repeat(3000);
    for (const each of [store, memory]) await each.put(texts);
    await store.keepInMemory();
    let reads = 0;
    before = async () => void reads++;
    for (const metric of ['cosine', 'euclidean'] as const) {
      const query = { vector: questionOf(), metric, count: 600, withRecords: true };
      expect((await store.searchVectors(query)).map(({ id, value }) => ({ id, value }))).toEqual(
        await memory.searchVectors(query),
      );
      const hits = await store.searchVectors({ ...query, count: 5 });
      expect(hits.map(({ record }) => record?.id)).toEqual(['same 0', 'same 1', 'same 10', 'same 100', 'same 1000']);
    }
    expect(reads).toBe(4);
    await store.delete(texts.slice(0, 500).map(({ id }) => id));
    const [long] = await store.searchVectors({ vector, metric: 'cosine', count: 999, withRecords: true });
    expect(long).toMatchObject({ id: 'same 1000' });
    const few = { vector, metric: 'cosine', count: 5, where: parseFilter('number = 500'), withRecords: true } as const;
    expect((await store.searchVectors(few)).map(({ id, record }) => [id, record])).toEqual([['same 500', undefined]]);
  });
});
