import type { DotProducts } from '../kernels/dot-products/dot-products.ts';
import { createDotProducts } from '../kernels/dot-products/dot-products-kernel.ts';
import { ROUNDING } from '../kernels/int8-scan/constants.ts';
import type { Int8Scan } from '../kernels/int8-scan/int8-scan.ts';
import { createInt8Scan } from '../kernels/int8-scan/int8-scan-kernel.ts';
import { quantizeToInt16 } from '../math/quantize.ts';
import { areNumbers, normalized } from '../math/vector-operations.ts';
import { ARRAY, COUNT, checkOptions, type OptionRules, SET } from '../text/check-options.ts';
import { Candidates } from './candidates.ts';

/** A row that is near. */
export interface SearchHit {
  /** Row of the index. */
  readonly row: number;
  /** Cosine similarity, −1 to 1. */
  readonly similarity: number;
}

/** How rows are looked for. */
export interface SearchOptions {
  /** Most hits wanted; 10 if omitted. */
  readonly count?: number | undefined;
  /** Rows that are no hits. */
  readonly exclude?: Pick<ReadonlySet<number>, 'has'> | undefined;
  /** Only rows 0 … limit − 1. */
  readonly limit?: number | undefined;
}

const SEARCH_RULES: OptionRules<SearchOptions> = {
  count: COUNT,
  exclude: SET,
  limit: COUNT,
};

/** Vectors, one a row, in whatever form they are kept. */
export interface VectorRows {
  /** Number of rows. */
  readonly size: number;
  readonly dimensions: number;
  /** Row `id`: a view or a copy, only to be read. */
  row(id: number): Float32Array;
  /** All rows, where they are kept as floats: (size × dimensions). */
  readonly floats?: Float32Array | undefined;
}

/** Float vectors as rows that are views. */
export function floatRows(vectors: Float32Array, dimensions: number): VectorRows {
  return {
    size: vectors.length / dimensions,
    dimensions,
    floats: vectors,
    row: (id) => vectors.subarray(id * dimensions, (id + 1) * dimensions),
  };
}

const SEGMENT_BYTES = 2 ** 30;
/** Queries that share one pass over the memory. */
export const MAXIMUM_QUERIES = 16;
const ROWS_AT_ONCE = 1024;
/** So many rows are all hits, as nothing is known of what is near; a multiple of sixteen. */
export const FIRST_ROWS = 64;
/** Below the bound of every cosine. */
const NOTHING_KNOWN = -3;

/** Rows that one scan takes at most; a multiple of sixteen. */
export function rowsInSegment(dimensions: number): number {
  return Math.max(16, Math.floor(SEGMENT_BYTES / (dimensions + 16)) & ~15);
}

/**
 * Nearest rows by cosine similarity. Every row is compared, and the answer is exact: the scan runs over rows of a byte a
 * dimension, at length 1, whose rounding errors are known, so that it leaves out only rows that cannot be among the
 * nearest; the few that are left are compared as they are. That is faster than a scan over float32, which takes four
 * times the memory traffic (docs/performance.md).
 */
export class ExactIndex {
  readonly size: number;
  readonly dimensions: number;
  readonly #rows: VectorRows;
  readonly #segments: { begin: number; rowCount: number; scan: Int8Scan }[] = [];
  readonly #norms: Float32Array;
  #largestError = 0;
  #products: DotProducts | undefined;

