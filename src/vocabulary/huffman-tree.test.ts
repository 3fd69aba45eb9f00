import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createHuffmanTree } from './huffman-tree.ts';

const pathOf = ({ offsets, steps }: ReturnType<typeof createHuffmanTree>, word: number) =>
  Array.from(steps.subarray(offsets[word], offsets[word + 1]), (step) => [step >>> 1, step & 1]);

it('gives the codes worked by hand', () => {
  // 5, 2, 1, 1: the two of 1 meet in node 0 (the last word is taken first, so it has bit 0), node 0 and the word
  // of 2 in node 1, that and the word of 5 in node 2, the root. Of equal counts the leaf is taken first.
  const tree = createHuffmanTree([5, 2, 1, 1]);
  expect(pathOf(tree, 0)).toEqual([[2, 1]]);
  expect(pathOf(tree, 1)).toEqual([
    [2, 0],
    [1, 0],
  ]);
  expect(pathOf(tree, 2)).toEqual([
    [2, 0],
    [1, 1],
    [0, 1],
  ]);
  expect(pathOf(tree, 3)).toEqual([
    [2, 0],
    [1, 1],
    [0, 0],
  ]);
  expect(tree.longestPath).toBe(3);
});

it('has the shortest longest path of all codes of the least length', () => {
  // Both words of 2 are taken before the node of the two words of 1; the other way round the path has 3 steps.
  expect(createHuffmanTree([2, 2, 1, 1]).longestPath).toBe(2);
});

it('pairs words of equal counts by their places', () => {
  const tree = createHuffmanTree([1, 1, 1, 1], [0, 3, 1, 2]);
  const parents = [0, 1, 2, 3].map((word) => pathOf(tree, word)[1][0]);
  expect(parents[0]).toBe(parents[2]);
  expect(parents[1]).toBe(parents[3]);
  expect(parents[0]).not.toBe(parents[1]);
});

it('takes a vocabulary of one word, and counts in any order', () => {
  expect(createHuffmanTree([7])).toMatchObject({ longestPath: 0, steps: new Uint32Array(0) });
  expect(pathOf(createHuffmanTree([1, 5]), 1)).toEqual([[0, 1]]);
});

it('holds paths longer than the 40 steps of word2vec.c', () => {
  const counts = Array.from({ length: 60 }, (_, i) => 2 ** (60 - i));
  expect(createHuffmanTree(counts).longestPath).toBe(59);
});

it('is a prefix code of the least length', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 60 }), (counts) => {
      const tree = createHuffmanTree(counts);
      const codes = counts.map((_, word) =>
        pathOf(tree, word)
          .map(([, bit]) => bit)
          .join(''),
      );
      for (const a of codes) expect(codes.filter((b) => b.startsWith(a))).toHaveLength(1);
      // The cost of a Huffman code is the sum of all sums that are made on the way.
      const heap = [...counts];
      let cost = 0;
      while (heap.length > 1) {
        heap.sort((a, b) => a - b);
        const sum = heap[0] + heap[1];
        cost += sum;
        heap.splice(0, 2, sum);
      }
      expect(counts.reduce((total, count, word) => total + count * codes[word].length, 0)).toBe(cost);
    }),
  );
});
