import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SHORT_NUMBER_BYTES, shortNumber, writeShortNumber } from './short-number.ts';

function written(value: number): string {
  const bytes = new Uint8Array(SHORT_NUMBER_BYTES + 2).fill(33);
  const end = writeShortNumber(value, bytes, 1);
  expect([bytes[0], bytes[end]]).toEqual([33, 33]);
  return new TextDecoder().decode(bytes.subarray(1, end));
}

it.each([
  [0, '0'],
  [-0, '0'],
  [1, '1'],
  [-1.5, '-1.5'],
  [0.1, '0.1'],
  [Math.fround(0.1), '0.1'],
  [Math.fround(1 / 3), '0.3333333'],
  [Math.fround(-2 / 3), '-0.6666667'],
  [Math.fround(0.99999999), '1'],
  [Math.fround(999.99999), '1000'],
  [Math.fround(123.4567), '123.4567'],
  [100, '100'],
  [Math.fround(1.2345e-5), '0.000012345'],
  [Math.fround(1e-5), '0.00001'],
  [Math.fround(1e-20), '1e-20'],
  [Math.fround(3e38), '3e+38'],
])('%f is written as %s', (value, text) => {
  expect(shortNumber(value)).toBe(text);
  expect(written(value)).toBe(text);
});

it('writes what shortNumber gives', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(written(value)).toBe(shortNumber(value));
    }),
    { numRuns: 2000 },
  );
  const values = fc.float({ min: Math.fround(-1100), max: Math.fround(1100), noNaN: true });
  fc.assert(
    fc.property(values, fc.integer({ min: 0, max: 9 }), (value, shift) => {
      const float = Math.fround(value / 10 ** shift);
      expect(written(float)).toBe(shortNumber(float));
    }),
    { numRuns: 5000 },
  );
});
