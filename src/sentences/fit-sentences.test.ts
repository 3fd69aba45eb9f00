import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { cosineSimilarity, dotProduct, vectorNorm } from '../math/vector-operations.ts';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { memoryFile } from '../model/formats/model-file.ts';
import { readModel } from '../model/formats/read-model.ts';
import { writeSafetensors } from '../model/formats/write-wordkin.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { explainSimilarity } from './explain-similarity.ts';
import { fitSentences } from './fit-sentences.ts';
import { SentenceEncoder } from './sentence-encoder.ts';

const random = new Random(3, 4);
const WORDS = 50;
const DIMENSIONS = 8;
const model = new EmbeddingModel({
  words: Array.from({ length: WORDS }, (_, i) => `w${i}`),
  dimensions: DIMENSIONS,
  // All share a direction, as word vectors do.
  inputVectors: Float32Array.from(
    { length: WORDS * DIMENSIONS },
    (_, i) => random.normal() + (i % DIMENSIONS === 0 ? 3 : 0),
  ),
  counts: Float64Array.from({ length: WORDS }, (_, i) => Math.ceil(1000 / (i + 1))),
});
const sentences = Array.from({ length: 400 }, () =>
  Array.from({ length: 3 + random.below(8) }, () => `w${random.below(WORDS)}`),
);
const tokenizer = createTokenizer('whitespace');
const encoderOf = (settings: ReturnType<typeof fitSentences>) => new SentenceEncoder(model, tokenizer, settings);

