import { describe, expect, it } from 'vitest';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { inferTokenizer } from '../model/word-spellings.ts';
import { loadTokenizer } from '../node/load-tokenizer.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { PLAIN_MEAN, SentenceEncoder } from './sentence-encoder.ts';

const tutorial = new EmbeddingModel({
  words: ['我', '喜欢', '苹果'],
  dimensions: 3,
  inputVectors: Float32Array.of(0.2, 0.3, 0.5, 0.4, 0.1, 0.8, 0.6, 0.7, 0.9),
});

describe('SentenceEncoder', () => {
  it("gives the tutorial's sentence vector", async () => {
    const encoder = new SentenceEncoder(tutorial, await loadTokenizer({ name: 'chinese' }));
    const { vector, knownTokens, unknownTokens } = encoder.encode('我喜欢苹果');
    [0.4, 0.367, 0.733].forEach((value, d) => expect(vector[d]).toBeCloseTo(value, 3));
    expect({ knownTokens, unknownTokens }).toEqual({ knownTokens: 3, unknownTokens: [] });
  });

  it('weighs by rank where a model of another tool has no counts, so that the first words count least', () => {
    const words = Array.from({ length: 500 }, (_, id) => `w${(id * 311) % 500}`);
    const inputVectors = Float32Array.from({ length: 2 * words.length }, (_, i) => (i === 0 ? 1 : i % 2));
    const foreign = new EmbeddingModel({ words, dimensions: 2, inputVectors });
    const encoder = new SentenceEncoder(foreign, createTokenizer('whitespace'));
    const [first, last] = [encoder.settings.weights![0], encoder.settings.weights![499]];
    expect(first).toBeLessThan(0.1 * last);
    const plain = new SentenceEncoder(foreign, createTokenizer('whitespace'), PLAIN_MEAN);
    const text = `${words[0]} ${words[499]}`;
    expect(cosineSimilarity(encoder.encode(text).vector, foreign.row(499))).toBeGreaterThan(
      cosineSimilarity(plain.encode(text).vector, foreign.row(499)),
    );
  });

  it('leaves unknown words out of the mean and names them', () => {
    const encoder = new SentenceEncoder(tutorial, createTokenizer('whitespace'));
    const { vector, knownTokens, unknownTokens } = encoder.encode('我 不 喜欢 他');
    [0.3, 0.2, 0.65].forEach((value, d) => expect(vector[d]).toBeCloseTo(value, 6));
    expect({ knownTokens, unknownTokens }).toEqual({ knownTokens: 2, unknownTokens: ['不', '他'] });
  });

  it('gives the sum of the words in their order, to the last bit, however many there are', () => {
    const dimensions = 7;
    const words = Array.from({ length: 20 }, (_, i) => `w${i}`);
    const inputVectors = Float32Array.from(
      { length: words.length * dimensions },
      (_, i) => Math.sin(i * i) * 10 ** (i % 7),
    );
    const model = new EmbeddingModel({ words, dimensions, inputVectors });
    const weights = Float32Array.from(words, (_, id) => 0.1 + Math.abs(Math.cos(id)));
    for (const settings of [PLAIN_MEAN, { ...PLAIN_MEAN, weighting: 'icf' as const, weights }]) {
      const encoder = new SentenceEncoder(model, createTokenizer('whitespace'), settings);
      for (let count = 1; count <= 13; count++) {
        const ids = Array.from({ length: count }, (_, i) => (i * i * 7 + count) % 20);
        const tokens = ids.flatMap((id) => (id % 3 === 0 ? ['unheard', words[id]] : [words[id]]));
        const [sums, used] = [new Float64Array(dimensions), settings === PLAIN_MEAN ? undefined : weights];
        for (const id of ids) for (let d = 0; d < dimensions; d++) sums[d] += (used?.[id] ?? 1) * model.row(id)[d];
        const divisor = ids.reduce((sum, id) => sum + (used?.[id] ?? 1), 0);
        expect(encoder.encodeTokens(tokens).vector).toEqual(Float32Array.from(sums, (sum) => sum / divisor));
      }
    }
  });

  it('answers zeros, not NaN, for a text without a known word', () => {
    const encoder = new SentenceEncoder(tutorial, createTokenizer('whitespace'));
    for (const text of ['', '   ', 'unknown']) expect(encoder.encode(text).vector).toEqual(new Float32Array(3));
  });
});

it('tells that another segmenter cut the text of the model, and what can be done about it', () => {
  const cutBy = (engine: string) =>
    new EmbeddingModel({ ...tutorial.contents, tokenizer: { name: 'chinese', version: 2, engine } });
  const here = (engine?: string) =>
    createTokenizer('chinese', { segmenter: engine === undefined ? undefined : { engine, cut: (text) => [text] } });
  const warnings = (stored: string, own?: string) => new SentenceEncoder(cutBy(stored), here(own)).warnings;
  expect(warnings('@node-rs/jieba 2.0.2')).toEqual([expect.stringMatching(/: install @node-rs\/jieba or jieba-wasm$/)]);
  expect(warnings('Intl.Segmenter', '@node-rs/jieba 2.0.2')).toEqual([expect.stringMatching(/: train the model anew/)]);
  expect(warnings('@node-rs/jieba 2.0.2', 'jieba-wasm 2.4.0')).toEqual([
    expect.stringMatching(/install @node-rs\/jieba 2\.0\.2 for the same vectors$/),
  ]);
  expect(warnings('@node-rs/jieba 2.0.2', '@node-rs/jieba 2.1.0')).toEqual([]);
});

it('inferTokenizer goes by the words of the model', () => {
  const of = (words: string[]) =>
    inferTokenizer(new EmbeddingModel({ words, dimensions: 1, inputVectors: new Float32Array(words.length) }));
  expect(of(['我', '喜欢', '苹果'])).toBe('chinese');
  expect(of(['the', 'cat'])).toBe('words');
  expect(of(['the', 'New_York'])).toBe('whitespace');
});
