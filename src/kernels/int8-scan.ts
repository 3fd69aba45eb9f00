import { int8ScanRelaxedSimd, int8ScanSimd } from './generated/int8-scan.ts';
import { wasmModule } from './wasm-module.ts';

/**
 * Rows of int8 codes: row i stands for `scales[i]` × its codes, wrong by at most `errors[i]` (the length of what rounding
 * took away). A row whose error is −Infinity is never found.
 */
export interface Int8Rows {
  /** (rows × rowLength), each row padded with zeros. */
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  readonly errors: Float32Array;
  /** Dimensions rounded up to a multiple of eight. */
  readonly rowLength: number;
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
  /** code · query × scale of the row × scale of the query + error of the row. */
  readonly upperBounds: Float32Array;
}

/** A scan over rows in a WebAssembly memory of their own: fill them before the first. */
export interface Int8Scan extends Int8Rows {
  readonly hits: ScanHits;
  /** At most `maximumQueries`. */
  setQueries(queries: Int16Queries): void;
  /** One a query; may be changed from scan to scan. */
  readonly thresholds: Float32Array;
  /**
   * Puts into `hits` the rows whose upper bound reaches the query's threshold.
   *
   * @param begin - a multiple of four
   * @param end - at most the number of rows and `begin + hits.capacity`
   */
  scan(begin: number, end: number): void;
}

export interface Int8ScanSize {
  readonly rowCount: number;
  readonly dimensions: number;
  readonly maximumQueries: number;
}

// What one call goes through stays in the second-level cache, so that all queries find it there.
const BYTES_A_CALL = 1 << 18;

export function createInt8Scan({ rowCount, dimensions, maximumQueries }: Int8ScanSize): Int8Scan {
  const rowLength = Math.ceil(dimensions / 8) * 8;
  const paddedRows = Math.ceil(rowCount / 4) * 4;
  const capacity = Math.min(paddedRows, Math.max(4, Math.floor(BYTES_A_CALL / rowLength) & ~3));
  let byteLength = 1024;
  const reserve = (bytes: number) => {
    const offset = byteLength;
    byteLength += Math.ceil(bytes / 16) * 16;
    return offset;
  };
  const scales = reserve(paddedRows * 4);
  const errors = reserve(paddedRows * 4);
  const queries = reserve(maximumQueries * rowLength * 2);
  const queryScales = reserve(maximumQueries * 4);
  const thresholds = reserve(maximumQueries * 4);
  const counts = reserve(maximumQueries * 4);
  const hitRows = reserve(maximumQueries * capacity * 4);
  const bounds = reserve(maximumQueries * capacity * 4);
  const codes = reserve(paddedRows * rowLength);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(byteLength / 65536) });
  const { buffer } = memory;
  const module = wasmModule({ simd: int8ScanSimd, relaxedSimd: int8ScanRelaxedSimd });
  const { int8Scan, setHits } = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    'int8Scan' | 'setHits',
    (...numbers: number[]) => void
  >;
  setHits(counts, hitRows, bounds, capacity);
  const queryRows = new Int16Array(buffer, queries, maximumQueries * rowLength);
  const hits: ScanHits = {
    capacity,
    counts: new Uint32Array(buffer, counts, maximumQueries),
    rows: new Uint32Array(buffer, hitRows, maximumQueries * capacity),
    upperBounds: new Float32Array(buffer, bounds, maximumQueries * capacity),
  };
  new Float32Array(buffer, errors, paddedRows).fill(-Infinity, rowCount);
  let queryCount = 0;
  return {
    codes: new Int8Array(buffer, codes, rowCount * rowLength),
    scales: new Float32Array(buffer, scales, rowCount),
    errors: new Float32Array(buffer, errors, rowCount),
    rowLength,
    hits,
    thresholds: new Float32Array(buffer, thresholds, maximumQueries),
    setQueries(given) {
      queryCount = given.scales.length;
      for (let query = 0; query < queryCount; query++) {
        queryRows.set(given.values.subarray(query * dimensions, (query + 1) * dimensions), query * rowLength);
      }
      new Float32Array(buffer, queryScales, queryCount).set(given.scales);
    },
    scan(begin, end) {
      hits.counts.fill(0);
      const last = Math.ceil(end / 4) * 4; // the rows of the last four that are none have the error −Infinity
      int8Scan(codes, scales, errors, begin, last, rowLength, queries, queryScales, thresholds, queryCount);
    },
  };
}

/** The plain version of the kernel: for each query the rows whose upper bound reaches its threshold. */
export function int8ScanReference(
  { codes, scales, errors, rowLength }: Int8Rows,
  { values, scales: queryScales }: Int16Queries,
  thresholds: ArrayLike<number>,
): { row: number; upperBound: number }[][] {
  const dimensions = values.length / queryScales.length;
  return Array.from(queryScales, (queryScale, query) => {
    const hits: { row: number; upperBound: number }[] = [];
    for (let row = 0; row < scales.length; row++) {
      let product = 0;
      for (let d = 0; d < dimensions; d++) product += codes[row * rowLength + d] * values[query * dimensions + d];
      const upperBound = product * scales[row] * queryScale + errors[row];
      if (upperBound >= thresholds[query]) hits.push({ row, upperBound });
    }
    return hits;
  });
}
