import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EmbeddingModel, openTextStore, saveModel } from 'wordkin';
import {
  copyFolder,
  emptyStore,
  temporaryFolder,
  wordkin,
  wordkinEach,
  wordkinHere,
  wordkinProcess,
} from './command.ts';

const folder = temporaryFolder();
const [model, other] = ['model.safetensors', 'other.safetensors'].map((name) => join(folder, name));
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

const runEach = async (...commands: string[][]) => {
  const results = await wordkinEach(commands.map((args) => [...args, '--json']));
  return results.map(({ stdout, stderr }) => {
    expect(stderr).not.toMatch(/^wordkin:/m);
    return JSON.parse(stdout);
  });
};
const run = async (...args: string[]) => (await runEach(args))[0];
const store = ['--model', model, '--db', database];
/** The filled store, for a test that changes it. */
const copyOfStore = (name: string) => {
  const copy = join(folder, name);
  copyFolder(database, copy);
  return copy;
};

const indexDocuments = () =>
  run('index', documents, '--model', model, '--db', `${database}/`, '--metadata', 'year', 'lang'); // / as a shell completes it
let indexed: object;

beforeAll(async () => {
  await saveModel(embeddings, model);
  writeFileSync(documents, records.map((record) => JSON.stringify(record)).join('\n'));
  await emptyStore(database);
  indexed = await indexDocuments();
});

