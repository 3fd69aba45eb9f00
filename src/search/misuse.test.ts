import { expect, it } from 'vitest';
import { Bm25Index } from './bm25-index.ts';
import { ExactIndex } from './exact-index.ts';
import { fuseRankings } from './rank-fusion.ts';

it('deletes no document that is not there', () => {
  const index = new Bm25Index([['a', 'b'], ['b'], []]);
  const before = JSON.stringify(index.search(['a', 'b']));
  for (const row of [7, -1, 0.5]) expect(() => index.delete(row)).toThrow(`Cannot delete row ${row}`);
  expect(JSON.stringify(index.search(['a', 'b']))).toBe(before);
  index.delete(2);
  expect(() => index.delete(2)).toThrow('Cannot delete row 2');
  expect(index.size).toBe(2);
});

it('joins no scores that are none', () => {
  for (const scores of [[0], [-1, -2], [Number.NaN], [1, 2]]) {
    const words = scores.map((score, i) => ({ item: `${i}`, score }));
    expect(() => fuseRankings(words, ['0'])).toThrow('above 0, best first');
  }
  expect(() => fuseRankings('ab' as never, [])).toThrow('"words" must be an array, got "ab"');
});

it('takes nothing for a vector, and no half rows', () => {
  const index = new ExactIndex(Float32Array.of(1, 0, 0, 1), 2);
  expect(() => index.search(undefined as never)).toThrow('the query must have 2 dimensions');
  for (const dimensions of [3, 0, Number.NaN])
    expect(() => new ExactIndex(Float32Array.of(1, 0, 0, 1), dimensions)).toThrow('whole rows');
});

it('takes nothing else for documents', () => {
  for (const documents of [null, 0, true, {}, 'a b'])
    expect(() => new Bm25Index(documents as never)).toThrow('"documents" must be an array of arrays of words');
});
