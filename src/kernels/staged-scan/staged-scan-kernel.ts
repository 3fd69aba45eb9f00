import { vectorNorm } from '../../math/vector-operations.ts';
import { stagedScanRelaxedSimd, stagedScanSimd } from '../generated/staged-scan.ts';
import { BLOCK_ROWS, ROUNDING } from '../int8-scan/constants.ts';
import type { ScanHits } from '../int8-scan/int8-scan.ts';
import { quantizeCoarsely } from '../int8-scan/quantize-coarsely.ts';
import { hasRelaxedDotProducts, mayCompile, wasmModule } from '../wasm-module.ts';
import { REST_UNITS } from './constants.ts';
import type { SharedScan, StagedQuery, StagedScan, StagedScanSize } from './staged-scan.ts';
import { createPlainStagedScan } from './staged-scan-reference.ts';

/** Sums of products with coarse queries stay within 32 bits. */
const MOST_DIMENSIONS = 131_072;
/** Rows that one call goes through; their leading codes stay in the second-level cache, so that all queries find them there. */
const ROWS_A_CALL = 4096;
/** Hits of all queries of a call: with more than four of them it goes through fewer rows. */
const MOST_HITS = 4 * ROWS_A_CALL;
/** See `setQueries` of the assembly. */
const NUMBERS_OF_QUERY = 8;
/** Rows of a chunk of another thread. */
export const CHUNK_ROWS = ROWS_A_CALL;
/** A count, and for each row its number and its bound. */
const CHUNK_BYTES = 64 + 8 * CHUNK_ROWS;
/** The import of a memory that has a maximum, and of one that is shared, too. */
const [PLAIN_MEMORY, SHARED_MEMORY] = ['066d656d6f72790201', '066d656d6f72790203'];

/**
 * The fast version, in WebAssembly, or the plain one.
 *
 * @param relaxedSimd - whether leading codes are first compared with queries of seven bits, of which sixteen products are one
 * instruction, and by the int16 ones only if they may reach the threshold; by default where the machine has it
 * @param compiled - whether by the kernel; by default where it may be compiled
 * @throws RangeError for more than 131,072 dimensions
 */
