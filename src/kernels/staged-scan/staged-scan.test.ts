import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantizeToInt16 } from '../../math/quantize.ts';
import { Random } from '../../math/random.ts';
import { vectorNorm } from '../../math/vector-operations.ts';
import { hasRelaxedDotProducts } from '../wasm-module.ts';
import { CHUNK_ROWS } from './constants.ts';
import type { Rotation, StagedQuery, StagedScan, StagedScanSize } from './staged-scan.ts';
import { createStagedScan, openSharedScan } from './staged-scan-kernel.ts';
import { createPlainStagedScan, quantizeTurned, turnedBy } from './staged-scan-reference.ts';

// Without relaxed products (Node 20), test/browser.test.ts tests the kernel that has them.
const VERSIONS = [...(hasRelaxedDotProducts() ? ['relaxed SIMD'] : []), 'SIMD', 'plain'];

/** A product of reflections: orthogonal up to rounding. */
function rotationOf(dimensions: number, leading: number, random: Random): Rotation {
  const rows = Array.from({ length: dimensions }, (_, row) =>
    Float64Array.from({ length: dimensions }, (_, d) => (d === row ? 1 : 0)),
  );
  for (let i = 0; i < 3; i++) {
    const mirror = Float64Array.from({ length: dimensions }, () => random.normal());
    const square = mirror.reduce((sum, x) => sum + x * x, 0);
    for (const row of rows) {
      const product = row.reduce((sum, x, d) => sum + x * mirror[d], 0);
      for (let d = 0; d < dimensions; d++) row[d] -= (2 * product * mirror[d]) / square;
    }
  }
  return { matrix: Float32Array.from(rows.flatMap((row) => [...row])), leading, error: 1e-6 * dimensions };
}

function queryOf(vector: Float32Array, rotation: Rotation | undefined, byDistance: boolean, threshold: number) {
  const norm = vectorNorm(vector) || 1;
  const unit = vector.map((x) => x / norm);
  const values = new Int16Array(vector.length);
  const { scale, error } = quantizeToInt16(rotation ? turnedBy(rotation.matrix, unit) : unit, values, 0);
  return { query: { values, scale, length: byDistance ? norm : undefined, threshold } satisfies StagedQuery, error };
}

function scanAll(scan: StagedScan, rowCount: number, queries: StagedQuery[]) {
  scan.setQueries(queries);
  const found = queries.map(() => new Map<number, number>());
  const { capacity, counts, rows, upperBounds } = scan.hits;
  for (let begin = 0; begin < rowCount; begin += capacity) {
    scan.scan(begin, Math.min(rowCount, begin + capacity));
    found.forEach((hits, i) => {
      for (let at = i * capacity; at < i * capacity + counts[i]; at++) hits.set(rows[at], upperBounds[at]);
    });
  }
  return found;
}

/** What the plain version finds among many rows of which most need not be read whole: the same for all versions. */
function foundByPlain() {
  const random = new Random(3);
  const [rowCount, dimensions] = [5001, 100];
  const rotation = rotationOf(dimensions, 32, random);
  const size = { rowCount, dimensions, maximumQueries: 12, rotation };
  const plain = createPlainStagedScan(size);
  const vectorOf = () => Float32Array.from({ length: dimensions }, (_, d) => random.normal() / (1 + d));
  const vectors = Array.from({ length: rowCount }, vectorOf);
  vectors.forEach((vector, row) => plain.set(row, vector));
  // Many queries leave room for the hits of fewer rows.
  const rounds = (
    [
      [false, 1],
      [true, 1],
      [false, 4],
    ] as const
  ).map(([byDistance, times]) => {
    const queries = Array.from({ length: times }, () => [0.3, 0.5, 0.6])
      .flat()
      .map((threshold) => queryOf(vectorOf(), rotation, byDistance, byDistance ? threshold - 0.6 : threshold).query);
    return { queries, expected: scanAll(plain, rowCount, queries) };
  });
  return { size, vectors, rounds };
}
let ofPlain: ReturnType<typeof foundByPlain> | undefined;

