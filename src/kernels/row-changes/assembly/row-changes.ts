// How far rows have moved from a base, and what all have moved them by. Plain version: ../row-changes-reference.ts.
// Without fused multiply-add: machines that have it and machines that have not must come to the same base, bit by bit.

/** Of a row's squared length: a change below is what rounding has left. */
const ROUNDING: f32 = 1e-13;
/** Below it there is nothing worth a code; its inverse is a number, too. */
const LEAST_SCALE: f32 = reinterpret<f32>(0x00800000);
/** 1.5 × 2²³: what is added to it is rounded to a whole number, which then lies in its low bits. */
const SHIFT: f32 = 12582912;
const SHIFT_BITS: i32 = 0x4b400000;

/** Makes of rows their changes, in place and in `changes`; `squares` gets the squared length of each, `movers` 1 where there is one. */
export function takeChanges(rows: usize, base: usize, changes: usize, squares: usize, movers: usize, count: usize, dimensions: usize): void {
  const rowBytes = dimensions << 2, laneBytes = rowBytes & ~15;
  for (let row: usize = 0; row < count; row++) {
    let squareLanes = f32x4.splat(0), lengthLanes = f32x4.splat(0);
    let d: usize = 0;
    for (; d < laneBytes; d += 16) {
      const value = v128.load(rows + d);
      const change = f32x4.sub(value, v128.load(base + d));
      v128.store(rows + d, change);
      v128.store(changes + d, change);
      squareLanes = f32x4.add(squareLanes, f32x4.mul(change, change));
      lengthLanes = f32x4.add(lengthLanes, f32x4.mul(value, value));
    }
    let square = sum(squareLanes), length = sum(lengthLanes);
    for (; d < rowBytes; d += 4) {
      const value = load<f32>(rows + d), change = value - load<f32>(base + d);
      store<f32>(rows + d, change);
      store<f32>(changes + d, change);
      square += change * change;
      length += value * value;
    }
    const hasStayed = square <= ROUNDING * length && square < Infinity; // not what is no number: all must hear of it
    if (hasStayed) {
      memory.fill(rows, 0, rowBytes);
      memory.fill(changes, 0, rowBytes);
    }
    store<f32>(squares, hasStayed ? 0 : square);
    store<f32>(movers, hasStayed ? 0 : 1);
    rows += rowBytes, base += rowBytes, changes += rowBytes, squares += 4, movers += 4;
  }
}

/**
 * Makes of changes codes of one byte, and of `rows`, the changes, what the codes stand for: code × scale, a power of two for each row, so
 * that nothing is rounded when it is read. What the codes leave out stays between a row and its base, and is sent the next time.
 */
export function packChanges(rows: usize, movers: usize, scales: usize, codes: usize, count: usize, dimensions: usize): void {
  const rowBytes = dimensions << 2, laneBytes = rowBytes & ~15;
  for (let row: usize = 0; row < count; row++) {
    if (load<f32>(movers) == 0) {
      store<f32>(scales, 0);
      memory.fill(codes, 0, dimensions);
    } else {
      // Magnitudes in the order of their bits: what is no number is the largest.
      const magnitude = i32x4.splat(0x7fffffff);
      let largestLanes = i32x4.splat(0);
      let d: usize = 0;
      for (; d < laneBytes; d += 16) largestLanes = i32x4.max_s(largestLanes, v128.and(v128.load(rows + d), magnitude));
      let largest = max(
        max(i32x4.extract_lane(largestLanes, 0), i32x4.extract_lane(largestLanes, 1)),
        max(i32x4.extract_lane(largestLanes, 2), i32x4.extract_lane(largestLanes, 3)),
      );
      for (; d < rowBytes; d += 4) largest = max(largest, load<i32>(rows + d) & 0x7fffffff);
      const scale = scaleOf(reinterpret<f32>(largest));
      store<f32>(scales, scale);
      const inverse = <f32>1 / scale, inverseLanes = f32x4.splat(inverse), scaleLanes = f32x4.splat(scale);
      d = 0;
      for (const blockBytes = rowBytes & ~63; d < blockBytes; d += 64) {
        const a = round(rows + d, inverseLanes, scaleLanes), b = round(rows + d + 16, inverseLanes, scaleLanes);
        const c = round(rows + d + 32, inverseLanes, scaleLanes), e = round(rows + d + 48, inverseLanes, scaleLanes);
        v128.store(codes + (d >> 2), i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, e)));
      }
      for (; d < laneBytes; d += 16) {
        const four = round(rows + d, inverseLanes, scaleLanes), words = i16x8.narrow_i32x4_s(four, four);
        v128.store32_lane(codes + (d >> 2), i8x16.narrow_i16x8_s(words, words), 0);
      }
      for (; d < rowBytes; d += 4) {
        const shifted = load<f32>(rows + d) * inverse + SHIFT;
        store<i8>(codes + (d >> 2), <i8>(reinterpret<i32>(shifted) - SHIFT_BITS));
        store<f32>(rows + d, (shifted - SHIFT) * scale);
      }
    }
    rows += rowBytes, movers += 4, scales += 4, codes += dimensions;
  }
}

/** Four codes of the values at `row`, which become what the codes stand for. */
@inline function round(row: usize, inverse: v128, scale: v128): v128 {
  const shifted = f32x4.add(f32x4.mul(v128.load(row), inverse), f32x4.splat(SHIFT));
  v128.store(row, f32x4.mul(f32x4.sub(shifted, f32x4.splat(SHIFT)), scale));
  return i32x4.sub(shifted, i32x4.splat(SHIFT_BITS));
}

