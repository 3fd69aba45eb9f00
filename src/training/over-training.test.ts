import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import {
  epochsToEnd,
  hasOverTrained as hasOverTrainedOf,
  learnsNothingElse,
  noGainSince,
  stretchContrasts,
} from './over-training.ts';

/** Stretch contrasts of epochs with these means: stretches differ by much, and change by `spread` beside the mean. */
function contrastsOf(means: readonly number[], { spread = 0.05, seed = 1 } = {}) {
  const random = new Random(seed, 2);
  const levels = Array.from({ length: 20 }, () => random.uniform() - 0.5);
  return means.map((mean) => levels.map((level) => mean + level + spread * (random.uniform() - 0.5)));
}
/** In a training that ends here. */
const hasOverTrained = (contrasts: readonly (readonly number[])[]) => hasOverTrainedOf(contrasts, contrasts.length);
const rising = Array.from({ length: 20 }, (_, epoch) => 0.7 - 0.6 * 0.8 ** epoch);
const falling = (epochs: number, by = 0.04) => [
  ...rising.slice(0, 12),
  ...Array.from({ length: epochs }, (_, epoch) => rising[11] - by * (epoch + 1)),
];

describe('hasOverTrained', () => {
  it('is silent while the contrast rises, however long', () => {
    for (let length = 0; length <= rising.length; length++) {
      expect(hasOverTrained(contrastsOf(rising.slice(0, length)))).toBe(false);
    }
  });

  it('speaks where the contrast falls for good', () => expect(hasOverTrained(contrastsOf(falling(8)))).toBe(true));

  it('is silent about a fall by less than a tenth, however sure', () => {
    expect(hasOverTrained(contrastsOf(falling(12, 0.005), { spread: 0.0001 }))).toBe(false);
  });

  it('says nothing in the first half of a training, whose rate is high', () => {
    const contrasts = contrastsOf(falling(8));
    expect(hasOverTrainedOf(contrasts, 2 * contrasts.length)).toBe(true);
    expect(hasOverTrainedOf(contrasts, 2 * contrasts.length + 1)).toBe(false);
  });

  it('is silent about one bad epoch, and about a contrast that goes up and down', () => {
    expect(hasOverTrained(contrastsOf([...rising, rising[19] - 0.2]))).toBe(false);
    const zigzag = rising.map((mean, epoch) => mean - (epoch % 2) * 0.2);
    for (let length = 4; length <= zigzag.length; length++) {
      expect(hasOverTrained(contrastsOf(zigzag.slice(0, length)))).toBe(false);
    }
  });

  it('knows its spread: what is chance with much is none with little', () => {
    const still = Array.from({ length: 12 }, () => 0.1);
    const seeds = Array.from({ length: 200 }, (_, i) => i + 1);
    const spoke = seeds.filter((seed) => hasOverTrained(contrastsOf(still, { spread: 2, seed })));
    expect(spoke.length).toBeLessThanOrEqual(4);
    expect(hasOverTrained(contrastsOf(falling(8), { spread: 4 }))).toBe(false);
    expect(hasOverTrained(contrastsOf(falling(8), { spread: 0.01 }))).toBe(true);
  });

  it('does not judge what cannot be judged', () => {
    expect(hasOverTrained(contrastsOf([0.7, 0.5, 0.3]))).toBe(false);
    expect(hasOverTrained(Array.from({ length: 9 }, () => []))).toBe(false);
    expect(hasOverTrained([[], ...contrastsOf(falling(8)).slice(1)])).toBe(false);
    expect(hasOverTrained(contrastsOf(falling(8)).map((contrasts) => contrasts.fill(Number.NaN)))).toBe(false);
    // A text of which nothing can be learned: there is nothing to lose.
    expect(hasOverTrained(contrastsOf(falling(8).map((mean) => mean - 0.8)))).toBe(false);
  });
});

