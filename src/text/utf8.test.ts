import { expect, it } from 'vitest';
import { decodeUtf8 } from './utf8.ts';

it('decodeUtf8 repairs and counts what is malformed, and only that', () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  expect(decodeUtf8(new TextEncoder().encode('naïve 苹果 \ufffd'))).toEqual({ text: 'naïve 苹果 \ufffd', repairs: 0 });
  expect(decodeUtf8(bytes(0x61, 0xff, 0x62))).toEqual({ text: 'a\ufffdb', repairs: 1 });
  // A lone first byte, then U+FFFD as itself: one repair.
  expect(decodeUtf8(bytes(0xe8, 0xef, 0xbf, 0xbd))).toEqual({ text: '\ufffd\ufffd', repairs: 1 });
  // 苹 without its last byte.
  expect(decodeUtf8(bytes(0xe8, 0x8b, 0x20))).toEqual({ text: '\ufffd ', repairs: 1 });
});