/** The least power of two that brings `largest` within 127; what is no number where that is none. */
@inline function scaleOf(largest: f32): f32 {
  const part = largest / 127;
  if (!(part < Infinity)) return NaN;
  const up = (reinterpret<u32>(part) + 0x7fffff) & 0x7f800000;
  return max(reinterpret<f32>(up), LEAST_SCALE);
}

@inline function addCodes(changes: usize, codes: v128, scale: v128): void {
  v128.store(changes, f32x4.add(v128.load(changes), f32x4.mul(f32x4.convert_i32x4_s(codes), scale)));
}

/** Adds up, rank by rank, what `packChanges` of each has made: the scales of rank r lie r × `stride` behind `scales`, its codes likewise. */
export function unpackChanges(
  scales: usize, codes: usize, stride: usize, ranks: usize,
  changes: usize, squares: usize, movers: usize, count: usize, dimensions: usize,
): void {
  const rowBytes = dimensions << 2, laneBytes = rowBytes & ~15;
  for (let row: usize = 0; row < count; row++) {
    let square: f32 = 0, moved: f32 = 0;
    memory.fill(changes, 0, rowBytes);
    for (let rank: usize = 0, from: usize = 0; rank < ranks; rank++, from += stride) {
      const scale = load<f32>(scales + from);
      if (scale == 0) continue;
      const scaleLanes = f32x4.splat(scale), code = codes + from;
      let squareLanes = i32x4.splat(0);
      let d: usize = 0;
      for (const blockBytes = rowBytes & ~31; d < blockBytes; d += 32) {
        const words = i16x8.extend_low_i8x16_s(v128.load64_zero(code + (d >> 2)));
        squareLanes = i32x4.add(squareLanes, i32x4.dot_i16x8_s(words, words));
        addCodes(changes + d, i32x4.extend_low_i16x8_s(words), scaleLanes);
        addCodes(changes + d + 16, i32x4.extend_high_i16x8_s(words), scaleLanes);
      }
      for (; d < laneBytes; d += 16) {
        const words = i16x8.extend_low_i8x16_s(v128.load32_zero(code + (d >> 2)));
        squareLanes = i32x4.add(squareLanes, i32x4.dot_i16x8_s(words, words));
        addCodes(changes + d, i32x4.extend_low_i16x8_s(words), scaleLanes);
      }
      let squares = i32x4.extract_lane(squareLanes, 0) + i32x4.extract_lane(squareLanes, 1)
        + i32x4.extract_lane(squareLanes, 2) + i32x4.extract_lane(squareLanes, 3);
      for (; d < rowBytes; d += 4) {
        const value = <i32>load<i8>(code + (d >> 2));
        squares += value * value;
        store<f32>(changes + d, load<f32>(changes + d) + <f32>value * scale);
      }
      square += <f32>squares * (scale * scale);
      moved += 1;
    }
    store<f32>(squares, square);
    store<f32>(movers, moved);
    scales += 4, codes += dimensions, changes += rowBytes, squares += 4, movers += 4;
  }
}

/** `squares`, of all changes of a row together, become that of their sum beside it. */
export function compareLengths(changes: usize, squares: usize, count: usize, dimensions: usize): void {
  const rowBytes = dimensions << 2, laneBytes = rowBytes & ~15;
  for (let row: usize = 0; row < count; row++) {
    let squareLanes = f32x4.splat(0);
    let d: usize = 0;
    for (; d < laneBytes; d += 16) {
      const change = v128.load(changes + d);
      squareLanes = f32x4.add(squareLanes, f32x4.mul(change, change));
    }
    let square = sum(squareLanes);
    for (; d < rowBytes; d += 4) square += load<f32>(changes + d) * load<f32>(changes + d);
    store<f32>(squares, square / load<f32>(squares));
    changes += rowBytes, squares += 4;
  }
}

/** Adds factor × changes to the base; `rows`, which are this side's own changes, become what is to be added to its rows. */
export function applyChanges(rows: usize, base: usize, changes: usize, factors: usize, count: usize, dimensions: usize): void {
  const rowBytes = dimensions << 2, laneBytes = rowBytes & ~15;
  for (let row: usize = 0; row < count; row++) {
    const factor = load<f32>(factors), factorLanes = f32x4.splat(factor);
    let d: usize = 0;
    for (; d < laneBytes; d += 16) {
      const change = f32x4.mul(factorLanes, v128.load(changes + d));
      v128.store(rows + d, f32x4.sub(change, v128.load(rows + d)));
      v128.store(base + d, f32x4.add(v128.load(base + d), change));
    }
    for (; d < rowBytes; d += 4) {
      const change = factor * load<f32>(changes + d);
      store<f32>(rows + d, change - load<f32>(rows + d));
      store<f32>(base + d, load<f32>(base + d) + change);
    }
    rows += rowBytes, base += rowBytes, changes += rowBytes, factors += 4;
  }
}

/** Adds `byteLength` bytes of `changes` to `values`. */
export function add(values: usize, changes: usize, byteLength: usize): void {
  let at: usize = 0;
  for (const lanes = byteLength & ~15; at < lanes; at += 16) {
    v128.store(values + at, f32x4.add(v128.load(values + at), v128.load(changes + at)));
  }
  for (; at < byteLength; at += 4) store<f32>(values + at, load<f32>(values + at) + load<f32>(changes + at));
}

@inline function sum(lanes: v128): f32 {
  return f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1) + f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3);
}
