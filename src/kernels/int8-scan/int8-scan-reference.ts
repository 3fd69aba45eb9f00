import { BLOCK_ROWS, ROUNDING } from './constants.ts';
import {
  type Int8Rows,
  type Int8Scan,
  type Int8ScanSize,
  type Int16Queries,
  type ScanHits,
  VECTOR_BYTES,
} from './int8-scan.ts';

/** Room for hits outside of WebAssembly. */
export function plainHits(maximumQueries: number, capacity: number): ScanHits {
  return {
    capacity,
    counts: new Uint32Array(maximumQueries),
    rows: new Uint32Array(maximumQueries * capacity),
    upperBounds: new Float32Array(maximumQueries * capacity),
  };
}

/** As the kernel, where it may not be compiled. */
export function createPlainInt8Scan(size: Int8ScanSize): Int8Scan {
  const { rowCount, dimensions, maximumQueries } = size;
  const rowLength = Math.ceil(dimensions / 4) * 4;
  const paddedRows = Math.ceil(rowCount / BLOCK_ROWS) * BLOCK_ROWS;
  const vectorCount = Math.max(1, Math.floor(VECTOR_BYTES / (4 * rowLength)));
  const vectors = new Float32Array(vectorCount * rowLength);
  const codes = new Int8Array(paddedRows * rowLength);
  const scales = new Float32Array(rowCount);
  const errors = new Float32Array(paddedRows).fill(-Infinity, rowCount);
  const thresholds = new Float32Array(maximumQueries);
  const capacity = paddedRows;
  const hits = plainHits(maximumQueries, capacity);
  let largestError = 0;
  let queries: { values: Int16Array; scale: number }[] = [];
  /** Where four dimensions of a row begin, the first of them `d`. */
  const placeOf = (row: number, d: number) =>
    (row - (row % BLOCK_ROWS)) * rowLength + d * BLOCK_ROWS + (row % BLOCK_ROWS) * 4;
  const multiply = (row: number, values: Int16Array) => {
    let sum = 0;
    for (let d = 0, at = placeOf(row, 0); d < rowLength; d += 4, at += 4 * BLOCK_ROWS) {
      for (let i = 0; i < 4; i++) sum += codes[at + i] * values[d + i];
    }
    return sum;
  };
  return {
    vectors,
    vectorLength: rowLength,
    quantize(first, count) {
      return Float32Array.from({ length: count }, (_, i) => {
        const row = first + i;
        const made = quantizeReference(vectors.subarray(i * rowLength, i * rowLength + dimensions));
        for (let d = 0; d < dimensions; d++) codes[placeOf(row, d & ~3) + (d & 3)] = made.codes[d];
        scales[row] = made.scale;
        errors[row] = made.error;
        largestError = Math.max(largestError, made.error);
        return made.norm;
      });
    },
    codes,
    scales,
    errors,
    get largestError() {
      return largestError;
    },
    hits,
    thresholds,
    setQueries({ values, scales: scalesOfQueries }) {
      queries = Array.from(scalesOfQueries, (scale, query) => {
        const padded = new Int16Array(rowLength);
        padded.set(values.subarray(query * dimensions, (query + 1) * dimensions));
        return { values: padded, scale };
      });
    },
    scan(begin, end) {
      hits.counts.fill(0);
      queries.forEach(({ values, scale }, query) => {
        for (let row = begin; row < end; row++) {
          const upperBound = multiply(row, values) * scales[row] * scale + errors[row];
          if (!(upperBound >= thresholds[query])) continue;
          const at = query * capacity + hits.counts[query]++;
          hits.rows[at] = row;
          hits.upperBounds[at] = upperBound;
        }
      });
    },
  };
}

/** The plain version of `quantize`, for one vector: its codes, those of it at length 1. */
export function quantizeReference(vector: ArrayLike<number>): {
  codes: Int8Array;
  scale: number;
  error: number;
  norm: number;
} {
  let largest = 0;
  let squares = 0;
  for (let d = 0; d < vector.length; d++) {
    largest = Math.max(largest, Math.abs(vector[d]));
    squares += vector[d] ** 2;
  }
  const norm = Math.sqrt(squares);
  const codes = new Int8Array(vector.length);
  let lostSquares = 0;
  for (let d = 0; d < vector.length; d++) {
    codes[d] = largest > 0 ? roundToEven((vector[d] * 127) / largest) : 0;
    lostSquares += (vector[d] - (largest / 127) * codes[d]) ** 2;
  }
  const lost = Math.sqrt(lostSquares);
  if (!(norm < Infinity)) return { codes, scale: 0, error: -Infinity, norm };
  return { codes, scale: norm > 0 ? largest / 127 / norm : 0, error: norm > 0 ? lost / norm + ROUNDING : 0, norm };
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The plain version of `scan`: for each query the rows whose upper bound reaches its threshold. */
export function int8ScanReference(
  { codes, scales, errors }: Int8Rows,
  { values, scales: queryScales }: Int16Queries,
  thresholds: ArrayLike<number>,
): { row: number; upperBound: number }[][] {
  const dimensions = values.length / queryScales.length;
  return Array.from(queryScales, (queryScale, query) => {
    const hits: { row: number; upperBound: number }[] = [];
    for (let row = 0; row < scales.length; row++) {
      let product = 0;
      for (let d = 0; d < dimensions; d++) product += codes[row * dimensions + d] * values[query * dimensions + d];
      const upperBound = product * scales[row] * queryScale + errors[row];
      if (upperBound >= thresholds[query]) hits.push({ row, upperBound });
    }
    return hits;
  });
}
