import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { BitSet } from './bit-set.ts';
import { CodedVectors, fingerprint } from './coded-vectors.ts';
import { METRICS } from './metrics.ts';
import { VectorIndex } from './vector-index.ts';

const DIMENSIONS = 24;

describe.each(METRICS)('CodedVectors by %s', (metric) => {
  it('tell few rows, among them the nearest, those that can be nearest first, whatever was changed', () => {
    const random = new Random(4);
    const directions = Array.from({ length: 6 }, () =>
      Float32Array.from({ length: DIMENSIONS }, () => random.normal()),
    );
    // Most of a vector lies along six directions, so that later rows are turned.
    const vectorOf = () => {
      const weights = directions.map(() => random.normal());
      return Float32Array.from({ length: DIMENSIONS }, (_, d) =>
        directions.reduce((sum, direction, i) => sum + weights[i] * direction[d], 0.1 * random.normal()),
      );
    };
    const known = new VectorIndex(DIMENSIONS, 0);
    const first = new VectorIndex(DIMENSIONS, 0);
    for (let row = 0; row < 600; row++) for (const index of [known, first]) index.set(row, vectorOf());
    for (let row = 0; row < 600; row++) first.set(row, known.vector(row)!);
    const coded = new CodedVectors(first, 600);
    for (let row = 600; row < 18_000; row++) {
      const vector = vectorOf();
      for (const index of [known, coded]) index.set(row, vector);
      vector.fill(0);
    }
    for (let i = 0; i < 2000; i++) {
      const row = random.below(18_000);
      const vector = vectorOf();
      for (const index of [known, coded])
        if (i % 3 === 0) index.delete(row);
        else index.set(row, vector);
    }
    const some = new BitSet(18_000);
    for (let row = 0; row < 18_000; row += 3) some.add(row);
    const few = new BitSet(18_000);
    for (let row = 5; row < 18_000; row += 100) few.add(row);
    for (let i = 0; i < 10; i++)
      for (const rows of [undefined, some, few]) {
        const query = { vector: vectorOf(), metric, count: 10, rows };
        const found = coded.candidates(query);
        const bounds = new Map(found.map(({ row, bound }) => [row, bound]));
        for (const { row, value } of known.search(query))
          expect(metric === 'cosine' ? value : -value).toBeLessThanOrEqual(bounds.get(row)!);
        for (const { row, print } of found) {
          expect(print).toBe(fingerprint(known.vector(row)!));
          expect(rows?.has(row) ?? true).toBe(true);
        }
        expect(found.map(({ bound }) => bound)).toEqual([...bounds.values()].sort((a, b) => b - a));
        expect(found.length).toBeLessThan(120);
      }
  });

  it('tell of rows with one vector no more than are asked for, the first in the order that is asked for', () => {
    const vectors = new VectorIndex(3);
    const coded = new CodedVectors(vectors, 0);
    for (let row = 0; row < 3000; row++) coded.set(row, Float32Array.of(1, 2, row % 2));
    const query = { vector: Float32Array.of(1, 2, 0.1), metric, count: 5 };
    expect(coded.candidates(query).map(({ row }) => row)).toEqual([0, 2, 4, 6, 8]);
    const compare = (a: number, b: number) => b - a;
    expect(coded.candidates({ ...query, compare }).map(({ row }) => row)).toEqual([2998, 2996, 2994, 2992, 2990]);
    expect(coded.candidates({ ...query, vector: new Float32Array(3), metric: 'cosine' })).toEqual([]);
  });
});

it('the fingerprint of a vector is another where any bit is', () => {
  const random = new Random(1);
  const vector = Float32Array.from({ length: 50 }, () => random.normal());
  const prints = new Set([fingerprint(vector)]);
  const bits = new Uint32Array(vector.buffer);
  for (let d = 0; d < 50; d++)
    for (let bit = 0; bit < 32; bit++) {
      bits[d] ^= 1 << bit;
      prints.add(fingerprint(vector.subarray(0, 50)));
      bits[d] ^= 1 << bit;
    }
  expect(prints.size).toBe(1601);
});
