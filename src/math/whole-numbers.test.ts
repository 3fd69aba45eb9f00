import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type WholeNumbers, withRoomFor } from './whole-numbers.ts';

it('withRoomFor holds whatever was set, in as many bytes as the largest needs', () => {
  const value = fc.oneof(fc.nat(300), fc.nat(70_000), fc.constantFrom(255, 256, 65_535, 65_536, 2 ** 32 - 1));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5000), value)), (pairs) => {
      let numbers: WholeNumbers = new Uint8Array(0);
      const wanted = new Map<number, number>();
      for (const [index, number] of pairs) {
        numbers = withRoomFor(numbers, index, number);
        numbers[index] = number;
        wanted.set(index, number);
      }
      expect(numbers.every((number, index) => number === (wanted.get(index) ?? 0))).toBe(true);
      const largest = Math.max(0, ...pairs.map(([, number]) => number));
      expect(numbers.BYTES_PER_ELEMENT).toBe(largest < 2 ** 8 ? 1 : largest < 2 ** 16 ? 2 : 4);
      for (const index of wanted.keys()) expect(index).toBeLessThan(numbers.length);
    }),
    { numRuns: 40 },
  );
});
