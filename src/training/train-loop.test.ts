import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import { blockAt, blocksHere } from './train-loop.ts';

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

it('counts the blocks that lie here', () => {
  const corpus = (begin: number, end: number) => ({ length: 1280, share: { begin, end } }) as EncodedCorpus;
  // 128 blocks in 64 streams: two rounds an epoch.
  const counts = (begin: number, end: number) =>
    [-1, 0, 16, 32, 48, 64, 80, 128, 640].map((number) => blocksHere(number, 128, corpus(begin, end)));
  expect(counts(0, 1280)).toEqual([0, 0, 16, 32, 48, 64, 80, 128, 640]);
  expect(counts(0, 320)).toEqual([0, 0, 16, 16, 16, 16, 32, 32, 160]);
  expect(counts(320, 960)).toEqual([0, 0, 0, 16, 32, 32, 32, 64, 320]);
  expect(blocksHere(3, 2, { length: 20 } as EncodedCorpus)).toBe(3);
});
