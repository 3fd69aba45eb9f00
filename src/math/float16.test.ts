import { describe, expect, it } from 'vitest';
import { float16Values, toFloat16 } from './float16.ts';

describe('float16', () => {
  it('has the values of IEEE 754, worked by hand', () => {
    const values = float16Values();
    for (const [bits, value] of [
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0x7bff, 65504],
      [0xc000, -2],
      [0xfc00, -Infinity],
    ]) {
      expect(values[bits]).toBe(value);
      expect(toFloat16(value)).toBe(bits);
    }
    expect(values[0x7e00]).toBeNaN();
    expect(values[toFloat16(Number.NaN)]).toBeNaN();
  });

  it('gives every number its own bits, and rounds to the nearest, ties to even', () => {
    const values = float16Values();
    const wrong: number[] = [];
    const check = (value: number, bits: number) => toFloat16(value) === bits || wrong.push(value);
    for (let bits = 0; bits < 0x7c00; bits++) {
      check(values[bits], bits);
      if (bits === 0x7bff) break;
      const [low, high] = [values[bits], values[bits + 1]];
      const middle = (low + high) / 2;
      check(middle, bits % 2 === 0 ? bits : bits + 1);
      check(-(middle - (high - low) / 8), 0x8000 | bits);
      check(middle + (high - low) / 8, bits + 1);
    }
    expect(wrong).toEqual([]);
    expect(toFloat16(65519.9)).toBe(0x7bff);
    expect(toFloat16(65520)).toBe(0x7c00);
  });
});
