import type { DotProducts, DotProductsSize } from './dot-products.ts';

/** As the kernel, where it may not be compiled. */
export function createPlainDotProducts({ rowCount, dimensions }: DotProductsSize): DotProducts {
  const rows = new Float32Array(rowCount * dimensions);
  return {
    rows,
    rowLength: dimensions,
    multiply(queries, count) {
      return {
        products: dotProductsReference(rows.subarray(0, count * dimensions), queries, dimensions),
        stride: count,
      };
    },
  };
}

/** The plain version of the kernel: row · query at products[query × rowCount + row]. */
export function dotProductsReference(rows: Float32Array, queries: Float32Array, dimensions: number): Float32Array {
  const rowCount = rows.length / dimensions;
  const queryCount = queries.length / dimensions;
  const products = new Float32Array(queryCount * rowCount);
  for (let query = 0; query < queryCount; query++) {
    for (let row = 0; row < rowCount; row++) {
      let sum = 0;
      for (let d = 0; d < dimensions; d++) sum += rows[row * dimensions + d] * queries[query * dimensions + d];
      products[query * rowCount + row] = sum;
    }
  }
  return products;
}
