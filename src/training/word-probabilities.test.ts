import { expect, it } from 'vitest';
import { keepProbability, keepThresholds, noiseWeights } from './word-probabilities.ts';

it('keepProbability is the formula of word2vec.c, worked by hand', () => {
  // A word with a share of 1 % at subsample 1e-3: (√10 + 1) / 10.
  expect(keepProbability(0.01, 1e-3)).toBeCloseTo((Math.sqrt(10) + 1) / 10, 12);
  // Shares up to (3 + √5) / 2 times the subsample value are all kept.
  expect(keepProbability(2.6e-3, 1e-3)).toBe(1);
  expect(keepProbability(2.7e-3, 1e-3)).toBeLessThan(1);
  expect(keepProbability(0.5, 0)).toBe(1);
});

it('keepThresholds are probabilities of 2^32', () => {
  const [often, seldom] = keepThresholds(Float64Array.of(990_000, 10_000), 1e-3);
  expect(often / 2 ** 32).toBeCloseTo((Math.sqrt(990) + 1) / 990, 6);
  expect(seldom / 2 ** 32).toBeCloseTo((Math.sqrt(10) + 1) / 10, 6);
});

it('noiseWeights are count ^ exponent, 0 for words that do not occur', () => {
  expect([...noiseWeights(Float64Array.of(16, 1, 0), 0.75)]).toEqual([8, 1, 0]);
  expect([...noiseWeights(Float64Array.of(16, 1, 0), 0)]).toEqual([1, 1, 0]);
});
