import { describe, expect, it } from 'vitest';
import { ALL_HASHES, PairTable } from './pair-table.ts';

const contentsOf = (table: PairTable) => {
  const contents = new Map<string, number>();
  table.forEach((first, second, value) => contents.set(`${first} ${second}`, value));
  return contents;
};

describe('PairTable', () => {
  const pairs = Array.from({ length: 20_000 }, (_, i) => [(i * i) % 211, (i * 7) % 733] as const);
  const expected = new Map<string, number>();
  for (const pair of pairs) expected.set(pair.join(' '), (expected.get(pair.join(' ')) ?? 0) + 1);

  it('counts like a Map while it grows', () => {
    const table = new PairTable();
    for (const [first, second] of pairs) table.add(first, second, 1);
    expect(expected.size).toBeGreaterThan(10_000);
    expect(contentsOf(table)).toEqual(expected);
    expect(table.get(...pairs[0])).toBe(expected.get(pairs[0].join(' ')));
    expect(table.get(0, 0)).toBe(expected.get('0 0'));
    expect(table.get(1000, 0)).toBe(0);
  });

  it('gives up the upper half of its hashes at the memory limit and stays exact below', () => {
    const all = new Map<string, number>();
    let tables = 0;
    for (let first = ALL_HASHES.first; first <= ALL_HASHES.last; tables++) {
      const table = new PairTable({ first, last: ALL_HASHES.last }, 100_000);
      for (const pair of pairs) table.add(...pair, 1);
      for (const [pair, count] of contentsOf(table)) {
        if (all.has(pair)) expect.fail(`${pair} is in two tables`);
        all.set(pair, count);
      }
      first = table.range.last + 1;
    }
    expect(tables).toBeGreaterThan(5);
    expect(all).toEqual(expected);
  });
});
