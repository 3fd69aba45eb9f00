import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import { blockAt, blocksHere, INTERLEAVED_SPANS, spansFor } from './block-order.ts';

it('trains each block of an epoch once', () => {
  const blocks = fc.integer({ min: 1, max: 1000 });
  const spans = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(blocks, spans, (blocks, spans) => {
      const order = Array.from({ length: blocks }, (_, place) => blockAt(place, blocks, spans));
      expect(order.sort((a, b) => a - b)).toEqual(Array.from(order, (_, block) => block));
    }),
    { examples: [63, 64, 65, 128].map((blocks) => [blocks, INTERLEAVED_SPANS] as [number, number]) },
  );
});

it('keeps blocks that are trained at the same time apart', () => {
  const spans = spansFor({ blockOrder: 'interleaved', deterministic: false }, 1);
  expect([0, 1, 63, 64, 65].map((place) => blockAt(place, 130, spans))).toEqual([0, 3, 128, 1, 4]);
});

it('takes the text from its beginning to its end, of several threads each a part', () => {
  const order = (threads: number, deterministic = false) => {
    const spans = spansFor({ blockOrder: 'sequential', deterministic }, threads);
    return [0, 1, 2, 3, 4, 5, 6].map((place) => blockAt(place, 7, spans));
  };
  expect(order(1)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(order(2)).toEqual([0, 4, 1, 5, 2, 6, 3]);
  expect(order(9)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  for (const threads of [1, 2, 4]) expect(order(threads, true)).toEqual([0, 2, 4, 6, 1, 3, 5]);
});

it('counts the blocks that lie here', () => {
  const corpus = (begin: number, end: number) => ({ length: 1280, share: { begin, end } }) as EncodedCorpus;
  const counts = (spans: number, begin: number, end: number) =>
    [-1, 0, 16, 32, 48, 64, 80, 128, 640].map((number) => blocksHere(number, 128, spans, corpus(begin, end)));
  // 128 blocks in 64 spans: two rounds an epoch.
  expect(counts(64, 0, 1280)).toEqual([0, 0, 16, 32, 48, 64, 80, 128, 640]);
  expect(counts(64, 0, 320)).toEqual([0, 0, 16, 16, 16, 16, 32, 32, 160]);
  expect(counts(64, 320, 960)).toEqual([0, 0, 0, 16, 32, 32, 32, 64, 320]);
  // In two spans, one for each of two machines, all along.
  expect(counts(2, 640, 1280)).toEqual([0, 0, 8, 16, 24, 32, 40, 64, 320]);
  expect(blocksHere(3, 2, 64, { length: 20 } as EncodedCorpus)).toBe(3);
});

it.each([64, 4])('follows the blocks that lie here through all epochs: %i spans', (spans) => {
  const [blocks, machines] = [1672, 4]; // no multiple of 64
  for (let machine = 0; machine < machines; machine++) {
    const share = { begin: (blocks / machines) * machine, end: (blocks / machines) * (machine + 1) };
    const corpus = { length: blocks, share } as EncodedCorpus;
    const told: number[] = []; // when each block that lies here begins
    for (let number = 0; number < 5 * blocks; number++) {
      const block = blockAt(number % blocks, blocks, spans);
      if (block >= share.begin && block < share.end) told.push(blocksHere(number, blocks, spans, corpus));
    }
    // A round of an epoch that is not full has more blocks of the first spans.
    const steps = told.slice(4).map((value, i) => value - told[i]);
    expect(Math.max(...steps)).toBeLessThan(13);
    expect(Math.min(...steps)).toBeGreaterThan(0);
  }
});
