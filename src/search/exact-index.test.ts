import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
    count: fc.integer({ min: 0, max: 12 }),
    limit: fc.option(fc.integer({ min: 0, max: 45 }), { nil: undefined }),
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

  it('refuses a query of another length', () => {
    expect(() => new ExactIndex(new Float32Array(6), 3).search([1, 2])).toThrow('must have 3 dimensions, got 2');
  });
});