describe('wordkin index and search', () => {
  it('index, and again without any change', async () => {
    expect(indexed).toMatchObject({ texts: 4, added: 4, updated: 0, withoutWords: 1, total: 4, search: 'exact' });
    expect(await indexDocuments()).toMatchObject({ texts: 4, added: 0, updated: 0, unchanged: 4, total: 4 });
  });

  it('search: a question finds the text that has no word in common with it', async () => {
    const [[first, ...rest], [nearest]] = await runEach(
      ['search', 'my cat', ...store, '--count', '2'],
      ['search', 'stone', ...store, '--metric', 'euclidean'],
    );
    expect(first).toEqual({
      id: 'a',
      text: 'A kitten.',
      metadata: { year: 2020, lang: 'en' },
      similarity: expect.closeTo(0.9939, 3),
    });
    expect(rest).toHaveLength(1);
    expect(nearest).toMatchObject({ id: 'b', distance: expect.closeTo(Math.hypot(0.05, 0.05), 4) });
  });

  it('search --where and --hybrid', async () => {
    const found = await runEach(
      ['search', 'cat', ...store, '--where', 'year >= 2021 and lang = "en"'],
      ['search', 'qqq tree', ...store, '--hybrid'],
    );
    const [chosen, hybrid] = found.map((hits) => hits.map(({ id }: { id: string }) => id));
    expect(chosen).toEqual(['b', 'd']);
    expect(hybrid.slice(0, 2).sort()).toEqual(['c', 'd']);
  });

  it('list and delete', async () => {
    const path = copyOfStore('deleted.db');
    const [chosen, deleted, left] = await runEach(
      ['list', '--db', database, '--where', 'lang = "xx"'],
      ['delete', 'c', 'nothing', '--db', path],
      ['list', '--db', path],
    );
    expect(chosen.map(({ id }: { id: string }) => id)).toEqual(['c']);
    expect(deleted).toEqual({ deleted: 1 });
    expect(left).toHaveLength(3);
  });

  it('a misspelt field of --metadata changes nothing', async () => {
    const [{ code, stderr }, list] = await wordkinEach([
      ['index', documents, ...store, '--metadata', 'lagn'],
      ['list', '--db', database, '--json'],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^wordkin: Cannot index: no record has the field "lagn" of --metadata; nothing was changed/);
    expect(JSON.parse(list.stdout)[0].metadata).toEqual({ year: 2020, lang: 'en' });
  });

  it('a field that some records have is taken, one that only later ones may have is told', async () => {
    const many = join(folder, 'sparse.jsonl');
    const lines = Array.from({ length: 1200 }, (_, i) =>
      JSON.stringify({ id: `${i}`, text: 'cat', ...(i === 1100 && { late: 1 }), ...(i === 7 && { rare: 1 }) }),
    );
    writeFileSync(many, lines.join('\n'));
    const path = await emptyStore(join(folder, 'sparse.db'));
    const [{ code, stderr }, list, without] = await wordkinEach([
      ['index', many, '--model', model, '--db', path, '--metadata', 'rare', 'late', 'never'],
      ['list', '--db', path, '--where', 'rare = 1 or late = 1', '--json'],
      ['index', many, '--model', model, '--db', path],
    ]);
    expect(without.stderr).toMatch('of the records "rare", "late" are not kept: --metadata FIELD keeps');
    expect(code).toBe(0);
    expect(stderr).toMatch(/none of the first 1000 records has the field "late", "never" of --metadata/);
    expect(stderr).toMatch(/^no record has the field "never" of --metadata/m);
    expect(JSON.parse(list.stdout)).toHaveLength(2);
  });

  it('index deletes the paragraphs that a text file has no more', async () => {
    const file = join(folder, 'notes.txt');
    const index = ['index', file, '--model', model, '--db', await emptyStore(join(folder, 'notes.db'))];
    writeFileSync(file, 'cat\n\nstone\n\ntree\n');
    expect(await run(...index)).toMatchObject({ texts: 3, added: 3, deleted: 0, total: 3 });
    writeFileSync(file, 'stone\n');
    const [{ stderr, stdout }] = await wordkinEach([index]);
    expect(stderr).toBe('2 paragraphs were deleted that the files no longer have\n');
    expect(stdout).toMatch(/1 text in .* s, 0 added, 1 updated; 1 in all/);
    writeFileSync(file, '');
    expect(await run(...index)).toMatchObject({ texts: 0, deleted: 1, total: 0 });
  });

  it('index tells of texts that files have no more; delete takes out those of a condition', async () => {
    const path = join(folder, 'shrinking');
    mkdirSync(path);
    const index = ['index', path, '--model', model, '--db', await emptyStore(join(folder, 'shrinking.db'))];
    writeFileSync(join(path, 'gone.txt'), 'cat\n\nstone\n');
    writeFileSync(join(path, 'table.csv'), 'text\ncat\nstone\ntree\n');
    expect((await wordkinEach([index]))[0].stderr).toBe('');
    rmSync(join(path, 'gone.txt'));
    writeFileSync(join(path, 'table.csv'), 'text\ncat\n');
    const [{ stderr }] = await wordkinEach([index]);
    expect(stderr).toContain(`2 texts stay of records that the files no longer have, such as "${path}/table.csv#2"`);
    expect(stderr).toContain(
      `the texts of 1 file that is not there any more stay, such as those of "${path}/gone.txt"`,
    );
    const remove = ['delete', '--db', index[5], '--where'];
    const [wrong, both, right] = await wordkinEach([
      [...remove, 'paht != "x"'],
      [...remove, 'paragraph = 1', 'id'],
      [...remove, `path = "${path}/gone.txt"`],
    ]);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining('did you mean "path"?; nothing was deleted'),
    ]);
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining('give either the ids of texts, or --where')]);
    expect(right.stdout).toBe('2 of 2 deleted\n');
  });

  it('index tells of texts that are too long for one vector', async () => {
    const file = join(folder, 'one-line.txt');
    writeFileSync(file, 'cat stone '.repeat(2500));
    const index = ['index', file, '--model', model, '--db', await emptyStore(join(folder, 'one-line.db'))];
    expect((await wordkinEach([index]))[0].stderr).toMatch(/^1 text is longer than 20000 characters, such as ".*#1"/);
  });

  it('index tells how many texts are stored where a later record is wrong', async () => {
    const half = join(folder, 'half.jsonl');
    writeFileSync(half, '{"id":"1","text":"cat"}\n{"id":"2","text":"tree"}\nno record\n');
    const path = await emptyStore(join(folder, 'half.db'));
    const { code, stderr } = await wordkinHere(['index', half, '--model', model, '--db', path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^2 texts were stored; when it is mended, index again.*\nwordkin: .*line 3 is not JSON/);
  });

  it('search and list tell which field of --where no text has', async () => {
    const where = ['--where', 'lagn != "zh" and (year > 1 or "no such" exists)'];
    const results = await wordkinEach([
      ['search', 'cat', ...store, ...where],
      ['list', '--db', database, ...where],
    ]);
    for (const { code, stderr } of results) {
      expect(code).toBe(0);
      expect(stderr).toBe(
        'no text has the field "lagn" of --where; did you mean "lang"?\nno text has the field "no such" of --where; they have lang, year\n',
      );
    }
  });

  const refused: [name: string, args: string[], message: RegExp][] = [
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
      'a collection that is not there',
      ['list', '--db', database, '--collection', 'news'],
      /^wordkin: Cannot open collection "news" of ".*": there is none of that name; it holds texts/,
    ],
    ['no database', ['list', '--db', ''], /^wordkin: A database must be the path of a folder or a URL/],
    [
      'a database by keywords',
      ['list', '--db', 'host=localhost password=geheim'],
      /^wordkin: Cannot open a database by keywords (?!.*geheim)/,
    ],
    [
      'an address of another kind',
      ['list', '--db', 'postgre://bob:geheim@localhost/texts'],
      /^wordkin: Cannot open "postgre:\/\/bob:…@localhost\/texts": a store is a folder or a URL that begins with postgres/,
    ],
    [
      'a field that is not there',
      ['index', documents, ...store, '--text', 'txt'],
      /^wordkin: .*record 1 has no text in the field "txt".*did you mean "text"/,
    ],
    ['a misspelt metric', ['search', 'cat', ...store, '--metric', 'cosin'], /Did you mean cosine\?/],
    [
      'another model',
      ['search', 'cat', '--model', other, '--db', database],
      /it was filled by another \(5 words × 3 dimensions.*search with that model, or fill a new store/,
    ],
  ];

  it('one clear sentence for each', async () => {
    await saveModel(new EmbeddingModel({ ...embeddings.contents, inputVectors: vectors.map((x) => x + 1) }), other);
    const results = await wordkinEach(refused.map(([, args]) => args));
    for (const [i, [name, , message]] of refused.entries()) {
      const { code, stdout, stderr } = results[i];
      expect({ code: code !== 0, stdout }, name).toEqual({ code: true, stdout: '' });
      expect(stderr, name).toMatch(message);
      expect(stderr.trim().split('\n'), name).toHaveLength(1);
    }
  });

  it('refuses a second process, and loses nothing', async () => {
    const mine = await openTextStore(database);
    const { code, stderr } = await wordkin(['index', documents, ...store]);
    expect(code).toBe(1);
    expect(stderr).toMatch(`process ${process.pid} uses it; an embedded store takes one process at a time`);
    expect(await mine.count()).toBe(4);
    await mine.close();
  });
});