describe('fitSentences', () => {
  it('takes the first components out', () => {
    const settings = fitSentences(model, sentences, { weighting: 'mean', components: 2 });
    const [first, second] = [0, 1].map((c) => settings.components!.subarray(c * DIMENSIONS, (c + 1) * DIMENSIONS));
    expect(Math.abs(first[0])).toBeGreaterThan(0.95); // the direction that all share
    expect(vectorNorm(first)).toBeCloseTo(1, 6);
    expect(dotProduct(first, second)).toBeCloseTo(0, 6);
    const { vector } = encoderOf(settings).encode('w1 w2 w3');
    expect(dotProduct(vector, first)).toBeCloseTo(0, 5);
    expect(dotProduct(vector, second)).toBeCloseTo(0, 5);
  });

  it('finds as first component what multiplying by the sentences again and again goes to', () => {
    const plain = encoderOf(fitSentences(model, [], { weighting: 'sif', components: 0 }));
    const vectors = sentences.map((tokens) => plain.encodeTokens(tokens).vector);
    let axis = new Float64Array(DIMENSIONS).fill(1);
    for (let i = 0; i < 200; i++) {
      const next = new Float64Array(DIMENSIONS);
      for (const vector of vectors) {
        const product = dotProduct(vector, axis);
        vector.forEach((value, d) => (next[d] += product * value));
      }
      axis = next.map((value) => value / vectorNorm(next));
    }
    const { components } = fitSentences(model, sentences, { weighting: 'sif', components: 1 });
    expect(Math.abs(dotProduct(axis, components!))).toBeCloseTo(1, 6);
  });

  it('with usif takes out shares that add up to 1', () => {
    const { componentShares } = fitSentences(model, sentences, { weighting: 'usif', components: 5 });
    expect(componentShares!.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect([...componentShares!]).toEqual([...componentShares!].sort((a, b) => b - a));
  });

  it('keeps the principal axes: lengths of the projections are those of the whole', () => {
    const whole = encoderOf(fitSentences(model, sentences, { weighting: 'mean', dimensions: DIMENSIONS }));
    const plain = encoderOf(fitSentences(model, [], { weighting: 'mean' }));
    const texts = ['w1 w2 w30', 'w4 w5'].map((text) => [whole.encode(text).vector, plain.encode(text).vector]);
    expect(cosineSimilarity(texts[0][0], texts[1][0])).toBeCloseTo(cosineSimilarity(texts[0][1], texts[1][1]), 6);
    const cut = encoderOf(fitSentences(model, sentences, { weighting: 'mean', dimensions: 3 }));
    expect(cut.dimensions).toBe(3);
    expect(cut.encode('w1').vector).toHaveLength(3);
  });

  it('refuses to fit components on a handful of sentences', () => {
    expect(() => fitSentences(model, sentences.slice(0, 20), { components: 1 })).toThrow(
      /at least 300 sentences of the training corpus, got 20/,
    );
    expect(() => fitSentences(model, [], { weighting: 'idf' })).toThrow(/idf need at least 300/);
    expect(() => fitSentences(model, [], { weighting: 'sif' })).not.toThrow();
  });

  it('refuses what cannot be', () => {
    const foreign = new EmbeddingModel({ words: ['a'], dimensions: 2, inputVectors: Float32Array.of(1, 2) });
    expect(() => fitSentences(foreign, [], { weighting: 'sif' })).toThrow(/does not tell how often each occurs/);
    expect(() => fitSentences(model, sentences, { components: 99 })).toThrow(
      /"components" must be an integer from 0 to 7/,
    );
    expect(() => fitSentences(model, [], { weighting: 'custom', weights: () => -1 })).toThrow(/weight of "w0"/);
  });

  it.each(['icf', 'sif', 'usif', 'idf', 'custom'] as const)(
    'is stored in the model and read back: %s',
    async (weighting) => {
      const settings = fitSentences(model, sentences, {
        weighting,
        weights: (word) => word.length,
        components: 2,
        dimensions: 5,
        unitWords: true,
        normalize: true,
      });
      const bytes = Buffer.concat([...writeSafetensors({ ...model.contents, sentences: settings })]);
      const read = await readModel(memoryFile(bytes));
      const [before, after] = [encoderOf(settings), new SentenceEncoder(read, tokenizer)];
      expect(after.settings.weighting).toBe(weighting);
      for (const text of ['w1 w2 w3', 'w49', '']) expect(after.encode(text)).toEqual(before.encode(text));
    },
  );
});

describe('SentenceEncoder', () => {
  it('weighs by the counts of a model that was not fitted', () => {
    const encoder = new SentenceEncoder(model, tokenizer);
    expect(encoder.settings.weighting).toBe('icf');
    const [a, b] = [0, 40].map((id) => encoder.settings.weights![id]);
    const expected = Float32Array.from(model.row(0), (value, d) => (a * value + b * model.row(40)[d]) / (a + b));
    encoder.encode('w0 w40').vector.forEach((value, d) => expect(value).toBeCloseTo(expected[d], 5));
  });

  it('gives zeros, never NaN, where all words weigh nothing', () => {
    const encoder = encoderOf(fitSentences(model, [], { weighting: 'custom', weights: () => 0, normalize: true }));
    expect(encoder.encode('w1 w2').vector).toEqual(new Float32Array(DIMENSIONS));
  });
});

describe('explainSimilarity', () => {
  it.each([
    { weighting: 'mean' },
    { weighting: 'sif', components: 3 },
    { weighting: 'idf', components: 1, unitWords: true, normalize: true, dimensions: 4 },
  ] as const)('contributions of either text add up to the cosine: %o', (options) => {
    const encoder = encoderOf(fitSentences(model, sentences, options));
    const [first, second] = ['w1 w2 w2 w30 nobody', 'w3 w4 w2'];
    const result = explainSimilarity(encoder, first, second);
    const cosine = cosineSimilarity(encoder.encode(first).vector, encoder.encode(second).vector);
    expect(result.cosine).toBeCloseTo(cosine, 6);
    for (const list of [result.first, result.second])
      expect(list.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(cosine, 5);
    expect(result.first.find(({ word }) => word === 'w2')!.occurrences).toBe(2);
  });

  it('is 0, never NaN, for a text without a known word', () => {
    const encoder = new SentenceEncoder(model, tokenizer);
    expect(explainSimilarity(encoder, 'nobody', 'w1')).toEqual({
      cosine: 0,
      first: [],
      second: [{ word: 'w1', occurrences: 1, contribution: 0 }],
    });
  });
});
