import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../test/any-character.ts';
import { deferredWords, deferWords, hasDuplicates, WordList, wordListOf } from './word-list.ts';

const encoder = new TextEncoder();
const someWords = (unit: 'grapheme' | fc.Arbitrary<string>) =>
  fc.array(fc.string({ unit, maxLength: 3 }), { maxLength: 50 });

describe('WordList', () => {
  it('finds what a Map finds, among any strings and their halves', () => {
    fc.assert(
      fc.property(someWords(anyCharacter), someWords(anyCharacter), (words, others) => {
        const places = new Map<string, number>();
        words.forEach((word, place) => void (places.has(word) || places.set(word, place)));
        const halves = words.flatMap((word) => [word.slice(1), word.slice(0, -1)]);
        const list = wordListOf(words);
        const all = [...words, ...others, ...halves];
        expect(all.map((word) => list.find(word))).toEqual(all.map((word) => places.get(word)));
        expect(list.words).toBe(words);
        expect(hasDuplicates(words)).toBe(new Set(words).size < words.length);
        expect(hasDuplicates([...words])).toBe(new Set(words).size < words.length);
        expect(hasDuplicates([...words, ...words.slice(-1)])).toBe(words.length > 0);
        expect(wordListOf(words)).toBe(list);
      }),
    );
  });

  it('finds a word that is there twice among many', () => {
    const words = Array.from({ length: 140_000 }, (_, id) => id.toString(36));
    expect(hasDuplicates(words)).toBe(false);
    expect(hasDuplicates([...words, words[7]])).toBe(true);
  });

  it('makes text of bytes, one by one and all together', () => {
    fc.assert(
      fc.property(someWords('grapheme'), (words) => {
        const list = new WordList(1);
        const added = words.filter((word) => list.add(encoder.encode(word)));
        expect(added).toEqual([...new Set(words)]);
        expect(list.duplicates).toBe(words.length - added.length);
        expect(list.isUtf8).toBe(true);
        expect(added.map((_, id) => list.word(id))).toEqual(added);
        expect(added.map((word) => list.find(word))).toEqual([...added.keys()]);
        expect(list.words).toEqual(added);
        expect(wordListOf(list.words)).toBe(list);
      }),
    );
  });

  it('tells bytes that are UTF-8 only together from words', () => {
    const list = new WordList();
    for (const bytes of [[0x61], [0xe8, 0x8b], [0xb9], [0x62]]) list.add(Uint8Array.from(bytes));
    expect(list.isUtf8).toBe(false);
    expect(list.finish()).toEqual({
      words: ['a', '\ufffd', 'b'],
      kept: Uint32Array.of(0, 1, 3),
      warnings: ['1 word came twice, the first was kept', '2 words repaired: not UTF-8'],
    });
  });

  it('finds among many words that are alike', () => {
    const words = Array.from({ length: 70_000 }, (_, i) => [String(i), `${String(i).padStart(6, '0')}x`]).flat();
    const list = new WordList();
    for (const word of words) list.add(encoder.encode(word));
    for (let id = 0; id < words.length; id += 997) expect(list.find(words[id])).toBe(id);
    expect(list.find('70000')).toBeUndefined();
  });
});

it('words become text when they are asked for, and are others where they are replaced', () => {
  const list = new WordList();
  list.add(encoder.encode('a'));
  const contents = deferWords(list, { dimensions: 1 });
  expect(deferredWords(contents)).toBe(list);
  expect(deferredWords({ ...contents })).toBeUndefined();
  expect(contents.words).toEqual(['a']);
  expect(wordListOf({ ...contents }.words)).toBe(list);
  expect(wordListOf({ ...contents, words: ['b'] }.words).find('a')).toBeUndefined();
});
