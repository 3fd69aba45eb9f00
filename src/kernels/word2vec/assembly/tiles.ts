// Dot products and updates of several rows in one pass over the dimensions.

import { multiplyAdd, splat, sumLanes } from '../../assembly-library/lanes';

/** How many of `count` output rows, the first ones, go into tiles of three; the rest into tiles of four. */
@inline function rowsInThrees(count: usize): usize {
  return ((3 * count) & 3) * 3;
}

/** The dot products of two context rows with all output rows, tile by tile. */
@inline export function dotProducts(a0: usize, a1: usize, outputs: usize, outputCount: usize, rowBytes: usize, products: usize): void {
  let o: usize = 0;
  for (const threes = rowsInThrees(outputCount); o < threes; o += 3) {
    const at = outputs + (o << 2);
    const b0 = load<usize>(at), b1 = load<usize>(at, 4), b2 = load<usize>(at, 8);
    let s00 = splat(0), s01 = splat(0), s02 = splat(0), s10 = splat(0), s11 = splat(0), s12 = splat(0);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x0 = v128.load(a0 + d), x1 = v128.load(a1 + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d);
      s00 = multiplyAdd(x0, y0, s00); s10 = multiplyAdd(x1, y0, s10);
      s01 = multiplyAdd(x0, y1, s01); s11 = multiplyAdd(x1, y1, s11);
      s02 = multiplyAdd(x0, y2, s02); s12 = multiplyAdd(x1, y2, s12);
    }
    v128.store(products + (o << 3), sumLanes(s00, s10, s01, s11));
    v128.store64_lane(products + (o << 3), sumLanes(s02, s12, s02, s12), 0, 16);
  }
  for (; o < outputCount; o += 4) {
    const at = outputs + (o << 2);
    const b0 = load<usize>(at), b1 = load<usize>(at, 4), b2 = load<usize>(at, 8), b3 = load<usize>(at, 12);
    let s00 = splat(0), s01 = splat(0), s02 = splat(0), s03 = splat(0), s10 = splat(0), s11 = splat(0), s12 = splat(0), s13 = splat(0);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x0 = v128.load(a0 + d), x1 = v128.load(a1 + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d), y3 = v128.load(b3 + d);
      s00 = multiplyAdd(x0, y0, s00); s10 = multiplyAdd(x1, y0, s10);
      s01 = multiplyAdd(x0, y1, s01); s11 = multiplyAdd(x1, y1, s11);
      s02 = multiplyAdd(x0, y2, s02); s12 = multiplyAdd(x1, y2, s12);
      s03 = multiplyAdd(x0, y3, s03); s13 = multiplyAdd(x1, y3, s13);
    }
    v128.store(products + (o << 3), sumLanes(s00, s10, s01, s11));
    v128.store(products + (o << 3), sumLanes(s02, s12, s03, s13), 16);
  }
}

/** Moves two context rows and all output rows by their gradients, tile by tile. */
@inline export function moveRows(a0: usize, a1: usize, outputs: usize, outputCount: usize, rowBytes: usize, gradients: usize): void {
  let o: usize = 0;
  for (const threes = rowsInThrees(outputCount); o < threes; o += 3) {
    const at = outputs + (o << 2);
    const b0 = load<usize>(at), b1 = load<usize>(at, 4), b2 = load<usize>(at, 8);
    const e = gradients + (o << 3);
    const e00 = v128.load32_splat(e), e10 = v128.load32_splat(e, 4);
    const e01 = v128.load32_splat(e, 8), e11 = v128.load32_splat(e, 12);
    const e02 = v128.load32_splat(e, 16), e12 = v128.load32_splat(e, 20);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x0 = v128.load(a0 + d), x1 = v128.load(a1 + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d);
      v128.store(a0 + d, multiplyAdd(e00, y0, multiplyAdd(e01, y1, multiplyAdd(e02, y2, x0))));
      v128.store(a1 + d, multiplyAdd(e10, y0, multiplyAdd(e11, y1, multiplyAdd(e12, y2, x1))));
      v128.store(b0 + d, multiplyAdd(e00, x0, multiplyAdd(e10, x1, y0)));
      v128.store(b1 + d, multiplyAdd(e01, x0, multiplyAdd(e11, x1, y1)));
      v128.store(b2 + d, multiplyAdd(e02, x0, multiplyAdd(e12, x1, y2)));
    }
  }
  for (; o < outputCount; o += 4) {
    const at = outputs + (o << 2);
    const b0 = load<usize>(at), b1 = load<usize>(at, 4), b2 = load<usize>(at, 8), b3 = load<usize>(at, 12);
    const e = gradients + (o << 3);
    const e00 = v128.load32_splat(e), e10 = v128.load32_splat(e, 4);
    const e01 = v128.load32_splat(e, 8), e11 = v128.load32_splat(e, 12);
    const e02 = v128.load32_splat(e, 16), e12 = v128.load32_splat(e, 20);
    const e03 = v128.load32_splat(e, 24), e13 = v128.load32_splat(e, 28);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x0 = v128.load(a0 + d), x1 = v128.load(a1 + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d), y3 = v128.load(b3 + d);
      v128.store(b0 + d, multiplyAdd(e00, x0, multiplyAdd(e10, x1, y0)));
      v128.store(b1 + d, multiplyAdd(e01, x0, multiplyAdd(e11, x1, y1)));
      v128.store(b2 + d, multiplyAdd(e02, x0, multiplyAdd(e12, x1, y2)));
      v128.store(b3 + d, multiplyAdd(e03, x0, multiplyAdd(e13, x1, y3)));
      v128.store(a0 + d, multiplyAdd(e00, y0, multiplyAdd(e01, y1, multiplyAdd(e02, y2, multiplyAdd(e03, y3, x0)))));
      v128.store(a1 + d, multiplyAdd(e10, y0, multiplyAdd(e11, y1, multiplyAdd(e12, y2, multiplyAdd(e13, y3, x1)))));
    }
  }
}

