import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTextStore, type TextStore } from 'wordkin';
import { testTextStore } from '../src/store/text-store.contract.ts';
import { mayBeSkipped, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const server = process.env.WORDKIN_TEST_POSTGRES;
const collection = `test_${process.pid}`;

function reopening(database: string) {
  let last: TextStore | undefined;
  return async () => {
    await last?.close();
    last = await openTextStore(database, { collection });
    return last;
  };
}

testTextStore('PGlite', reopening(join(folder, 'contract')));
if (server) testTextStore('PostgreSQL', reopening(server));
it.skipIf(mayBeSkipped(!server))('runs the same on a server (WORDKIN_TEST_POSTGRES=postgres://… with pgvector)', () => {
  expect(server).toBeDefined();
});

it('PGlite counts words as BM25 does', async () => {
  const store = await openTextStore(join(folder, 'words'));
  await store.claim({ fingerprint: 'none', description: 'none', dimensions: 1 });
  // As many different words in each, so that the lengths do not matter.
  const times = [1, 2, 3, 5, 10, 40, 200];
  await store.put([
    ...times.map((n) => ({ id: `${n}`, text: '', tokens: [...Array.from({ length: n }, () => 'cat'), 'sat'] })),
    { id: 'none', text: '', tokens: ['dog', 'ran'] },
  ]);
  const hits = await store.searchWords({ tokens: ['cat', 'dog'], count: 10 });
  const scores = new Map(hits.map(({ item, score }) => [item, score]));
  const idf = (texts: number) => Math.log(1 + (8 - texts + 0.5) / (texts + 0.5));
  for (const n of times) expect(scores.get(`${n}`)! / ((idf(7) * n * 2.2) / (n + 1.2))).toBeCloseTo(1, 2.5);
  expect(scores.get('none')! / idf(1)).toBeCloseTo(1, 2.5);
  await store.close();
});

describe('openTextStore', () => {
  it('refuses a second user of a folder, and takes it when the first has ended', async () => {
    const path = join(folder, 'locked');
    const first = await openTextStore(path);
    await expect(openTextStore(path)).rejects.toThrow(`Cannot open "${path}": process ${process.pid} uses it`);
    await first.close();
    await (await openTextStore(path)).close();
  });

  it('says what is wrong', async () => {
    await expect(openTextStore(join(folder, 'none'), { mustExist: true })).rejects.toThrow('there is no such store');
    await expect(openTextStore(import.meta.dirname)).rejects.toThrow('the folder holds something else than a store');
    await expect(openTextStore('mysql://localhost/x')).rejects.toThrow('begins with postgres://');
    await expect(openTextStore('postgres://user:secret@127.0.0.1:1/none')).rejects.toThrow(
      /^Cannot use postgres:\/\/user:…@127\.0\.0\.1:1\/none: .*ECONNREFUSED/,
    );
    await expect(openTextStore(join(folder, 'named'), { collection: 'x"; drop' })).rejects.toThrow(
      /lower-case letters/,
    );
  });
});
