import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { createInt8Scan, int8ScanReference } from './int8-scan.ts';

/** What the kernel finds in whole, call by call. */
function scanAll(scan: ReturnType<typeof createInt8Scan>, rowCount: number, queryCount: number) {
  const found = Array.from({ length: queryCount }, () => [] as { row: number; upperBound: number }[]);
  const { capacity, counts, rows, upperBounds } = scan.hits;
  for (let begin = 0; begin < rowCount; begin += capacity) {
    scan.scan(begin, Math.min(rowCount, begin + capacity));
    found.forEach((list, query) => {
      for (let at = query * capacity; at < query * capacity + counts[query]; at++) {
        list.push({ row: rows[at], upperBound: upperBounds[at] });
      }
    });
  }
  return found;
}

describe('createInt8Scan', () => {
  for (const dimensions of [1, 3, 50, 100, 102, 300]) {
    it(`equals the plain version with ${dimensions} dimensions, any number of rows and queries`, () => {
      const random = new Random(dimensions);
      const code = (largest: number) => Math.round((2 * random.uniform() - 1) * largest);
      for (const [rowCount, queryCount] of [
        [1, 1],
        [7, 2],
        [33, 4],
        [2701, 7],
      ]) {
        const scan = createInt8Scan({ rowCount, dimensions, maximumQueries: 7 });
        for (let row = 0; row < rowCount; row++) {
          for (let d = 0; d < dimensions; d++) scan.codes[row * scan.rowLength + d] = code(127);
          // A power of two, so that kernel and plain version compare the same number with the threshold.
          scan.scales[row] = 2 ** -(7 + (row % 3));
          scan.errors[row] = row === 5 ? -Infinity : (row % 8) / 4;
        }
        const queries = {
          values: Int16Array.from({ length: queryCount * dimensions }, () => code(500)),
          scales: Float32Array.from({ length: queryCount }, (_, query) => 2 ** -(8 + query)),
        };
        const thresholds = Array.from({ length: queryCount }, (_, query) => (query % 2 === 0 ? -1e9 : 0.5));
        scan.thresholds.set(thresholds);
        scan.setQueries(queries);
        const expected = int8ScanReference(scan, queries, thresholds);
        expect(expected[0].length).toBe(rowCount > 5 ? rowCount - 1 : rowCount);
        expect(scanAll(scan, rowCount, queryCount)).toEqual(expected);
      }
    });
  }

  it('stays within 32 bits with the largest codes and queries that quantizeToInt16 gives', () => {
    const dimensions = 300;
    const scan = createInt8Scan({ rowCount: 1, dimensions, maximumQueries: 1 });
    scan.codes.fill(127, 0, dimensions);
    scan.scales[0] = 1;
    const value = Math.floor(2 ** 30 / 127 / dimensions);
    scan.setQueries({ values: new Int16Array(dimensions).fill(value), scales: Float32Array.of(1) });
    scan.thresholds[0] = 0;
    scan.scan(0, 1);
    expect(scan.hits.counts[0]).toBe(1);
    expect(scan.hits.upperBounds[0]).toBe(Math.fround(127 * value * dimensions));
  });
});
