import { BLOCK_ROWS, ROUNDING } from '../kernels/int8-scan/constants.ts';
import type { ScanHits } from '../kernels/int8-scan/int8-scan.ts';
import { CHUNK_ROWS, DISTANCE_ROUNDING } from '../kernels/staged-scan/constants.ts';
import type { Rotation, StagedQuery, StagedScan } from '../kernels/staged-scan/staged-scan.ts';
import { createStagedScan } from '../kernels/staged-scan/staged-scan-kernel.ts';
import { turnedBy } from '../kernels/staged-scan/staged-scan-reference.ts';
import { Pieces } from '../math/pieces.ts';
import { quantizeToInt16 } from '../math/quantize.ts';
import { normalized, vectorNorm } from '../math/vector-operations.ts';
import { counted } from '../text/counted.ts';
import type { BitSet } from './bit-set.ts';
import { Candidates } from './candidates.ts';
import { FIRST_ROWS, MAXIMUM_QUERIES, rowsInSegment } from './exact-index.ts';
import { learnRotation, stillServes } from './learn-rotation.ts';
import { METRIC_TRAITS, type Metric } from './metrics.ts';
import { ScanHelpers, scanHelperCount } from './scan-helpers.ts';

/** A row that may be among the nearest. */
export interface RowCandidate {
  readonly row: number;
  /** Its score is at most that: cosine similarity, or Euclidean distance with a minus. */
  readonly bound: number;
}

/** What is asked of a `CodeIndex`. */
export interface RowQuery {
  readonly vector: Float32Array;
  readonly metric: Metric;
  /** Most hits wanted. */
  readonly count: number;
  /** Only these rows; all if omitted. */
  readonly rows?: BitSet | undefined;
}

interface Segment {
  readonly begin: number;
  readonly capacity: number;
  /** Rows that have ever been set. */
  used: number;
  readonly scan: StagedScan;
  readonly rotation: Rotation | undefined;
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
/** Fewer rows than this share of all, or than these, are looked at one by one. */
const FEW_SHARE = 100;
const FEW_ROWS = 500;
/** Below what any row can have, and above the −Infinity of rows that are none, as float32. */
const NOTHING_KNOWN = -1e38;
/** What rounding in float64 may add to a score, relative to the squares of the lengths. */
const MARGIN = 1e-9;

/** Helpers of an index that nobody has closed end when it is gone. */
const forgotten = new FinalizationRegistry<ScanHelpers>((helpers) => helpers.close());

/** How a `CodeIndex` is made. */
export interface CodeIndexOptions {
  /** Threads that scan with the one that asks, once there are enough rows; if omitted, as many as serve this machine. */
  readonly helperCount?: number | undefined;
  /** The vectors, where somebody has them; otherwise some thousands are kept, of which rotations are learnt. */
  readonly vectorOf?: ((row: number) => Float32Array | undefined) | undefined;
}

/**
 * Codes of vectors, a byte a dimension, that tell which rows may be among the nearest: who has the vectors finds them among these. Rows can
 * be set and deleted at any time, which costs as much as the row. Also by Euclidean distance: |x − q|² = |q|² − 2 · (x · q − |x|² / 2),
 * whose bracket is bounded by the same scan. In large sets most vectors are turned so that their first numbers tell nearly all, and the scan
 * reads the others of few.
 */
export class CodeIndex {
  readonly dimensions: number;
  readonly #segments: Segment[] = [];
  #rowCount = 0;
  #longest = 0;
  /** The rotation of the segment that comes next: learnt a piece with each new row of the second half of the last one. */
  #nextRotation: Pieces<Rotation | undefined> | undefined;
  #vectorOf: CodeIndexOptions['vectorOf'];
  /** Vectors of every so many rows, unless somebody has them all. */
  readonly #sample = new Map<number, Float32Array>();
  #sampleStep = 1;
  #helperCount: number;
  #helpers: ScanHelpers | undefined;

  constructor(dimensions: number, { helperCount, vectorOf }: CodeIndexOptions = {}) {
    this.dimensions = dimensions;
    this.#helperCount = scanHelperCount(helperCount);
    this.#vectorOf = vectorOf;
  }