/** The dot products of one row with all output rows, one after the other, and 0 up to a whole vector. */
@inline export function dotProductsOfOne(a0: usize, outputs: usize, outputCount: usize, rowBytes: usize, products: usize): void {
  let o: usize = 0;
  // Six rows at a time: a row is read once for all of them (1.1x faster than twice three).
  for (; o + 6 <= outputCount; o += 6) {
    const at = outputs + (o << 2);
    const b0 = load<usize>(at), b1 = load<usize>(at, 4), b2 = load<usize>(at, 8);
    const b3 = load<usize>(at, 12), b4 = load<usize>(at, 16), b5 = load<usize>(at, 20);
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0), s4 = splat(0), s5 = splat(0);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x = v128.load(a0 + d);
      s0 = multiplyAdd(x, v128.load(b0 + d), s0); s1 = multiplyAdd(x, v128.load(b1 + d), s1);
      s2 = multiplyAdd(x, v128.load(b2 + d), s2); s3 = multiplyAdd(x, v128.load(b3 + d), s3);
      s4 = multiplyAdd(x, v128.load(b4 + d), s4); s5 = multiplyAdd(x, v128.load(b5 + d), s5);
    }
    v128.store(products + (o << 2), sumLanes(s0, s1, s2, s3));
    v128.store(products + (o << 2), sumLanes(s4, s5, splat(0), splat(0)), 16);
  }
  if (o < outputCount) {
    const at = outputs + (o << 2);
    const b0 = load<usize>(at), b1 = load<usize>(at, 4), b2 = load<usize>(at, 8);
    let s0 = splat(0), s1 = splat(0), s2 = splat(0);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x = v128.load(a0 + d);
      s0 = multiplyAdd(x, v128.load(b0 + d), s0);
      s1 = multiplyAdd(x, v128.load(b1 + d), s1);
      s2 = multiplyAdd(x, v128.load(b2 + d), s2);
    }
    v128.store(products + (o << 2), sumLanes(s0, s1, s2, splat(0)));
    v128.store(products + (o << 2), splat(0), 16);
  }
}

