import { expect, it } from 'vitest';
import { idfWeights, sifWeights, usifWeights } from './word-weights.ts';

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
