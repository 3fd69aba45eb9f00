import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { B, inverseDocumentFrequency, K1, TermIndex } from './term-index.ts';
import { encodeTermVector, TermVectorReader } from './term-vector.ts';

/** As the formula is written. */
function scoresOf(documents: ReadonlyMap<number, number[]>, query: readonly number[]): Map<number, number> {
  const all = [...documents.values()];
  const mean = all.reduce((sum, { length }) => sum + length, 0) / all.length;
  const idf = new Map(
    query.map((term) => [
      term,
      inverseDocumentFrequency(all.length, all.filter((document) => document.includes(term)).length),
    ]),
  );
  return new Map(
    [...documents].map(([row, document]) => {
      let score = 0;
      for (const term of new Set(query)) {
        const frequency = document.filter((other) => other === term).length;
        score += (idf.get(term)! * frequency * (K1 + 1)) / (frequency + K1 * (1 - B + (B * document.length) / mean));
      }
      return [row, score];
    }),
  );
}

const SIZE = 3000;
const random = new Random(3, 3);
/** Frequent terms have small numbers. */
const termOf = () => Math.floor(Math.exp(random.below(1000) / 125)) - 1;
const documentOf = () => Array.from({ length: 1 + random.below(30) }, termOf);

describe('TermIndex', () => {
  // Far apart, they lie in several ranges.
  it.each([
    [1, 4],
    [100, 1],
  ])('answers as the formula with rows %i apart, whatever was set and deleted before', (step, rounds) => {
    const index = new TermIndex();
    const kept = new Map<number, number[]>();
    const set = (i: number, document: number[]) => {
      const row = step * i;
      index.set(row, encodeTermVector(Uint32Array.from(document)));
      kept.set(row, document);
    };
    for (let row = 0; row < SIZE; row++) set(row, documentOf());
    set(17, [...Array<number>(700).fill(0), ...Array<number>(255).fill(1), 2]);
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < 400; i++) {
        const number = random.below(SIZE);
        if (random.below(3) > 0) set(number, documentOf());
        else {
          index.delete(step * number);
          kept.delete(step * number);
        }
      }
      expect(index.size).toBe(kept.size);
      for (let i = 0; i < 12; i++) {
        const query = i === 0 ? [0, 1, 2] : Array.from({ length: 1 + random.below(6) }, termOf);
        const count = [1, 10, 100, 5000][i % 4];
        const rows = i % 3 === 0 ? { has: (row: number) => row % 2 === 0 } : undefined;
        const scores = scoresOf(kept, query);
        const expected = [...scores].filter(([row, score]) => score > 0 && (!rows || rows.has(row)));
        expected.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
        const found = index.search(query, { count, rows });
        expect(found).toHaveLength(Math.min(count, expected.length));
        const differences = found.flatMap(({ row, score }, at) => {
          const parts = index.explain(row, [...new Set(query)]);
          const explained = parts.reduce((sum, part) => sum + part, 0);
          return [expected[at][1], scores.get(row)!, explained].map((wanted) => Math.abs(score - wanted));
        });
        expect(Math.max(0, ...differences)).toBeLessThan(5e-10);
      }
    }
  });

  it('puts equal scores in the order that is asked for', () => {
    const index = new TermIndex();
    for (let row = 0; row < 2000; row++) index.set(row, encodeTermVector(Uint32Array.of(5)));
    expect(index.search([5], { count: 2 }).map(({ row }) => row)).toEqual([0, 1]);
    const compare = (a: number, b: number) => b - a;
    expect(index.search([5], { count: 2, compare }).map(({ row }) => row)).toEqual([1999, 1998]);
  });

  it('forgets what was deleted, in whatever order', () => {
    const index = new TermIndex();
    for (let round = 0; round < 3; round++) {
      for (let row = 0; row < 500; row++) index.set(row, encodeTermVector(Uint32Array.of(row % 7, row % 7)));
      for (let row = 499; row >= 0; row -= 1 + (row % 2)) index.delete(row);
      for (let row = 0; row < 500; row++) index.delete(row);
      expect(index.search([0, 1, 2, 3, 4, 5, 6])).toEqual([]);
      expect(index.size).toBe(0);
    }
  });
});

it('encodeTermVector is read back', () => {
  const term = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
  fc.assert(
    fc.property(fc.array(term), (terms) => {
      const frequencies = new Map<number, number>();
      for (const one of terms) frequencies.set(one, (frequencies.get(one) ?? 0) + 1);
      const bytes = encodeTermVector(Uint32Array.from(terms));
      const reader = new TermVectorReader(bytes);
      const read = new Map<number, number>();
      while (reader.next()) read.set(reader.term, reader.frequency);
      expect(read).toEqual(frequencies);
      if (bytes.length === 0) return;
      const cut = new TermVectorReader(bytes.subarray(0, bytes.length - 1));
      expect(() => {
        while (cut.next());
      }).toThrow('end in the middle of a number');
    }),
  );
  const often = encodeTermVector(new Uint32Array(70_000).fill(3));
  const reader = new TermVectorReader(often);
  expect(reader.next()).toBe(true);
  expect([reader.term, reader.frequency, reader.next()]).toEqual([3, 70_000, false]);
});

it('a word that was frequent keeps frequencies beyond a byte when it no longer is', () => {
  const index = new TermIndex();
  const often = Array.from({ length: 600 }, () => 1);
  for (let row = 0; row < 700; row++) index.set(row, encodeTermVector(Uint32Array.from(row === 5 ? often : [1])));
  for (let row = 700; row < 20_000; row++) index.set(row, encodeTermVector(Uint32Array.of(2)));
  const hits = index.search([1], { count: 700 });
  const scoreOf = (row: number) => hits.find((hit) => hit.row === row)?.score;
  for (const row of [5, 6]) expect(scoreOf(row)).toBeCloseTo(index.explain(row, [1])[0], 12);
});

it('documents of more tokens than one and than two bytes tell have their lengths', () => {
  const index = new TermIndex();
  const documents = new Map([
    [0, new Array<number>(65_535).fill(1)],
    [1, new Array<number>(65_536).fill(1)],
    [2, [1, 2]],
    [3, new Array<number>(255).fill(1)],
    [4, new Array<number>(256).fill(1)],
  ]);
  for (const row of [2, 3, 4, 0, 1]) index.set(row, encodeTermVector(Uint32Array.from(documents.get(row)!)));
  const scores = scoresOf(documents, [1]);
  const hits = index.search([1]);
  expect(hits).toHaveLength(5);
  for (const { row, score } of hits) expect(score).toBeCloseTo(scores.get(row)!, 12);
});
