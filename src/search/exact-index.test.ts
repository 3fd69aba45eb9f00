import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { ExactIndex } from './exact-index.ts';

const vectors = fc.integer({ min: 1, max: 6 }).chain((dimensions) =>
  fc.record({
    dimensions: fc.constant(dimensions),
    rows: fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: dimensions, maxLength: dimensions }), {
      minLength: 1,
      maxLength: 40,
    }),
    query: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: dimensions, maxLength: dimensions }),
    count: fc.integer({ min: 1, max: 12 }),
    limit: fc.option(fc.integer({ min: 1, max: 45 }), { nil: undefined }),
    exclude: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 3 }),
  }),
);

describe('ExactIndex', () => {
  it('finds the best rows by cosine, with limits and exclusions', () => {
    fc.assert(
      fc.property(vectors, ({ dimensions, rows, query, count, limit, exclude }) => {
        const index = new ExactIndex(Float32Array.from(rows.flat()), dimensions);
        const hits = index.search(query, { count, limit, exclude: new Set(exclude) });
        const expected = rows
          .map((row, i) => ({ row: i, similarity: cosineSimilarity(row, query) }))
          .filter(({ row }) => !exclude.includes(row) && row < (limit ?? Infinity))
          .sort((a, b) => b.similarity - a.similarity)
          .slice(0, count);
        expect(hits.length).toBe(expected.length);
        hits.forEach((hit, i) => {
          // Equal similarities may differ in the last bit, so rows are compared by what they give.
          expect(Math.abs(hit.similarity - expected[i].similarity)).toBeLessThan(1e-5);
          expect(Math.abs(hit.similarity - cosineSimilarity(rows[hit.row], query))).toBeLessThan(1e-5);
        });
        expect(new Set(hits.map(({ row }) => row)).size).toBe(hits.length);
      }),
    );
  });

  it('answers many queries as it answers each', () => {
    const index = new ExactIndex(
      Float32Array.from({ length: 300 }, (_, i) => Math.sin(i * i)),
      3,
    );
    const queries = Array.from({ length: 37 }, (_, i) => [Math.cos(i), Math.sin(i), 0.1]);
    const options = queries.map((_, i) => ({ count: 1 + (i % 4), limit: 20 + i }));
    expect(index.searchMany(queries, options)).toEqual(queries.map((query, i) => index.search(query, options[i])));
  });

  it('tells rows apart that are the same as int8, by their similarity in float64', () => {
    const random = new Random(7);
    const dimensions = 100;
    const centres = Array.from({ length: 3 }, () => Array.from({ length: dimensions }, () => random.normal()));
    const rows = Array.from({ length: 600 }, (_, i) => centres[i % 3].map((value) => value + 1e-3 * random.normal()));
    const index = new ExactIndex(Float32Array.from(rows.flat()), dimensions);
    for (const query of [rows[4], centres[1], rows[599].map((value) => -value)]) {
      const expected = rows
        .map((row, i) => ({ row: i, similarity: cosineSimilarity(Float32Array.from(row), Float32Array.from(query)) }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, 20);
      const found = index.search(query, { count: 20 });
      expect(found.map(({ row }) => row)).toEqual(expected.map(({ row }) => row));
      found.forEach(({ similarity }, i) => expect(similarity).toBeCloseTo(expected[i].similarity, 6));
    }
  });

  it('puts equal rows in their order, takes zeros as similarity 0, and never finds NaN or infinity', () => {
    const vectors = Float32Array.of(1, 2, 0, 0, 2, 4, Number.NaN, 1, 1, 2, Infinity, 1, -1, -2);
    const index = new ExactIndex(vectors, 2);
    expect(index.search([1, 2], { count: 9 }).map(({ row }) => row)).toEqual([0, 2, 4, 1, 6]);
    expect(index.search([1, 2], { count: 2 }).map(({ row }) => row)).toEqual([0, 2]);
    expect(index.search([0, 0], { count: 9 }).map(({ row, similarity }) => [row, similarity])).toEqual(
      [0, 1, 2, 4, 6].map((row) => [row, 0]),
    );
    expect(index.search([Number.NaN, 1])).toEqual([]);
    expect(index.search([Infinity, 1])).toEqual([]);
    const similarities = Array.from(index.similarities([1, 2]), (x) => Math.round(1e6 * x) / 1e6);
    expect(similarities).toEqual([1, 0, 1, Number.NaN, 1, Number.NaN, -1]);
  });

  it('refuses a query of another length', () => {
    expect(() => new ExactIndex(new Float32Array(6), 3).search([1, 2])).toThrow('must have 3 dimensions, got 2');
  });
});
