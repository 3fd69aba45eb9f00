import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readMemoryCorpus, SENTENCE_END } from './encoded-corpus.ts';
import { firstOccurrences } from './first-occurrences.ts';

it('numbers words as they come, those that do not come behind them', () => {
  const ids = Int32Array.of(3, 1, SENTENCE_END, 3, 0, SENTENCE_END);
  expect([...firstOccurrences(readMemoryCorpus(ids), ids.length, 5)]).toEqual([2, 1, 3, 0, 4]);
});

it('is the order of a Set, also where the corpus is read in several pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 99 }), { maxLength: 300 }), (some) => {
      const ids = Int32Array.from({ length: some.length * 400 }, (_, i) => some[Math.floor(i / 400)]);
      const places = firstOccurrences(readMemoryCorpus(ids), ids.length, 100);
      const order = [...new Set([...some.filter((id) => id >= 0), ...Array(100).keys()])];
      expect([...places]).toEqual(Array.from({ length: 100 }, (_, word) => order.indexOf(word)));
    }),
    { numRuns: 30 },
  );
});
