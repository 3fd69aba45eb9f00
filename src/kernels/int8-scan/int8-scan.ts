import { int8ScanRelaxedSimd, int8ScanSimd } from '../generated/int8-scan.ts';
import { hasRelaxedDotProducts, mayCompile, wasmModule } from '../wasm-module.ts';
import { COARSE_ZERO, ROUNDING } from './constants.ts';

/**
 * Rows of int8 codes: row i stands for `scales[i]` × its codes, wrong by at most `errors[i]` (the length of what rounding
 * took away). A row whose error is −Infinity is never found.
 */
export interface Int8Rows {
  /** (rows × dimensions) */
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  readonly errors: Float32Array;
}

/** Queries as int16: query i stands for `scales[i]` × its values. */
export interface Int16Queries {
  /** (queries × dimensions), so small that a product with a row of codes stays within 32 bits. */
  readonly values: Int16Array;
  readonly scales: Float32Array;
}

/** Where the hits of a scan are: query i has `counts[i]` of them, from i × `capacity` on. */
export interface ScanHits {
  readonly capacity: number;
  readonly counts: Uint32Array;
  readonly rows: Uint32Array;
  /** codes · query × scale of the row × scale of the query + error of the row. */
  readonly upperBounds: Float32Array;
}

/** A scan over rows in a WebAssembly memory of their own: make them before the first. */
export interface Int8Scan {
  /** Room for vectors of which rows are made, (vectors × vectorLength), padded with zeros. */
  readonly vectors: Float32Array;
  /** Dimensions rounded up to a multiple of four. */
  readonly vectorLength: number;
  /**
   * Makes rows `first` … of the first `count` vectors, each once. A row is its vector at length 1, a vector of zeros one of zeros; a
   * vector that holds NaN or infinity gets the error −Infinity.
   *
   * @returns the lengths of the vectors: a view that the next call overwrites
   */
  quantize(first: number, count: number): Float32Array;
  /** Blocks of sixteen rows, in each by fours of dimensions: those of its row 0, of row 1, … of row 15, then the next four. */
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  readonly errors: Float32Array;
  /** Of all rows that have been made. */
  readonly largestError: number;
  readonly hits: ScanHits;
  /** At most `maximumQueries`. */
  setQueries(queries: Int16Queries): void;
  /** One a query; may be changed from scan to scan. */
  readonly thresholds: Float32Array;
  /**
   * Puts into `hits` the rows whose upper bound reaches the query's threshold.
   *
   * @param begin - a multiple of sixteen
   * @param end - at most the number of rows and `begin + hits.capacity`
   */
  scan(begin: number, end: number): void;
}

export interface Int8ScanSize {
  readonly rowCount: number;
  /** At most 131,072. */
  readonly dimensions: number;
  readonly maximumQueries: number;
}

/** Sums of products with coarse queries stay within 32 bits. */
const MOST_DIMENSIONS = 131_072;
const BLOCK_ROWS = 16;
const VECTOR_BYTES = 1 << 18;
// What one call goes through stays in the second-level cache, so that all queries find it there.
const BYTES_A_CALL = 1 << 18;

/**
 * @param relaxedSimd - whether rows are first compared with queries of seven bits, of which sixteen products are one
 * instruction, and by the int16 ones only if they may reach the threshold; by default where the machine has it
 * @param compiled - whether by the kernel; by default where it may be compiled
 * @throws RangeError for more than 131,072 dimensions
 */
