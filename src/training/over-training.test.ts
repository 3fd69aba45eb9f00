import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { epochsToEnd, hasOverTrained as hasOverTrainedOf, stretchLosses } from './over-training.ts';

/** Stretch losses of epochs with these means: stretches differ by much, and change by `spread` beside the mean. */
function lossesOf(means: readonly number[], { spread = 0.1, seed = 1 } = {}) {
  const random = new Random(seed, 2);
  const levels = Array.from({ length: 20 }, () => 2 * random.uniform());
  return means.map((mean) => levels.map((level) => mean + level + spread * (random.uniform() - 0.5)));
}
/** In a training that ends here. */
const hasOverTrained = (losses: readonly (readonly number[])[]) => hasOverTrainedOf(losses, losses.length);
const falling = Array.from({ length: 20 }, (_, epoch) => 3 + 2 * 0.9 ** epoch);
const rising = (epochs: number) => [
  ...falling.slice(0, 10),
  ...Array.from({ length: epochs }, (_, epoch) => falling[9] + 0.05 * (epoch + 1)),
];

describe('hasOverTrained', () => {
  it('is silent while the loss falls, however long', () => {
    for (let length = 0; length <= falling.length; length++) {
      expect(hasOverTrained(lossesOf(falling.slice(0, length)))).toBe(false);
    }
  });

  it('speaks where the loss rises for good', () => expect(hasOverTrained(lossesOf(rising(7)))).toBe(true));

  it('says nothing in the first half of a training, whose rate is high', () => {
    const losses = lossesOf(rising(7));
    expect(hasOverTrainedOf(losses, 2 * losses.length)).toBe(true);
    expect(hasOverTrainedOf(losses, 2 * losses.length + 1)).toBe(false);
  });

  it('is silent about one bad epoch, and about a loss that goes up and down', () => {
    expect(hasOverTrained(lossesOf([...falling, falling[19] + 0.5]))).toBe(false);
    const zigzag = falling.map((mean, epoch) => mean + (epoch % 2) * 0.4);
    for (let length = 4; length <= zigzag.length; length++) {
      expect(hasOverTrained(lossesOf(zigzag.slice(0, length)))).toBe(false);
    }
  });

  it('knows its spread: what is chance with much is none with little', () => {
    for (let seed = 1; seed <= 100; seed++) {
      expect(
        hasOverTrained(
          lossesOf(
            Array.from({ length: 12 }, () => 3),
            { spread: 2, seed },
          ),
        ),
      ).toBe(false);
    }
    expect(hasOverTrained(lossesOf(rising(3), { spread: 3 }))).toBe(false);
    expect(hasOverTrained(lossesOf(rising(3), { spread: 0.02 }))).toBe(true);
  });

  it('does not judge what cannot be judged', () => {
    expect(hasOverTrained(lossesOf([3, 4, 5]))).toBe(false);
    expect(hasOverTrained(Array.from({ length: 9 }, () => []))).toBe(false);
    expect(hasOverTrained(lossesOf(rising(7)).map((losses) => losses.fill(Number.NaN)))).toBe(false);
  });
});

it('a training that goes back ends after as many epochs again', () => expect(epochsToEnd(9)).toBe(9));

it('stretchLosses are the means of twenty equal parts in order; none of few examples', () => {
  const losses = Float64Array.from({ length: 410 }, (_, i) => i);
  const means = stretchLosses(losses);
  expect(means).toHaveLength(20);
  expect(means[0]).toBe(10); // 0 to 20
  expect(means[19]).toBeCloseTo(399.5, 0);
  expect(stretchLosses(losses.subarray(0, 399))).toEqual([]);
});
