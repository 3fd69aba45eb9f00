import { ROUNDING } from '../kernels/int8-scan/constants.ts';
import type { ScanHits } from '../kernels/int8-scan/int8-scan.ts';
import { DISTANCE_ROUNDING } from '../kernels/staged-scan/constants.ts';
import type { Rotation, StagedQuery, StagedScan } from '../kernels/staged-scan/staged-scan.ts';
import { createStagedScan } from '../kernels/staged-scan/staged-scan-kernel.ts';
import { turnedBy } from '../kernels/staged-scan/staged-scan-reference.ts';
import { Pieces } from '../math/pieces.ts';
import { quantizeToInt16 } from '../math/quantize.ts';
import { normalized, vectorNorm } from '../math/vector-operations.ts';
import { BestRows } from './best-rows.ts';
import type { BitSet } from './bit-set.ts';
import { Candidates } from './candidates.ts';
import { FIRST_ROWS, MAXIMUM_QUERIES, rowsInSegment } from './exact-index.ts';
import { learnRotation, stillServes } from './learn-rotation.ts';
import { METRIC_TRAITS, type Metric } from './metrics.ts';
import { ScanHelpers, scanHelperCount } from './scan-helpers.ts';

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
  readonly scan: StagedScan;
  readonly rotation: Rotation | undefined;
  readonly vectors: Float32Array;
}

const FIRST_CAPACITY = 1024;
/** No segment doubles beyond this: what is not filled is memory in vain. */
const LARGEST_CAPACITY = 1 << 18;
/** Segments behind so many rows turn their vectors. */
const ROWS_BEFORE_ROTATION = 1 << 14;
/** Among so many rows helpers are worth their start. */
const ROWS_FOR_HELPERS = 1 << 17;
/** Vectors of which a rotation is learnt. */
const SAMPLE_SIZE = 4096;
/** Among fewer rows than this share of all, or than these, each is compared as it is. */
const FEW_SHARE = 100;
const FEW_ROWS = 500;
/** Below what any row can have, and above the −Infinity of rows that are none, as float32. */
const NOTHING_KNOWN = -1e38;

/** Helpers of an index that nobody has closed end when it is gone. */
const forgotten = new FinalizationRegistry<ScanHelpers>((helpers) => helpers.close());

/**
 * Vectors that are searched by comparing each, exactly, as by `ExactIndex`, but that rows can be set and deleted at any time, which
 * costs as much as the row. Also by Euclidean distance: |x − q|² = |q|² − 2 · (x · q − |x|² / 2), whose bracket is bounded
 * by the same scan. In large sets most vectors are turned so that their first numbers tell nearly all, and the scan reads the others of few.
 */
export class VectorIndex {
  readonly dimensions: number;
  readonly #segments: Segment[] = [];
  #rowCount = 0;
  #longest = 0;
  /** The rotation of the segment that comes next: learnt a piece with each new row of the second half of the last one. */
  #nextRotation: Pieces<Rotation | undefined> | undefined;

  #helperCount: number;
  #helpers: ScanHelpers | undefined;

  /** @param helperCount - threads that scan with the one that asks, once there are enough rows; if omitted, as many as serve this machine */
  constructor(dimensions: number, helperCount?: number) {
    this.dimensions = dimensions;
    this.#helperCount = scanHelperCount(helperCount);
  }

  /** Ends its helpers; it can still be searched. */
  close(): void {
    this.#helperCount = 0;
    forgotten.unregister(this);
    this.#helpers?.close();
  }

  /** @param vector - copied */
  set(row: number, vector: Float32Array): void {
    while (row >= this.#capacity) this.#addSegment();
    const segment = this.#segmentOf(row);
    const own = row - segment.begin;
    segment.vectors.set(vector, own * this.dimensions);
    const norm = segment.scan.set(own, vector);
    segment.used = Math.max(segment.used, own + 1);
    if (norm < Infinity) this.#longest = Math.max(this.#longest, norm);
    if (row < this.#rowCount) return;
    this.#rowCount = row + 1;
    const turns = segment.begin + segment.capacity >= ROWS_BEFORE_ROTATION;
    if (turns && 2 * own >= segment.capacity) this.#learnRotation().next();
  }

  delete(row: number): void {
    if (row >= this.#capacity) return;
    const segment = this.#segmentOf(row);
    segment.scan.delete(row - segment.begin);
  }

  has(row: number): boolean {
    return row < this.#capacity && !Number.isNaN(this.#norm(row));
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
    for (let first = 0; first < waiting.length; first += MAXIMUM_QUERIES) {
      const batch = waiting.slice(first, first + MAXIMUM_QUERIES);
      this.#scan(batch.map((i) => queries[i])).forEach((rows, i) => {
        answers[batch[i]] = this.#measure(queries[batch[i]], rows);
      });
    }
    return answers;
  }

  #canFind({ vector, metric, count }: VectorRowQuery): boolean {
    if (vector.length !== this.dimensions)
      throw new RangeError(`Cannot search: the query must have ${this.dimensions} dimensions, got ${vector.length}`);
    const norm = vectorNorm(vector);
    return this.#rowCount > 0 && count > 0 && norm < Infinity && (norm > 0 || !METRIC_TRAITS[metric].needsDirection);
  }

