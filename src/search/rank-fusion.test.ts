import { describe, expect, it } from 'vitest';
import { fuseRankings } from './rank-fusion.ts';

const found = (...items: [string, number][]) => items.map(([item, score]) => ({ item, score }));
const order = (...given: Parameters<typeof fuseRankings<string>>) => fuseRankings(...given).map(({ item }) => item);

describe('fuseRankings', () => {
  it('gives the score of the words, and where both agree .3 for the first by vectors', () => {
    const [first, second] = fuseRankings(found(['a', 4], ['b', 3.99]), ['b', 'a']);
    const agreement = (4 * (21 / 22) + 3.99) / 7.99;
    expect(first).toEqual({ item: 'b', score: expect.closeTo(3.99 / 4 + 0.3 * agreement, 9) });
    expect(second).toEqual({ item: 'a', score: expect.closeTo(1 + 0.3 * agreement * (21 / 22), 9) });
  });

  it('leaves the ranking by words as it is where the vectors know none of its best', () => {
    const words = found(['a', 4], ['b', 3.99], ['c', 3.98]);
    expect(order(words, ['x', 'y', 'z']).slice(0, 3)).toEqual(['a', 'b', 'c']);
  });

  it('is the other ranking where one is empty', () => {
    expect(order([], ['b', 'a'])).toEqual(['b', 'a']);
    expect(order(found(['a', 2], ['b', 1]), [])).toEqual(['a', 'b']);
    expect(order([], [])).toEqual([]);
  });
});
