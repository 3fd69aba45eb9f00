import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareUtf8, decodeUtf8, isUtf8 } from './utf8.ts';

it('decodeUtf8 repairs and counts what is malformed, and only that', () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  expect(decodeUtf8(new TextEncoder().encode('naïve 苹果 \ufffd'))).toEqual({ text: 'naïve 苹果 \ufffd', repairs: 0 });
  expect(decodeUtf8(bytes(0x61, 0xff, 0x62))).toEqual({ text: 'a\ufffdb', repairs: 1 });
  // A lone first byte, then U+FFFD as itself: one repair.
  expect(decodeUtf8(bytes(0xe8, 0xef, 0xbf, 0xbd))).toEqual({ text: '\ufffd\ufffd', repairs: 1 });
  // 苹 without its last byte.
  expect(decodeUtf8(bytes(0xe8, 0x8b, 0x20))).toEqual({ text: '\ufffd ', repairs: 1 });
});

it('compareUtf8 orders texts as their bytes', () => {
  // The last one is below U+FF21 as UTF-16 and above it as UTF-8.
  expect(['Ａ', 'b', '', '𝐀', 'a', 'ab', '苹'].sort(compareUtf8)).toEqual(['', 'a', 'ab', 'b', '苹', 'Ａ', '𝐀']);
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '苹', 'Ａ', '𝐀', '🙂'), maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

it('isUtf8 says what a strict TextDecoder says', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const byte = fc.oneof(
    fc.constantFrom(0x61, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec),
    fc.constantFrom(0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff),
    fc.nat(255),
  );
  const stretch = fc.oneof(
    fc.array(byte, { maxLength: 5 }),
    fc.string({ unit: 'grapheme', maxLength: 3 }).map((text) => [...new TextEncoder().encode(text)]),
  );
  let good = 0;
  fc.assert(
    fc.property(stretch, stretch, stretch, (before, middle, after) => {
      const bytes = Uint8Array.from([...before, ...middle, ...after]);
      const [begin, end] = [before.length, before.length + middle.length];
      let expected = true;
      try {
        strict.decode(bytes.subarray(begin, end));
        good++;
      } catch {
        expected = false;
      }
      expect(isUtf8(bytes, begin, end)).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
  expect(good).toBeGreaterThan(1_000);
  expect(good).toBeLessThan(4_500);
});