  /** The vectors are no longer there. */
  forgetVectors(): void {
    const vectorOf = this.#vectorOf;
    this.#vectorOf = undefined;
    for (let row = 0; vectorOf && row < this.#rowCount; row++) {
      if (row % this.#sampleStep !== 0) continue;
      const vector = vectorOf(row);
      if (vector) this.#addToSample(row, vector);
    }
  }

  /** Ends its helpers; it can still be searched. */
  close(): void {
    this.#helperCount = 0;
    forgotten.unregister(this);
    this.#helpers?.close();
  }

  /** @param vector - copied as far as it is kept */
  set(row: number, vector: Float32Array): void {
    while (row >= this.#capacity) this.#addSegment();
    const segment = this.#segmentOf(row);
    const own = row - segment.begin;
    const norm = segment.scan.set(own, vector);
    segment.used = Math.max(segment.used, own + 1);
    if (norm < Infinity) this.#longest = Math.max(this.#longest, norm);
    if (!this.#vectorOf && row % this.#sampleStep === 0) this.#addToSample(row, vector);
    if (row < this.#rowCount) return;
    this.#rowCount = row + 1;
    const turns = segment.begin + segment.capacity >= ROWS_BEFORE_ROTATION;
    if (turns && 2 * own >= segment.capacity) this.#learnRotation().next();
  }

  delete(row: number): void {
    if (row >= this.#capacity) return;
    const segment = this.#segmentOf(row);
    segment.scan.delete(row - segment.begin);
    this.#sample.delete(row);
  }

  /** Length of the vector; NaN where there is none. */
  norm(row: number): number {
    if (row >= this.#capacity) return Number.NaN;
    const { begin, scan } = this.#segmentOf(row);
    return scan.rows.norm(row - begin);
  }

  /** Whether a query can find anything. A vector of zeros has no direction: by cosine it finds nothing and is not found. */
  canFind({ vector, metric, count }: RowQuery): boolean {
    if (vector.length !== this.dimensions)
      throw new RangeError(
        `Cannot search: the query must have ${counted(this.dimensions, 'dimension')}, got ${vector.length}`,
      );
    const norm = vectorNorm(vector);
    return this.#rowCount > 0 && count > 0 && norm < Infinity && (norm > 0 || !METRIC_TRAITS[metric].needsDirection);
  }

  /** Whether a query is for so few of the rows that to look at each is faster than a scan. */
  isForFew({ rows }: RowQuery): boolean {
    return rows !== undefined && rows.count <= Math.max(FEW_ROWS, this.#rowCount / FEW_SHARE);
  }

  /**
   * For each query the rows that may be among the nearest, in any order: what is left out is behind them. Queries that are not for few
   * rows share one pass over the memory.
   *
   * @param queries - at most 16, each of which can find something
   */
  candidates(queries: readonly RowQuery[]): RowCandidate[][] {
    const segments = this.#segments;
    const largestError = Math.max(...segments.map(({ scan }) => scan.largestError));
    const rotations = new Set(segments.map(({ rotation }) => rotation));
    const made = queries.map((query) => new Map([...rotations].map((rotation) => [rotation, toScan(query, rotation)])));
    const errors: number[] = [];
    const candidates = queries.map(({ vector, metric, count, rows }, i) => {
      const byCosine = metric === 'cosine';
      const allows = (row: number) => (!rows || rows.has(row)) && (!byCosine || this.norm(row) > 0);
      const lost = [...made[i]].map(([rotation, { error }]) => error * (1 + largestError) + (rotation?.error ?? 0));
      const ofQuery = Math.max(...lost) + ROUNDING;
      errors[i] = byCosine ? ofQuery : vectorNorm(vector) * this.#longest * ofQuery;
      return new Candidates(count, this.#rowCount, allows, errors[i], NOTHING_KNOWN);
    });
    const queryFor = ({ rotation }: Segment, i: number) => made[i].get(rotation)!.query;
    const all: number[] = [];
    queries.forEach((query, i) => {
      if (this.isForFew(query)) this.#lookAt(query.rows!, candidates[i], (segment) => queryFor(segment, i));
      else all.push(i);
    });
    if (all.length > 0)
      this.#scanAll(
        (segment) => all.map((i) => queryFor(segment, i)),
        all.map((i) => candidates[i]),
      );
    return candidates.map((candidate, i) =>
      candidate.left().map(({ row, upperBound }) => ({
        row,
        bound: this.#scoreBound(queries[i], upperBound + errors[i]),
      })),
    );
  }

  /** Looks at the blocks that hold rows of a set. */
  #lookAt(rows: BitSet, candidate: Candidates, queryFor: (segment: Segment) => StagedQuery): void {
    let segment: Segment | undefined;
    let queries: StagedQuery[] = [];
    let end = 0;
    for (const row of rows.rows()) {
      if (row < end) continue;
      if (row >= this.#capacity) return;
      if (!segment || row >= segment.begin + segment.capacity) {
        segment = this.#segmentOf(row);
        queries = [queryFor(segment)];
        segment.scan.setQueries(queries);
      }
      const first = (row - segment.begin) & -BLOCK_ROWS;
      end = segment.begin + first + BLOCK_ROWS;
      scanRows(segment, queries, [candidate], first, Math.min(segment.capacity, first + BLOCK_ROWS));
    }
  }

  #scanAll(queriesFor: (segment: Segment) => StagedQuery[], candidates: readonly Candidates[]): void {
    const segments = this.#segments;
    const helped = candidates.length === 1 && this.#isHelped() ? segments.filter(({ scan }) => scan.shared) : [];
    // What must be reached is known better when the helpers begin.
    segments.forEach((segment, at) => {
      if (!helped.includes(segment)) scanSegment(segment, queriesFor(segment), candidates, at === 0);
    });
    if (helped.length > 0) scanTogether(this.#helpers!, helped, queriesFor, candidates[0]);
  }

  #scoreBound({ vector, metric }: RowQuery, bound: number): number {
    if (metric === 'cosine') return bound + MARGIN;
    const square = vectorNorm(vector) ** 2;
    return -Math.sqrt(Math.max(0, square - 2 * bound - MARGIN * (square + this.#longest ** 2)));
  }

  #isHelped(): boolean {
    if (this.#rowCount < ROWS_FOR_HELPERS || this.#helperCount === 0) return false;
    if (!this.#helpers) {
      this.#helpers = new ScanHelpers(this.#helperCount);
      forgotten.register(this, this.#helpers, this);
    }
    return this.#helpers.count > 0;
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
    this.#segments.push({ begin, capacity, used: 0, scan: createStagedScan(size), rotation });
  }

  #addToSample(row: number, vector: Float32Array): void {
    const sample = this.#sample.set(row, vector.slice());
    if (sample.size <= SAMPLE_SIZE) return;
    this.#sampleStep *= 2;
    for (const kept of sample.keys()) if (kept % this.#sampleStep !== 0) sample.delete(kept);
  }

  #learnRotation(): Pieces<Rotation | undefined> {
    this.#nextRotation ??= new Pieces(this.#rotation());
    return this.#nextRotation;
  }

  /** That of the last segment if it serves, or a new one. */
  *#rotation(): Generator<undefined, Rotation | undefined> {
    const sample = [...this.#sample.values()];
    const step = Math.max(1, Math.floor(this.#rowCount / SAMPLE_SIZE));
    for (let row = 0; this.#vectorOf && row < this.#rowCount; row += step) {
      const vector = this.#vectorOf(row);
      if (vector) sample.push(vector);
    }
    const last = this.#segments.at(-1)?.rotation;
    return last && stillServes(last, sample) ? last : yield* learnRotation(sample, this.dimensions);
  }
}

/** A query as a scan takes it, and how far it is at length 1 from what its values stand for. */
function toScan({ vector, metric }: RowQuery, rotation: Rotation | undefined): { query: StagedQuery; error: number } {
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
    // To the end of a chunk: what lies in two takes two starts from memory.
    count = Math.min(count, scan.hits.capacity, CHUNK_ROWS - (first % CHUNK_ROWS));
    scanRows(segment, queries, candidates, first, Math.min(used, first + count));
  }
}

/** Rows begin … end − 1 of a segment whose scan has the queries. */
function scanRows(
  segment: Segment,
  queries: readonly StagedQuery[],
  candidates: readonly Candidates[],
  begin: number,
  end: number,
): void {
  const { scan } = segment;
  for (let i = 0; i < queries.length; i++) queries[i].threshold = candidates[i].threshold;
  scan.scan(begin, end);
  addHits(segment, scan.hits, queries, candidates);
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
  { begin, scan }: Segment,
  hits: ScanHits,
  queries: readonly StagedQuery[],
  candidates: readonly Candidates[],
): void {
  const { capacity, counts, rows, upperBounds } = hits;
  const numbers = scan.rows;
  for (let i = 0; i < queries.length; i++) {
    const { length } = queries[i];
    const candidate = candidates[i];
    const end = i * capacity + counts[i];
    for (let at = i * capacity; at < end; at++) {
      const row = rows[at];
      const upperBound = upperBounds[at];
      if (!candidate.takes(begin + row, upperBound)) continue;
      let error = numbers.error(row);
      if (length !== undefined) {
        const norm = numbers.norm(row);
        error = norm * (length * (error + DISTANCE_ROUNDING) + DISTANCE_ROUNDING * norm);
      }
      candidate.add(begin + row, upperBound, error);
    }
  }
}
