import type { ScanHits } from '../int8-scan/int8-scan.ts';

/** An orthogonal matrix, so chosen that the first numbers of most vectors that it turns hold most of their length. */
export interface Rotation {
  /** (dimensions × dimensions), a row for each number of a turned vector. */
  readonly matrix: Float32Array;
  /** So many numbers are the first; a multiple of four. */
  readonly leading: number;
  /** So far the dot product of two vectors of length 1 may be from that of the turned ones, as the matrix is rounded. */
  readonly error: number;
}

export interface StagedScanSize {
  readonly rowCount: number;
  /** At most 131,072; 4,900 with a rotation. */
  readonly dimensions: number;
  readonly maximumQueries: number;
  /** If omitted, vectors are taken as they are, and all of their numbers are looked at. */
  readonly rotation?: Rotation | undefined;
  /** Whether other threads may scan its rows, too, one query at once: its memory is shared then. */
  readonly isShared?: boolean | undefined;
}

/** What another thread scans: can be sent to it. The arrays are what the functions of the kernel take. */
export interface SharedScan {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly rowCount: number;
  /** Where the first chunk of rows begins, and how many bytes each takes. The others are told from the beginning of a chunk. */
  readonly chunks: readonly [begin: number, byteLength: number];
  readonly codes: readonly number[];
  readonly rows: readonly number[];
  readonly queries: readonly number[];
  /** Where the hits in a chunk stand that another thread has found: a count, row numbers, and bounds. */
  readonly hits: number;
}

/** A query of a scan. */
export interface StagedQuery {
  /** Of int16, turned by the rotation, so small that a product with a row of codes stays within 32 bits: `scale` × values is the query at length 1. */
  readonly values: Int16Array;
  readonly scale: number;
  /** Its length, where rows are looked for by distance; undefined where they are looked for by cosine. */
  readonly length?: number | undefined;
  /** Only rows are hits whose upper bound reaches it. */
  threshold: number;
}

/** What is known of each row. */
export interface RowNumbers {
  /** Length of the vector; NaN where there is none. */
  norm(row: number): number;
  /** So far a row at length 1 may be from what its codes stand for, with all that is rounded; −Infinity where there is none. */
  error(row: number): number;
}

/**
 * A scan over rows of int8 codes in a WebAssembly memory of their own, which grows with them. It looks at the first numbers of each row, and knows
 * how long the rest is; only of a row that can reach the threshold by that, the rest is read. The hits are those of a scan that reads everything.
 */
export interface StagedScan {
  /** Sets a row: its codes are those of the vector at length 1, turned. A vector that holds NaN or infinity is never found. Returns its length. */
  set(row: number, vector: Float32Array): number;
  delete(row: number): void;
  readonly rows: RowNumbers;
  /** Of all rows that have been set. */
  readonly largestError: number;
  /**
   * Upper bounds by cosine: codes · query × scale of the row × scale of the query + error of the row, which is at least the cosine less what
   * rounding the query and turning it made of it. By distance: length of the row × (length of the query × that − length of the row / 2), with `DISTANCE_ROUNDING`.
   */
  readonly hits: ScanHits;
  /** At most `maximumQueries`; their thresholds are read anew by each scan. `hits` is another object then: many queries leave room for fewer rows. */
  setQueries(queries: readonly StagedQuery[]): void;
  /** Reads their thresholds anew for other threads. */
  readThresholds(): void;
  /**
   * Puts into `hits` the rows whose upper bound reaches the query's threshold.
   *
   * @param begin - a multiple of sixteen
   * @param end - at most the number of rows and `begin + hits.capacity`
   */
  scan(begin: number, end: number): void;
  /** Undefined unless it is shared. */
  readonly shared: SharedScan | undefined;
  /** The hits of a chunk for the first query, when another thread has scanned it. */
  chunkHits(chunk: number): ScanHits;
}
