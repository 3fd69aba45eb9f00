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

/** A scan over rows in a WebAssembly memory of their own: make them before the first. */
export interface Int8Scan {
  /** Room for vectors of which rows are made, (vectors × vectorLength), padded with zeros. */
  readonly vectors: Float32Array;
  /** Dimensions rounded up to a multiple of four. */
  readonly vectorLength: number;
  /**
   * Makes rows `first` … of the first `count` vectors; a row that is there already is replaced. A row is its vector at length 1, a
   * vector of zeros one of zeros; a vector that holds NaN or infinity gets the error −Infinity.
   *
   * @returns the lengths of the vectors: a view that the next call overwrites
   */
  quantize(first: number, count: number): Float32Array;
  /** Blocks of sixteen rows, in each by fours of dimensions: those of its row 0, of row 1, … of row 15, then the next four. */
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  /** −Infinity may be written to it: then the row is never found. */
  readonly errors: Float32Array;
  /** Of all rows that have been made. */
  readonly largestError: number;
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
  /** At most 131,072. */
  readonly dimensions: number;
  readonly maximumQueries: number;
}

/** Of the room for vectors, see `Int8Scan.vectors`. */
export const VECTOR_BYTES = 1 << 18;
