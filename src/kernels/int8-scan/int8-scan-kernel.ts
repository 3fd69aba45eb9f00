import { vectorNorm } from '../../math/vector-operations.ts';
import { int8ScanRelaxedSimd, int8ScanSimd } from '../generated/int8-scan.ts';
import { hasRelaxedDotProducts, mayCompile, wasmModule } from '../wasm-module.ts';
import { BLOCK_ROWS, ROUNDING } from './constants.ts';
import { type Int8Scan, type Int8ScanSize, type ScanHits, VECTOR_BYTES } from './int8-scan.ts';
import { createPlainInt8Scan } from './int8-scan-reference.ts';
import { quantizeCoarsely } from './quantize-coarsely.ts';

/** Sums of products with coarse queries stay within 32 bits. */
const MOST_DIMENSIONS = 131_072;
// What one call goes through stays in the second-level cache, so that all queries find it there.
const BYTES_A_CALL = 1 << 18;

/**
 * The fast version, in WebAssembly, or the plain one.
 *
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
        coarse.errors[query] = (error + ROUNDING * vectorNorm(of)) * scales[query];
      }
    },
    scan(begin, end) {
      hits.counts.fill(0);
      const longest = 1 + largestError;
      for (let query = 0; query < queryCount; query++) {
        coarse.thresholds[query] = given[query] - longest * coarse.errors[query];
      }
      const last = Math.ceil(end / BLOCK_ROWS) * BLOCK_ROWS; // rows that are none have the error −Infinity
      int8Scan(begin, last, queryCount);
    },
  };
}