  /** For each query the rows that may be among the best. */
  #scan(queries: readonly VectorRowQuery[]): number[][] {
    const segments = this.#segments;
    const largestError = Math.max(...segments.map(({ scan }) => scan.largestError));
    const rotations = new Set(segments.map(({ rotation }) => rotation));
    const made = queries.map((query) => new Map([...rotations].map((rotation) => [rotation, toScan(query, rotation)])));
    const candidates = queries.map(({ metric, count, rows }, i) => {
      const byCosine = metric === 'cosine';
      const allows = (row: number) => (!rows || rows.has(row)) && (!byCosine || this.#norm(row) > 0);
      const lost = [...made[i]].map(([rotation, { error }]) => error * (1 + largestError) + (rotation?.error ?? 0));
      const ofQuery = Math.max(...lost) + ROUNDING;
      const error = byCosine ? ofQuery : vectorNorm(queries[i].vector) * this.#longest * ofQuery;
      return new Candidates(count, this.#rowCount, allows, error, NOTHING_KNOWN);
    });
    const queriesFor = ({ rotation }: Segment) => made.map((ofRotations) => ofRotations.get(rotation)!.query);
    const helped = queries.length === 1 && this.#isHelped() ? segments.filter(({ scan }) => scan.shared) : [];
    // What must be reached is known better when the helpers begin.
    segments.forEach((segment, at) => {
      if (!helped.includes(segment)) scanSegment(segment, queriesFor(segment), candidates, at === 0);
    });
    if (helped.length > 0) scanTogether(this.#helpers!, helped, queriesFor, candidates[0]);
    return candidates.map((candidate) => candidate.rows());
  }

  #isHelped(): boolean {
    if (this.#rowCount < ROWS_FOR_HELPERS || this.#helperCount === 0) return false;
    if (!this.#helpers) {
      this.#helpers = new ScanHelpers(this.#helperCount);
      forgotten.register(this, this.#helpers, this);
    }
    return this.#helpers.count > 0;
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
    const { begin, scan } = this.#segmentOf(row);
    return scan.norms[row - begin];
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
    const rotation = begin >= ROWS_BEFORE_ROTATION ? this.#learnRotation().finish() : undefined;
    this.#nextRotation = undefined;
    const isShared = this.#helperCount > 0 && begin >= ROWS_BEFORE_ROTATION;
    const size = { rowCount: capacity, dimensions, maximumQueries: MAXIMUM_QUERIES, rotation, isShared };
    const scan = createStagedScan(size);
    const vectors = new Float32Array(capacity * dimensions);
    this.#segments.push({ begin, capacity, used: 0, scan, rotation, vectors });
  }

  #learnRotation(): Pieces<Rotation | undefined> {
    this.#nextRotation ??= new Pieces(this.#rotation());
    return this.#nextRotation;
  }

  /** That of the last segment if it serves, or a new one. */
  *#rotation(): Generator<undefined, Rotation | undefined> {
    const step = Math.max(1, Math.floor(this.#rowCount / SAMPLE_SIZE));
    const sample: Float32Array[] = [];
    for (let row = 0; row < this.#rowCount; row += step) {
      const vector = this.vector(row);
      if (vector) sample.push(vector);
    }
    const last = this.#segments.at(-1)?.rotation;
    return last && stillServes(last, sample) ? last : yield* learnRotation(sample, this.dimensions);
  }
}

/** A query as a scan takes it, and how far it is at length 1 from what its values stand for. */
function toScan(
  { vector, metric }: VectorRowQuery,
  rotation: Rotation | undefined,
): { query: StagedQuery; error: number } {
  const unit = normalized(vector);
  const values = new Int16Array(vector.length);
  const { scale, error } = quantizeToInt16(rotation ? turnedBy(rotation.matrix, unit) : unit, values, 0);
  const length = metric === 'euclidean' ? vectorNorm(vector) : undefined;
  return { query: { values, scale, length, threshold: NOTHING_KNOWN }, error };
}

function scanSegment(
  segment: Segment,
  queries: readonly StagedQuery[],
  candidates: readonly Candidates[],
  isFirst: boolean,
): void {
  const { used, scan } = segment;
  scan.setQueries(queries);
  let count = isFirst ? FIRST_ROWS : scan.hits.capacity;
  for (let first = 0; first < used; first += count, count *= 4) {
    count = Math.min(count, scan.hits.capacity);
    for (let i = 0; i < queries.length; i++) queries[i].threshold = candidates[i].threshold;
    scan.scan(first, Math.min(used, first + count));
    addHits(segment, scan.hits, queries, candidates);
  }
}

/** One query, whose hits are added as the chunks are scanned here, and then those of the helpers. */
function scanTogether(
  helpers: ScanHelpers,
  segments: readonly Segment[],
  queriesFor: (segment: Segment) => StagedQuery[],
  candidate: Candidates,
): void {
  const queries = segments.map(queriesFor);
  const raise = () =>
    segments.forEach(({ scan }, at) => {
      queries[at][0].threshold = candidate.threshold;
      scan.readThresholds();
    });
  segments.forEach(({ scan }, at) => scan.setQueries(queries[at]));
  raise();
  const add = (at: number, hits: ScanHits) => addHits(segments[at], hits, queries[at], [candidate]);
  helpers.scan(
    segments.map(({ scan }) => scan.shared!),
    segments.map(({ used }) => used),
    (at, firstRow, end) => {
      segments[at].scan.scan(firstRow, end);
      add(at, segments[at].scan.hits);
      raise();
    },
    (at, chunk) => add(at, segments[at].scan.chunkHits(chunk)),
  );
}

function addHits(
  { begin, scan: { errors, norms } }: Segment,
  hits: ScanHits,
  queries: readonly StagedQuery[],
  candidates: readonly Candidates[],
): void {
  for (let i = 0; i < queries.length; i++) {
    const { length } = queries[i];
    const from = i * hits.capacity;
    for (let at = from; at < from + hits.counts[i]; at++) {
      const row = hits.rows[at];
      const error =
        length === undefined
          ? errors[row]
          : norms[row] * (length * (errors[row] + DISTANCE_ROUNDING) + DISTANCE_ROUNDING * norms[row]);
      candidates[i].add(begin + row, hits.upperBounds[at], error);
    }
  }
}
