import { describe, expect, it } from 'vitest';
import { Random } from '../../math/random.ts';
import { createDotProducts } from './dot-products-kernel.ts';
import { dotProductsReference } from './dot-products-reference.ts';

describe.each([true, false])('createDotProducts, compiled %s', (compiled) => {
  for (const dimensions of [1, 3, 50, 100, 102, 300]) {
    it(`equals the plain version with ${dimensions} dimensions, any number of rows and queries`, () => {
      const random = new Random(dimensions);
      for (const [rowCount, queryCount] of [
        [1, 1],
        [7, 2],
        [33, 5],
      ]) {
        const fill = (length: number) => Float32Array.from({ length }, () => random.uniform() - 0.5);
        const rows = fill(rowCount * dimensions);
        const queries = fill(queryCount * dimensions);
        const kernel = createDotProducts({ rowCount, dimensions, maximumQueries: 5 }, compiled);
        for (let row = 0; row < rowCount; row++) {
          kernel.rows.set(rows.subarray(row * dimensions, (row + 1) * dimensions), row * kernel.rowLength);
        }
        const { products, stride } = kernel.multiply(queries, rowCount);
        const expected = dotProductsReference(rows, queries, dimensions);
        for (let query = 0; query < queryCount; query++) {
          for (let row = 0; row < rowCount; row++) {
            expect(Math.abs(products[query * stride + row] - expected[query * rowCount + row])).toBeLessThan(1e-5);
          }
        }
      }
    });
  }
});
