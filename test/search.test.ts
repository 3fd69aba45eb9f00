import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSentenceEncoder, EmbeddingModel, MemoryTextStore, openTextStore, saveModel, TextIndex } from 'wordkin';
import { temporaryFolder, wordkin } from './command.ts';

const folder = temporaryFolder();
const model = join(folder, 'model.safetensors');
const documents = join(folder, 'documents.jsonl');
const database = join(folder, 'texts.db');
const words = ['cat', 'kitten', 'stone', 'rock', 'tree'];
const vectors = Float32Array.of(1, 0, 0, 0.9, 0.1, 0, 0, 1, 0, 0.1, 0.9, 0, 0, 0, 1);
const embeddings = new EmbeddingModel({
  words,
  dimensions: 3,
  inputVectors: vectors,
  tokenizer: { name: 'words', version: 1 },
});
const records = [
  { id: 'a', text: 'A kitten.', year: 2020, lang: 'en' },
  { id: 'b', text: 'The rock and the stone', year: 2021, lang: 'en' },
  { id: 'c', text: 'zzz qqq', year: 2022, lang: 'xx' },
  { id: 'd', text: 'tree', year: 2023, lang: 'en' },
];

beforeAll(async () => {
  await saveModel(embeddings, model);
  writeFileSync(documents, records.map((record) => JSON.stringify(record)).join('\n'));
});

const run = async (...args: string[]) => {
  const result = await wordkin([...args, '--json']);
  expect(result.stderr).not.toMatch(/^wordkin:/m);
  return JSON.parse(result.stdout);
};
const store = ['--model', model, '--db', database];

