import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantizeToInt16 } from './quantize.ts';

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
