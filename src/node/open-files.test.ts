import { closeSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createMemoryCorpusStore, type EncodedCorpus } from '../corpus/encoded-corpus.ts';
import { prepareCorpus } from '../corpus/prepare-corpus.ts';
import { BLOCK_BYTES, lineBlocks, readFileBlock } from '../text/line-blocks.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import type { WorkerPort } from '../threads/remote-calls.ts';
import { localWorker } from '../training/local-worker.ts';
import { serveWorker } from '../training/serve-worker.ts';
import { remoteWorker, type Worker } from '../training/worker-role.ts';
import { corpusFileReader, OpenFiles } from './open-files.ts';
import { createTemporaryFiles } from './temporary-files.ts';
import { openTextFiles } from './text-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-open-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A worker with files, its two ends in this thread. */
function workerWithFiles(name: 'words' | 'whitespace' | 'chinese'): Worker {
  const here: ((message: unknown) => void)[] = [];
  const there: ((message: unknown) => void)[] = [];
  const files = new OpenFiles();
  const tokenizer = createTokenizer(name);
  serveWorker(
    {
      post: (message) => queueMicrotask(() => here.forEach((listener) => void listener(message))),
      onMessage: (listener) => there.push(listener),
    },
    {
      loadTokenizer: async () => tokenizer,
      openCorpus: () => {
        throw new Error('not here');
      },
      files,
    },
  );
  const port: WorkerPort = {
    post: (message) => queueMicrotask(() => there.forEach((listener) => void listener(message))),
    onMessage: (listener) => here.push(listener),
    onFailure() {},
    close: async () => files.close(),
  };
  return remoteWorker(port, tokenizer.descriptor);
}

function readCorpus({ length, place }: EncodedCorpus): Int32Array {
  if (place.kind === 'memory') return place.ids;
  const ids = new Int32Array(length);
  const open = new Map<string, number>();
  const read = corpusFileReader(place, open);
  // In pieces that do not fit to the parts.
  for (let begin = 0; begin < length; begin += 777) read(begin, ids.subarray(begin, begin + 777));
  for (const file of open.values()) closeSync(file);
  return ids;
}

const units = ['a', ' ', 'word', '\n', 'é', '苹果', '🙂', 'A.B', '’'];

