import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAliasTable, toThreshold } from './alias-table.ts';

/** The exact probability of each word under the table. */
function probabilities({ thresholds, aliases }: ReturnType<typeof createAliasTable>): number[] {
  const result = new Array<number>(thresholds.length).fill(0);
  thresholds.forEach((threshold, column) => {
    const own = (threshold + 1) / 2 ** 32;
    result[column] += own / thresholds.length;
    result[aliases[column]] += (1 - own) / thresholds.length;
  });
  return result;
}

describe('createAliasTable', () => {
  it('gives every word its exact share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (weights) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          fc.pre(total > 1e-3);
          probabilities(createAliasTable(weights)).forEach((share, i) => {
            expect(Math.abs(share - weights[i] / total)).toBeLessThan(1e-8);
          });
        },
      ),
    );
  });

  it('refuses weights without a positive finite sum', () => {
    expect(() => createAliasTable([0, 0])).toThrow('positive finite sum, got 0');
    expect(() => createAliasTable([1, Number.POSITIVE_INFINITY])).toThrow(RangeError);
  });
});

it('toThreshold is the largest draw that counts', () => {
  expect(toThreshold(1)).toBe(0xffffffff);
  expect(toThreshold(0.5)).toBe(0x7fffffff);
  expect(toThreshold(2)).toBe(0xffffffff);
});
