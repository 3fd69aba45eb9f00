import { dotProductsRelaxedSimd, dotProductsSimd } from '../generated/dot-products.ts';
import { mayCompile, wasmModule } from '../wasm-module.ts';

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

/** @param compiled - whether by the kernel; by default where it may be compiled */
export function createDotProducts(size: DotProductsSize, compiled = mayCompile()): DotProducts {
  if (!compiled) return createPlainDotProducts(size);
  const { rowCount, dimensions, maximumQueries } = size;
  const rowLength = Math.ceil(dimensions / 4) * 4;
  const paddedRows = Math.ceil(rowCount / 4) * 4;
  const queriesOffset = 1024 + paddedRows * rowLength * 4;
  const productsOffset = queriesOffset + maximumQueries * rowLength * 4;
  const byteLength = productsOffset + maximumQueries * paddedRows * 4;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(byteLength / 65536) });
  const module = wasmModule({ simd: dotProductsSimd, relaxedSimd: dotProductsRelaxedSimd });
  const { dotProducts } = new WebAssembly.Instance(module, { env: { memory } }).exports as {
    dotProducts(
      rows: number,
      rowCount: number,
      rowBytes: number,
      queries: number,
      queryCount: number,
      products: number,
    ): void;
  };
  const queryRows = new Float32Array(memory.buffer, queriesOffset, maximumQueries * rowLength);
  return {
    rows: new Float32Array(memory.buffer, 1024, rowCount * rowLength),
    rowLength,
    multiply(queries, count) {
      const stride = Math.ceil(count / 4) * 4;
      const queryCount = queries.length / dimensions;
      for (let query = 0; query < queryCount; query++) {
        queryRows.set(queries.subarray(query * dimensions, (query + 1) * dimensions), query * rowLength);
      }
      dotProducts(1024, stride, rowLength * 4, queriesOffset, queryCount, productsOffset);
      return { products: new Float32Array(memory.buffer, productsOffset, queryCount * stride), stride };
    },
  };
}

/** As the kernel, where it may not be compiled. */
function createPlainDotProducts({ rowCount, dimensions }: DotProductsSize): DotProducts {
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
