// Dot products of many rows with a few queries. Plain version: ../dot-products.ts, dotProductsReference.
// Rows and queries are padded with zeros to whole 16-byte lanes.

import { multiplyAdd, sumLanes } from '../../assembly-library/lanes';

/**
 * Writes row · query to products[query × rowCount + row]. `rowCount` is a multiple of four; `rowBytes` is the
 * length of a row and of a query.
 */
export function dotProducts(rows: usize, rowCount: usize, rowBytes: usize, queries: usize, queryCount: usize, products: usize): void {
  const zero = f32x4.splat(0);
  let query: usize = 0;
  // Two queries at a time: eight sums and six operands fill the registers, and each row is loaded once for two.
  for (; query + 1 < queryCount; query += 2) {
    const q0 = queries + query * rowBytes, q1 = q0 + rowBytes;
    for (let row: usize = 0; row < rowCount; row += 4) {
      const r0 = rows + row * rowBytes, r1 = r0 + rowBytes, r2 = r1 + rowBytes, r3 = r2 + rowBytes;
      let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
      for (let d: usize = 0; d < rowBytes; d += 16) {
        const x = v128.load(q0 + d), y = v128.load(q1 + d);
        const a = v128.load(r0 + d), b = v128.load(r1 + d), c = v128.load(r2 + d), e = v128.load(r3 + d);
        s0 = multiplyAdd(a, x, s0); s1 = multiplyAdd(b, x, s1); s2 = multiplyAdd(c, x, s2); s3 = multiplyAdd(e, x, s3);
        t0 = multiplyAdd(a, y, t0); t1 = multiplyAdd(b, y, t1); t2 = multiplyAdd(c, y, t2); t3 = multiplyAdd(e, y, t3);
      }
      const at = products + ((query * rowCount + row) << 2);
      v128.store(at, sumLanes(s0, s1, s2, s3));
      v128.store(at + (rowCount << 2), sumLanes(t0, t1, t2, t3));
    }
  }
  if (query == queryCount) return;
  const q0 = queries + query * rowBytes;
  for (let row: usize = 0; row < rowCount; row += 4) {
    const r0 = rows + row * rowBytes, r1 = r0 + rowBytes, r2 = r1 + rowBytes, r3 = r2 + rowBytes;
    let s0 = zero, s1 = zero, s2 = zero, s3 = zero;
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x = v128.load(q0 + d);
      s0 = multiplyAdd(v128.load(r0 + d), x, s0); s1 = multiplyAdd(v128.load(r1 + d), x, s1);
      s2 = multiplyAdd(v128.load(r2 + d), x, s2); s3 = multiplyAdd(v128.load(r3 + d), x, s3);
    }
    v128.store(products + ((query * rowCount + row) << 2), sumLanes(s0, s1, s2, s3));
  }
}