describe.each(VERSIONS)('createStagedScan, %s', (version) => {
  const create = (size: StagedScanSize) => createStagedScan(size, version === 'relaxed SIMD', version !== 'plain');

  it('finds no less than brute force, by bounds that hold, whatever the vectors, the rotation and the changes', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 41 }),
        fc.boolean(),
        fc.boolean(),
        (seed, dimensions, turns, byDistance) => {
          const random = new Random(seed);
          const leading = 4 * Math.ceil((random.below(dimensions) + 1) / 4);
          const rotation = turns ? rotationOf(dimensions, leading, random) : undefined;
          const rowCount = 1 + random.below(60);
          const scan = create({ rowCount, dimensions, maximumQueries: 2, rotation });
          // Most of what a vector is lies along a few directions, and the sizes differ.
          const vectorOf = () => {
            const size = 10 ** (random.below(5) - 2);
            return Float32Array.from(
              { length: dimensions },
              (_, d) => (size * random.normal()) / (1 + d * random.below(3)),
            );
          };
          const kept = new Map<number, Float32Array>();
          for (let i = 0; i < 2 * rowCount; i++) {
            const row = random.below(rowCount);
            const vector = vectorOf();
            if (random.below(12) === 0) vector.fill(0);
            if (random.below(20) === 0) vector[dimensions - 1] = [Number.NaN, Infinity, -Infinity][random.below(3)];
            if (random.below(5) === 0) {
              scan.delete(row);
              kept.delete(row);
            } else {
              scan.set(row, vector);
              if (vector.every(Number.isFinite)) kept.set(row, vector);
              else kept.delete(row);
            }
          }
          const vectors = [vectorOf(), vectorOf()];
          const thresholds = byDistance ? [-1e30, -random.below(100)] : [-2, random.below(10) / 10];
          const made = vectors.map((vector, i) => queryOf(vector, rotation, byDistance, thresholds[i]));
          const found = scanAll(
            scan,
            rowCount,
            made.map(({ query }) => query),
          );
          vectors.forEach((vector, i) => {
            const length = vectorNorm(vector);
            expect([...found[i].keys()].filter((row) => !kept.has(row))).toEqual([]);
            for (const [row, own] of kept) {
              const norm = vectorNorm(own);
              const product = own.reduce((sum, x, d) => sum + x * vector[d], 0);
              const lost = made[i].error * (1 + scan.largestError) + 1e-6 + (rotation?.error ?? 0);
              const value = byDistance ? product - (norm * norm) / 2 : norm === 0 ? 0 : product / norm / length;
              const own2 = byDistance
                ? norm * (length * (scan.rows.error(row) + 2e-6) + 2e-6 * norm)
                : scan.rows.error(row);
              const ofQuery = byDistance ? length * norm * lost : lost;
              const bound = found[i].get(row);
              const slack = 1e-6 * (1 + Math.abs(value)) * (byDistance ? 1 + norm * length + norm * norm : 1);
              const holds =
                bound === undefined
                  ? value - ofQuery < thresholds[i] + 1e-6 * Math.abs(thresholds[i])
                  : bound >= thresholds[i] &&
                    value - ofQuery <= bound + slack &&
                    value + 2 * own2 + ofQuery >= bound - slack;
              if (!holds)
                expect.fail(
                  `row ${row}: ${JSON.stringify({ bound, threshold: thresholds[i], value, slack, own2, ofQuery })}`,
                );
            }
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  // Not the plain version with itself.
  if (version !== 'plain')
    it('finds what the plain version finds over several calls, though it reads the rest of few rows only', () => {
      ofPlain ??= foundByPlain();
      const { size, vectors, rounds } = ofPlain;
      const { rowCount } = size;
      const scan = create(size);
      vectors.forEach((vector, row) => scan.set(row, vector));
      for (const { queries, expected } of rounds) {
        const found = scanAll(scan, rowCount, queries);
        // Which side of the threshold a row is on may hang on the last bits of its codes.
        const margin = 2e-3;
        queries.forEach(({ threshold }, i) => {
          for (const [one, other] of [
            [expected[i], found[i]],
            [found[i], expected[i]],
          ]) {
            const wrong = [...one].filter(([row, bound]) =>
              other.has(row) ? !(Math.abs(other.get(row)! - bound) < margin) : bound > threshold + margin,
            );
            expect(wrong).toEqual([]);
          }
          expect(found[i].size).toBeGreaterThan(0);
          expect(found[i].size).toBeLessThan(rowCount);
        });
      }
    });

  it('finds rows that are set in any order, far apart, of so many dimensions that their sums need 32 bits', () => {
    const random = new Random(5);
    const [rowCount, dimensions] = [12_300, 300];
    const scan = create({ rowCount, dimensions, maximumQueries: 1 });
    scan.delete(12_299);
    expect([scan.rows.norm(12_299), scan.rows.error(12_299)]).toEqual([Number.NaN, -Infinity]);
    const vector = Float32Array.from({ length: dimensions }, () => 1 + 0.1 * random.normal());
    const { query } = queryOf(vector, undefined, false, 0.9);
    expect(scanAll(scan, rowCount, [query])[0].size).toBe(0);
    const near = [8192, 4095, 12_299, 4096, 0];
    for (const row of near) scan.set(row, vector);
    const away = vector.map((x) => -x);
    for (const row of [1, 4097, 12_000]) scan.set(row, away);
    scan.delete(4096);
    scan.delete(12_001);
    const [found] = scanAll(scan, rowCount, [query]);
    expect([...found.keys()]).toEqual([0, 4095, 8192, 12_299]);
    for (const bound of found.values()) expect(bound).toBeCloseTo(1, 2);
    expect(scan.rows.norm(4096)).toBeNaN();
    expect(scan.rows.norm(12_000)).toBe(Math.fround(vectorNorm(away)));
  });

  it('stays within 32 bits with the largest codes and queries, and takes a query of zeros for one whose products are 0', () => {
    for (const dimensions of [300, 131_072]) {
      for (const sign of [1, -1]) {
        const scan = create({ rowCount: 1, dimensions, maximumQueries: 1 });
        scan.set(0, new Float32Array(dimensions).fill(sign * 5)); // codes of ± 127
        const value = Math.floor(2 ** 30 / 127 / dimensions);
        const values = new Int16Array(dimensions).fill(value);
        const query = { values, scale: 1 / (value * Math.sqrt(dimensions)), threshold: sign - 1e-4 };
        const [found] = scanAll(scan, 1, [query]);
        expect(found.get(0)).toBeCloseTo(sign, 4);
      }
    }
    const scan = create({ rowCount: 2, dimensions: 2, maximumQueries: 1 });
    scan.set(0, Float32Array.of(1, 2));
    scan.set(1, Float32Array.of(0, 0));
    expect([...scanAll(scan, 2, [queryOf(new Float32Array(2), undefined, false, 0).query])[0].keys()]).toEqual([0, 1]);
    expect(() => create({ rowCount: 1, dimensions: 131_073, maximumQueries: 1 })).toThrow('131072 dimensions');
  });

  it('makes rows whose errors are those of the plain version', () => {
    const random = new Random(8);
    for (const dimensions of [1, 3, 50, 102, 300]) {
      const rotation = rotationOf(dimensions, 4 * Math.ceil(dimensions / 8), random);
      const scan = create({ rowCount: 50, dimensions, maximumQueries: 1, rotation });
      for (let row = 0; row < 50; row++) {
        const vector = Float32Array.from({ length: dimensions }, () => 10 ** (row % 7) * random.normal());
        const { error, norm } = quantizeTurned(vector, rotation.matrix);
        expect(scan.set(row, vector)).toBe(Math.fround(norm));
        expect(scan.rows.norm(row)).toBe(Math.fround(norm));
        expect(scan.rows.error(row)).toBeCloseTo(error, 3);
        expect(scan.rows.error(row)).toBeGreaterThanOrEqual(error - 1e-5);
      }
    }
  });
});

it.each(VERSIONS.filter((version) => version !== 'plain'))(
  'another thread finds the hits of a chunk, or says that there is no room for them: %s',
  (version) => {
    const [rowCount, dimensions] = [8000, 3];
    const scan = createStagedScan(
      { rowCount, dimensions, maximumQueries: 1, isShared: true },
      version === 'relaxed SIMD',
    );
    for (let row = 0; row < rowCount; row++) scan.set(row, Float32Array.of(1, row % 40 === 0 ? 0 : 3, 0));
    const scanChunk = openSharedScan(scan.shared!);
    const found = (threshold: number) => {
      scan.setQueries([queryOf(Float32Array.of(1, 0, 0), undefined, false, threshold).query]);
      scan.readThresholds();
      return [0, 1].map(
        (chunk) => scanChunk(chunk) && [...scan.chunkHits(chunk).rows.slice(0, scan.chunkHits(chunk).counts[0])],
      );
    };
    const all = Array.from({ length: rowCount / 40 }, (_, i) => 40 * i);
    expect(found(0.5)).toEqual([all.filter((row) => row < CHUNK_ROWS), all.filter((row) => row >= CHUNK_ROWS)]);
    expect(found(0.1)).toEqual([false, false]);
    expect(found(1.1)).toEqual([[], []]);
  },
);
