import { execFile } from 'node:child_process';
import { isDeepStrictEqual, promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import '../dist/node/scan-threads.js';
import { Random } from '../dist/math/random.js';
import { BitSet } from '../dist/search/bit-set.js';
import { ScanHelpers, useScanThreads } from '../dist/search/scan-helpers.js';
import { VectorIndex } from '../dist/search/vector-index.js';
import { MemoryTextStore } from '../dist/store/memory-text-store.js';

const ROWS = 140_000; // helpers begin at 131,072
const DIMENSIONS = 8;
const opened: VectorIndex[] = [];

afterEach(() => {
  for (const index of opened.splice(0)) index.close();
  vi.restoreAllMocks();
});

/** The same rows twice: scanned by one thread, and with a helper. */
function pair(vectorOf: (row: number) => Float32Array) {
  const both = [new VectorIndex(DIMENSIONS, 0), new VectorIndex(DIMENSIONS, 1)];
  opened.push(...both);
  const set = (row: number, vector: Float32Array) => both.forEach((index) => index.set(row, vector));
  for (let row = 0; row < ROWS; row++) set(row, vectorOf(row));
  const [alone, helped] = both;
  return { alone, helped, set };
}

/** How many chunks helpers have scanned so far. */
function countTaken() {
  const taken = { count: 0 };
  const scan = ScanHelpers.prototype.scan;
  vi.spyOn(ScanHelpers.prototype, 'scan').mockImplementation(function (this: ScanHelpers, scans, used, own, take) {
    scan.call(this, scans, used, own, (at, chunk) => {
      taken.count++;
      take(at, chunk);
    });
  });
  return taken;
}

function randomVectors(seed: number) {
  const random = new Random(seed);
  return () => {
    const vector = new Float32Array(DIMENSIONS);
    for (let d = 0; d < DIMENSIONS; d++) vector[d] = random.normal() / (1 + d);
    return vector;
  };
}

it('a helper changes no answer, whatever is asked and changed', async () => {
  const vectorOf = randomVectors(1);
  const { alone, helped, set } = pair(vectorOf);
  const taken = countTaken();
  const rows = new BitSet(ROWS + 200_000);
  for (let row = 0; row < ROWS; row += 10) rows.add(row);
  const askAll = () => {
    for (const metric of ['cosine', 'euclidean'] as const)
      for (const more of [{ count: 10 }, { count: 10, rows }, { count: 3000 }]) {
        const query = { vector: vectorOf(), metric, ...more };
        const [found, expected] = [helped.search(query), alone.search(query)];
        if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected); // which takes longer to find no difference
      }
  };
  await vi.waitFor(
    () => {
      const before = taken.count;
      askAll();
      expect(taken.count).toBeGreaterThan(before);
    },
    { timeout: 60_000 },
  );
  for (let row = 0; row < 3000; row++) set(row * 40, vectorOf());
  for (let row = 7; row < ROWS; row += 70) for (const index of [alone, helped]) index.delete(row);
  askAll();
  for (let row = ROWS + 130_000; row < ROWS + 131_000; row++) set(row, vectorOf()); // in a segment that the helper has not seen
  for (let i = 0; i < 5; i++) askAll();
});

it('a helper changes no answer where rows are as near as each other, and gives back chunks of which too many are', async () => {
  const near = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const away = near.map((x) => -x);
  const { alone, helped } = pair((row) => (row < ROWS / 2 || row % 256 === 0 || row > ROWS - 10 ? near : away));
  const taken = countTaken();
  const vector = Float32Array.of(8, 7, 6, 5, 4, 3, 2, 1);
  const query = { vector, metric: 'cosine', count: 5, compare: (a: number, b: number) => b - a } as const;
  const expected = [1, 2, 3, 4, 5].map((back) => ROWS - back);
  await vi.waitFor(
    () => {
      expect(helped.search(query).map(({ row }) => row)).toEqual(expected);
      expect(taken.count).toBeGreaterThan(0);
    },
    { timeout: 60_000 },
  );
  expect(helped.search(query)).toEqual(alone.search(query));
});

it('a helper that takes all chunks and dies leaves nothing out, and is not asked again', async () => {
  const vectorOf = randomVectors(2);
  let ended = 0;
  const TAKES_ALL = `const { workerData: control } = require('node:worker_threads');
    Atomics.wait(control, 0, 0);
    for (let i = 1, job = control[0]; i < control.length; i++) Atomics.compareExchange(control, i, job, job + 2);
    process.exit();`;
  useScanThreads({
    count: 1,
    start(control, onEnd) {
      new Worker(TAKES_ALL, { eval: true, workerData: control }).on('exit', () => {
        ended++;
        onEnd();
      });
      return { send() {}, close() {} };
    },
  });
  const { alone, helped } = pair(vectorOf);
  const taken = countTaken();
  const ask = () => {
    const query = { vector: vectorOf(), metric: 'cosine', count: 10 } as const;
    expect(helped.search(query)).toEqual(alone.search(query));
  };
  ask();
  await vi.waitFor(() => {
    ask();
    expect(ended).toBe(1);
  }, 60_000);
  const asked = vi.mocked(ScanHelpers.prototype.scan).mock.calls.length;
  ask();
  expect(vi.mocked(ScanHelpers.prototype.scan).mock.calls.length).toBe(asked);
  expect(taken.count).toBe(0);
});

it('a program that has searched with a helper ends by itself', async () => {
  const program = `import '${new URL('../dist/node/scan-threads.js', import.meta.url)}';
    import { VectorIndex } from '${new URL('../dist/search/vector-index.js', import.meta.url)}';
    const index = new VectorIndex(2, 1);
    for (let row = 0; row < ${ROWS}; row++) index.set(row, Float32Array.of(Math.sin(row), Math.cos(row)));
    for (let i = 0; i < 3; i++) {
      console.log(index.search({ vector: Float32Array.of(0, 1), metric: 'cosine', count: 1 })[0].row);
      await new Promise((done) => setTimeout(done, 100));
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 60_000,
  });
  expect(stdout).toBe('0\n0\n0\n');
});

it('a store checks how many helpers it is told, and ends them when it is closed', async () => {
  expect(() => new MemoryTextStore({ scanHelpers: -1 })).toThrow('must be an integer from 0 to 16, got -1');
  const store = new MemoryTextStore({ scanHelpers: 2 });
  await store.claim({ fingerprint: 'f', description: 'made up', dimensions: 2 });
  await store.put([{ id: 'a', text: 'a', tokens: ['a'], vector: Float32Array.of(1, 2) }]);
  const close = vi.spyOn(VectorIndex.prototype, 'close');
  await store.close();
  expect(close).toHaveBeenCalledOnce();
});
