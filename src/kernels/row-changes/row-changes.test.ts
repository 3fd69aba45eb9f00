import { describe, expect, it } from 'vitest';
import { Random } from '../../math/random.ts';
import { MOST_MORE, type RowChanges } from './row-changes.ts';
import { createRowChanges } from './row-changes-kernel.ts';
import { createPlainRowChanges } from './row-changes-reference.ts';

describe.each([
  ['kernel', createRowChanges],
  ['plain version', createPlainRowChanges],
] as const)('changes of rows: %s', (_, create) => {
  it('tells how far each row has moved, but for rounding, and what is no number', () => {
    const changes = create(8, 2);
    changes.base.set([1, 2, 3, 4, 5, 6, 7, 8]);
    changes.rows.set([1, 2, 6, 8, 5, 6.0000005, Number.NaN, 8]);
    changes.take(4);
    expect([...changes.sums(4)]).toEqual([0, 0, 3, 4, 0, 0, Number.NaN, 0, 0, 25, 0, Number.NaN, 0, 1, 0, 1]);
    expect([...changes.rows.subarray(0, 8)]).toEqual([0, 0, 3, 4, 0, 0, Number.NaN, 0]);
  });

  it('has room for values of the caller behind its own', () => {
    const changes = create(2, 3);
    changes.rows.set([1, 2, 3, 4, 5, 6]);
    changes.take(2);
    const sums = changes.sums(2, MOST_MORE);
    expect(sums).toHaveLength(2 * 5 + MOST_MORE);
    sums.fill(7, 10);
    expect([...changes.sums(2)]).toEqual([1, 2, 3, 4, 5, 6, 14, 77, 1, 1]);
    expect(changes.sums(2, 1)[10]).toBe(7);
  });

  it('moves the base by the sums, and the rows by what others have done', () => {
    const changes = create(8, 2);
    changes.base.set([1, 2, 3, 4, 5, 6]);
    changes.rows.set([1, 2, 6, 8, 6, 6]);
    changes.take(3);
    // The first row was moved by another one alone, the second by both, as far in the same direction, the third by this one alone.
    changes.sums(3).set([0, 5, 6, 8, 1, 0, 25, 50, 1, 1, 2, 1]);
    const asked: number[][] = [];
    changes.merge(3, (...question) => {
      asked.push(question);
      return 0.5;
    });
    expect(asked).toEqual([[2, 2, 1]]);
    expect([...changes.base.subarray(0, 6)]).toEqual([1, 7, 6, 8, 6, 6]);
    expect([...changes.rows.subarray(0, 6)]).toEqual([0, 5, 0, 0, 0, 0]);
  });
});

it.each([1, 3, 4, 50, 100, 102])('the kernel gives what the plain version gives: %i dimensions', (dimensions) => {
  const count = 9;
  const [fast, plain] = [createRowChanges(12, dimensions), createPlainRowChanges(12, dimensions)];
  const others = createPlainRowChanges(12, dimensions);
  const random = new Random(dimensions);
  for (let i = 0; i < count * dimensions; i++) {
    const base = random.normal();
    const row = Math.floor(i / dimensions);
    for (const each of [fast, plain, others]) each.base[i] = base;
    fast.rows[i] = row % 3 === 0 ? base : base + random.normal();
    plain.rows[i] = fast.rows[i];
    others.rows[i] = row % 2 === 0 ? base : base + random.normal();
  }
  for (const each of [fast, plain, others]) each.take(count);
  expectClose(fast, plain, count);
  const told = others.sums(count).slice();
  for (const each of [fast, plain]) {
    each.sums(count).forEach((value, i, sums) => {
      sums[i] = value + told[i];
    });
    each.merge(count, (alike, movers) => alike / movers);
  }
  const until = count * dimensions;
  for (const values of ['rows', 'base'] as const) {
    for (let i = 0; i < until; i++) expect(fast[values][i]).toBeCloseTo(plain[values][i], 4);
  }
});

function expectClose(one: RowChanges, other: RowChanges, count: number): void {
  const [values, expected] = [one.sums(count), other.sums(count)];
  for (let i = 0; i < expected.length; i++) expect(values[i] / (expected[i] || 1)).toBeCloseTo(expected[i] && 1, 5);
}
