import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTextStore, parseFilter, type TextStore } from 'wordkin';
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

describe.skipIf(!server)('PostgreSQL', () => {
  const model = { fingerprint: 'none', description: 'none', dimensions: 2 };
  const text = (id: string) => ({ id, text: 'cat', tokens: ['cat'], vector: Float32Array.of(1, 2) });
  const name = `wordkin_test_${process.pid}`;
  const url = new URL(server ?? 'postgres://none');
  const at = (database: string, options = '') => {
    const copy = new URL(url);
    copy.pathname = `/${database}`;
    copy.search = options;
    return copy.href;
  };
  const asUser = (database: string) => {
    const copy = new URL(at(database));
    copy.username = name;
    return copy.href;
  };
  const run = async (sql: string, database = url.pathname.slice(1)) => {
    const client = new pg.Client(at(database));
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };
  beforeAll(async () => {
    await run(`create database ${name}`);
    await run(`create role ${name} login`);
  });
  afterAll(async () => {
    await run(`drop database ${name} with (force)`);
    await run(`drop role ${name}`);
  });

  it('is opened by six at once, and made once', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => openTextStore(at(name))));
    await Promise.all(stores.map((store) => store.claim(model)));
    await Promise.all(stores.map((store, i) => store.put([text(`own ${i}`), text('shared'), text('other')])));
    for (const store of stores) expect(await store.count()).toBe(8);
    await expect(stores[0].claim({ ...model, fingerprint: 'other' })).rejects.toThrow('filled by another');
    const late = await openTextStore(at(name), { collection: 'late' });
    const first = await openTextStore(at(name), { collection: 'late' });
    await first.claim(model);
    await expect(late.claim({ ...model, fingerprint: 'other' })).rejects.toThrow('filled by another');
    await first.put([text('a')]);
    expect(await late.count()).toBe(1);
    await Promise.all([...stores, late, first].map((store) => store.close()));
  });

  it.each([
    ['a role that may only read', () => asUser(name), /permission denied/],
    [
      'a database that is read only',
      () => at(name, 'options=-c default_transaction_read_only=on'),
      /read-only|read only/,
    ],
  ])('is searched by %s', async (_, address, message) => {
    await run(`grant select on all tables in schema public to ${name}`, name);
    const store = await openTextStore(address(), { mustExist: true });
    const where = parseFilter('a = 1 or not a exists');
    const vector = Float32Array.of(1, 2);
    expect(await store.searchVectors({ vector, metric: 'cosine', count: 3, where })).toHaveLength(3);
    expect(await store.searchWords({ tokens: ['cat'], count: 3, where })).toHaveLength(3);
    expect(await store.list({ where })).toHaveLength(8);
    await expect(store.put([text('new')])).rejects.toThrow(message);
    expect(await store.count()).toBe(8);
    await store.close();
  });

  it('survives 50 connections that are cut: what is told as stored is there', async () => {
    const store = await openTextStore(at(name), { collection: 'cut' });
    await store.claim(model);
    const stored = new Set<string>();
    let lost = 0;
    let cut = 0;
    for (let round = 0; cut < 50 && round < 200; round++) {
      const work = Array.from({ length: 8 }, (_, i) =>
        (i % 2 === 0
          ? store.put(Array.from({ length: 200 }, (_, k) => text(`${round} ${i} ${k}`)))
          : store.searchWords({ tokens: ['cat'], count: 100 })
        ).then(
          () => i % 2 === 0 && stored.add(`${round} ${i} 199`),
          (error: Error) => {
            lost++;
            expect(error.message).toMatch(/^Cannot use postgres:.*(connection was lost|terminating connection)/);
          },
        ),
      );
      await new Promise((done) => setTimeout(done, 20 * Math.random()));
      const sql = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`;
      cut += (await run(sql)).rows.length;
      await Promise.all(work);
    }
    expect(cut).toBeGreaterThanOrEqual(50);
    expect(lost).toBeGreaterThan(0);
    await new Promise((done) => setTimeout(done, 50)); // idle connections learn of their end
    expect((await store.get([...stored])).length).toBe(stored.size);
    expect((await store.count()) % 200).toBe(0);
    await store.close();
  });
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