describe('wordkin index and search', () => {
  it('index, and again without any change', async () => {
    const index = () => run('index', documents, ...store, '--metadata', 'year', 'lang');
    expect(await index()).toMatchObject({ texts: 4, added: 4, updated: 0, withoutWords: 1, total: 4, search: 'exact' });
    expect(await index()).toMatchObject({ texts: 4, added: 0, updated: 0, unchanged: 4, total: 4 });
  });

  it('search: a question finds the text that has no word in common with it', async () => {
    const [first, ...rest] = await run('search', 'my cat', ...store, '--count', '2');
    expect(first).toEqual({
      id: 'a',
      text: 'A kitten.',
      metadata: { year: 2020, lang: 'en' },
      similarity: expect.closeTo(0.9939, 3),
    });
    expect(rest).toHaveLength(1);
    const [nearest] = await run('search', 'stone', ...store, '--metric', 'euclidean');
    expect(nearest).toMatchObject({ id: 'b', distance: expect.closeTo(Math.hypot(0.05, 0.05), 4) });
  });

  it('search --where and --hybrid', async () => {
    expect(
      (await run('search', 'cat', ...store, '--where', 'year >= 2021 and lang = "en"')).map(
        (hit: { id: string }) => hit.id,
      ),
    ).toEqual(['b', 'd']);
    const hits = await run('search', 'qqq tree', ...store, '--hybrid');
    expect(
      hits
        .slice(0, 2)
        .map((hit: { id: string }) => hit.id)
        .sort(),
    ).toEqual(['c', 'd']);
  });

  it('list and delete', async () => {
    expect(
      (await run('list', '--db', database, '--where', 'lang = "xx"')).map((text: { id: string }) => text.id),
    ).toEqual(['c']);
    expect(await run('delete', 'c', 'nothing', '--db', database)).toEqual({ deleted: 1 });
    expect(await run('list', '--db', database)).toHaveLength(3);
  });

  it.each([
    [
      'an unknown question',
      ['search', 'nothing known', ...store],
      /^wordkin: Cannot search: the model knows no word of "nothing known"/,
    ],
    [
      'a bad condition',
      ['search', 'cat', ...store, '--where', 'year = 1; drop table x'],
      /^wordkin: Cannot read the filter: .* found ;/,
    ],
    [
      'a store that is not there',
      ['search', 'cat', '--model', model, '--db', join(folder, 'none')],
      /^wordkin: Cannot open ".*none": there is no such store/,
    ],
    [
      'a field that is not there',
      ['index', documents, ...store, '--text', 'txt'],
      /^wordkin: .*record 1 has no text in the field "txt".*did you mean "text"/,
    ],
    ['a misspelt metric', ['search', 'cat', ...store, '--metric', 'cosin'], /Did you mean cosine\?/],
  ])('one clear sentence for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await wordkin(args);
    expect({ code: code !== 0, stdout }).toEqual({ code: true, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('refuses another model, and says the way out', async () => {
    const other = join(folder, 'other.safetensors');
    await saveModel(new EmbeddingModel({ ...embeddings.contents, inputVectors: vectors.map((x) => x + 1) }), other);
    const { code, stderr } = await wordkin(['search', 'cat', '--model', other, '--db', database]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /it was filled by another \(5 words × 3 dimensions.*search with that model, or fill a new store/,
    );
  });

  it('refuses a second process, and loses nothing', async () => {
    const mine = await openTextStore(database);
    const { code, stderr } = await wordkin(['index', documents, ...store]);
    expect(code).toBe(1);
    expect(stderr).toMatch(`process ${process.pid} uses it; an embedded store takes one process at a time`);
    expect(await mine.count()).toBe(3);
    await mine.close();
  });
});

it.each([
  [{ id: '', text: 'cat' }, /id must be a string that is not empty/],
  [{ id: 'x'.repeat(10_000), text: 'cat' }, /The id "x+… is too long: 10000 characters, at most 2000 bytes/],
  [{ id: 'x', text: 'a\0b' }, /The text of "x" holds a NUL character/],
  [{ id: 'x', text: 'a', metadata: { k: 'a\0' } }, /The metadata of "x" holds a NUL character/],
  [{ id: 'x', text: 'a\ud800' }, /The text of "x" holds half of a surrogate pair/],
  [{ id: 'x', text: 5 as unknown as string }, /The text of "x" must be a string/],
])('TextIndex refuses %o, and keeps what came before it', async (record, message) => {
  const index = await TextIndex.open(await createSentenceEncoder(embeddings), new MemoryTextStore());
  await expect(index.add([{ id: 'before', text: 'cat' }, record])).rejects.toThrow(message);
  expect((await index.list()).map(({ id }) => id)).toEqual(['before']);
});

it('kill -9 while it fills a store, 20 times: nothing acknowledged is lost, and the last run completes it', async () => {
  const many = join(folder, 'many.jsonl');
  const path = join(folder, 'killed.db');
  const texts = 20_000;
  writeFileSync(
    many,
    Array.from({ length: texts }, (_, i) =>
      JSON.stringify({ id: `text ${i}`, text: `${words[i % 5]} number ${i}` }),
    ).join('\n'),
  );
  const args = [resolve('dist/cli/main.js'), 'index', many, '--model', model, '--db', path, '--json'];
  let acknowledged = 0;
  for (let round = 0; round < 20; round++) {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = 0;
    let stop: NodeJS.Timeout | undefined;
    child.stderr.on('data', (data: Buffer) => {
      for (const [, count] of data.toString().matchAll(/"texts":(\d+)/g)) told = Number(count);
      // Some time after the first transaction, or in the midst of opening the store.
      stop ??= setTimeout(() => child.kill('SIGKILL'), Math.random() * 1500);
    });
    if (round % 4 === 0) stop = setTimeout(() => child.kill('SIGKILL'), Math.random() * 2000);
    await new Promise((done) => child.on('close', done));
    clearTimeout(stop);
    acknowledged = Math.max(acknowledged, told);
    const check = await openTextStore(path);
    const there = new Set<string>();
    for await (const { id } of check.vectors()) {
      expect(there.has(id)).toBe(false);
      there.add(id);
    }
    await check.close();
    for (let i = 0; i < acknowledged; i++)
      if (!there.has(`text ${i}`)) expect.fail(`round ${round}: text ${i} is lost`);
  }
  expect(acknowledged).toBeGreaterThan(0);
  const result = await run('index', many, '--model', model, '--db', path);
  expect(result).toMatchObject({ texts, total: texts, search: 'hnsw' });
}, 600_000);