export function createStagedScan(
  size: StagedScanSize,
  relaxedSimd = hasRelaxedDotProducts(),
  compiled = mayCompile(),
): StagedScan {
  const { rowCount, dimensions, maximumQueries, rotation, isShared = false } = size;
  if (dimensions > MOST_DIMENSIONS)
    throw new RangeError(`Cannot search: vectors must have ${MOST_DIMENSIONS} dimensions at most, got ${dimensions}`);
  if (!compiled) return createPlainStagedScan(size);
  const vectorLength = Math.ceil(dimensions / 4) * 4;
  const leading = rotation?.leading ?? vectorLength;
  const rest = vectorLength - leading;
  const queryLength = leading + Math.ceil(rest / 8) * 8;
  const paddedRows = Math.ceil(rowCount / BLOCK_ROWS) * BLOCK_ROWS;
  const mostHits = Math.max(maximumQueries * BLOCK_ROWS, Math.min(maximumQueries * paddedRows, MOST_HITS));
  const capacityFor = (queryCount: number) =>
    Math.min(paddedRows, ROWS_A_CALL, Math.floor(mostHits / Math.max(1, queryCount) / BLOCK_ROWS) * BLOCK_ROWS);
  let byteLength = 1024;
  const reserve = (bytes: number) => {
    const offset = byteLength;
    byteLength += Math.ceil(bytes / 64) * 64;
    return offset;
  };
  const at = {
    vector: reserve(vectorLength * 4),
    turned: reserve(vectorLength * 4),
    matrix: rotation ? reserve(vectorLength * vectorLength * 4) : 0,
    queries: reserve(maximumQueries * queryLength * 2),
    coarse: reserve(maximumQueries * leading),
    numbers: reserve(maximumQueries * NUMBERS_OF_QUERY * 4),
    counts: reserve(maximumQueries * 4),
    hitRows: reserve(mostHits * 4),
    bounds: reserve(mostHits * 4),
    blockErrors: reserve((paddedRows / BLOCK_ROWS) * 4),
    scales: reserve(paddedRows * 4),
    errors: reserve(paddedRows * 4),
    norms: reserve(paddedRows * 4),
    offsets: reserve(paddedRows * 4),
    units: reserve(paddedRows),
    // Not touched before they are used, and then no memory of the machine either.
    leading: reserve(paddedRows * leading),
    rest: reserve(paddedRows * rest + 4), // the rest of the last row is read in eights, too
    chunks: isShared ? reserve(Math.ceil(rowCount / CHUNK_ROWS) * CHUNK_BYTES) : 0,
  };
  const pages = Math.ceil(byteLength / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: isShared });
  const { buffer } = memory;
  const [simd, relaxed] = [stagedScanSimd, stagedScanRelaxedSimd].map((code) =>
    isShared ? code.replace(PLAIN_MEMORY, SHARED_MEMORY) : code,
  );
  const shared: SharedScan = {
    ...{ memory, rowCount, chunks: at.chunks, module: wasmModule({ simd, relaxedSimd: relaxed }, relaxedSimd) },
    codes: [at.leading, leading, at.rest, rest],
    rows: [at.scales, at.errors, at.norms, at.units, at.offsets, at.blockErrors],
    queries: [at.queries, at.coarse, at.numbers],
  };
  const { stagedScan, setRow, ...set } = openKernel(shared);
  set.setVector(at.vector, vectorLength, at.turned, at.matrix, rotation ? roundingOfTurn(dimensions) : 0);
  const floats = (offset: number, length: number) => new Float32Array(buffer, offset, length);
  for (let row = 0; rotation && row < dimensions; row++)
    floats(at.matrix + 4 * row * vectorLength, dimensions).set(
      rotation.matrix.subarray(row * dimensions, (row + 1) * dimensions),
    );
  const vectorRoom = floats(at.vector, dimensions);
  const errors = floats(at.errors, paddedRows).fill(-Infinity);
  const norms = floats(at.norms, paddedRows).fill(Number.NaN);
  floats(at.blockErrors, paddedRows / BLOCK_ROWS).fill(-Infinity);
  const hitsAt = (counts: number, rows: number, bounds: number, queryCount: number, capacity: number): ScanHits => ({
    capacity,
    counts: new Uint32Array(buffer, counts, queryCount),
    rows: new Uint32Array(buffer, rows, queryCount * capacity),
    upperBounds: floats(bounds, queryCount * capacity),
  });
  const hitsOf = (queryCount: number) => {
    const capacity = capacityFor(queryCount);
    set.setHits(at.counts, at.hitRows, at.bounds, capacity);
    return hitsAt(at.counts, at.hitRows, at.bounds, queryCount, capacity);
  };
  let hits = hitsOf(maximumQueries);
  const readThresholds = () => {
    for (const { query, numbers, coarseError } of asked) {
      numbers[1] = query.threshold;
      numbers[5] = coarseError * (1 + largestError) + ROUNDING;
    }
  };
  let largestError = 0;
  let asked: { query: StagedQuery; numbers: Float32Array; coarseError: number }[] = [];
  return {
    set(row, vector) {
      vectorRoom.set(vector);
      setRow(row);
      if (errors[row] > largestError) largestError = errors[row];
      return norms[row];
    },
    delete(row) {
      errors[row] = -Infinity;
      norms[row] = Number.NaN;
    },
    norms,
    errors,
    get largestError() {
      return largestError;
    },
    get hits() {
      return hits;
    },
    setQueries(queries) {
      if (queries.length !== hits.counts.length) hits = hitsOf(queries.length);
      asked = queries.map((query, i) => {
        const { values, scale, length = -1 } = query;
        new Int16Array(buffer, at.queries + 2 * i * queryLength, queryLength).fill(0).set(values);
        const codes = new Uint8Array(buffer, at.coarse + i * leading, leading);
        const coarse = quantizeCoarsely(values.subarray(0, leading), codes);
        const numbers = floats(at.numbers + 4 * i * NUMBERS_OF_QUERY, NUMBERS_OF_QUERY);
        const restLength = (vectorNorm(values.subarray(leading)) * scale) / REST_UNITS;
        numbers.set([scale, 0, restLength * (1 + ROUNDING), length, coarse.scale * scale]);
        return { query, numbers, coarseError: relaxedSimd ? coarse.error * scale : 0 };
      });
    },
    readThresholds,
    scan(begin, end) {
      hits.counts.fill(0);
      readThresholds();
      const last = Math.ceil(end / BLOCK_ROWS) * BLOCK_ROWS; // rows that are none have the error −Infinity
      stagedScan(begin, last, asked.length);
    },
    shared: isShared ? shared : undefined,
    chunkHits: (chunk) => hitsAt(...placesOfChunk(shared, chunk), 1, CHUNK_ROWS),
  };
}

/**
 * For another thread.
 *
 * @returns what scans a chunk of rows for the first query, and puts its hits where `chunkHits` finds them
 */
export function openSharedScan(shared: SharedScan): (chunk: number) => void {
  const kernel = openKernel(shared);
  return (chunk) => {
    const places = placesOfChunk(shared, chunk);
    new Uint32Array(shared.memory.buffer, places[0], 1)[0] = 0;
    kernel.setHits(...places, CHUNK_ROWS);
    const end = Math.min((chunk + 1) * CHUNK_ROWS, Math.ceil(shared.rowCount / BLOCK_ROWS) * BLOCK_ROWS);
    kernel.stagedScan(chunk * CHUNK_ROWS, end, 1);
  };
}

function placesOfChunk({ chunks }: SharedScan, chunk: number): [counts: number, rows: number, bounds: number] {
  const place = chunks + chunk * CHUNK_BYTES;
  return [place, place + 64, place + 64 + 4 * CHUNK_ROWS];
}

function openKernel({ module, memory, codes, rows, queries }: SharedScan) {
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    'stagedScan' | 'setRow' | 'setCodes' | 'setRows' | 'setVector' | 'setQueries' | 'setHits',
    (...numbers: number[]) => void
  >;
  kernel.setCodes(...codes);
  kernel.setRows(...rows);
  kernel.setQueries(...queries);
  return kernel;
}

/** How far a vector of length 1 that is turned in float32 may be from where it would be if nothing were rounded. */
function roundingOfTurn(dimensions: number): number {
  return (dimensions / 4 + 8) * 2 ** -24 * Math.sqrt(dimensions);
}
