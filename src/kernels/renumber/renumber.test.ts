import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SENTENCE_END } from './constants.ts';
import { createRenumberer } from './renumber-kernel.ts';
import { renumber } from './renumber-reference.ts';

const renumberer = createRenumberer();
const fast = (tokens: Int32Array, lists: readonly Int32Array[], list: number) => {
  renumberer.setWordIds(lists);
  const memory = renumberer.tokens(tokens.length);
  memory.set(tokens);
  const block = renumberer.renumber(lists[list]);
  return { ...block, ids: [...memory.subarray(0, block.length)] };
};
const plain = (tokens: Int32Array, wordIds: Int32Array) => {
  const block = renumber(tokens, wordIds);
  return { ...block, ids: [...tokens.subarray(0, block.length)] };
};

it('leaves out dropped words, and one of sentence ends that follow each other', () => {
  const E = SENTENCE_END;
  const expected = { ids: [E, 7, 9, E, 7, E], length: 6, sentenceEnds: 3, startsWithEnd: true, endsWithEnd: true };
  const tokens = Int32Array.of(E, 1, E, 0, 2, E, 1, E, 0, E);
  const wordIds = Int32Array.of(7, E, 9);
  expect(fast(tokens, [wordIds], 0)).toMatchObject(expected);
  expect(plain(tokens, wordIds)).toMatchObject(expected);
});

it('gives what the plain version gives, of the lists that it knows and of those that are too long to copy', () => {
  const list = fc.array(fc.integer({ min: -1, max: 2 ** 31 - 1 }), { minLength: 4, maxLength: 40 });
  const long = new Int32Array((1 << 21) + 1).map((_, i) => (i % 3 === 0 ? -1 : i));
  fc.assert(
    fc.property(
      list,
      list,
      fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 70 }),
      fc.nat(3),
      (a, b, numbers, i) => {
        const lists = [Int32Array.from(a), Int32Array.from(b), long];
        lists.push(lists[0]); // a list comes as often as there are blocks of its run
        expect(fast(Int32Array.from(numbers), lists, i)).toEqual(plain(Int32Array.from(numbers), lists[i]));
      },
    ),
  );
});
