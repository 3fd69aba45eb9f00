import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankCounts } from './rank-counts-kernel.ts';
import { rankCountsReference } from './rank-counts-reference.ts';

describe('ranks of counts', () => {
  it('gives the largest count the first rank, equal ones in their order, and places their ranks', () => {
    for (const rank of [rankCounts, rankCountsReference]) {
      const list = Int32Array.of(3, -1, 0, 1, 2);
      const { order, ranks } = rank(Float64Array.of(5, 7, 5, 2 ** 52), 3, [list]);
      expect([...order]).toEqual([3, 1, 0]);
      expect([...ranks]).toEqual([2, 1, -1, 0]);
      expect([...list]).toEqual([0, -1, 2, 1, -1]);
    }
  });

  it('gives what the plain version gives', () => {
    const count = fc.oneof(fc.nat(5), fc.nat(5000), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.array(count, { maxLength: 300 }), fc.nat(400), (numbers, most) => {
        const counts = Float64Array.from(numbers);
        // Longer than what is renamed at once.
        const list = Int32Array.from({ length: 70_000 }, (_, i) => (i % (counts.length + 1)) - 1);
        const expected = list.slice();
        expect(rankCounts(counts, most, [list])).toEqual(rankCountsReference(counts, most, [expected]));
        expect(Buffer.compare(Buffer.from(list.buffer), Buffer.from(expected.buffer))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
