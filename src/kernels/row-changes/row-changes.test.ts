import { describe, expect, it } from 'vitest';
import { Random } from '../../math/random.ts';
import { MOST_MORE, packedBytes, type RowChanges } from './row-changes.ts';
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

  it('packs changes into a byte a value, adds up what all have packed, and keeps what the bytes leave out', () => {
    const [one, other] = [create(4, 3, 2), create(4, 3, 2)];
    one.base.fill(0);
    // Scales: 1 for 127 and 1.5 and 2.5 (rounded to even numbers), 1/8 for 8 and its parts, none, 2 for 128 and 1.
    one.rows.set([127, 1.5, 2.5, 8, -0.125, 0.07, 0, 0, 0, 128, 1, -3]);
    other.rows.set([-127, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4]);
    for (const each of [one, other]) {
      each.take(4);
      each.sums(4, 2).set([5, 6], 4 * 5);
    }
    const packed = [one.pack(4, 2), other.pack(4, 2)];
    expect(packed[0]).toHaveLength(packedBytes(4, 3, 2));
    expect([...one.rows.subarray(0, 12)]).toEqual([127, 2, 2, 8, -0.125, 0.125, 0, 0, 0, 128, 0, -4]);
    for (const each of [one, other]) {
      const place = each.received(4, 2);
      expect(place).toHaveLength(2 * packedBytes(4, 3, 2));
      packed.forEach((bytes, rank) => {
        place.set(bytes, rank * bytes.length);
      });
      each.unpack(4, 2);
      const squares = [127 ** 2 + 8 + 127 ** 2, 64 + 2 / 64, 0, 128 ** 2 + 16 + 21];
      expect([...each.sums(4, 2)]).toEqual([
        0,
        2,
        2,
        8,
        -0.125,
        0.125,
        0,
        0,
        0,
        129,
        2,
        0,
        ...squares,
        2,
        1,
        0,
        2,
        10,
        12,
      ]);
    }
  });

  it('packs what is no number, what is huge and what is tiny', () => {
    const changes = create(5, 4, 1);
    changes.rows.set([
      1,
      Number.NaN,
      2,
      3,
      1,
      2,
      3,
      Number.POSITIVE_INFINITY,
      3e38,
      -3e38,
      1,
      0,
      3e-43,
      0,
      0,
      0,
      2e-38,
      0,
      1e-38,
      0,
    ]);
    changes.take(5);
    changes.received(5).set(changes.pack(5));
    changes.unpack(5);
    const sums = changes.sums(5);
    expect([...sums.subarray(0, 8)]).toEqual(Array(8).fill(Number.NaN));
    expect(sums[8] / 3e38).toBeCloseTo(1, 2);
    expect(sums[9]).toBe(-sums[8]);
    expect([...changes.rows.subarray(8, 20)]).toEqual([...sums.subarray(8, 20)]);
    expect(Math.abs(sums[12])).toBeLessThan(1e-38);
    expect([...sums.subarray(25, 27)]).toEqual([1, 1]); // all must hear of it
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
    expect(asked).toEqual([[2, 2]]);
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

it.each([1, 3, 4, 50, 102])(
  'the kernel packs and adds up the same bits as the plain version: %i dimensions',
  (dimensions) => {
    const [count, parts] = [9, 3];
    const versions = [createRowChanges(12, dimensions, parts), createPlainRowChanges(12, dimensions, parts)];
    const random = new Random(dimensions);
    for (let part = 0; part < parts; part++) {
      const values = Float32Array.from(
        { length: count * dimensions },
        () => random.normal() * 2 ** Math.floor(8 * random.normal()),
      );
      if (part === 1) values.fill(0, 0, 3 * dimensions);
      const packed = versions.map((each) => {
        each.base.fill(0);
        each.rows.set(values);
        each.take(count);
        const bytes = each.pack(count);
        each.received(count).set(bytes, part * bytes.length);
        return [...bytes];
      });
      expect(packed[0]).toEqual(packed[1]);
      const [fast, plain] = versions.map(({ rows }) => rows.subarray(0, count * dimensions));
      expect([...fast]).toEqual([...plain]);
      const largest = Math.max(...values.map(Math.abs));
      expect(fast.every((value, i) => Math.abs(value - values[i]) <= largest / 127)).toBe(true);
    }
    for (const each of versions) each.unpack(count);
    expect([...versions[0].sums(count)]).toEqual([...versions[1].sums(count)]);
  },
);
