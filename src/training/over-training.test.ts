import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { findOverTraining } from './over-training.ts';

const STRETCHES = 40;
const examples = Float64Array.from({ length: STRETCHES }, (_, i) => 80 + (i % 7) * 10);

/** Losses of epochs with these means: stretches differ by much, and change by `spread` beside the mean. */
function lossesOf(means: readonly number[], { spread = 0.1, seed = 1 } = {}) {
  const random = new Random(seed, 2);
  const level = Array.from(examples, () => 2 * random.uniform());
  return means.map((mean) =>
    Float64Array.from(examples, (count, i) => count * (mean + level[i] + spread * (random.uniform() - 0.5))),
  );
}
const falling = Array.from({ length: 20 }, (_, epoch) => 3 + 2 * 0.9 ** epoch);
const rising = Array.from({ length: 8 }, (_, epoch) => falling[9] + 0.05 * epoch);

describe('findOverTraining', () => {
  it('is silent while the loss falls, at any length', () => {
    for (let length = 1; length <= falling.length; length++) {
      expect(findOverTraining(lossesOf(falling.slice(0, length)), examples)).toBeUndefined();
    }
  });

  it('speaks where the loss rises for good, and names the epoch where it was lowest', () => {
    const found = findOverTraining(lossesOf([...falling.slice(0, 10), ...rising.slice(1)]), examples)!;
    expect(found.bestEpoch).toBeGreaterThanOrEqual(9);
    expect(found.bestEpoch).toBeLessThanOrEqual(12);
    expect(found.rise).toBeCloseTo(0.3, 1);
    expect(found.standardErrors).toBeGreaterThan(4);
  });

  it('is silent about one bad epoch, and about a loss that goes up and down', () => {
    expect(findOverTraining(lossesOf([...falling, falling[19] + 0.5]), examples)).toBeUndefined();
    const zigzag = falling.map((mean, epoch) => mean + (epoch % 2) * 0.4);
    for (let length = 4; length <= zigzag.length; length++) {
      expect(findOverTraining(lossesOf(zigzag.slice(0, length)), examples)).toBeUndefined();
    }
  });

  it('knows its spread: noise does not make it speak, the same rise with less noise does', () => {
    const means = [...falling.slice(0, 10), ...rising.slice(1, 4)];
    for (let seed = 1; seed <= 50; seed++) {
      const flat = Array.from({ length: 12 }, () => 3);
      expect(findOverTraining(lossesOf(flat, { spread: 2, seed }), examples)).toBeUndefined();
    }
    expect(findOverTraining(lossesOf(means, { spread: 3 }), examples)).toBeUndefined();
    expect(findOverTraining(lossesOf(means, { spread: 0.02 }), examples)).toBeDefined();
  });

  it('does not judge by a few stretches or epochs, or by losses that are no numbers', () => {
    const losses = lossesOf([...falling.slice(0, 10), ...rising]);
    const few = losses.map((sums) => sums.subarray(0, 19));
    expect(findOverTraining(few, examples.subarray(0, 19))).toBeUndefined();
    expect(findOverTraining(lossesOf([3, 4, 5]), examples)).toBeUndefined();
    expect(findOverTraining([], examples)).toBeUndefined();
    expect(
      findOverTraining(
        losses.map((sums) => sums.fill(Number.NaN)),
        examples,
      ),
    ).toBeUndefined();
  });
});
