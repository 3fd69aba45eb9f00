import { int8ScanRelaxedSimd, int8ScanSimd } from './generated/int8-scan.ts';
import { hasRelaxedDotProducts, wasmModule } from './wasm-module.ts';

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

/** A scan over rows in a WebAssembly memory of their own: fill them before the first. */
export interface Int8Scan {
  /** Once a row. @param codes - one a dimension */
  setRow(row: number, codes: Int8Array, scale: number, error: number): void;
  readonly errors: Float32Array;
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
  /** At most 131,072: sums of products are of 32 bits. */
  readonly dimensions: number;
  readonly maximumQueries: number;
}

/** Rows whose codes lie together, by fours of dimensions: those of row 0, of row 1, … of row 15, then the next four. */
const BLOCK_ROWS = 16;
// What one call goes through stays in the second-level cache, so that all queries find it there.
const BYTES_A_CALL = 1 << 18;

/**
 * @param relaxedSimd - whether rows are first compared with queries of seven bits, of which sixteen products are one
 * instruction, and by the int16 ones only if they may reach the threshold; by default where the machine has it
 */
export function createInt8Scan(
  { rowCount, dimensions, maximumQueries }: Int8ScanSize,
  relaxedSimd = hasRelaxedDotProducts(),
): Int8Scan {
  const fours = Math.ceil(dimensions / 4);
  const rowLength = 4 * fours;
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
  const codes = reserve(paddedRows * rowLength);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(byteLength / 65536) });
  const { buffer } = memory;
  const module = wasmModule({ simd: int8ScanSimd, relaxedSimd: int8ScanRelaxedSimd }, relaxedSimd);
  const { int8Scan, ...set } = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    'int8Scan' | 'setRows' | 'setQueries' | 'setCoarse' | 'setHits',
    (...numbers: number[]) => void
  >;
  set.setRows(codes, rowLength, scales, errors);
  set.setQueries(queries, queryScales, thresholds);
  set.setCoarse(coarseQueries, coarseScales, coarseThresholds, offsets, largestErrors);
  set.setHits(counts, hitRows, bounds, capacity);
  const rowScales = new Float32Array(buffer, scales, rowCount);
  const rowErrors = new Float32Array(buffer, errors, paddedRows).fill(-Infinity, rowCount);
  const rowOffsets = new Int32Array(buffer, offsets, rowCount);
  const blockErrors = new Float32Array(buffer, largestErrors, paddedRows / BLOCK_ROWS).fill(-Infinity);
  const rowFours = new Int32Array(buffer, codes, paddedRows * fours);
  const paddedRow = new Int8Array(rowLength);
  const foursOfRow = new Int32Array(paddedRow.buffer);
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
  let longestRow = 0;
  let queryCount = 0;
  return {
    setRow(row, rowCodes, scale, error) {
      let sum = 0;
      let squares = 0;
      for (let d = 0; d < dimensions; d++) {
        const code = rowCodes[d];
        paddedRow[d] = code;
        sum += code;
        squares += code * code;
      }
      longestRow = Math.max(longestRow, scale * Math.sqrt(squares));
      const inBlock = row % BLOCK_ROWS;
      const begin = (row - inBlock) * fours + inBlock;
      for (let four = 0; four < fours; four++) rowFours[begin + four * BLOCK_ROWS] = foursOfRow[four];
      rowScales[row] = scale;
      rowErrors[row] = error;
      rowOffsets[row] = -COARSE_ZERO * sum;
      const block = (row - inBlock) / BLOCK_ROWS;
      blockErrors[block] = Math.max(blockErrors[block], error);
    },
    errors: rowErrors,
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
        coarse.scales[query] = scale * scales[query];
        coarse.errors[query] = error * scales[query];
      }
    },
    scan(begin, end) {
      hits.counts.fill(0);
      for (let query = 0; query < queryCount; query++) {
        coarse.thresholds[query] = given[query] - longestRow * coarse.errors[query];
      }
      const last = Math.ceil(end / BLOCK_ROWS) * BLOCK_ROWS; // rows that are none have the error −Infinity
      int8Scan(begin, last, queryCount);
    },
  };
}

/** Codes of coarse queries have no sign: 1 … 127 stand for −63 … 63. */
const COARSE_ZERO = 64;
const ROUNDING = 1e-6;

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

/** The plain version of the kernel: for each query the rows whose upper bound reaches its threshold. */
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