it('no command leaves anything open: the process of all of them ends by itself', async () => {
  const path = (name: string) => join(folder, name);
  const db = ['--db', copyOfStore('left.db')];
  const pairs = path('pairs.txt');
  writeFileSync(pairs, 'cat\tkitten\t9\nstone\trock\t8\ncat\ttree\t1\n');
  const text = path('text.txt');
  writeFileSync(text, 'a cat and a kitten\n'.repeat(100));
  const { code, stdout, stderr } = await wordkinProcess([
    ['train', text, '--preflight', '--threads', '2'],
    ['train', text, '--output', path('trained.safetensors'), '--threads', '2', '--min-count', '1'],
    ['info', model, '--verify'],
    ['neighbors', model, 'cat'],
    ['analogy', model, 'cat', 'kitten', 'stone'],
    ['odd-one-out', model, 'cat', 'kitten', 'stone'],
    ['embed', model, 'a cat'],
    ['similarity', model, 'a cat', 'a kitten'],
    ['explain', model, 'a cat', 'a kitten'],
    ['evaluate', model, '--pairs', pairs],
    ['compare', model, model, '--pairs', pairs],
    ['fit-sentences', model, '--weighting', 'mean', '--output', path('fitted.safetensors')],
    ['convert', model, path('converted.bin')],
    ['shrink', model, path('small.safetensors'), '--as', 'int8'],
    ['align', model, model, '--output', path('aligned.safetensors')],
    ['index', documents, '--model', model, ...db],
    ['search', 'a cat', '--hybrid', '--model', model, ...db],
    ['list', ...db],
    ['delete', 'a', ...db],
    ['upgrade', ...db],
    ['neighbors', path('missing.bin'), 'cat'], // what is refused leaves nothing, either
  ]);
  expect(stderr.match(/^wordkin: .*/gm)).toEqual([expect.stringContaining('missing.bin')]);
  expect(stdout).toContain('exact');
  expect(code).toBeGreaterThan(0);
});
