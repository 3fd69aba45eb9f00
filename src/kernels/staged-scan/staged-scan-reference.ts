import { BLOCK_ROWS, ROUNDING } from '../int8-scan/constants.ts';
import { plainHits } from '../int8-scan/int8-scan-reference.ts';
import { DISTANCE_ROUNDING } from './constants.ts';
import type { StagedQuery, StagedScan, StagedScanSize } from './staged-scan.ts';

/** As the kernel, where it may not be compiled: it reads everything. */
export function createPlainStagedScan({ rowCount, dimensions, maximumQueries, rotation }: StagedScanSize): StagedScan {
  const capacity = Math.ceil(rowCount / BLOCK_ROWS) * BLOCK_ROWS;
  const codes = new Int8Array(rowCount * dimensions);
  const scales = new Float32Array(rowCount);
  const errors = new Float32Array(rowCount).fill(-Infinity);
  const norms = new Float32Array(rowCount).fill(Number.NaN);
  const hits = plainHits(maximumQueries, capacity);
  let largestError = 0;
  let queries: readonly StagedQuery[] = [];
  return {
    set(row, vector) {
      const made = quantizeTurned(vector, rotation?.matrix);
      codes.set(made.codes, row * dimensions);
      scales[row] = made.scale;
      errors[row] = made.error;
      norms[row] = made.norm;
      largestError = Math.max(largestError, made.error);
      return norms[row];
    },
    delete(row) {
      errors[row] = -Infinity;
      norms[row] = Number.NaN;
    },
    rows: { norm: (row) => norms[row], error: (row) => errors[row] },
    get largestError() {
      return largestError;
    },
    hits,
    setQueries(given) {
      queries = given;
    },
    readThresholds() {},
    scan(begin, end) {
      hits.counts.fill(0);
      queries.forEach(({ values, scale, length, threshold }, query) => {
        for (let row = begin; row < end; row++) {
          let product = 0;
          for (let d = 0, at = row * dimensions; d < dimensions; d++) product += codes[at + d] * values[d];
          let bound = product * scales[row] * scale + errors[row];
          if (length !== undefined)
            bound = norms[row] * (length * (bound + DISTANCE_ROUNDING) - norms[row] * (0.5 - DISTANCE_ROUNDING));
          if (!(bound >= threshold)) continue;
          const at = query * capacity + hits.counts[query]++;
          hits.rows[at] = row;
          hits.upperBounds[at] = bound;
        }
      });
    },
    shared: undefined,
    chunkHits: () => hits,
  };
}

/** The plain version of `set`: the codes of a vector at length 1, turned. */
export function quantizeTurned(
  vector: ArrayLike<number>,
  matrix?: Float32Array,
): { codes: Int8Array; scale: number; error: number; norm: number } {
  const dimensions = vector.length;
  let squares = 0;
  for (let d = 0; d < dimensions; d++) squares += vector[d] ** 2;
  const norm = Math.sqrt(squares);
  const codes = new Int8Array(dimensions);
  if (!(norm > 0 && norm < Infinity)) return { codes, scale: 0, error: norm === 0 ? 0 : -Infinity, norm };
  const unit = Float64Array.from(vector, (value) => value / norm);
  const turned = matrix ? turnedBy(matrix, unit) : unit;
  const step = turned.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
  let lost = 0;
  for (let d = 0; d < dimensions; d++) {
    codes[d] = Math.round(turned[d] / step);
    lost += (turned[d] - step * codes[d]) ** 2;
  }
  return { codes, scale: step, error: Math.sqrt(lost) + ROUNDING, norm };
}

/** matrix · vector, in float64; of the rows that the matrix has. */
export function turnedBy(matrix: Float32Array, vector: ArrayLike<number>): Float64Array {
  const dimensions = vector.length;
  return Float64Array.from({ length: matrix.length / dimensions }, (_, row) => {
    let sum = 0;
    for (let d = 0, at = row * dimensions; d < dimensions; d++) sum += matrix[at + d] * vector[d];
    return sum;
  });
}