export function createInt8Scan(
  size: Int8ScanSize,
  relaxedSimd = hasRelaxedDotProducts(),
  compiled = mayCompile(),
): Int8Scan {
  const { rowCount, dimensions, maximumQueries } = size;
  if (dimensions > MOST_DIMENSIONS)
    throw new RangeError(`Cannot search: vectors must have ${MOST_DIMENSIONS} dimensions at most, got ${dimensions}`);
  if (!compiled) return createPlainInt8Scan(size);
  const rowLength = Math.ceil(dimensions / 4) * 4;
  const paddedRows = Math.ceil(rowCount / BLOCK_ROWS) * BLOCK_ROWS;
  const blocksACall = Math.max(1, Math.floor(BYTES_A_CALL / (BLOCK_ROWS * rowLength)));
  const capacity = Math.min(paddedRows, BLOCK_ROWS * blocksACall);
  let byteLength = 1024;
  const reserve = (bytes: number) => {
    const offset = byteLength;
    byteLength += Math.ceil(bytes / 64) * 64;
    return offset;
  };
  const scales = reserve(paddedRows * 4);
  const errors = reserve(paddedRows * 4);
  const queries = reserve(maximumQueries * rowLength * 2);
  const queryScales = reserve(maximumQueries * 4);
  const thresholds = reserve(maximumQueries * 4);
  const coarseQueries = reserve(maximumQueries * rowLength);
  const coarseScales = reserve(maximumQueries * 4);
  const coarseThresholds = reserve(maximumQueries * 4);
  const offsets = reserve(paddedRows * 4);
  const largestErrors = reserve((paddedRows / BLOCK_ROWS) * 4);
  const counts = reserve(maximumQueries * 4);
  const hitRows = reserve(maximumQueries * capacity * 4);
  const bounds = reserve(maximumQueries * capacity * 4);
  const vectorCount = Math.max(1, Math.floor(VECTOR_BYTES / (4 * rowLength)));
  const vectors = reserve(vectorCount * rowLength * 4);
  const norms = reserve(vectorCount * 4);
  const codes = reserve(paddedRows * rowLength);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(byteLength / 65536) });
  const { buffer } = memory;
  const module = wasmModule({ simd: int8ScanSimd, relaxedSimd: int8ScanRelaxedSimd }, relaxedSimd);
  const { int8Scan, quantizeRows, ...set } = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    'int8Scan' | 'quantizeRows' | 'setRows' | 'setQueries' | 'setCoarse' | 'setHits',
    (...numbers: number[]) => void
  >;
  set.setRows(codes, rowLength, scales, errors);
  set.setQueries(queries, queryScales, thresholds);
  set.setCoarse(coarseQueries, coarseScales, coarseThresholds, offsets, largestErrors);
  set.setHits(counts, hitRows, bounds, capacity);
  const rowErrors = new Float32Array(buffer, errors, paddedRows).fill(-Infinity, rowCount);
  new Float32Array(buffer, largestErrors, paddedRows / BLOCK_ROWS).fill(-Infinity);
  const hits: ScanHits = {
    capacity,
    counts: new Uint32Array(buffer, counts, maximumQueries),
    rows: new Uint32Array(buffer, hitRows, maximumQueries * capacity),
    upperBounds: new Float32Array(buffer, bounds, maximumQueries * capacity),
  };
  const given = new Float32Array(buffer, thresholds, maximumQueries);
  const coarse = {
    queries: new Uint8Array(buffer, coarseQueries, maximumQueries * rowLength),
    scales: new Float32Array(buffer, coarseScales, maximumQueries),
    thresholds: new Float32Array(buffer, coarseThresholds, maximumQueries),
    /** How far the product of a row of length 1 with a coarse query is from that with the query, at most. */
    errors: new Float64Array(maximumQueries),
  };
  let largestError = 0;
  let queryCount = 0;
  return {
    vectors: new Float32Array(buffer, vectors, vectorCount * rowLength),
    vectorLength: rowLength,
    quantize(first, count) {
      quantizeRows(vectors, count, first, norms);
      for (let row = first; row < first + count; row++) largestError = Math.max(largestError, rowErrors[row]);
      return new Float32Array(buffer, norms, count);
    },
    codes: new Int8Array(buffer, codes, paddedRows * rowLength),
    scales: new Float32Array(buffer, scales, rowCount),
    errors: rowErrors,
    get largestError() {
      return largestError;
    },
    hits,
    thresholds: given,
    setQueries({ values, scales }) {
      queryCount = scales.length;
      new Float32Array(buffer, queryScales, queryCount).set(scales);
      for (let query = 0; query < queryCount; query++) {
        const of = values.subarray(query * dimensions, (query + 1) * dimensions);
        new Int16Array(buffer, queries + 2 * query * rowLength, dimensions).set(of);
        const codesOfQuery = coarse.queries.subarray(query * rowLength, (query + 1) * rowLength);
        const { scale, error } = quantizeCoarsely(of, codesOfQuery);
        coarse.scales[query] = scale * scales[query] || 1; // the kernel divides by it; products with zeros are 0
        coarse.errors[query] = error * scales[query];
      }
    },
    scan(begin, end) {
      hits.counts.fill(0);
      const longestRow = 1 + largestError;
      for (let query = 0; query < queryCount; query++) {
        coarse.thresholds[query] = given[query] - longestRow * coarse.errors[query];
      }
      const last = Math.ceil(end / BLOCK_ROWS) * BLOCK_ROWS; // rows that are none have the error −Infinity
      int8Scan(begin, last, queryCount);
    },
  };
}

/** As the kernel, where it may not be compiled. */
function createPlainInt8Scan({ rowCount, dimensions, maximumQueries }: Int8ScanSize): Int8Scan {
  const rowLength = Math.ceil(dimensions / 4) * 4;
  const paddedRows = Math.ceil(rowCount / BLOCK_ROWS) * BLOCK_ROWS;
  const vectorCount = Math.max(1, Math.floor(VECTOR_BYTES / (4 * rowLength)));
  const vectors = new Float32Array(vectorCount * rowLength);
  const codes = new Int8Array(paddedRows * rowLength);
  const scales = new Float32Array(rowCount);
  const errors = new Float32Array(paddedRows).fill(-Infinity, rowCount);
  const thresholds = new Float32Array(maximumQueries);
  const capacity = paddedRows;
  const hits = {
    capacity,
    counts: new Uint32Array(maximumQueries),
    rows: new Uint32Array(maximumQueries * capacity),
    upperBounds: new Float32Array(maximumQueries * capacity),
  };
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

/** Returns the scale, and the length of what rounding takes away, to these codes and of what is computed to float32. */
function quantizeCoarsely(values: Int16Array, codes: Uint8Array): { scale: number; error: number } {
  let largest = 0;
  for (let d = 0; d < values.length; d++) largest = Math.max(largest, Math.abs(values[d]));
  const scale = largest / 63 || 1;
  let lost = 0;
  let squares = 0;
  for (let d = 0; d < values.length; d++) {
    const code = Math.round(values[d] / scale);
    codes[d] = COARSE_ZERO + code;
    lost += (values[d] - scale * code) ** 2;
    squares += values[d] ** 2;
  }
  return { scale, error: Math.sqrt(lost) + ROUNDING * Math.sqrt(squares) };
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
