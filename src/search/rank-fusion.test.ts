import { describe, expect, it } from 'vitest';
import { fuseRankings } from './rank-fusion.ts';

const found = (...items: [string, number][]) => items.map(([item, score]) => ({ item, score }));
const order = (...given: Parameters<typeof fuseRankings<string>>) => fuseRankings(...given).map(({ item }) => item);

describe('fuseRankings', () => {
  it('gives the score of the words beside the best, and .1 for the first by vectors', () => {
    const [first, second, third] = fuseRankings(found(['a', 4], ['b', 3.99]), ['b', 'c', 'a']);
    expect(first).toEqual({ item: 'b', score: expect.closeTo(3.99 / 4 + 0.1, 9) });
    expect(second).toEqual({ item: 'a', score: expect.closeTo(1 + 0.1 * (21 / 23), 9) });
    expect(third).toEqual({ item: 'c', score: expect.closeTo(0.1 * (21 / 22), 9) });
  });

  it('lets the vectors decide among what is alike by words only', () => {
    expect(order(found(['a', 4], ['b', 3.99], ['c', 3.5]), ['c', 'b', 'a'])).toEqual(['b', 'a', 'c']);
    expect(order(found(['a', 4], ['b', 3]), ['b', 'x', 'y'])).toEqual(['a', 'b', 'x', 'y']);
  });

  it('is the other ranking where one is empty', () => {
    expect(order([], ['b', 'a'])).toEqual(['b', 'a']);
    expect(order(found(['a', 2], ['b', 1]), [])).toEqual(['a', 'b']);
    expect(order([], [])).toEqual([]);
  });
});
