import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyCharacter } from '../../test/any-character.ts';
import { WordNumbers } from './word-numbers.ts';

const word = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'b',
    '\0',
    '\ud800',
    '\udc00',
    '\ud800\udc00',
    '\udc00\ud800',
    '\ufffd',
    '\uffff',
    '文字',
  ),
  fc.string({ unit: anyCharacter, maxLength: 5 }),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.constantFrom('x', '文', '\ud800').map((unit) => unit.repeat(700)),
);

it('WordNumbers finds words as a Map does, whatever units they are of', () => {
  fc.assert(
    fc.property(fc.array(fc.array(word, { maxLength: 60 }), { maxLength: 20 }), (groups) => {
      const numbers = new WordNumbers();
      const known = new Map<string, number>();
      for (const words of groups) {
        expect(numbers.find(words)).toEqual(
          new Map(words.flatMap((one) => (known.has(one) ? [[one, known.get(one)!]] : []))),
        );
        const fresh = [...new Set(words)].filter((one) => !known.has(one));
        numbers.add(fresh);
        for (const one of fresh) known.set(one, known.size);
        expect(numbers.size).toBe(known.size);
      }
      expect(numbers.find(known.keys())).toEqual(known);
      for (const one of known.keys())
        expect([numbers.has(one), numbers.has(`${one}\0`)]).toEqual([true, known.has(`${one}\0`)]);
    }),
  );
});

it('WordNumbers holds many', () => {
  const numbers = new WordNumbers();
  const words = Array.from({ length: 30_000 }, (_, i) => `${i % 7} of ${i}`);
  for (let first = 0; first < words.length; first += 100) numbers.add(words.slice(first, first + 100));
  expect(numbers.find(words)).toEqual(new Map(words.map((one, i) => [one, i])));
  expect(numbers.find(words.map((one) => `-${one}`)).size).toBe(0);
});