/** Moves all output rows by their gradients with `hidden`, and writes the error of `hidden`. */
@inline export function moveOutputs(hidden: usize, error: usize, outputs: usize, outputCount: usize, rowBytes: usize, gradients: usize): void {
  let o: usize = 0;
  for (; o + 6 <= outputCount; o += 6) {
    const at = outputs + (o << 2);
    const b0 = load<usize>(at), b1 = load<usize>(at, 4), b2 = load<usize>(at, 8);
    const b3 = load<usize>(at, 12), b4 = load<usize>(at, 16), b5 = load<usize>(at, 20);
    const g = gradients + (o << 2);
    const g0 = v128.load32_splat(g), g1 = v128.load32_splat(g, 4), g2 = v128.load32_splat(g, 8);
    const g3 = v128.load32_splat(g, 12), g4 = v128.load32_splat(g, 16), g5 = v128.load32_splat(g, 20);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x = v128.load(hidden + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d);
      let e = o > 0 ? v128.load(error + d) : splat(0);
      e = multiplyAdd(g0, y0, e); v128.store(b0 + d, multiplyAdd(g0, x, y0));
      e = multiplyAdd(g1, y1, e); v128.store(b1 + d, multiplyAdd(g1, x, y1));
      e = multiplyAdd(g2, y2, e); v128.store(b2 + d, multiplyAdd(g2, x, y2));
      const y3 = v128.load(b3 + d), y4 = v128.load(b4 + d), y5 = v128.load(b5 + d);
      e = multiplyAdd(g3, y3, e); v128.store(b3 + d, multiplyAdd(g3, x, y3));
      e = multiplyAdd(g4, y4, e); v128.store(b4 + d, multiplyAdd(g4, x, y4));
      e = multiplyAdd(g5, y5, e); v128.store(b5 + d, multiplyAdd(g5, x, y5));
      v128.store(error + d, e);
    }
  }
  if (o < outputCount) {
    const at = outputs + (o << 2);
    const b0 = load<usize>(at), b1 = load<usize>(at, 4), b2 = load<usize>(at, 8);
    const g = gradients + (o << 2);
    const g0 = v128.load32_splat(g), g1 = v128.load32_splat(g, 4), g2 = v128.load32_splat(g, 8);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const x = v128.load(hidden + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d);
      const e = o > 0 ? v128.load(error + d) : splat(0);
      v128.store(error + d, multiplyAdd(g0, y0, multiplyAdd(g1, y1, multiplyAdd(g2, y2, e))));
      v128.store(b0 + d, multiplyAdd(g0, x, y0));
      v128.store(b1 + d, multiplyAdd(g1, x, y1));
      v128.store(b2 + d, multiplyAdd(g2, x, y2));
    }
  }
}

/** hidden = factor × Σ rows of the list, four at a time */
@inline export function sumRows(hidden: usize, list: usize, end: usize, factor: v128, rowBytes: usize): void {
  let at = list;
  for (; at + 16 <= end; at += 16) {
    const r0 = load<usize>(at), r1 = load<usize>(at, 4), r2 = load<usize>(at, 8), r3 = load<usize>(at, 12);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const sum = f32x4.add(f32x4.add(v128.load(r0 + d), v128.load(r1 + d)), f32x4.add(v128.load(r2 + d), v128.load(r3 + d)));
      v128.store(hidden + d, at > list ? multiplyAdd(factor, sum, v128.load(hidden + d)) : f32x4.mul(factor, sum));
    }
  }
  if (at + 8 <= end) {
    const r0 = load<usize>(at), r1 = load<usize>(at, 4);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const sum = f32x4.add(v128.load(r0 + d), v128.load(r1 + d));
      v128.store(hidden + d, at > list ? multiplyAdd(factor, sum, v128.load(hidden + d)) : f32x4.mul(factor, sum));
    }
    at += 8;
  }
  if (at < end) {
    const r0 = load<usize>(at);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const sum = v128.load(r0 + d);
      v128.store(hidden + d, at > list ? multiplyAdd(factor, sum, v128.load(hidden + d)) : f32x4.mul(factor, sum));
    }
  }
}

/** Each row of the list += factor × error, four at a time; one after the other, because a row may be there twice. */
@inline export function addToRows(list: usize, end: usize, error: usize, factor: v128, rowBytes: usize): void {
  let at = list;
  for (; at + 16 <= end; at += 16) {
    const r0 = load<usize>(at), r1 = load<usize>(at, 4), r2 = load<usize>(at, 8), r3 = load<usize>(at, 12);
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const e = f32x4.mul(factor, v128.load(error + d));
      v128.store(r0 + d, f32x4.add(v128.load(r0 + d), e));
      v128.store(r1 + d, f32x4.add(v128.load(r1 + d), e));
      v128.store(r2 + d, f32x4.add(v128.load(r2 + d), e));
      v128.store(r3 + d, f32x4.add(v128.load(r3 + d), e));
    }
  }
  for (; at < end; at += 4) addScaled(load<usize>(at), error, factor, rowBytes);
}

/** A row loses this share of itself. */
export function shorten(row: usize, share: f32, rowBytes: usize): void {
  const rest = splat(max<f32>(0, 1 - share));
  for (let d: usize = 0; d < rowBytes; d += 16) v128.store(row + d, f32x4.mul(rest, v128.load(row + d)));
}

/** target += factor × row */
@inline export function addScaled(target: usize, row: usize, factor: v128, rowBytes: usize): void {
  for (let d: usize = 0; d < rowBytes; d += 16) {
    v128.store(target + d, multiplyAdd(factor, v128.load(row + d), v128.load(target + d)));
  }
}
