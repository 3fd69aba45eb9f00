import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wordIndexOf } from './word-index.ts';

const someWords = fc.array(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 50 });

it('finds what a Map finds, also in words that are appended', () => {
  fc.assert(
    fc.property(someWords, someWords, someWords, (first, second, others) => {
      const words: string[] = [];
      const index = wordIndexOf(words, first.length + second.length);
      const places = new Map<string, number>();
      for (const more of [first, second]) {
        const before = places.size;
        for (const word of more) {
          if (!places.has(word)) places.set(word, words.length);
          words.push(word);
        }
        expect(index.extend()).toBe(places.size - before === more.length);
      }
      const all = [...words, ...others];
      expect(all.map((word) => index.find(word))).toEqual(all.map((word) => places.get(word)));
    }),
  );
});

it('is made once for a list', () => {
  const words = ['a', 'b', 'a'];
  expect(wordIndexOf(words)).toBe(wordIndexOf(words));
  expect(wordIndexOf(words).find('a')).toBe(0);
});

it('finds among many words that are alike', () => {
  const words = Array.from({ length: 200_000 }, (_, i) => [String(i), `${String(i).padStart(6, '0')}x`]).flat();
  const index = wordIndexOf(words);
  for (let id = 0; id < words.length; id += 997) expect(index.find(words[id])).toBe(id);
  expect(index.find('200000')).toBeUndefined();
});
