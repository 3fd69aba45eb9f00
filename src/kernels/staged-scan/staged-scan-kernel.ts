import { vectorNorm } from '../../math/vector-operations.ts';
import { stagedScanRelaxedSimd, stagedScanSimd } from '../generated/staged-scan.ts';
import { BLOCK_ROWS, ROUNDING } from '../int8-scan/constants.ts';
import type { ScanHits } from '../int8-scan/int8-scan.ts';
import { quantizeCoarsely } from '../int8-scan/quantize-coarsely.ts';
import { hasRelaxedDotProducts, mayCompile, wasmModule } from '../wasm-module.ts';
import { CHUNK_ROWS, MOST_SHORT_SUMS, NO_ROW, REST_UNITS } from './constants.ts';
import { ChunkedRowNumbers } from './row-numbers.ts';
import type { SharedScan, StagedQuery, StagedScan, StagedScanSize } from './staged-scan.ts';
import { createPlainStagedScan } from './staged-scan-reference.ts';

/** Sums of products with coarse queries stay within 32 bits. */
const MOST_DIMENSIONS = 131_072;
/** Hits of all queries of a call: with more than two of them it goes through fewer rows. */
const MOST_HITS = 2 * CHUNK_ROWS;
/** See `setQueries` of the assembly. */
const NUMBERS_OF_QUERY = 8;
/** So many hits of a chunk another thread may hand over: a row takes a byte for them. Where it finds more, the chunk is scanned again. */
const HELPER_HITS = 512;
/** Another thread scans so many rows, and looks whether there is room for the hits of as many more. */
const HELPER_ROWS = 128;
/** What a chunk has for them: a count, and for each hit the number of its row and its bound. */
const HELPER_HIT_BYTES = 64 + 8 * HELPER_HITS;
/** A memory grows by pages. */
const PAGE_BYTES = 65536;
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
  const chunkRows = Math.min(paddedRows, CHUNK_ROWS);
  const mostHits = Math.max(maximumQueries * BLOCK_ROWS, Math.min(maximumQueries * paddedRows, MOST_HITS));
  const capacityFor = (queryCount: number) =>
    Math.min(chunkRows, Math.floor(mostHits / Math.max(1, queryCount) / BLOCK_ROWS) * BLOCK_ROWS);
  const common = new Places(1024);
  const at = {
    vector: common.reserve(vectorLength * 4),
    turned: common.reserve(vectorLength * 4),
    matrix: rotation ? common.reserve(vectorLength * vectorLength * 4) : 0,
    queries: common.reserve(maximumQueries * queryLength * 2),
    coarse: common.reserve(maximumQueries * leading),
    numbers: common.reserve(maximumQueries * NUMBERS_OF_QUERY * 4),
    counts: common.reserve(maximumQueries * 4),
    hitRows: common.reserve(mostHits * 4),
    bounds: common.reserve(mostHits * 4),
  };
  const chunk = new Places(0);
  const inChunk = {
    leading: chunk.reserve(chunkRows * leading),
    rest: chunk.reserve(chunkRows * rest + 4), // the rest of the last row is read in eights, too
    scales: chunk.reserve(chunkRows * 4),
    errors: chunk.reserve(chunkRows),
    norms: chunk.reserve(chunkRows * 4),
    units: chunk.reserve(chunkRows),
    sums: chunk.reserve(chunkRows * (leading > MOST_SHORT_SUMS ? 4 : 2)),
    blocks: chunk.reserve((chunkRows / BLOCK_ROWS) * 4),
    hits: isShared ? chunk.reserve(HELPER_HIT_BYTES) : 0,
  };
  const pagesFor = (chunkCount: number) => Math.ceil((common.end + chunkCount * chunk.end) / PAGE_BYTES);
  const maximum = pagesFor(Math.ceil(paddedRows / chunkRows));
  const memory = new WebAssembly.Memory({ initial: pagesFor(0), maximum, shared: isShared });
  const [simd, relaxed] = [stagedScanSimd, stagedScanRelaxedSimd].map((code) =>
    isShared ? code.replace(PLAIN_MEMORY, SHARED_MEMORY) : code,
  );
  const errorStep = Math.fround(Math.sqrt(vectorLength) / 2 / (NO_ROW - 2));
  const leastError = Math.fround(ROUNDING + (rotation ? roundingOfTurn(dimensions) : 0));
  const { leading: leadingCodes, rest: restCodes, scales, errors, norms, units, sums, blocks } = inChunk;
  const shared: SharedScan = {
    ...{ memory, rowCount, hits: inChunk.hits, chunks: [common.end, chunk.end] },
    module: wasmModule({ simd, relaxedSimd: relaxed }, relaxedSimd),
    codes: [leadingCodes, leading, restCodes, rest],
    rows: [scales, errors, norms, units, sums, blocks, errorStep, leastError],
    queries: [at.queries, at.coarse, at.numbers],
  };
  const { stagedScan, setRow, ...set } = openKernel(shared);
  set.setVector(at.vector, vectorLength, at.turned, at.matrix);
  let floats = new Float32Array(memory.buffer);
  let bytes = new Uint8Array(memory.buffer);
  const floatsAt = (offset: number, length: number) => floats.subarray(offset / 4, offset / 4 + length);
  for (let row = 0; rotation && row < dimensions; row++)
    floatsAt(at.matrix + 4 * row * vectorLength, dimensions).set(
      rotation.matrix.subarray(row * dimensions, (row + 1) * dimensions),
    );
  /** Rows of the chunks that are there: they come with the rows that are set. */
  let room = 0;
  const numbers = new ChunkedRowNumbers({
    ...{ norms: common.end + norms, scales: common.end + scales, errors: common.end + errors },
    ...{ chunkBytes: chunk.end, errorStep, leastError },
  });
  const addChunk = () => {
    const missing = pagesFor(room / chunkRows + 1) - memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) memory.grow(missing);
    floats = new Float32Array(memory.buffer);
    bytes = new Uint8Array(memory.buffer);
    floatsAt(common.end + (room / chunkRows) * chunk.end + blocks, chunkRows / BLOCK_ROWS).fill(-Infinity);
    room += chunkRows;
    numbers.extend(memory.buffer, room);
    hits = hitsOf(hits.counts.length);
  };
  const hitsOf = (queryCount: number) => {
    const capacity = capacityFor(queryCount);
    set.setHits(at.counts, at.hitRows, at.bounds, capacity);
    return hitsAt(memory, [at.counts, at.hitRows, at.bounds], queryCount, capacity);
  };
  let hits = hitsOf(maximumQueries);
  const readThresholds = () => {
    asked.forEach(({ query, coarseError }, i) => {
      const place = at.numbers / 4 + i * NUMBERS_OF_QUERY;
      floats[place + 1] = query.threshold;
      floats[place + 5] = coarseError * (1 + largestError) + ROUNDING;
    });
  };
  let largestError = 0;
  let asked: { query: StagedQuery; coarseError: number }[] = [];
  return {
    set(row, vector) {
      while (row >= room) addChunk();
      floats.set(vector, at.vector / 4);
      setRow(row);
      largestError = Math.max(largestError, numbers.error(row));
      return numbers.norm(row);
    },
    delete: (row) => numbers.delete(row),
    rows: numbers,
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
        new Int16Array(memory.buffer, at.queries + 2 * i * queryLength, queryLength).fill(0).set(values);
        const codes = bytes.subarray(at.coarse + i * leading, at.coarse + (i + 1) * leading);
        const coarse = quantizeCoarsely(values.subarray(0, leading), codes);
        const restLength = (vectorNorm(values.subarray(leading)) * scale) / REST_UNITS;
        const ofQuery = [scale, 0, restLength * (1 + ROUNDING), length, coarse.scale * scale];
        floats.set(ofQuery, at.numbers / 4 + i * NUMBERS_OF_QUERY);
        return { query, coarseError: relaxedSimd ? coarse.error * scale : 0 };
      });
    },
    readThresholds,
    scan(begin, end) {
      hits.counts.fill(0);
      readThresholds();
      const last = Math.min(room, Math.ceil(end / BLOCK_ROWS) * BLOCK_ROWS); // rows that are none have the error −Infinity
      if (begin < last) stagedScan(begin, last, asked.length);
    },
    shared: isShared ? shared : undefined,
    chunkHits: (number) => hitsAt(memory, placesOfHits(shared, number), 1, HELPER_HITS),
  };
}

