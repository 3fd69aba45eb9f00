import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MOST_PAIR_BYTES, numberList, readPairs, reserveNumbers, writePairs } from './number-list.ts';

const LARGEST = 2 ** 31 - 1;
const number = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: LARGEST }));
const frequency = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: LARGEST }));

it('pairs are read as they were written', () => {
  const pairs = fc.uniqueArray(fc.tuple(number, frequency), { selector: ([each]) => each, maxLength: 50 });
  fc.assert(
    fc.property(pairs, fc.boolean(), (unsorted, fromFirst) => {
      const sorted = unsorted.sort(([a], [b]) => a - b);
      const list = numberList(0);
      reserveNumbers(list, sorted.length);
      sorted.forEach(([each, often], i) => {
        list.numbers[i] = each;
        list.frequencies[i] = often;
      });
      list.count = sorted.length;
      const before = fromFirst ? (sorted[0]?.[0] ?? 0) : 0;
      const bytes = new Uint8Array(3 + MOST_PAIR_BYTES * sorted.length);
      const end = writePairs(bytes, 3, list, 0, list.count, before);
      const read = numberList(sorted.length);
      readPairs(bytes, 3, end, before, read);
      expect(Array.from({ length: read.count }, (_, i) => [read.numbers[i], read.frequencies[i]])).toEqual(sorted);
    }),
  );
});

it('a near number that is there once takes a byte, one that is there several times two', () => {
  const bytes = new Uint8Array(40);
  const ends = [
    [63, 1],
    [64, 1],
    [63, 2],
    [63, 129],
    [63, 130],
  ].map(([distance, often]) => {
    const list = { numbers: Uint32Array.of(distance), frequencies: Uint32Array.of(often), count: 1 };
    return writePairs(bytes, 0, list, 0, 1, 0);
  });
  expect(ends).toEqual([1, 2, 2, 2, 3]);
});
