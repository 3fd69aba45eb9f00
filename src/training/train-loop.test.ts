import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockAt } from './train-loop.ts';

it('trains each block of an epoch once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (blocks) => {
      const order = Array.from({ length: blocks }, (_, place) => blockAt(place, blocks));
      expect(order.sort((a, b) => a - b)).toEqual(Array.from(order, (_, block) => block));
    }),
    { examples: [[1], [63], [64], [65], [128]] },
  );
});

it('keeps blocks that are trained at the same time apart', () => {
  expect([0, 1, 63, 64, 65].map((place) => blockAt(place, 130))).toEqual([0, 3, 128, 1, 4]);
});
