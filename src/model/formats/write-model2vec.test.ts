import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../math/random.ts';
import { vectorNorm } from '../../math/vector-operations.ts';
import { convertModel } from '../../node/convert-model.ts';
import { loadTokenizer } from '../../node/load-tokenizer.ts';
import { loadModel, saveModel } from '../../node/model-files.ts';
import { PLAIN_MEAN, SentenceEncoder } from '../../sentences/sentence-encoder.ts';
import { createTokenizer } from '../../text/tokenizer.ts';
import { EmbeddingModel, type ModelContents } from '../embedding-model.ts';
import type { SentenceSettings } from '../sentence-settings.ts';
import { lossesIn } from './write-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-model2vec-'));
afterAll(() => rmSync(folder, { recursive: true }));
const random = new Random(5, 6);
const WORDS = ['the', 'not', 'sun', 'moon', 'star', 'sky', ...Array.from({ length: 194 }, (_, i) => `word${i}`)];
const contents: ModelContents = {
  words: WORDS,
  dimensions: 3,
  // Axes of different variance, so that even ones are others.
  inputVectors: Float32Array.from({ length: 3 * WORDS.length }, (_, i) => random.normal() * [3, 1, 0.3][i % 3]),
  counts: Float64Array.from(WORDS, (_, id) => Math.ceil(10_000 / (id + 1))),
  tokenizer: { name: 'words', version: 1 },
};
const settings: SentenceSettings = {
  weighting: 'custom',
  weights: Float32Array.from(WORDS, (_, id) => 0.5 + id / 10),
  unknownWeight: 1,
  unitWords: true,
  components: Float32Array.of(0.6, 0.8, 0),
  componentShares: Float32Array.of(0.5),
  projection: Float32Array.of(1, 0.5, -1, 2, 0, 1),
  normalize: false,
  sentences: 0,
};
const TEXTS = ['the sun, the moon', 'Star sky sky', 'not the word7', 'sun'];

/** As model2vec and sentence-transformers read it: the mean of the rows of a text's tokens, brought to length 1. */
function meanOfRows(model: EmbeddingModel, tokens: readonly string[]): number[] {
  const mean = new Float64Array(model.dimensions);
  for (const token of tokens) model.findVector(token)!.forEach((value, d) => (mean[d] += value / tokens.length));
  return Array.from(mean, (value) => value / Math.hypot(...mean));
}

describe('a folder of Model2Vec', () => {
  it.each<[string, SentenceSettings, number]>([
    ['weights, unit words, a component and fewer dimensions', settings, 2],
    ['a component alone', { ...settings, weights: undefined, unitWords: false, projection: undefined }, 3],
    ['weights alone', { ...PLAIN_MEAN, weights: settings.weights }, 3],
    ['none of these', PLAIN_MEAN, 3],
  ])('gives texts the direction of our own sentence vectors: %s', async (_, sentences, dimensions) => {
    const model = new EmbeddingModel({ ...contents, sentences });
    const path = `${folder}/model/`;
    await saveModel(model, path);
    const back = await loadModel(path);
    expect(back.dimensions).toBe(dimensions);
    expect(JSON.parse(readFileSync(`${path}config.json`, 'utf8'))).toMatchObject({
      hidden_dim: dimensions,
      normalize: true,
    });
    const own = new SentenceEncoder(model, createTokenizer('words'));
    for (const text of TEXTS) {
      const expected = own.encode(text).vector;
      const got = meanOfRows(back, own.tokenizer.tokenize(text));
      got.forEach((value, d) => expect(value, text).toBeCloseTo(expected[d] / vectorNorm(expected), 5));
    }
  });

  it('holds the vectors as they are of a model that stores no settings, and tells so', async () => {
    const path = `${folder}/model/`;
    await saveModel(new EmbeddingModel(contents), path);
    const back = await loadModel(path);
    WORDS.forEach((word, id) => expect(back.findVector(word)).toEqual(new EmbeddingModel(contents).row(id)));
    expect(lossesIn(contents, 'model2vec').join()).toContain('how sentences are made by default');
  });

  it('cuts texts into words where the words of a model of text cut at white space are such, and at white space otherwise', async () => {
    const tokensBy = async (word: string) => {
      const words = [...WORDS.slice(0, -1), word];
      const model = new EmbeddingModel({ ...contents, words, tokenizer: { name: 'whitespace', version: 1 } });
      await saveModel(model, `${folder}/cut/`);
      return (await loadTokenizer((await loadModel(`${folder}/cut/`)).contents.tokenizer!)).tokenize('The sun.');
    };
    expect(await tokensBy("isn't")).toEqual(['the', 'sun']);
    expect(await tokensBy('Isnt')).toEqual([]); // "The" and "sun." are no words of such a text
    expect(await tokensBy('moon.')).toEqual([]);
  });

  it('is compared row by row by convert, with other dimensions, too, and what it cannot hold is told', async () => {
    const model = new EmbeddingModel({ ...contents, sentences: { ...settings, standIns: true } });
    await saveModel(model, `${folder}/model.safetensors`);
    const result = await convertModel(`${folder}/model.safetensors`, `${folder}/converted/`);
    expect(result).toMatchObject({ dimensions: 2, comparedRows: WORDS.length, equalRows: WORDS.length });
    expect(result.lost).toEqual(lossesIn(model.contents, 'model2vec'));
    expect(result.lost.slice(-3)).toEqual([
      'the length of sentence vectors: it becomes 1',
      'the words that stand for unknown ones: these are left out',
      'the vectors as they were: weights and axes of sentences are worked into them',
    ]);
  });
});
