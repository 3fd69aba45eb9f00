import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Pieces } from '../math/pieces.ts';
import { Random } from '../math/random.ts';
import { cosineSimilarity, euclideanDistance } from '../math/vector-operations.ts';
import { BitSet } from './bit-set.ts';
import { VectorIndex, type VectorRowQuery } from './vector-index.ts';

const METRICS = ['cosine', 'euclidean'] as const;

/** By comparing each. */
function nearest(kept: ReadonlyMap<number, Float32Array>, { vector, metric, count, rows }: VectorRowQuery) {
  const isZero = (values: Float32Array) => values.every((value) => value === 0);
  if (metric === 'cosine' && isZero(vector)) return [];
  return [...kept]
    .filter(([row, own]) => (!rows || rows.has(row)) && (metric === 'euclidean' || !isZero(own)))
    .map(([row, own]) => ({
      row,
      value: metric === 'cosine' ? cosineSimilarity(own, vector) : euclideanDistance(own, vector),
    }))
    .sort((a, b) => (metric === 'cosine' ? b.value - a.value : a.value - b.value) || a.row - b.row)
    .slice(0, count);
}

/** So many that most are turned: 18,000 vectors, most of each of which lies along six directions. */
const { vectorOf: alongDirections, vectors: MANY } = (() => {
  const random = new Random(9);
  const directions = Array.from({ length: 6 }, () => Float32Array.from({ length: 24 }, () => random.normal()));
  const vectorOf = () => {
    const weights = directions.map(() => random.normal());
    return Float32Array.from({ length: 24 }, (_, d) =>
      directions.reduce((sum, direction, i) => sum + weights[i] * direction[d], 0.3 * random.normal()),
    );
  };
  return { vectorOf, vectors: Array.from({ length: 18_000 }, vectorOf) };
})();

describe.each(METRICS)('VectorIndex by %s', (metric) => {
  it.each([1, 5, 50])('after any changes answers as brute force, with %i dimensions', (dimensions) => {
    const random = new Random(5, dimensions);
    const vectorOf = () => {
      const size = 10 ** (random.below(3) - 1);
      return Float32Array.from({ length: dimensions }, () => size * random.normal());
    };
    const index = new VectorIndex(dimensions);
    const kept = new Map<number, Float32Array>();
    for (let round = 0; round < 12; round++) {
      const changes = [3, 40, 1500][round % 3];
      for (let i = 0; i < changes; i++) {
        const row = random.below(4000);
        if (random.below(4) === 0) {
          index.delete(row);
          kept.delete(row);
          continue;
        }
        const vector = random.below(20) === 0 ? new Float32Array(dimensions) : vectorOf();
        index.set(row, vector);
        vector.fill(0, 0, 0);
        kept.set(row, vector);
      }
      const some = new BitSet(4000);
      for (let row = 0; row < 4000; row += 2) some.add(row);
      const few = new BitSet(4000);
      for (let row = 0; row < 4000; row += 400) few.add(row);
      const queries = [{ count: 7 }, { count: 5000 }, { count: 7, rows: some }, { count: 7, rows: few }].map(
        (query) => ({
          ...{ metric, vector: vectorOf() },
          ...query,
        }),
      );
      queries.push({ vector: new Float32Array(dimensions), metric, count: 5 });
      index.searchMany(queries).forEach((found, i) => {
        const all = nearest(kept, { ...queries[i], count: Infinity });
        const expected = all.slice(0, queries[i].count);
        expect(found).toHaveLength(expected.length);
        // Which of two comes first may hang on the last bit.
        const values = new Map(all.map(({ row, value }) => [row, value]));
        const differences = found.flatMap(({ row, value }, at) =>
          [expected[at].value, values.get(row)!].map((wanted) => Math.abs(value - wanted)),
        );
        expect(Math.max(0, ...differences)).toBeLessThan(5e-6);
        expect(new Set(found.map(({ row }) => row)).size).toBe(found.length);
        expect(isDeepStrictEqual(index.search(queries[i]), found)).toBe(true);
      });
    }
  });

  it('answers as brute force among so many rows that most are turned, and after changes', () => {
    const random = new Random(9, 1);
    const index = new VectorIndex(24);
    const kept = new Map<number, Float32Array>();
    const put = (row: number, vector = alongDirections()) => {
      index.set(row, vector);
      kept.set(row, vector);
    };
    MANY.forEach((vector, row) => void put(row, vector));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 500; i++) {
        const row = random.below(18_500);
        if (i % 3 === 0) {
          index.delete(row);
          kept.delete(row);
        } else put(row);
      }
      const odd = new BitSet(18_500);
      for (let row = 1; row < 18_500; row += 2) odd.add(row);
      const queries = [{ rows: undefined }, { rows: odd }].map(({ rows }) => ({
        vector: alongDirections(),
        metric,
        count: 10,
        rows,
      }));
      index.searchMany(queries).forEach((found, i) => {
        const expected = nearest(kept, queries[i]);
        found.forEach(({ value }, at) => expect(value).toBeCloseTo(expected[at].value, 5));
        expect(found.map(({ row }) => row).sort()).toEqual(expected.map(({ row }) => row).sort());
      });
    }
  });

  it('puts equal values in the order that is asked for', () => {
    const index = new VectorIndex(2);
    for (let row = 0; row < 2000; row++) index.set(row, Float32Array.of(1, 2));
    const query = { vector: Float32Array.of(1, 2), metric, count: 3 };
    expect(index.search(query).map(({ row }) => row)).toEqual([0, 1, 2]);
    const compare = (a: number, b: number) => b - a;
    expect(index.search({ ...query, compare }).map(({ row }) => row)).toEqual([1999, 1998, 1997]);
  });
});

it('VectorIndex learns how it turns vectors a piece at a time, before they are there', () => {
  const random = new Random(3);
  const index = new VectorIndex(12);
  const next = vi.spyOn(Pieces.prototype, 'next');
  let most = 0;
  for (let row = 0; row < 16_400; row++) {
    const before = next.mock.calls.length;
    index.set(
      row,
      Float32Array.from({ length: 12 }, (_, d) => (d < 3 ? 1 : 0.1) * random.normal()),
    );
    most = Math.max(most, next.mock.calls.length - before);
  }
  const pieces = next.mock.calls.length;
  next.mockRestore();
  expect(most).toBe(1);
  expect(pieces).toBeGreaterThan(64);
});

it('VectorIndex refuses a query of another length', () => {
  const query = { vector: new Float32Array(2), metric: 'cosine', count: 1 } as const;
  expect(() => new VectorIndex(3).search(query)).toThrow('must have 3 dimensions, got 2');
});

it('BitSet is a set', () => {
  const member = fc.array(fc.nat(99), { maxLength: 60 });
  fc.assert(
    fc.property(member, member, (a, b) => {
      const setOf = (rows: number[]) => {
        const set = new BitSet(100);
        for (const row of rows) set.add(row);
        return set;
      };
      const all = Array.from({ length: 100 }, (_, row) => row);
      const both = [...setOf(a).and(setOf(b)).rows()];
      expect(both).toEqual(all.filter((row) => a.includes(row) && b.includes(row)));
      expect([...setOf(a).or(setOf(b)).rows()]).toEqual(all.filter((row) => a.includes(row) || b.includes(row)));
      const not = setOf(a).not();
      expect([...not.rows()]).toEqual(all.filter((row) => !a.includes(row)));
      expect(not.count).toBe(100 - new Set(a).size);
      expect(not.has(101)).toBe(false);
    }),
  );
});
