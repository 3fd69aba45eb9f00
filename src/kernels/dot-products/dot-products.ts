/** Rows of vectors in a WebAssembly memory of their own, multiplied with queries. */
export interface DotProducts {
  /** (rows × rowLength), `rowLength` the dimensions or more, padded with zeros: fill it before the first call of `multiply`. */
  readonly rows: Float32Array;
  readonly rowLength: number;
  /**
   * Dot products with the first `rowCount` rows, (queries × stride): a view that the next call overwrites.
   * `stride` is `rowCount` or, in the kernel, that rounded up to a multiple of four.
   *
   * @param queries - (queries × dimensions), at most `maximumQueries`
   */
  multiply(queries: Float32Array, rowCount: number): { products: Float32Array; stride: number };
}

export interface DotProductsSize {
  readonly rowCount: number;
  readonly dimensions: number;
  readonly maximumQueries: number;
}
