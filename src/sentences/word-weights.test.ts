import { describe, expect, it } from 'vitest';
import { countsByRank, icfWeights, idfWeights, sifWeights, usifWeights } from './word-weights.ts';

it('icf is ln(1 + a / p), finite for a count of 0', () => {
  const counts = [900, 90, 10, 0];
  const { weights, unknownWeight } = icfWeights(counts);
  [900, 90, 10, 1].forEach((count, id) => expect(weights[id]).toBeCloseTo(Math.log(1 + (0.03 * 1000) / count), 6));
  expect(unknownWeight).toBe(weights[3]);
  // To the last bit as the default before, by whose hash its collections are told.
  const before = Float32Array.from([900, 90, 10, 1], (count) => Math.log1p(1000 / (20 * count)));
  expect(icfWeights(counts, 0.05).weights).toEqual(before);
});

it('icf is a number above 0 whatever a model says of its counts', () => {
  for (const counts of [
    [0, 0],
    [5, -20],
    [-1, -2],
    [Number.NaN, 3],
  ])
    for (const weight of icfWeights(counts).weights) expect(weight).toBeGreaterThan(0);
});

describe('countsByRank', () => {
  const words = (size: number) =>
    Array.from({ length: size }, (_, id) => `w${String((id * 7919) % size).padStart(5, '0')}`);

  it('fall as Zipf has it, whatever the file calls its words', () => {
    const list = words(2000);
    const counts = countsByRank(2000, (id) => list[id])!;
    expect([counts[0], counts[1], counts[9], counts[1999]]).toEqual([2000, 1000, 200, 1]);
  });

  it('are none for words in the order of the alphabet, and for a handful', () => {
    const list = words(2000).sort();
    expect(countsByRank(2000, (id) => list[id])).toBeUndefined();
    expect(countsByRank(99, (id) => words(99)[id])).toBeUndefined();
  });
});

it('SIF is a / (a + p)', () => {
  const { weights, unknownWeight } = sifWeights([900, 90, 10], 0.01);
  [0.01 / 0.91, 0.01 / 0.1, 0.01 / 0.02].forEach((weight, i) => expect(weights[i]).toBeCloseTo(weight, 7));
  expect(unknownWeight).toBe(1);
});

it('uSIF is a / (a/2 + p), a by the share of frequent words', () => {
  // Threshold 1 − (1 − 1/4)^2 = .4375: one of four words is above, so a = (1 − .25) / (.25 · 4 / 2) = 1.5.
  const { weights, unknownWeight, smoothing } = usifWeights([70, 10, 10, 10], 2);
  expect(smoothing).toBeCloseTo(1.5, 12);
  expect(weights[0]).toBeCloseTo(1.5 / (0.75 + 0.7), 6);
  expect(weights[3]).toBeCloseTo(1.5 / (0.75 + 0.1), 6);
  expect(unknownWeight).toBeCloseTo(1.5 / (0.75 + 0.1), 12);
});

it('uSIF weighs all alike where no word is frequent', () => {
  expect([...usifWeights([5, 5, 5], 11).weights]).toEqual([2, 2, 2]);
});

it('idf is ln((1 + N) / (1 + n)) + 1', () => {
  const { weights, unknownWeight } = idfWeights([9, 4], 9);
  expect(weights[0]).toBe(1);
  expect(weights[1]).toBeCloseTo(Math.log(2) + 1, 6);
  expect(unknownWeight).toBeCloseTo(Math.log(10) + 1, 12);
});
