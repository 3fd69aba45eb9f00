import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { createInt8Scan, int8ScanReference } from './int8-scan.ts';
import { hasRelaxedDotProducts } from './wasm-module.ts';

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

// Without relaxed products (Node 20), test/browser.test.ts tests the kernel that has them.
describe.each(hasRelaxedDotProducts() ? [false, true] : [false])('createInt8Scan, relaxed SIMD %s', (relaxedSimd) => {
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
        const codes = Int8Array.from({ length: rowCount * dimensions }, () => code(127));
        // Powers of two, so that kernel and plain version compare the same number with the threshold.
        const scales = Float32Array.from({ length: rowCount }, (_, row) => 2 ** -(7 + (row % 3)));
        const errors = Float32Array.from({ length: rowCount }, (_, row) => (row === 5 ? -Infinity : (row % 8) / 4));
        const scan = createInt8Scan({ rowCount, dimensions, maximumQueries: 7 }, relaxedSimd);
        for (let row = 0; row < rowCount; row++) {
          scan.setRow(row, codes.subarray(row * dimensions, (row + 1) * dimensions), scales[row], errors[row]);
        }
        const queries = {
          values: Int16Array.from({ length: queryCount * dimensions }, () => code(500)),
          scales: Float32Array.from({ length: queryCount }, (_, query) => 2 ** -(8 + query)),
        };
        const thresholds = Array.from({ length: queryCount }, (_, query) => (query % 2 === 0 ? -1e9 : 0.5));
        scan.thresholds.set(thresholds);
        scan.setQueries(queries);
        const expected = int8ScanReference({ codes, scales, errors }, queries, thresholds);
        expect(expected[0].length).toBe(rowCount > 5 ? rowCount - 1 : rowCount);
        expect(scanAll(scan, rowCount, queryCount)).toEqual(expected);
      }
    });
  }

  it('stays within 32 bits with the largest codes and queries that quantizeToInt16 gives', () => {
    for (const dimensions of [300, 131_072]) {
      for (const sign of [1, -1]) {
        const scan = createInt8Scan({ rowCount: 1, dimensions, maximumQueries: 3 }, relaxedSimd);
        scan.setRow(0, new Int8Array(dimensions).fill(sign * 127), 1, 0);
        const value = Math.floor(2 ** 30 / 127 / dimensions);
        const values = new Int16Array(3 * dimensions).fill(value);
        scan.setQueries({ values, scales: Float32Array.of(1, 1, 1) });
        scan.thresholds.fill(sign * 127 * value * dimensions * (1 - sign * 1e-6));
        scan.scan(0, 1);
        expect(Array.from(scan.hits.counts)).toEqual([1, 1, 1]);
        for (const query of [0, 1, 2]) {
          const bound = scan.hits.upperBounds[query * scan.hits.capacity];
          expect(bound).toBe(Math.fround(sign * 127 * value * dimensions));
        }
      }
    }
  });
});
