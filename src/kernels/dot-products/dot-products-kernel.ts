import { dotProductsRelaxedSimd, dotProductsSimd } from '../generated/dot-products.ts';
import { mayCompile, wasmModule } from '../wasm-module.ts';
import type { DotProducts, DotProductsSize } from './dot-products.ts';
import { createPlainDotProducts } from './dot-products-reference.ts';

/**
 * The fast version, in WebAssembly, or the plain one.
 *
 * @param compiled - whether by the kernel; by default where it may be compiled
 */
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