describe('noGainSince', () => {
  /** Rises to 12 epochs, and loses `by` of its best with each epoch more. */
  const ebbing = (epochs: number, by: number) => [
    ...rising.slice(0, 12),
    ...Array.from({ length: epochs - 12 }, (_, epoch) => rising[11] * (1 - by * (epoch + 1))),
  ];

  it('is silent while the contrast rises, however long', () => {
    for (let length = 0; length <= rising.length; length++) {
      expect(noGainSince(rising.slice(0, length), length)).toBeUndefined();
    }
  });

  it('speaks where the contrast is long a little below its best', () => {
    expect(noGainSince(ebbing(50, 0.0015), 50)).toBe(16); // from 12 to 21; at the end it is 5.7 % less
    expect(hasOverTrained(contrastsOf(ebbing(50, 0.0015), { spread: 0.001 }))).toBe(false);
    expect(noGainSince([...ebbing(20, 0.005), ...Array<number>(20).fill(0.96 * rising[11])], 40)).toBeDefined();
  });

  it('is silent where it is so for a short time, or hardly', () => {
    expect(noGainSince(ebbing(29, 0.0015), 29)).toBeUndefined(); // 2.5 % in the end
    expect(noGainSince(ebbing(50, 0.0001), 50)).toBeUndefined();
  });

  it('sums up what was lost, in relation to the best: at an eighth of an epoch it speaks', () => {
    // The best ten epochs are all 1; then n are 1 − d, so means of ten fall by d/10 an epoch: d × (.1 + .2 + … + n/10).
    const courseOf = (low: number, epochs: number) => [...Array(20).fill(1), ...Array(epochs).fill(low)] as number[];
    expect(noGainSince(courseOf(0.925, 5), 25)).toBeUndefined(); // .075 × 1.5
    expect(noGainSince(courseOf(0.915, 5), 25)).toBeDefined(); // .085 × 1.5
    expect(
      noGainSince(
        courseOf(0.915, 5).map((contrast) => 0.2 * contrast),
        25,
      ),
    ).toBeDefined();
  });

  it('says nothing in the first half of a training, nor in fewer than twenty epochs', () => {
    const contrasts = ebbing(40, 0.004);
    expect(noGainSince(contrasts, 80)).toBeDefined();
    expect(noGainSince(contrasts, 81)).toBeUndefined();
    const steep = ebbing(20, 0.1);
    expect(noGainSince(steep, 20)).toBeDefined();
    expect(noGainSince(steep.slice(0, 19), 19)).toBeUndefined();
  });

  it('is silent where contrasts go up and down by more than they fall', () => {
    const contrasts = ebbing(50, 0.0015);
    expect(noGainSince(contrasts, 50)).toBeDefined();
    const zigzag = contrasts.map((contrast, epoch) => contrast + (epoch % 2 === 0 ? 0.05 : -0.05));
    expect(noGainSince(zigzag, 50)).toBeUndefined();
  });

  it('does not judge what cannot be judged', () => {
    expect(noGainSince([], 0)).toBeUndefined();
    const contrasts = ebbing(50, 0.0015);
    expect(noGainSince(contrasts.fill(Number.NaN, 30), 50)).toBeUndefined();
    // Chance: there is nothing to lose.
    expect(
      noGainSince(
        ebbing(50, 0.0015).map((contrast) => 0.1 * contrast),
        50,
      ),
    ).toBeUndefined();
  });
});

describe('learnsNothingElse', () => {
  const nothing = [0.11, -0.02, 0.03, -0.1, 0.05, 0.02, -0.01, 0.06];
  const losses = nothing.map((_, epoch) => 3 + epoch);
  it('speaks where held-out words stay strangers while the held-out loss rises', () => {
    expect(learnsNothingElse(losses, nothing, 8)).toBe(true);
    expect(learnsNothingElse(losses, nothing, 16)).toBe(true);
  });
  it('says nothing in the first half, nor of fewer than four epochs', () => {
    expect(learnsNothingElse(losses, nothing, 17)).toBe(false);
    expect(learnsNothingElse(losses.slice(0, 3), nothing.slice(0, 3), 3)).toBe(false);
    expect(learnsNothingElse([], [], 0)).toBe(false);
  });
  it('is silent where words find their company, though the loss rises', () => {
    expect(learnsNothingElse(losses, rising.slice(0, 8), 8)).toBe(false);
  });
  it('is silent where the loss falls or stays, or comes back', () => {
    expect(learnsNothingElse([3, 9, 8, 7, 6, 5.5, 5, 4.5], nothing, 8)).toBe(false);
    expect(learnsNothingElse([...losses].reverse(), nothing, 8)).toBe(false);
    expect(
      learnsNothingElse(
        losses.map(() => 3),
        nothing,
        8,
      ),
    ).toBe(false);
    expect(learnsNothingElse([...losses.slice(0, 7), 3], nothing, 8)).toBe(false);
  });
});

it('a training that goes back ends after as many epochs again, or as many as it had left', () => {
  expect(epochsToEnd(9, 20)).toBe(9);
  expect(epochsToEnd(9, 5)).toBe(5);
  expect(epochsToEnd(9, 0)).toBe(3); // a quarter, or the rate would not fall
});

it('stretchContrasts are the means of twenty equal parts in order; none of few pairs', () => {
  const contrasts = Float64Array.from({ length: 410 }, (_, i) => i);
  const means = stretchContrasts(contrasts);
  expect(means).toHaveLength(20);
  expect(means[0]).toBe(10); // 0 to 20
  expect(means[19]).toBeCloseTo(399.5, 0);
  expect(stretchContrasts(contrasts.subarray(0, 399))).toEqual([]);
});
