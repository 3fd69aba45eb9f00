import { describe, expect, it } from 'vitest';
import { Random } from '../../math/random.ts';
import { hasRelaxedDotProducts } from '../wasm-module.ts';
import type { Int8Rows, Int8Scan, Int8ScanSize } from './int8-scan.ts';
import { createInt8Scan } from './int8-scan-kernel.ts';
import { int8ScanReference, quantizeReference } from './int8-scan-reference.ts';

/** Vectors of which one is of zeros, one holds NaN, and one infinity, if there are so many. */
function randomVectors(random: Random, rowCount: number, dimensions: number): Float32Array[] {
  return Array.from({ length: rowCount }, (_, row) => {
    const size = 10 ** ((row % 7) - 3);
    const vector = Float32Array.from({ length: dimensions }, () => size * random.normal());
    if (row === 3) vector.fill(0);
    if (row === 5) vector[dimensions - 1] = Number.NaN;
    if (row === 6) vector[0] = -Infinity;
    return vector;
  });
}

/** Made once for all versions of the kernel, as random numbers take longer than the kernel. */
const VECTORS = new Map(
  [1, 3, 50, 100, 102, 300].map((dimensions) => [dimensions, randomVectors(new Random(dimensions), 2701, dimensions)]),
);
const QUANTIZED = new Map(
  [...VECTORS].map(([dimensions, vectors]) => [dimensions, vectors.slice(0, 1003).map(quantizeReference)]),
);

function fill(scan: Int8Scan, vectors: readonly Float32Array[]): number[] {
  const norms: number[] = [];
  const atOnce = scan.vectors.length / scan.vectorLength;
  for (let first = 0; first < vectors.length; first += atOnce) {
    const some = vectors.slice(first, first + atOnce);
    some.forEach((vector, i) => scan.vectors.set(vector, i * scan.vectorLength));
    norms.push(...scan.quantize(first, some.length));
  }
  return norms;
}

/** Its rows, one after the other. */
function rowsOf({ codes, scales, errors, vectorLength }: Int8Scan, dimensions: number): Int8Rows {
  const ordered = Int8Array.from({ length: scales.length * dimensions }, (_, i) => {
    const [row, d] = [Math.floor(i / dimensions), i % dimensions];
    return codes[(row - (row % 16)) * vectorLength + (d >> 2) * 64 + (row % 16) * 4 + (d % 4)];
  });
  return { codes: ordered, scales, errors: errors.subarray(0, scales.length) };
}

