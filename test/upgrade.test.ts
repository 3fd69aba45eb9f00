import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector as pgvector } from '@electric-sql/pglite-pgvector';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSentenceEncoder,
  createTokenizer,
  EmbeddingModel,
  loadModel,
  openTextStore,
  saveModel,
  TextIndex,
} from 'wordkin';
import { emptyStore, temporaryFolder, wordkinEach, wordkinHere } from './command.ts';

const folder = temporaryFolder();
const server = process.env.WORDKIN_TEST_POSTGRES;
const collection = `old_${process.pid}`;
const model = join(folder, 'model.safetensors');
const current = join(folder, 'current.db');
/** More than are brought over at once. */
const TEXTS = 1_100;

type Query = (sql: string, parameters?: unknown[]) => Promise<unknown>;

/** A collection as version 0.1 made it, of the texts of another store. */
async function writeOldCollection(query: Query): Promise<void> {
  const store = await openTextStore(current, { mustExist: true });
  const { fingerprint, description, dimensions } = store.model!;
  const { tokenize } = await createTokenizer('words');
  const texts = new Map((await store.list({ count: TEXTS + 1 })).map((text) => [text.id, text.text]));
  await query('create extension if not exists vector');
  await query(
    'create table if not exists wordkin_collections (name text primary key, format integer not null, fingerprint text not null, description text not null, dimensions integer not null)',
  );
  await query(`create table "wordkin_${collection}" (id text collate "C" primary key, text text not null, metadata jsonb not null,
    vector vector(${dimensions}), words tsvector not null)`);
  await query(`create index on "wordkin_${collection}" using gin (words)`);
  await query('insert into wordkin_collections values ($1, 1, $2, $3, $4)', [
    collection,
    fingerprint,
    description,
    dimensions,
  ]);
  const rows: object[] = [];
  for await (const { id, vector, metadata } of store.vectors()) {
    const text = texts.get(id)!;
    const words = tokenize(text).map((word, i) => `'${word.replaceAll("'", "''")}':${i + 1}`);
    rows.push({ id, text, metadata, vector: vector ? `[${vector.join(',')}]` : null, words: words.join(' ') });
  }
  await store.close();
  await query(
    `insert into "wordkin_${collection}" select id, text, metadata, vector::vector, words::tsvector
    from jsonb_to_recordset($1::text::jsonb) as row (id text, text text, metadata jsonb, vector text, words text)`,
    [JSON.stringify(rows)],
  );
}

const embedded = join(folder, 'old.db');

async function writeEmbedded(): Promise<void> {
  const database = await PGlite.create({ dataDir: await emptyStore(embedded), extensions: { vector: pgvector } });
  await writeOldCollection((sql, parameters) => database.query(sql, parameters));
  await database.close();
}

async function onServer(work: (query: Query) => Promise<void>): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  await work((sql, parameters) => client.query(sql, parameters));
  await client.end();
}

beforeAll(async () => {
  const words = ['cat', 'kitten', 'stone', 'rock', 'tree'];
  const inputVectors = Float32Array.of(1, 0, 0, 0.9, 0.1, 0, 0, 1, 0, 0.1, 0.9, 0, 0, 0, 1);
  const tokenizer = { name: 'words', version: 1 } as const;
  await saveModel(new EmbeddingModel({ words, dimensions: 3, inputVectors, tokenizer }), model);
  const documents = join(folder, 'documents.jsonl');
  const records = Array.from({ length: TEXTS }, (_, i) => ({
    id: `t${i}`,
    text: `${words[i % 5]} ${words[(i * i) % 4]} it's number ${i % 97}${i % 7 === 0 ? ' twice twice' : ''}`,
    year: 2000 + (i % 20),
  }));
  records.push({ id: 'unknown', text: '苹果 qqq', year: 1999 });
  writeFileSync(documents, records.map((record) => JSON.stringify(record)).join('\n'));
  await emptyStore(current);
  const { code } = await wordkinHere(['index', documents, '--model', model, '--db', current, '--metadata', 'year']);
  expect(code).toBe(0);
});
afterAll(async () => {
  if (!server) return;
  await onServer(async (query) => {
    for (const part of ['', ' word', ' deleted', ' 0.1'])
      await query(`drop table if exists "wordkin_${collection}${part}"`);
    await query('delete from wordkin_collections where name = $1', [collection]);
  });
});

const databases: [name: string, database: string, write: () => Promise<void>][] = [['PGlite', embedded, writeEmbedded]];
if (server) databases.push(['PostgreSQL', server, () => onServer(writeOldCollection)]);

describe.each(databases)('wordkin upgrade of a collection of version 0.1 in %s', (_, database, write) => {
  const old = ['--db', database, '--collection', collection];

  it('brings it over: the same answers as of texts that were indexed anew', async () => {
    await write();
    const [refused, upgraded] = await wordkinEach([
      ['search', 'cat', '--model', model, ...old],
      ['upgrade', ...old, '--json'],
    ]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /version 0\.1 of wordkin wrote it .*bring it over by "wordkin upgrade --db DATABASE"/,
    );
    expect(JSON.parse(upgraded.stdout)).toMatchObject({ total: TEXTS + 1, search: 'exact' });
    const encoder = await createSentenceEncoder(await loadModel(model));
    const stores = [await openTextStore(current), await openTextStore(database, { collection })];
    const [anew, brought] = await Promise.all(stores.map((store) => TextIndex.open(encoder, store)));
    for (const [question, options] of [
      ['cat 96 twice', { hybrid: true }],
      ["qqq it's", { hybrid: true, where: 'year < 2003', explain: true }],
      ['kitten', { metric: 'euclidean', where: 'year = 2004' }],
    ] as const) {
      const hits = await brought.search(question, { ...options, count: 20 });
      expect(hits).toHaveLength(20);
      expect(hits).toEqual(await anew.search(question, { ...options, count: 20 }));
    }
    await brought.add([{ id: 't0', text: 'unheard' }]);
    expect((await brought.search('unheard', { hybrid: true, count: 1 }))[0].id).toBe('t0');
    for (const store of stores) await store.close();
    const again = await openTextStore(database, { collection, upgrade: true });
    expect(await again.count()).toBe(TEXTS + 1);
    await again.close();
  });
});
