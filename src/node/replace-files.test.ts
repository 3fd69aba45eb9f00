import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { loadModel, saveModel } from './model-files.ts';
import { readyFolder } from './replace-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (...names: string[]) => join(folder, ...names);

/** A model of one kind of value, by which a mix of two shows. */
function uniform(kind: number, size: number): EmbeddingModel {
  return new EmbeddingModel({
    words: Array.from({ length: size }, (_, i) => `of${kind}x${i}`),
    dimensions: 8,
    inputVectors: new Float32Array(8 * size).fill(kind),
  });
}
const MODELS = [uniform(1, 900), uniform(2, 1700), uniform(3, 300), uniform(4, 900)];

function kindOf(model: EmbeddingModel): number {
  const kind = model.row(0)[0];
  expect(model.size).toBe(MODELS[kind - 1].size);
  for (let id = 0; id < model.size; id++) {
    if (model.word(id) !== `of${kind}x${id}` || model.row(id)[7] !== kind) expect.fail(`row ${id} is of another model`);
  }
  return kind;
}

const PLACES = ['m.safetensors', 'm.bin', 'm.npy', 'static/', 'projector/'];

describe('four savers of one path', () => {
  it.each(PLACES)('leave one of the four, whole, and readers meet none but whole ones: %s', async (name) => {
    for (let round = 0; round < 5; round++) {
      const saving = MODELS.map((model) => saveModel(model, path(name)));
      const reading = round === 0 ? [] : [0, 1].map(async () => kindOf(await loadModel(path(name))));
      await Promise.all([...saving, ...reading]);
      kindOf(await loadModel(path(name)));
    }
    expect(readdirSync(folder).filter((file) => file.includes('wordkin'))).toEqual([]);
    if (name.endsWith('/')) expect(readdirSync(path(name)).filter((file) => file.includes('wordkin'))).toEqual([]);
  });
});

describe('files that are ready', () => {
  it.each(['n.npy', 'ready/', 'projector-ready/'])('are moved by whoever comes next: %s', async (name) => {
    const isFolder = name.endsWith('/');
    const place = path(name.replace(/\/$/, ''));
    await saveModel(MODELS[0], path(name));
    await saveModel(MODELS[1], path(`next-${name}`));
    const files = isFolder
      ? readdirSync(path(`next-${name}`)).map((file) => [file, path(`next-${name}`, file)])
      : ['n.words.txt', 'n.npy'].map((file) => [file, path(`next-${file}`)]);
    // As after a kill between two moves: one is there, the others wait.
    const ready = readyFolder(place, isFolder);
    mkdirSync(ready);
    for (const [index, [file, from]] of files.entries())
      writeFileSync(index === 0 ? (isFolder ? join(place, file) : path(file)) : join(ready, file), readFileSync(from));
    expect(kindOf(await loadModel(place))).toBe(2);
    expect(readdirSync(isFolder ? place : folder)).not.toContain(ready.split('/').at(-1));
  });
});

describe('what fails in the middle', () => {
  it('leaves what was there, and nothing beside it', async () => {
    const broken = new EmbeddingModel({ ...MODELS[1].contents, words: [...MODELS[1].words.slice(0, -1), 'a\nb\tc'] });
    for (const name of ['f.bin', 'f.npy', 'f-projector/']) {
      await saveModel(MODELS[0], path(name));
      await expect(saveModel(broken, path(name))).rejects.toThrow(RangeError);
      expect(kindOf(await loadModel(path(name)))).toBe(1);
      const inside = name.endsWith('/') ? readdirSync(path(name)) : [];
      expect([...readdirSync(folder), ...inside].filter((file) => file.startsWith('.'))).toEqual([]);
      await expect(saveModel(broken, path(`new-${name}`))).rejects.toThrow(RangeError);
      expect(readdirSync(folder).filter((file) => file.startsWith('new-'))).toEqual([]);
    }
  });
});

it('an array is not read with the words of another one of the same size', async () => {
  await saveModel(MODELS[0], path('a.npy'));
  await saveModel(MODELS[3], path('b.npy'));
  const words = readFileSync(path('b.words.txt'), 'utf8');
  writeFileSync(path('b.words.txt'), words.replaceAll('\n', '\r\n')); // as editors on Windows save it
  expect(kindOf(await loadModel(path('b.npy')))).toBe(4);
  writeFileSync(path('a.words.txt'), words);
  await expect(loadModel(path('a.npy'))).rejects.toThrow(
    /a\.words\.txt" holds other words than those it was saved with/,
  );
  const given = await loadModel(path('a.npy'), { words: words.trim().split('\n') });
  expect([given.word(0), given.row(0)[0]]).toEqual(['of4x0', 1]);
});