  /**
   * @param vectors - kept, and not to be changed: floats, (rows × dimensions), or rows of any form
   * @throws RangeError for what is none of these, and where floats are no whole number of rows
   */
  constructor(vectors: Float32Array, dimensions: number);
  constructor(vectors: VectorRows);
  constructor(vectors: Float32Array | VectorRows, dimensionsOfFloats = 0) {
    this.#rows =
      vectors instanceof Float32Array
        ? floatRows(vectors, COUNT.accepts(dimensionsOfFloats) ? dimensionsOfFloats : 0)
        : vectors;
    const { size = -1, dimensions, row } = this.#rows ?? {};
    if (!(Number.isSafeInteger(size) && size >= 0 && COUNT.accepts(dimensions) && typeof row === 'function'))
      throw new RangeError('"vectors" must be whole rows');
    this.size = size;
    this.dimensions = dimensions;
    this.#norms = new Float32Array(this.size);
    const rowsPerSegment = rowsInSegment(dimensions);
    for (let begin = 0; begin < this.size; begin += rowsPerSegment) {
      const rowCount = Math.min(rowsPerSegment, this.size - begin);
      const scan = createInt8Scan({ rowCount, dimensions, maximumQueries: MAXIMUM_QUERIES });
      const { vectors: room, vectorLength } = scan;
      const atOnce = room.length / vectorLength;
      for (let first = 0; first < rowCount; first += atOnce) {
        const count = Math.min(atOnce, rowCount - first);
        copyRows(this.#rows, begin + first, count, room, vectorLength);
        this.#norms.set(scan.quantize(first, count), begin + first);
      }
      this.#largestError = Math.max(this.#largestError, scan.largestError);
      this.#segments.push({ begin, rowCount, scan });
    }
  }

  /**
   * The nearest rows to one query, best first; equal similarities in row order.
   *
   * @throws RangeError for a query of other dimensions and options out of range; TypeError for what is no vector
   */
  search(query: ArrayLike<number>, options: SearchOptions = {}): SearchHit[] {
    return this.searchMany([query], [options])[0];
  }

  /** As `search`, for many queries; up to 16 of them share one pass over the memory. */
  searchMany(queries: readonly ArrayLike<number>[], options: readonly SearchOptions[]): SearchHit[][] {
    checkOptions({ queries: queries ?? null, options: options ?? null }, { queries: ARRAY, options: ARRAY });
    for (const each of options) if (each !== undefined) checkOptions(each, SEARCH_RULES);
    return queries.flatMap((_, first) =>
      first % MAXIMUM_QUERIES === 0
        ? this.#searchBatch(queries.slice(first, first + MAXIMUM_QUERIES), options.slice(first))
        : [],
    );
  }

  /**
   * Cosine similarity of every row (of the first `limit`) with one query, in row order.
   *
   * @throws RangeError for a query of other dimensions or a limit out of range; TypeError for what is no vector
   */
  similarities(query: ArrayLike<number>, limit = this.size): Float32Array {
    if (limit !== this.size) checkOptions({ limit }, SEARCH_RULES);
    const unit = this.#normalized(query);
    const { dimensions } = this;
    const size = Math.min(limit, this.size);
    this.#products ??= createDotProducts({ rowCount: ROWS_AT_ONCE, dimensions, maximumQueries: 1 });
    const { rows, rowLength } = this.#products;
    const result = new Float32Array(size);
    for (let begin = 0; begin < size; begin += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, size - begin);
      copyRows(this.#rows, begin, count, rows, rowLength);
      const { products } = this.#products.multiply(unit, count);
      for (let i = 0; i < count; i++) {
        const norm = this.#norms[begin + i];
        result[begin + i] = norm === 0 ? 0 : products[i] / norm;
      }
    }
    return result;
  }

  #normalized(query: ArrayLike<number>): Float32Array {
    if (query?.length !== this.dimensions) {
      throw new RangeError(`Cannot search: the query must have ${this.dimensions} dimensions, got ${query?.length}`);
    }
    if (!areNumbers(query)) throw new TypeError('Cannot search: the query must hold numbers alone');
    return normalized(query);
  }

  #searchBatch(queries: readonly ArrayLike<number>[], options: readonly SearchOptions[]): SearchHit[][] {
    const { dimensions, size } = this;
    const units = queries.map((query) => this.#normalized(query));
    const values = new Int16Array(units.length * dimensions);
    const scales = new Float32Array(units.length);
    const candidates = units.map((unit, i) => {
      const { scale, error } = quantizeToInt16(unit, values, i * dimensions);
      scales[i] = scale;
      const { count = 10, limit = size, exclude } = options[i] ?? {};
      const wanted = unit.some(Number.isNaN) ? 0 : count; // a query that holds NaN or infinity is near to nothing
      const allows = (row: number) => row < limit && !exclude?.has(row);
      const ofQuery = error * (1 + this.#largestError) + ROUNDING;
      return new Candidates(wanted, Math.min(limit, size), allows, ofQuery, NOTHING_KNOWN);
    });
    const limits = candidates.map(({ count }, i) => (count > 0 ? Math.min(options[i]?.limit ?? size, size) : 0));
    const limit = Math.max(0, ...limits);
    for (const { begin, rowCount, scan } of this.#segments) {
      const end = Math.min(rowCount, limit - begin);
      if (end <= 0) break;
      const { hits, thresholds, errors } = scan;
      scan.setQueries({ values, scales });
      let count = FIRST_ROWS;
      for (let first = 0; first < end; first += count, count *= 4) {
        count = Math.min(count, hits.capacity);
        for (let i = 0; i < candidates.length; i++) thresholds[i] = candidates[i].threshold;
        scan.scan(first, Math.min(end, first + count));
        for (let i = 0; i < candidates.length; i++) {
          const from = i * hits.capacity;
          for (let at = from; at < from + hits.counts[i]; at++) {
            const row = hits.rows[at];
            const bound = hits.upperBounds[at];
            if (candidates[i].takes(begin + row, bound)) candidates[i].add(begin + row, bound, errors[row]);
          }
        }
      }
    }
    return candidates.map((candidate, i) =>
      candidate
        .left()
        .map(({ row }) => ({ row, similarity: cosineWithUnit(this.#rows.row(row), units[i]) }))
        .sort((a, b) => b.similarity - a.similarity || a.row - b.row)
        .slice(0, candidate.count),
    );
  }
}

/** Copies `count` rows, from row `first` on, to rows of `targetLength` numbers. */
function copyRows(rows: VectorRows, first: number, count: number, target: Float32Array, targetLength: number): void {
  const { floats, dimensions } = rows;
  if (floats && targetLength === dimensions)
    target.set(floats.subarray(first * dimensions, (first + count) * dimensions));
  else for (let i = 0; i < count; i++) target.set(rows.row(first + i), i * targetLength);
}

/** Cosine similarity in float64 with a vector of length 1; 0 for a row of zeros. */
export function cosineWithUnit(row: Float32Array, unit: Float32Array): number {
  let product = 0;
  let squares = 0;
  for (let d = 0; d < unit.length; d++) {
    const value = row[d];
    product += value * unit[d];
    squares += value * value;
  }
  return squares === 0 ? 0 : Math.max(-1, Math.min(1, product / Math.sqrt(squares)));
}
