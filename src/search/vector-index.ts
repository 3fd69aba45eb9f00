import { ROUNDING } from '../kernels/int8-scan/constants.ts';
import type { Int8Scan, RowMeasure } from '../kernels/int8-scan/int8-scan.ts';
import { createInt8Scan } from '../kernels/int8-scan/int8-scan-kernel.ts';
import { quantizeToInt16 } from '../math/quantize.ts';
import { normalized, vectorNorm } from '../math/vector-operations.ts';
import { BestRows } from './best-rows.ts';
import type { BitSet } from './bit-set.ts';
import { Candidates } from './candidates.ts';
import { FIRST_ROWS, MAXIMUM_QUERIES, rowsInSegment } from './exact-index.ts';
import { METRIC_TRAITS, METRICS, type Metric } from './metrics.ts';

/** A row that is near. */
export interface VectorRowHit {
  readonly row: number;
  /** Cosine similarity, or Euclidean distance. */
  readonly value: number;
}

/** A search among the rows of a `VectorIndex`. */
export interface VectorRowQuery {
  readonly vector: Float32Array;
  readonly metric: Metric;
  /** Most hits wanted. */
  readonly count: number;
  /** Only these rows; all if omitted. */
  readonly rows?: BitSet | undefined;
  /** Order of rows of the same value; that of their numbers if omitted. */
  readonly compare?: ((a: number, b: number) => number) | undefined;
}

interface Segment {
  readonly begin: number;
  readonly capacity: number;
  /** Rows that have ever been set. */
  used: number;
  readonly scan: Int8Scan;
  readonly vectors: Float32Array;
  /** Lengths of the vectors; NaN where there is none. */
  readonly norms: Float32Array;
  /** For the search by distance, see `RowMeasure`: of each row at its length the scale, and how far it may be wrong; −|x|² / 2. */
  readonly scales: Float32Array;
  readonly lengthErrors: Float32Array;
  readonly halfSquares: Float32Array;
  /** The last one that was made; undefined after a row has changed. */
  measure: DistanceMeasure | undefined;
}

/** Rows as long as their vectors, and −|x|² / 2 added to what is compared, for queries up to a length. */
interface DistanceMeasure extends RowMeasure {
  readonly queryLength: number;
}

const FIRST_CAPACITY = 1024;
/** No segment doubles beyond this: what is not filled is memory in vain. */
const LARGEST_CAPACITY = 1 << 18;
/** Among fewer rows than this share of all, or than these, each is compared as it is. */
const FEW_SHARE = 100;
const FEW_ROWS = 500;
/** Below what any row can have, and above the −Infinity of rows that are none, as float32. */
const NOTHING_KNOWN = -1e38;
/** A measure is made for queries so much longer, and serves those that are so much shorter: one for the queries of a model, mostly. */
const LONGER = 1.1;
const SHORTER = 1.5;
/** Rounding to float32 of what a scan by distance computes, relative to its parts. */
const DISTANCE_ROUNDING = 2e-6;

/**
 * Vectors that are searched by comparing each, exactly, as by `ExactIndex`, but that rows can be set and deleted at any time, which
 * costs as much as the row. Also by Euclidean distance: |x − q|² = |q|² − 2 · (x · q − |x|² / 2), whose bracket is bounded
 * by the same scan.
 */
