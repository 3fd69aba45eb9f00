import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cosineSimilarity, openTextStore, parseFilter, type TextStore } from 'wordkin';
import { testTextStore } from '../src/store/text-store.contract.ts';
import { emptyStore, mayBeSkipped, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const server = process.env.WORDKIN_TEST_POSTGRES;
const collection = `test_${process.pid}`;

beforeAll(async () => {
  await emptyStore(join(folder, 'contract'));
});

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

  it('sees what another process changes, in memory and by words', async () => {
    const [writer, reader, inMemory] = await Promise.all(
      Array.from({ length: 3 }, () => openTextStore(at(name), { collection: 'shared' })),
    );
    for (const store of [writer, reader, inMemory]) await store.claim(model);
    await inMemory.keepInMemory();
    const found = async () => {
      const words = { tokens: ['cat'], count: 9 };
      const [a, b] = [await reader.searchWords(words), await inMemory.searchWords(words)];
      expect(a).toEqual(b);
      const vectors = await inMemory.searchVectors({ vector: Float32Array.of(1, 2), metric: 'euclidean', count: 9 });
      expect(vectors.map(({ id }) => id)).toEqual(a.map(({ item }) => item));
      return a.map(({ item }) => item).sort();
    };
    expect(await found()).toEqual([]);
    await writer.put([text('a'), text('b')]);
    expect(await found()).toEqual(['a', 'b']);
    await writer.delete(['a']);
    await writer.put([text('c')]);
    expect(await found()).toEqual(['b', 'c']);
    await writer.delete(['b']);
    await writer.optimize(); // forgets the deletion, which must be seen all the same
    expect(await found()).toEqual(['c']);
    await writer.put([text('a')]);
    expect(await found()).toEqual(['a', 'c']);
    // A transaction that began before others and ends after them.
    const late = new pg.Client(at(name));
    await late.connect();
    await late.query('begin');
    await late.query(
      'insert into "wordkin_shared" select $1, text, metadata, vector, words, txid_current() from "wordkin_shared" limit 1',
      ['late'],
    );
    await writer.put([text('d')]);
    expect(await found()).toEqual(['a', 'c', 'd']);
    await late.query('commit');
    await late.end();
    expect(await found()).toEqual(['a', 'c', 'd', 'late']);
    await Promise.all([writer, reader, inMemory].map((store) => store.close()));
  });

  it('gives each word one number, whoever adds it first', async () => {
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openTextStore(at(name), { collection: 'numbering' })),
    );
    await Promise.all(stores.map((store) => store.claim(model)));
    await Promise.all(
      stores.flatMap((store, i) =>
        Array.from({ length: 6 }, (_, k) =>
          store.put([{ ...text(`${i} ${k}`), tokens: ['all', `store${i}`, `round${k}`, `own${i}_${k}`] }]),
        ),
      ),
    );
    for (const store of stores) {
      const found = async (word: string) => {
        const hits = await store.searchWords({ tokens: [word], count: 99 });
        return hits.map(({ item }) => item);
      };
      expect(await found('all')).toHaveLength(24);
      for (let i = 0; i < 4; i++) expect(await found(`store${i}`)).toEqual([0, 1, 2, 3, 4, 5].map((k) => `${i} ${k}`));
      for (let k = 0; k < 6; k++) expect(await found(`round${k}`)).toEqual([0, 1, 2, 3].map((i) => `${i} ${k}`));
      expect(await found('own2_5')).toEqual(['2 5']);
      expect(await found('unknown')).toEqual([]);
    }
    await Promise.all(stores.map((store) => store.close()));
  });

  it('finds by a graph; what fulfils a rare condition is found exactly', async () => {
    const store = await openTextStore(at(name), { collection: 'graphed' });
    await store.claim({ ...model, dimensions: 8 });
    let state = 1;
    const vectorOf = () =>
      Float32Array.from({ length: 8 }, () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647 - 0.5;
      });
    const texts = Array.from({ length: 20_000 }, (_, number) => ({
      id: `t${number}`,
      text: '',
      tokens: [],
      metadata: { number },
      vector: vectorOf(),
    }));
    for (let i = 0; i < texts.length; i += 5_000) await store.put(texts.slice(i, i + 5_000));
    const told: (number | undefined)[] = [];
    expect(await store.optimize({ onProgress: ({ share }) => told.push(share) })).toBe('hnsw');
    for (const share of told) expect(share ?? 0).toBeLessThanOrEqual(1);
    const nearestOf = (vector: Float32Array, few: typeof texts) =>
      few
        .map(({ id, vector: own }) => ({ id, value: cosineSimilarity(vector, own) }))
        .sort((a, b) => b.value - a.value)
        .slice(0, 10)
        .map(({ id }) => id);
    let found = 0;
    for (let i = 0; i < 20; i++) {
      const query = { vector: vectorOf(), metric: 'cosine', count: 10 } as const;
      for (const few of [3, 12, 40]) {
        const hits = await store.searchVectors({ ...query, where: parseFilter(`number < ${few}`) });
        expect(hits.map(({ id }) => id)).toEqual(nearestOf(query.vector, texts.slice(0, few)));
      }
      const nearest = nearestOf(query.vector, texts);
      for (const { id } of await store.searchVectors(query)) if (nearest.includes(id)) found++;
    }
    expect(found).toBeGreaterThan(180);
    await store.close();
  });

  it('lets a program end that has searched by words', async () => {
    const filled = await openTextStore(at(name), { collection: 'ending' });
    await filled.claim(model);
    await filled.put([text('a'), text('b')]);
    await filled.close();
    const program = `const { openTextStore } = await import('wordkin');
      const store = await openTextStore(${JSON.stringify(at(name))}, { collection: 'ending' });
      console.log((await store.searchWords({ tokens: ['cat'], count: 2 })).length);
      await store.close();
      console.log(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length);`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(stdout).toBe('2\n0\n');
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

describe('openTextStore', () => {
  it('refuses a second user of a folder by every path that leads to it, and takes it when the first has ended', async () => {
    const path = await emptyStore(join(folder, 'spelled.db'));
    const link = join(folder, 'link.db');
    const first = await openTextStore(`${path}/`);
    symlinkSync(path, link);
    for (const other of [path, link, `${link}/.`, join(folder, 'none', '..', 'spelled.db'), relative('.', path)])
      await expect(openTextStore(other), other).rejects.toThrow(
        `Cannot open "${other}": process ${process.pid} uses it`,
      );
    await first.close();
    const second = await openTextStore(link, { collection: 'other' });
    await expect(openTextStore(path)).rejects.toThrow('uses it');
    await second.close();
    await expect(openTextStore(path, { mustExist: true })).rejects.toThrow(
      /no.* collection|there is none of that name/,
    );
    expect(readdirSync(path).filter((name) => name.startsWith('wordkin'))).toEqual([]);
  });

  it('goes on where the making of a database was ended, and touches nothing of the user', async () => {
    const path = join(folder, 'halfway.db');
    mkdirSync(join(path, 'wordkin.creating/base'), { recursive: true });
    writeFileSync(join(path, 'wordkin.creating/PG_VERSION'), 'half');
    const store = await openTextStore(path);
    await store.claim({ fingerprint: 'f', description: 'd', dimensions: 1 });
    await store.close();
    // Ended while the files of the whole database were moved up.
    mkdirSync(join(path, 'wordkin.created'));
    for (const name of ['PG_VERSION', 'pg_wal', 'base', 'postgresql.conf'])
      renameSync(join(path, name), join(path, 'wordkin.created', name));
    const again = await openTextStore(path, { mustExist: true });
    expect(again.model?.fingerprint).toBe('f');
    await again.close();
    const own = join(folder, 'own');
    mkdirSync(join(own, 'wordkin.creating'), { recursive: true });
    writeFileSync(join(own, 'notes.txt'), 'mine');
    writeFileSync(`${own}.creating`, '');
    await expect(openTextStore(own)).rejects.toThrow('the folder holds something else than a store');
    expect(readdirSync(own).sort()).toEqual(['notes.txt', 'wordkin.creating']);
  });

  it('says what to do with a database that does not start', async () => {
    for (const file of ['PG_VERSION', 'global/pg_control']) {
      const path = await emptyStore(join(folder, `damaged-${file.replace('/', '-')}`));
      writeFileSync(join(path, file), '');
      await expect(openTextStore(path)).rejects.toThrow(
        /^Cannot use store ".*damaged.*": the embedded database does not start \(.+\): its files are damaged, .* bring back a copy/,
      );
    }
  });

  it.each(['a flag', 'NODE_OPTIONS'])(
    'works in a program that came by node --eval as a module, by %s: threads too',
    async (by) => {
      const path = await emptyStore(join(folder, `${by.replace(' ', '-')}.db`));
      const program = `import { openTextStore, train } from 'wordkin';
      const store = await openTextStore(${JSON.stringify(path)});
      console.log(await store.count());
      await store.close();
      const { report } = await train({ texts: Array(200).fill('a b c d') }, { threads: 2, onEvent: (event) => event.code === 'threads' && console.log(event.message) });
      console.log(report.threads);`;
      const { NODE_OPTIONS = '', ...env } = process.env;
      const options = by === 'NODE_OPTIONS' ? `${NODE_OPTIONS} --input-type=module` : NODE_OPTIONS;
      const flags = by === 'NODE_OPTIONS' ? [] : ['--max-old-space-size=1000', '--input-type=module'];
      const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--eval', program], {
        encoding: 'utf8',
        env: { ...env, NODE_OPTIONS: options },
      });
      expect([stdout, stderr]).toEqual(['0\n2\n', '']);
    },
  );

  it.skipIf(process.platform === 'win32')('ends with a reason where the disk takes no more, and leaves nothing', () => {
    const path = join(folder, 'no-room.db');
    const program = `import('wordkin').then(({ openTextStore }) => openTextStore(${JSON.stringify(path)})).then(() => console.log('opened'), (error) => console.log(error.message))`;
    const { stdout } = spawnSync('bash', ['-c', 'ulimit -f 4096; exec "$0" -e "$1"', process.execPath, program], {
      encoding: 'utf8',
      timeout: 200_000,
    });
    expect(stdout).toMatch(/^Cannot write store ".*no-room.db": a file would get larger .*\(EFBIG\)/);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['an empty path', '', TypeError, /got an empty string/],
    ['a number', 5 as never, TypeError, /got number/],
    ['a NUL', 'a\0b', Error, /NUL character/],
    ['a file', import.meta.filename, Error, /it is a file; a store is a folder/],
    ['a path below a file', join(import.meta.filename, 'x'), Error, /a part of the path is a file, not a folder/],
    ['a name that is too long', 'x'.repeat(5000), Error, /the path is too long/],
  ])('refuses %s with a sentence', async (_, path, kind, message) => {
    await expect(openTextStore(path)).rejects.toThrow(message);
    await expect(openTextStore(path)).rejects.toBeInstanceOf(kind);
  });

  it('is given up by a signal', async () => {
    const controller = new AbortController();
    const store = await openTextStore(await emptyStore(join(folder, 'aborted.db')), { signal: controller.signal });
    await store.claim({ fingerprint: 'f', description: 'd', dimensions: 1 });
    const waiting = store.count();
    controller.abort(new Error('no more'));
    await expect(waiting).rejects.toThrow('no more');
    await expect(store.count()).rejects.toThrow('no more');
    await store.close();
    await (await openTextStore(join(folder, 'aborted.db'), { mustExist: true })).close();
  });

  it('writes nothing more where another store lies in its place', async () => {
    const path = await emptyStore(join(folder, 'replaced.db'));
    const store = await openTextStore(path);
    await store.claim({ fingerprint: 'f', description: 'd', dimensions: 1 });
    renameSync(path, `${path}.moved`);
    await emptyStore(path);
    await expect(store.count()).rejects.toThrow('its folder was removed, or another lies in its place now');
    await store.close();
    await expect(openTextStore(path, { mustExist: true })).rejects.toThrow('collection'); // as it was put there
  });

  it('is closed where its folder was removed, and makes none anew', async () => {
    const path = await emptyStore(join(folder, 'removed.db'));
    const store = await openTextStore(path);
    rmSync(path, { recursive: true });
    await store.close();
    expect(existsSync(path)).toBe(false);
  });

  it('says what is wrong', async () => {
    await expect(openTextStore(join(folder, 'none'), { mustExist: true })).rejects.toThrow('there is no such store');
    await expect(openTextStore(import.meta.dirname)).rejects.toThrow('the folder holds something else than a store');
    for (const address of ['mysql://localhost/x', 'sqlite:x.db', 'file:x'])
      await expect(openTextStore(address)).rejects.toThrow('begins with postgres://');
    for (const name of [':memory:', 'memory:'])
      await expect(openTextStore(name)).rejects.toThrow('a store in memory is made by new MemoryTextStore()');
    await expect(openTextStore('~/texts')).rejects.toThrow('~ stands for the home folder in a shell only');
    await expect(openTextStore('postgres://user:secret@127.0.0.1:1/none')).rejects.toThrow(
      /^Cannot use postgres:\/\/user:…@127\.0\.0\.1:1\/none: .*ECONNREFUSED/,
    );
    const unmade = join(folder, 'unmade');
    await expect(openTextStore(unmade, { collection: 'x"; drop' })).rejects.toThrow(/lower-case letters/);
    expect(existsSync(unmade)).toBe(false);
  });
});
