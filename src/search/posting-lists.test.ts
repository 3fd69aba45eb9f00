import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { numberList } from './number-list.ts';
import { PostingLists, ROWS_OF_BLOCK } from './posting-lists.ts';

/** Lists of frequent terms are tried with so many rows. */
const MOST_DENSE_ROWS = 3000;

/** All rows of a term with their frequencies, and in how many blocks they lie; 0 if they lie in an array. */
function rowsOf(lists: PostingLists, term: number): { rows: [number, number][]; blocks: number } {
  const block = numberList(ROWS_OF_BLOCK);
  const rows: [number, number][] = [];
  const dense = lists.dense(term);
  for (let row = 0; dense && row < MOST_DENSE_ROWS; row++) {
    const frequency = dense.frequency(row);
    if (frequency > 0) rows.push([row, frequency]);
  }
  let blocks = 0;
  for (; lists.read(term, blocks, block); blocks++)
    for (let i = 0; i < block.count; i++) rows.push([block.numbers[i], block.frequencies[i]]);
  return { rows, blocks };
}

function takeAny(rows: number[], random: Random): number | undefined {
  const at = random.below(Math.max(1, rows.length));
  const taken = rows[at];
  const last = rows.pop();
  if (at < rows.length) rows[at] = last!;
  return taken;
}

const sorted = (rows: ReadonlyMap<number, number>) => [...rows].sort(([a], [b]) => a - b);

describe('PostingLists', () => {
  // Of few rows a list is short, of many long; frequencies of many bytes fill blocks soon.
  it.each([
    { rows: 3, frequencies: 2 },
    { rows: 200, frequencies: 2 },
    { rows: 3000, frequencies: 2 },
    { rows: 1_000_000, frequencies: 3 },
    { rows: 3000, frequencies: 2 ** 31 - 2 },
    { rows: 2 ** 31 - 1, frequencies: 2 ** 31 - 2 },
  ])('hold what was put in and not taken out, of $rows rows with frequencies to $frequencies', (most) => {
    const random = new Random(7, most.rows);
    const lists = new PostingLists();
    lists.reserveRows(most.rows);
    const kept = Array.from({ length: 5 }, () => new Map<number, number>());
    let mostBlocks = 0;
    for (let round = 0; round < 12; round++) {
      const rowsThere = kept.map((rows) => [...rows.keys()]);
      for (let i = 0; i < 2000; i++) {
        const term = random.below(kept.length);
        const rows = kept[term];
        const row = random.below(most.rows);
        // In every third round most are taken out.
        const there = round % 3 === 2 ? takeAny(rowsThere[term], random) : row;
        if (there !== undefined && rows.delete(there)) lists.delete(term, there);
        else if (round % 3 !== 2 && !rows.has(row)) {
          const frequency = 1 + random.below(random.below(4) === 0 ? most.frequencies : 1);
          lists.add(term, row, frequency);
          rows.set(row, frequency);
        }
      }
      kept.forEach((rows, term) => {
        const found = rowsOf(lists, term);
        const wanted = sorted(rows);
        if (!isDeepStrictEqual(found.rows, wanted)) expect(found.rows).toEqual(wanted);
        mostBlocks = Math.max(mostBlocks, found.blocks);
        const { size, largest } = lists.summary(term);
        expect(size).toBe(rows.size);
        expect(largest).toBeGreaterThanOrEqual(Math.max(0, ...rows.values()));
      });
    }
    if (most.rows > 3000) expect(mostBlocks).toBeGreaterThan(3);
    kept.forEach((rows, term) => {
      for (const row of rows.keys()) lists.delete(term, row);
      expect(rowsOf(lists, term)).toEqual({ rows: [], blocks: 0 });
      expect(lists.summary(term)).toEqual({ size: 0, largest: 0 });
    });
  });

  it('hold rows that come one behind the other, also after the last ones were taken out', () => {
    const lists = new PostingLists();
    lists.reserveRows(5_000_001);
    const rows = Array.from({ length: 5000 }, (_, i): [number, number] => [i * (1 + (i % 70)), 1 + (i % 300)]);
    const inOrder = rows.sort(([a], [b]) => a - b).filter(([row], i) => i === 0 || row > rows[i - 1][0]);
    for (const [row, frequency] of inOrder) lists.add(9, row, frequency);
    expect(rowsOf(lists, 9).rows).toEqual(inOrder);
    const last = inOrder.splice(1000);
    for (const [row] of last.reverse()) lists.delete(9, row);
    expect(rowsOf(lists, 9).rows).toEqual(inOrder);
    lists.add(9, 5_000_000, 2);
    expect(rowsOf(lists, 9).rows).toEqual([...inOrder, [5_000_000, 2]]);
  });

  it('keep an array of a term that is in many of the rows, as long as it is, with each frequency as it is', () => {
    const lists = new PostingLists();
    lists.reserveRows(2000);
    const kept = new Map<number, number>();
    for (let row = 0; row < 2000; row += 2) {
      kept.set(row, 1 + row);
      lists.add(1, row, 1 + row);
      if (row % 20 === 0) lists.add(2, row, 3);
    }
    expect(rowsOf(lists, 1)).toEqual({ rows: sorted(kept), blocks: 0 });
    expect(lists.summary(1)).toMatchObject({ size: 1000, largest: 1999 });
    expect(rowsOf(lists, 2).blocks).toBe(1);
    for (const row of [0, 500, 1998]) {
      lists.delete(1, row);
      kept.delete(row);
    }
    lists.reserveRows(2400);
    expect(rowsOf(lists, 1)).toEqual({ rows: sorted(kept), blocks: 0 });
    // Among so many rows the term is rare.
    lists.reserveRows(40_000);
    expect(rowsOf(lists, 1).blocks).toBeGreaterThan(1);
    expect(rowsOf(lists, 1).rows).toEqual(sorted(kept));
    for (const row of kept.keys()) lists.delete(1, row);
    expect(rowsOf(lists, 1)).toEqual({ rows: [], blocks: 0 });
  });

  it('know nothing of terms that were never put in', () => {
    const lists = new PostingLists();
    lists.reserveRows(1);
    lists.add(3, 0, 1);
    for (const term of [0, 2, 4, 1_000_000]) expect(rowsOf(lists, term).rows).toEqual([]);
    expect(rowsOf(lists, 3)).toEqual({ rows: [[0, 1]], blocks: 1 });
  });
});
