import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyCharacter } from '../../test/any-character.ts';
import { printable } from './printable.ts';

it('leaves nothing that a terminal obeys, and JSON the same JSON', () => {
  const hostile = fc.constantFrom(
    '\x1b[2J',
    '\x1b]8;;http://x\x07',
    '\x9b31m',
    '\x90q\x9c',
    '\x7f',
    '\r',
    '\b',
    '\u202e',
    '\u2066',
    '\u061c',
    '\u2028',
    '\u206f',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(hostile, fc.string({ unit: anyCharacter }))), (parts) => {
      const text = parts.join('');
      expect(printable(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(JSON.parse(printable(JSON.stringify(text)))).toBe(text);
    }),
  );
});

it('leaves text of all scripts as it is', () => {
  const text = 'a\tb\n\u0041\u0301 \ufeff شكرا می‌خواهم 👩‍👩‍👧 苹果';
  expect(printable(text)).toBe(text);
});
