import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bm25Index } from './bm25-index.ts';
import { B, inverseDocumentFrequency, K1 } from './term-index.ts';

const token = fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__');
const document = fc.array(token, { maxLength: 8 });

/** As the formula is written. */
function scoresOf(documents: readonly (readonly string[])[], query: readonly string[]): number[] {
  const mean = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  return documents.map((tokens) => {
    let score = 0;
    for (const word of new Set(query)) {
      const frequency = tokens.filter((other) => other === word).length;
      const holding = documents.filter((other) => other.includes(word)).length;
      if (frequency > 0)
        score +=
          (inverseDocumentFrequency(documents.length, holding) * frequency * (K1 + 1)) /
          (frequency + K1 * (1 - B + (B * tokens.length) / mean));
    }
    return score;
  });
}

describe('Bm25Index', () => {
  it('scores by the formula, whatever was added and deleted before', () => {
    const step = fc.oneof(fc.record({ add: document }), fc.record({ remove: fc.nat() })) as fc.Arbitrary<{
      add?: string[];
      remove?: number;
    }>;
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        document,
        fc.integer({ min: 1, max: 9 }),
        (steps, query, count) => {
          const index = new Bm25Index();
          const kept: { row: number; tokens: string[] }[] = [];
          for (const { add, remove = 0 } of steps) {
            if (add) kept.push({ row: index.add(add), tokens: add });
            else if (kept.length > 0) {
              const [{ row }] = kept.splice(remove % kept.length, 1);
              index.delete(row);
            }
          }
          expect(index.size).toBe(kept.length);
          expect(new Set(kept.map(({ row }) => row)).size).toBe(kept.length);
          const scores = scoresOf(
            kept.map(({ tokens }) => tokens),
            query,
          );
          for (const rows of [undefined, new Set(kept.filter((_, i) => i % 2).map(({ row }) => row))]) {
            const expected = kept
              .map(({ row }, i) => ({ row, score: scores[i] }))
              .filter(({ row, score }) => score > 0 && (!rows || rows.has(row)))
              .sort((a, b) => b.score - a.score || a.row - b.row);
            const found = index.search(query, { count, rows });
            expect(found).toHaveLength(Math.min(count, expected.length));
            found.forEach(({ row, score }, i) => {
              expect(score).toBeCloseTo(expected[i].score, 10);
              expect(score).toBeCloseTo(scores[kept.findIndex((own) => own.row === row)], 10);
            });
          }
        },
      ),
    );
  });

  it('puts equal scores in the order of the rows', () => {
    const index = new Bm25Index(Array.from({ length: 100 }, () => ['a']));
    expect(index.search(['a'], { count: 5 }).map(({ row }) => row)).toEqual([0, 1, 2, 3, 4]);
  });
});