export class VectorIndex {
  readonly dimensions: number;
  readonly #segments: Segment[] = [];
  #rowCount = 0;
  #longest = 0;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  /** @param vector - copied */
  set(row: number, vector: Float32Array): void {
    while (row >= this.#capacity) this.#addSegment();
    const segment = this.#segmentOf(row);
    const own = row - segment.begin;
    segment.vectors.set(vector, own * this.dimensions);
    segment.scan.vectors.set(vector);
    const norm = segment.scan.quantize(own, 1)[0];
    segment.norms[own] = norm;
    segment.scales[own] = norm < Infinity ? norm * segment.scan.scales[own] : 0;
    segment.lengthErrors[own] = norm < Infinity ? norm * (segment.scan.errors[own] + DISTANCE_ROUNDING) : 0;
    segment.halfSquares[own] = norm < Infinity ? norm * norm * (DISTANCE_ROUNDING - 0.5) : -Infinity;
    segment.measure = undefined;
    segment.used = Math.max(segment.used, own + 1);
    if (norm < Infinity) this.#longest = Math.max(this.#longest, norm);
    this.#rowCount = Math.max(this.#rowCount, row + 1);
  }

  delete(row: number): void {
    if (row >= this.#capacity) return;
    const segment = this.#segmentOf(row);
    const { begin, scan, norms, halfSquares } = segment;
    segment.measure = undefined;
    norms[row - begin] = Number.NaN;
    scan.errors[row - begin] = -Infinity;
    halfSquares[row - begin] = -Infinity;
  }

  has(row: number): boolean {
    if (row >= this.#capacity) return false;
    const { begin, norms } = this.#segmentOf(row);
    return !Number.isNaN(norms[row - begin]);
  }

  /** A view; only to be read. */
  vector(row: number): Float32Array | undefined {
    if (!this.has(row)) return undefined;
    const { begin, vectors } = this.#segmentOf(row);
    return vectors.subarray((row - begin) * this.dimensions, (row - begin + 1) * this.dimensions);
  }

  /** The nearest rows, best first. A vector of zeros has no direction: by cosine it finds nothing and is not found. */
  search(query: VectorRowQuery): VectorRowHit[] {
    return this.searchMany([query])[0];
  }

  /** As `search`, for many: up to 16 of them share one pass over the memory. */
  searchMany(queries: readonly VectorRowQuery[]): VectorRowHit[][] {
    const answers: VectorRowHit[][] = queries.map(() => []);
    const waiting: number[] = [];
    queries.forEach((query, i) => {
      if (!this.#canFind(query)) return;
      const few = query.rows && query.rows.count <= Math.max(FEW_ROWS, this.#rowCount / FEW_SHARE);
      if (few) answers[i] = this.#measure(query, query.rows!.rows());
      else waiting.push(i);
    });
    for (const metric of METRICS) {
      const group = waiting.filter((i) => queries[i].metric === metric);
      // The lengths of the queries are in the measure of each.
      const most = metric === 'cosine' ? MAXIMUM_QUERIES : 1;
      for (let first = 0; first < group.length; first += most) {
        const batch = group.slice(first, first + most);
        this.#scan(batch.map((i) => queries[i])).forEach((rows, i) => {
          answers[batch[i]] = this.#measure(queries[batch[i]], rows);
        });
      }
    }
    return answers;
  }

  #canFind({ vector, metric, count }: VectorRowQuery): boolean {
    if (vector.length !== this.dimensions)
      throw new RangeError(`Cannot search: the query must have ${this.dimensions} dimensions, got ${vector.length}`);
    const norm = vectorNorm(vector);
    return this.#rowCount > 0 && count > 0 && norm < Infinity && (norm > 0 || !METRIC_TRAITS[metric].needsDirection);
  }

  /** For each query the rows that may be among the best. All are of one metric; by distance it is one query. */
  #scan(queries: readonly VectorRowQuery[]): number[][] {
    const { dimensions } = this;
    const byDistance = queries[0].metric === 'euclidean';
    const values = new Int16Array(queries.length * dimensions);
    const scales = new Float32Array(queries.length);
    let length = 1;
    const largestError = Math.max(...this.#segments.map(({ scan }) => scan.largestError));
    const candidates = queries.map(({ vector, count, rows }, i) => {
      const { scale, error } = quantizeToInt16(normalized(vector), values, i * dimensions);
      if (byDistance) length = vectorNorm(vector);
      const longest = byDistance ? this.#longest : 1;
      scales[i] = scale * length;
      const allows = (row: number) => (!rows || rows.has(row)) && (byDistance || this.#norm(row) > 0);
      const ofQuery = length * longest * error * (1 + largestError);
      return new Candidates(count, this.#rowCount, allows, byDistance ? ofQuery : ofQuery + ROUNDING, NOTHING_KNOWN);
    });
    let first = true;
    for (const segment of this.#segments) {
      if (segment.used === 0) continue;
      if (byDistance) segment.measure = measureOf(segment, length, this.#longest);
      segment.scan.useMeasure(byDistance ? segment.measure : undefined);
      segment.scan.setQueries({ values, scales });
      scanSegment(segment, candidates, byDistance, first);
      first = false;
    }
    return candidates.map((candidate) => candidate.rows());
  }

  /** The best of some rows, by their vectors as they are. */
  #measure({ vector, metric, count, compare }: VectorRowQuery, rows: Iterable<number>): VectorRowHit[] {
    const unit = normalized(vector);
    const best = new BestRows(count, compare);
    const { nearerIsLarger, needsDirection, measure } = METRIC_TRAITS[metric];
    const sign = nearerIsLarger ? 1 : -1;
    for (const row of rows) {
      const own = this.vector(row);
      if (own && !(needsDirection && this.#norm(row) === 0)) best.add(row, sign * measure(own, vector, unit));
    }
    return best.sorted().map(({ row, score }) => ({ row, value: sign * score + 0 })); // no −0
  }

  #norm(row: number): number {
    const { begin, norms } = this.#segmentOf(row);
    return norms[row - begin];
  }

  get #capacity(): number {
    const last = this.#segments.at(-1);
    return last ? last.begin + last.capacity : 0;
  }

  #segmentOf(row: number): Segment {
    let i = this.#segments.length - 1;
    while (this.#segments[i].begin > row) i--;
    return this.#segments[i];
  }

  #addSegment(): void {
    const { dimensions } = this;
    const begin = this.#capacity;
    const capacity = Math.min(Math.max(FIRST_CAPACITY, begin), LARGEST_CAPACITY, rowsInSegment(dimensions));
    const scan = createInt8Scan({
      rowCount: capacity,
      dimensions,
      maximumQueries: MAXIMUM_QUERIES,
      otherMeasure: true,
    });
    scan.errors.fill(-Infinity);
    this.#segments.push({
      ...{ begin, capacity, used: 0, scan },
      vectors: new Float32Array(capacity * dimensions),
      norms: new Float32Array(capacity).fill(Number.NaN),
      scales: new Float32Array(capacity),
      lengthErrors: new Float32Array(capacity),
      halfSquares: new Float32Array(capacity).fill(-Infinity),
      measure: undefined,
    });
  }
}

/** For a query of a length: rows as long as their vectors, and −|x|² / 2 added to what is compared. */
function measureOf(segment: Segment, length: number, longest: number): DistanceMeasure {
  const { lengthErrors, halfSquares, used, measure } = segment;
  if (measure && length <= measure.queryLength && measure.queryLength <= SHORTER * length) return measure;
  const queryLength = LONGER * length;
  const errors = new Float32Array(used);
  for (let row = 0; row < used; row++) errors[row] = queryLength * lengthErrors[row] + halfSquares[row];
  const longestRow = longest * (1 + segment.scan.largestError);
  return { queryLength, scales: segment.scales.subarray(0, used), errors, longestRow };
}

function scanSegment(segment: Segment, candidates: readonly Candidates[], byDistance: boolean, isFirst: boolean): void {
  const { begin, used, scan, norms, lengthErrors, measure } = segment;
  const { hits, thresholds, errors } = scan;
  const queryLength = measure?.queryLength ?? 0;
  let count = isFirst ? FIRST_ROWS : hits.capacity;
  for (let first = 0; first < used; first += count, count *= 4) {
    count = Math.min(count, hits.capacity);
    for (let i = 0; i < candidates.length; i++) thresholds[i] = candidates[i].threshold;
    scan.scan(first, Math.min(used, first + count));
    for (let i = 0; i < candidates.length; i++) {
      const from = i * hits.capacity;
      for (let at = from; at < from + hits.counts[i]; at++) {
        const row = hits.rows[at];
        const error = byDistance
          ? queryLength * lengthErrors[row] + DISTANCE_ROUNDING * norms[row] * norms[row]
          : errors[row];
        candidates[i].add(begin + row, hits.upperBounds[at], error);
      }
    }
  }
}