describe('blocks of a file', () => {
  it('are those of a stream of its bytes', async () => {
    const long = 'x'.repeat(BLOCK_BYTES - 20);
    const piece = fc.oneof(
      fc.constantFrom(...units),
      fc.constantFrom(long, `${'y z '.repeat(BLOCK_BYTES / 4)}`, '苹'.repeat(400_000), `${'line\n'.repeat(250_000)}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(piece, { minLength: 1, maxLength: 9 }), async (mark, pieces) => {
        const bytes = Buffer.from((mark ? '\ufeff' : '') + pieces.join(''));
        const path = write('blocks.txt', bytes);
        const files = new OpenFiles();
        const blocks: Buffer[] = [];
        for (let index = 0; index * BLOCK_BYTES < bytes.length; index++) {
          let room = Buffer.alloc(0);
          const block = { path, index, fileByteLength: bytes.length };
          const length = readFileBlock(block, files.read, (byteLength) => {
            room = Buffer.alloc(byteLength, 1);
            return room;
          });
          blocks.push(room.subarray(0, length));
        }
        files.close();
        const expected: Uint8Array[] = [];
        for await (const block of lineBlocks({ name: 'test', open: () => [bytes] })) expected.push(block);
        expect(blocks.length).toBe(expected.length);
        expect(blocks.every((block, i) => block.equals(expected[i]))).toBe(true);
      }),
      // A file that ends where a block does.
      { numRuns: 16, examples: [[false, ['y z '.repeat(BLOCK_BYTES / 4)]]] },
    );
  });

  it('are refused where the file has become shorter, is not text, or cannot be read', async () => {
    const prepare = async (path: string, change: () => void = () => {}) => {
      const files = createTemporaryFiles();
      const store = files.createCorpusStore();
      const worker = workerWithFiles('whitespace');
      try {
        const sources = await openTextFiles([path]);
        change();
        await prepareCorpus(sources, [worker], store, { minCount: 1, memoryBudgetBytes: 2 ** 30 }, files.storeRun);
      } finally {
        await worker.close();
        store.dispose();
      }
    };
    const path = write('short.txt', 'a b c\n'.repeat(1000));
    await expect(prepare(path, () => write('short.txt', 'a b'))).rejects.toThrow(
      `Cannot read "${path}": it became shorter`,
    );
    await expect(prepare(write('binary.txt', 'a\0b'))).rejects.toThrow('it is not text, byte 1 is 0');
    await expect(prepare(path, () => rmSync(path))).rejects.toThrow(`Cannot read "${path}"`);
  });
});

describe('preparation in files', () => {
  it('gives what preparation in memory gives, for any number of workers and any memory budget', async () => {
    let state = 7;
    const next = (limit: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * limit);
    };
    const words = Array.from({ length: 100_000 }, () => `${units[next(units.length)]}${next(1 + next(16_000))}`);
    const lines: string[] = [];
    for (let at = 0; at < words.length; at += lines.length % 40) lines.push(words.slice(at, at + 40).join(' '));
    const text = `\n\n${lines.slice(0, 3500).join('\n')}${' one long line'.repeat(80_000)}\n\n${lines.slice(3500).join('\n')}`;
    const path = write('text.txt', text);
    for (const name of ['words', 'whitespace'] as const) {
      const memory = createMemoryCorpusStore();
      const options = { minCount: 3, memoryBudgetBytes: 2 ** 30 };
      const [source] = await openTextFiles([path]);
      const stream = { ...source, open: () => source.open() }; // not a file any more
      const whole = await prepareCorpus([stream], [localWorker(createTokenizer(name))], memory, options);
      const ids = readCorpus(whole.corpus);
      for (const [count, memoryBudgetBytes] of [
        [1, 2 ** 30],
        [3, 2 ** 30],
        [2, 400_000],
      ]) {
        const files = createTemporaryFiles();
        const store = files.createCorpusStore();
        const workers = Array.from({ length: count }, () => workerWithFiles(name));
        const settings = { ...options, memoryBudgetBytes };
        const { vocabulary, corpus, statistics } = await prepareCorpus(
          [source],
          workers,
          store,
          settings,
          files.storeRun,
        );
        expect(isDeepStrictEqual(vocabulary, whole.vocabulary)).toBe(true);
        const { place: _, ...numbers } = whole.corpus;
        expect(corpus).toMatchObject(numbers);
        expect(corpus.place.kind).toBe('files');
        expect(isDeepStrictEqual(readCorpus(corpus), ids)).toBe(true);
        expect({ ...statistics, spills: 0 }).toEqual(whole.statistics);
        expect(statistics.spills > 0).toBe(memoryBudgetBytes < 2 ** 30);
        await Promise.all(workers.map((worker) => worker.close()));
        store.dispose();
      }
    }
  });
});

it('a corpus is read on where its files were removed, and told where they are gone before', () => {
  const path = write('corpus', Buffer.from(Int32Array.of(5, 6, 7).buffer));
  const place = { kind: 'files', paths: [path], parts: Float64Array.of(0, 0, 0) } as const;
  const open = new Map<string, number>();
  const ids = new Int32Array(3);
  corpusFileReader(place, open)(0, ids.subarray(0, 1));
  rmSync(path);
  corpusFileReader(place, open)(1, ids.subarray(1));
  expect([...ids]).toEqual([5, 6, 7]);
  expect(() => corpusFileReader(place, new Map())).toThrow(`Cannot read "${path}": there is no such file or folder`);
  for (const file of open.values()) closeSync(file);
});

it('a corpus that cannot be kept is told with what to do', () => {
  const files = new OpenFiles();
  expect(() => files.append(join(folder, 'not there', 'corpus'), new Uint8Array(4))).toThrow(
    /^Cannot keep the encoded corpus in ".*": there is no such file or folder; make room, give another temporaryFolder, or set TMPDIR$/,
  );
});