/** Room of a memory, one thing behind the other. */
class Places {
  end: number;

  constructor(begin: number) {
    this.end = begin;
  }

  reserve(byteLength: number): number {
    const begin = this.end;
    this.end += Math.ceil(byteLength / 64) * 64;
    return begin;
  }
}

/**
 * For another thread.
 *
 * @returns what scans a chunk of rows for the first query, and puts its hits where `chunkHits` finds them; it returns false if there is no room
 * for all of them
 */
export function openSharedScan(shared: SharedScan): (chunk: number) => boolean {
  const kernel = openKernel(shared);
  return (chunk) => {
    const places = placesOfHits(shared, chunk);
    const count = new Uint32Array(shared.memory.buffer, places[0], 1);
    count[0] = 0;
    kernel.setHits(...places, HELPER_HITS);
    const end = Math.min((chunk + 1) * CHUNK_ROWS, Math.ceil(shared.rowCount / BLOCK_ROWS) * BLOCK_ROWS);
    for (let row = chunk * CHUNK_ROWS; row < end; row += HELPER_ROWS) {
      if (count[0] > HELPER_HITS - HELPER_ROWS) return false;
      kernel.stagedScan(row, Math.min(end, row + HELPER_ROWS), 1);
    }
    return true;
  };
}

type HitPlaces = readonly [counts: number, rows: number, bounds: number];

function placesOfHits({ chunks: [first, byteLength], hits }: SharedScan, chunk: number): HitPlaces {
  const place = first + chunk * byteLength + hits;
  return [place, place + 64, place + 64 + 4 * HELPER_HITS];
}

function hitsAt(
  { buffer }: WebAssembly.Memory,
  [counts, rows, bounds]: HitPlaces,
  queryCount: number,
  capacity: number,
): ScanHits {
  return {
    capacity,
    counts: new Uint32Array(buffer, counts, queryCount),
    rows: new Uint32Array(buffer, rows, queryCount * capacity),
    upperBounds: new Float32Array(buffer, bounds, queryCount * capacity),
  };
}

function openKernel({ module, memory, chunks, codes, rows, queries }: SharedScan) {
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    'stagedScan' | 'setRow' | 'setChunks' | 'setCodes' | 'setRows' | 'setVector' | 'setQueries' | 'setHits',
    (...numbers: number[]) => void
  >;
  kernel.setChunks(...chunks);
  kernel.setCodes(...codes);
  kernel.setRows(...rows);
  kernel.setQueries(...queries);
  return kernel;
}

/** How far a vector of length 1 that is turned in float32 may be from where it would be if nothing were rounded. */
function roundingOfTurn(dimensions: number): number {
  return (dimensions / 4 + 8) * 2 ** -24 * Math.sqrt(dimensions);
}