/** What the kernel finds in whole, call by call. */
function scanAll(scan: Int8Scan, rowCount: number, queryCount: number) {
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
const VERSIONS = [...(hasRelaxedDotProducts() ? ['relaxed SIMD'] : []), 'SIMD', 'plain'];

describe.each(VERSIONS)('createInt8Scan, %s', (version) => {
  const create = (size: Int8ScanSize) => createInt8Scan(size, version === 'relaxed SIMD', version !== 'plain');
  for (const [dimensions, allVectors] of VECTORS) {
    it(`makes rows as the plain version does, with ${dimensions} dimensions`, () => {
      const vectors = allVectors.slice(0, 1003);
      const scan = create({ rowCount: 1003, dimensions, maximumQueries: 1 });
      const norms = fill(scan, vectors);
      const { codes, scales, errors } = rowsOf(scan, dimensions);
      QUANTIZED.get(dimensions)!.forEach((expected, row) => {
        if (!(expected.norm < Infinity)) {
          expect([errors[row], norms[row]]).toEqual([-Infinity, expected.norm]);
          return;
        }
        const own = codes.subarray(row * dimensions, (row + 1) * dimensions);
        if (own.some((code, d) => code !== expected.codes[d])) expect(own).toEqual(expected.codes);
        const isSame =
          Math.abs(scales[row] - expected.scale) < 0.5e-8 &&
          Math.abs(errors[row] - expected.error) < 0.5e-8 &&
          norms[row] === Math.fround(expected.norm);
        if (!isSame) expect.fail(`row ${row}: ${[scales[row], errors[row], norms[row]]}, ${JSON.stringify(expected)}`);
      });
    });

    it(`finds what the plain version finds, with ${dimensions} dimensions, any number of rows and queries`, () => {
      const random = new Random(dimensions, 1);
      for (const [rowCount, queryCount] of [
        [1, 1],
        [7, 2],
        [33, 4],
        [2701, 7],
      ]) {
        const scan = create({ rowCount, dimensions, maximumQueries: 7 });
        fill(scan, allVectors.slice(0, rowCount));
        // A query of length 1: its bounds are at most 1 and the errors.
        const values = Int16Array.from({ length: queryCount * dimensions }, () => 1000 * random.normal());
        const scales = Float32Array.from({ length: queryCount }, (_, query) => {
          const query16 = values.subarray(query * dimensions, (query + 1) * dimensions);
          return 1 / (Math.hypot(...query16) || 1);
        });
        const thresholds = Array.from({ length: queryCount }, (_, query) => [-3, 0.05, 0.3][query % 3]);
        scan.thresholds.set(thresholds);
        scan.setQueries({ values, scales });
        const expected = int8ScanReference(rowsOf(scan, dimensions), { values, scales }, thresholds);
        if (rowCount > 6) expect(expected[0].length).toBe(rowCount - 2);
        const found = scanAll(scan, rowCount, queryCount);
        found.forEach((hits, query) => {
          // Bounds of float32 may fall on the other side of the threshold.
          const clear = (list: typeof hits) => list.filter((hit) => hit.upperBound > thresholds[query] + 1e-6);
          expect(clear(hits).map(({ row }) => row)).toEqual(clear(expected[query]).map(({ row }) => row));
          const bounds = new Map(expected[query].map(({ row, upperBound }) => [row, upperBound]));
          const differences = clear(hits).map(({ row, upperBound }) => Math.abs(upperBound - bounds.get(row)!));
          expect(Math.max(0, ...differences)).toBeLessThan(5e-6);
        });
      }
    });
  }

  it('stays within 32 bits with the largest codes and queries that quantizeToInt16 gives', () => {
    for (const dimensions of [300, 131_072]) {
      for (const sign of [1, -1]) {
        const scan = create({ rowCount: 1, dimensions, maximumQueries: 3 });
        fill(scan, [new Float32Array(dimensions).fill(sign * 5)]); // codes of ± 127
        const value = Math.floor(2 ** 30 / 127 / dimensions);
        const values = new Int16Array(3 * dimensions).fill(value);
        const scale = 1 / (value * Math.sqrt(dimensions));
        scan.setQueries({ values, scales: Float32Array.of(scale, scale, scale) });
        scan.thresholds.fill(sign - 1e-5);
        scan.scan(0, 1);
        expect(Array.from(scan.hits.counts)).toEqual([1, 1, 1]);
        for (const query of [0, 1, 2]) {
          expect(scan.hits.upperBounds[query * scan.hits.capacity]).toBeCloseTo(sign, 5);
        }
      }
    }
  });

  it('takes a query of zeros for one whose products are 0, and refuses more dimensions than sums hold', () => {
    const scan = create({ rowCount: 2, dimensions: 2, maximumQueries: 1 });
    fill(scan, [Float32Array.of(1, 2), Float32Array.of(0, 0)]);
    scan.setQueries({ values: new Int16Array(2), scales: new Float32Array(1) });
    scan.scan(0, 2); // the threshold is 0
    expect(Array.from(scan.hits.rows.subarray(0, scan.hits.counts[0]))).toEqual([0, 1]);
    expect(() => create({ rowCount: 1, dimensions: 131_073, maximumQueries: 1 })).toThrow('131072 dimensions');
  });
});
