import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantizeToInt8, quantizeToInt16 } from './quantize.ts';

describe('quantizeToInt8', () => {
  it('takes the nearest multiples of max / 127', () => {
    const codes = new Int8Array(5).fill(9);
    expect(quantizeToInt8([2, -1, 0.004], codes, 1)).toBeCloseTo(2 / 127, 12);
    expect(Array.from(codes)).toEqual([9, 127, -63, 0, 9]);
    expect(quantizeToInt8([0, 0], codes, 0)).toBe(0);
    expect(Array.from(codes.subarray(0, 2))).toEqual([0, 0]);
  });
});

describe('quantizeToInt16', () => {
  it('tells what rounding took away, and keeps products with int8 within 32 bits', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 400 }), (values) => {
        const codes = new Int16Array(values.length);
        const { scale, error } = quantizeToInt16(values, codes, 0);
        const lost = Math.hypot(...values.map((value, i) => value - scale * codes[i]));
        expect(Math.abs(lost - error)).toBeLessThan(1e-9);
        expect(127 * codes.reduce((sum, code) => sum + Math.abs(code), 0)).toBeLessThan(2 ** 31);
      }),
    );
  });
});
