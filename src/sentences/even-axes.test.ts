import { expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { vectorNorm } from '../math/vector-operations.ts';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { evenAxes } from './even-axes.ts';
import { fitSentences } from './fit-sentences.ts';
import { defaultSentenceSettings, SentenceEncoder } from './sentence-encoder.ts';

const DIMENSIONS = 3;

function modelOf(inputVectors: Float32Array, dimensions = DIMENSIONS): EmbeddingModel {
  const words = Array.from({ length: inputVectors.length / dimensions }, (_, id) => `w${(id * 311) % 1000}`);
  return new EmbeddingModel({ words, dimensions, inputVectors });
}

/** Words along the axes alone, with the mean squares 16, 1 and 1/16. */
const alongAxes = Float32Array.from({ length: 600 * DIMENSIONS }, (_, i) => {
  const axis = i % DIMENSIONS;
  const word = Math.floor(i / DIMENSIONS);
  return word % DIMENSIONS === axis ? Math.sqrt(3) * [4, 1, 0.25][axis] * (word % 2 ? 1 : -1) : 0;
});

it('divides each principal axis by the square root of its standard deviation', () => {
  const map = evenAxes(modelOf(alongAxes))!;
  // Mean of the variances: (16 + 1 + 1/16) / 3; factors (mean / variance)^¼.
  const mean = (16 + 1 + 1 / 16) / 3;
  const expected = [16, 1, 1 / 16].map((variance) => (mean / variance) ** 0.25);
  for (let i = 0; i < DIMENSIONS; i++)
    for (let j = 0; j < DIMENSIONS; j++) expect(map[i * DIMENSIONS + j]).toBeCloseTo(i === j ? expected[i] : 0, 5);
});

it('turns with the vectors: texts are as similar in a rotated model', () => {
  const random = new Random(5, 6);
  const vectors = Float32Array.from({ length: 900 * 2 }, (_, i) => random.normal() * (i % 2 ? 3 : 1));
  const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
  const turned = vectors.map((_, i) =>
    i % 2 ? s * vectors[i - 1] + c * vectors[i] : c * vectors[i] - s * vectors[i + 1],
  );
  const encode = (values: Float32Array, text: string) =>
    new SentenceEncoder(modelOf(values, 2), createTokenizer('whitespace')).encode(text).vector;
  for (const text of ['w0', 'w311 w7', 'w5 w6 w8 w9']) {
    const [x, y] = encode(vectors, text);
    const [a, b] = encode(turned, text);
    expect(a).toBeCloseTo(c * x - s * y, 4);
    expect(b).toBeCloseTo(s * x + c * y, 4);
  }
});

it('needs ten words a dimension, and vectors that are not all zero', () => {
  expect(evenAxes(modelOf(alongAxes.subarray(0, 29 * DIMENSIONS)))).toBeUndefined();
  expect(evenAxes(modelOf(alongAxes.subarray(0, 30 * DIMENSIONS)))).toHaveLength(9);
  expect(evenAxes(modelOf(new Float32Array(600 * DIMENSIONS)))).toBeUndefined();
});

it('keeps an axis on which no word lies finite', () => {
  const flat = alongAxes.map((value, i) => (i % DIMENSIONS === 2 ? 0 : value));
  const map = evenAxes(modelOf(flat))!;
  expect(map.every(Number.isFinite)).toBe(true);
});

it('is part of what a model has that was not fitted, and of the same by fitSentences', () => {
  const model = modelOf(alongAxes);
  const settings = defaultSentenceSettings(model);
  expect(settings.projection).toEqual(evenAxes(model));
  expect(fitSentences(model, [])).toEqual(settings);
  expect(fitSentences(model, [], { evenAxes: false, standIns: false })).not.toHaveProperty('projection');
  const { contents } = modelOf(alongAxes.subarray(0, 29 * DIMENSIONS));
  const small = new EmbeddingModel({ ...contents, counts: new Float64Array(29).fill(5) });
  expect(fitSentences(small, [])).not.toHaveProperty('projection');
  expect(() => fitSentences(small, [], { evenAxes: true })).toThrow('this one has 29 words and 3 dimensions');
  expect(fitSentences(model, [], { weighting: 'sif' })).not.toHaveProperty('projection');
});

it('goes before the choice of axes: fewer dimensions keep the main axes of even vectors', () => {
  const model = modelOf(alongAxes);
  const sentences = model.words.map((word) => [word]);
  const even = new SentenceEncoder(model, createTokenizer('whitespace'), fitSentences(model, []));
  const fewer = new SentenceEncoder(
    model,
    createTokenizer('whitespace'),
    fitSentences(model, sentences, { dimensions: 2 }),
  );
  // Word 0 lies on the axis of the largest variance, word 1 on the next, word 2 on the one that is left out.
  const lengths = [0, 1, 2].map((word) =>
    [even, fewer].map((encoder) => vectorNorm(encoder.encodeTokens(sentences[word]).vector)),
  );
  expect(lengths[0][1]).toBeCloseTo(lengths[0][0], 4);
  expect(lengths[1][1]).toBeCloseTo(lengths[1][0], 4);
  expect(lengths[2][1]).toBeCloseTo(0, 4);
  expect(lengths[2][0]).toBeGreaterThan(0.5);
});
