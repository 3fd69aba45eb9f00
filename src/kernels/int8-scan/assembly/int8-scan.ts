// Makes int8 codes of vectors, and finds the rows of such codes whose dot product with a query of int16 may reach a threshold.
// Plain versions, and the order of the codes: ../int8-scan.ts.
//
// A block of sixteen rows lies by fours of dimensions, so that lanes are rows: no sums across lanes, and memory is read
// in its order. With relaxed SIMD sixteen products and their sums are one instruction (three on x86 without VNNI), for which
// one side must have seven bits and no sign: coarse queries, for a first look.

import { addProducts, highDoubles, lowDoubles, sumDoubles, sumInts, sumNeighbors } from '../../assembly-library/lanes';
import { COARSE_ZERO, ROUNDING } from '../constants';

let codes: usize = 0, rowLength: usize = 0, rowScales: usize = 0, rowErrors: usize = 0;

export function setRows(rows: usize, length: usize, scales: usize, errors: usize): void {
  codes = rows; rowLength = length; rowScales = scales; rowErrors = errors;
}

let queries: usize = 0, queryScales: usize = 0, thresholds: usize = 0;

export function setQueries(values: usize, scales: usize, limits: usize): void {
  queries = values; queryScales = scales; thresholds = limits;
}

let coarseQueries: usize = 0, coarseScales: usize = 0, coarseThresholds: usize = 0;
let rowOffsets: usize = 0, blockErrors: usize = 0;

/** What is added to a row's product with a coarse query, as that has no sign; and of each block the largest error. */
export function setCoarse(values: usize, scales: usize, limits: usize, offsets: usize, errors: usize): void {
  coarseQueries = values; coarseScales = scales; coarseThresholds = limits; rowOffsets = offsets; blockErrors = errors;
}

let hitCounts: usize = 0, hitRows: usize = 0, hitBounds: usize = 0, hitCapacity: usize = 0;

/** Where hits go: a count for each query, and for each query `capacity` row numbers and upper bounds. */
export function setHits(counts: usize, rowNumbers: usize, bounds: usize, capacity: usize): void {
  hitCounts = counts; hitRows = rowNumbers; hitBounds = bounds; hitCapacity = capacity;
}

/**
 * Makes rows `first` … of `count` vectors (float32, padded with zeros to `rowLength`), each at length 1, and writes their lengths
 * to `norms`. In float64: what rounding takes away is computed, too, and a bound must hold.
 */
export function quantizeRows(vectors: usize, count: usize, first: usize, norms: usize): void {
  const length = rowLength;
  for (let row = first, end = first + count; row < end; row++, vectors += length << 2, norms += 4) {
    let magnitudes = f32x4.splat(0), squares = f64x2.splat(0);
    for (let d: usize = 0; d < length; d += 4) {
      const x = v128.load(vectors + (d << 2));
      magnitudes = f32x4.pmax(magnitudes, f32x4.abs(x)); // NaN is left out
      const a = lowDoubles(x), b = highDoubles(x);
      squares = f64x2.add(squares, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)));
    }
    const halves = f32x4.pmax(magnitudes, v128.shuffle<i64>(magnitudes, magnitudes, 1, 1));
    const largest = <f64>max<f32>(f32x4.extract_lane(halves, 0), f32x4.extract_lane(halves, 1));
    const norm = sqrt<f64>(sumDoubles(squares));
    const step = largest / 127;
    const factors = f64x2.splat(largest > 0 ? 127 / largest : 0), steps = f64x2.splat(step);
    let lost = f64x2.splat(0), sums = i32x4.splat(0);
    const inBlock = row & 15;
    let at = codes + (row - inBlock) * length + (inBlock << 2);
    for (let d: usize = 0; d < length; d += 4, at += 64) {
      const x = v128.load(vectors + (d << 2));
      const a = lowDoubles(x), b = highDoubles(x);
      const m = f64x2.nearest(f64x2.mul(a, factors)), n = f64x2.nearest(f64x2.mul(b, factors));
      const r = f64x2.sub(a, f64x2.mul(m, steps)), s = f64x2.sub(b, f64x2.mul(n, steps));
      lost = f64x2.add(lost, f64x2.add(f64x2.mul(r, r), f64x2.mul(s, s)));
      const four = v128.shuffle<i64>(i32x4.trunc_sat_f64x2_s_zero(m), i32x4.trunc_sat_f64x2_s_zero(n), 0, 2);
      sums = i32x4.add(sums, four);
      const words = i16x8.narrow_i32x4_s(four, four);
      v128.store32_lane(at, i8x16.narrow_i16x8_s(words, words), 0);
    }
    const finite = norm < Infinity; // a row that holds NaN or infinity is no hit
    const rest = sqrt<f64>(sumDoubles(lost));
    const error = !finite ? -Infinity : norm > 0 ? rest / norm + ROUNDING : 0;
    store<f32>(norms, <f32>norm);
    store<f32>(rowScales + (row << 2), finite && norm > 0 ? <f32>(step / norm) : 0);
    store<f32>(rowErrors + (row << 2), <f32>error);
    store<i32>(rowOffsets + (row << 2), -COARSE_ZERO * sumInts(sums));
    const blockError = blockErrors + (row >> 4 << 2);
    store<f32>(blockError, max<f32>(load<f32>(blockError), <f32>error));
  }
}

function addHit(query: usize, row: usize, bound: f32): void {
  if (!(bound >= load<f32>(thresholds + (query << 2)))) return;
  const count = load<u32>(hitCounts + (query << 2)) as usize;
  const at = (query * hitCapacity + count) << 2;
  store<u32>(hitRows + at, row as u32);
  store<f32>(hitBounds + at, bound);
  store<u32>(hitCounts + (query << 2), (count + 1) as u32);
}

/**
 * Adds a hit for each row and query where upper = codes · query × rowScale × queryScale + rowError reaches the query's
 * threshold. `begin` and `end` are multiples of sixteen.
 */
export function int8Scan(begin: usize, end: usize, queryCount: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) scanCoarsely(begin, end, queryCount);
  else for (let query: usize = 0; query < queryCount; query++) scanFinely(begin, end, query);
}

function scanFinely(begin: usize, end: usize, query: usize): void {
  const first = queries + ((query * rowLength) << 1), last = first + (rowLength << 1);
  const scale = v128.load32_splat(queryScales + (query << 2)), limit = v128.load32_splat(thresholds + (query << 2));
  let at = codes + begin * rowLength;
  for (let row = begin; row < end; row += 16) {
    // Two sums a row, in lanes beside each other.
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    for (let q = first; q < last; q += 8, at += 64) {
      const x = v128.load64_splat(q);
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load_ext<i8>(at), x));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 8), x));
      s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 16), x));
      s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 24), x));
      s4 = i32x4.add(s4, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 32), x));
      s5 = i32x4.add(s5, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 40), x));
      s6 = i32x4.add(s6, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 48), x));
      s7 = i32x4.add(s7, i32x4.dot_i16x8_s(v128.load_ext<i8>(at, 56), x));
    }
    const a = upperBounds(sumNeighbors(s0, s1), row, scale), b = upperBounds(sumNeighbors(s2, s3), row + 4, scale);
    const c = upperBounds(sumNeighbors(s4, s5), row + 8, scale), d = upperBounds(sumNeighbors(s6, s7), row + 12, scale);
    if (!reaches(a, b, c, d, limit)) continue;
    addHits(query, row, a); addHits(query, row + 4, b); addHits(query, row + 8, c); addHits(query, row + 12, d);
  }
}

/** Of four rows. */
@inline function upperBounds(products: v128, row: usize, scale: v128): v128 {
  const at = row << 2;
  const scaled = f32x4.mul(f32x4.convert_i32x4_s(products), f32x4.mul(v128.load(rowScales + at), scale));
  return f32x4.add(scaled, v128.load(rowErrors + at));
}

/** Whether one of sixteen bounds does: seldom. */
@inline function reaches(a: v128, b: v128, c: v128, d: v128, limit: v128): bool {
  return v128.any_true(f32x4.ge(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)), limit));
}

function addHits(query: usize, row: usize, upper: v128): void {
  addHit(query, row, f32x4.extract_lane(upper, 0)); addHit(query, row + 1, f32x4.extract_lane(upper, 1));
  addHit(query, row + 2, f32x4.extract_lane(upper, 2)); addHit(query, row + 3, f32x4.extract_lane(upper, 3));
}

function scanCoarsely(begin: usize, end: usize, queryCount: usize): void {
  const length = rowLength; // the engine reads what is global anew in each step
  let query: usize = 0;
  // Three queries: twelve sums stay in registers, each load of a row serves three products, each of a query four.
  for (; query + 2 < queryCount; query += 3) {
    const first = coarseQueries + query * length, last = first + length;
    let at = codes + begin * length;
    for (let row = begin; row < end; row += 16) {
      const offsets = rowOffsets + (row << 2);
      let s0 = v128.load(offsets), s1 = v128.load(offsets, 16), s2 = v128.load(offsets, 32), s3 = v128.load(offsets, 48);
      let t0 = s0, t1 = s1, t2 = s2, t3 = s3, u0 = s0, u1 = s1, u2 = s2, u3 = s3;
      for (let q = first; q < last; q += 4, at += 64) {
        const x = v128.load32_splat(q), y = v128.load32_splat(q + length), z = v128.load32_splat(q + (length << 1));
        const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32), d = v128.load(at, 48);
        s0 = addProducts(a, x, s0); t0 = addProducts(a, y, t0); u0 = addProducts(a, z, u0);
        s1 = addProducts(b, x, s1); t1 = addProducts(b, y, t1); u1 = addProducts(b, z, u1);
        s2 = addProducts(c, x, s2); t2 = addProducts(c, y, t2); u2 = addProducts(c, z, u2);
        s3 = addProducts(d, x, s3); t3 = addProducts(d, y, t3); u3 = addProducts(d, z, u3);
      }
      lookCloser(s0, s1, s2, s3, row, query); lookCloser(t0, t1, t2, t3, row, query + 1);
      lookCloser(u0, u1, u2, u3, row, query + 2);
    }
  }
  for (; query < queryCount; query++) {
    const first = coarseQueries + query * length, last = first + length;
    let at = codes + begin * length;
    for (let row = begin; row < end; row += 16) {
      const offsets = rowOffsets + (row << 2);
      let s0 = v128.load(offsets), s1 = v128.load(offsets, 16), s2 = v128.load(offsets, 32), s3 = v128.load(offsets, 48);
      for (let q = first; q < last; q += 4, at += 64) {
        const x = v128.load32_splat(q);
        s0 = addProducts(v128.load(at), x, s0); s1 = addProducts(v128.load(at, 16), x, s1);
        s2 = addProducts(v128.load(at, 32), x, s2); s3 = addProducts(v128.load(at, 48), x, s3);
      }
      lookCloser(s0, s1, s2, s3, row, query);
    }
  }
}

/** Of sixteen rows those that may reach the threshold by their products with the coarse query. */
@inline function lookCloser(s0: v128, s1: v128, s2: v128, s3: v128, row: usize, query: usize): void {
  const scales = rowScales + (row << 2);
  const a = f32x4.mul(f32x4.convert_i32x4_s(s0), v128.load(scales));
  const b = f32x4.mul(f32x4.convert_i32x4_s(s1), v128.load(scales, 16));
  const c = f32x4.mul(f32x4.convert_i32x4_s(s2), v128.load(scales, 32));
  const d = f32x4.mul(f32x4.convert_i32x4_s(s3), v128.load(scales, 48));
  const at = query << 2;
  const scale = load<f32>(coarseScales + at), limit = load<f32>(coarseThresholds + at) - load<f32>(blockErrors + (row >> 2));
  const products = f32x4.splat(limit / scale);
  if (!reaches(a, b, c, d, products)) return;
  addCloseHits(query, row, i32x4.bitmask(f32x4.ge(a, products)) | (i32x4.bitmask(f32x4.ge(b, products)) << 4)
    | (i32x4.bitmask(f32x4.ge(c, products)) << 8) | (i32x4.bitmask(f32x4.ge(d, products)) << 12));
}

/** `rows`: a bit for each row of the block. */
function addCloseHits(query: usize, block: usize, rows: i32): void {
  for (; rows !== 0; rows &= rows - 1) {
    const inBlock = ctz(rows) as usize;
    addHit(query, block + inBlock, upperBound(block, inBlock, query));
  }
}

/** Of one row, by the query itself. */
function upperBound(block: usize, inBlock: usize, query: usize): f32 {
  const first = queries + ((query * rowLength) << 1), last = first + (rowLength << 1);
  let sums = i32x4.splat(0);
  for (let q = first, at = codes + block * rowLength + (inBlock << 2); q < last; q += 8, at += 64) {
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(at)), v128.load64_zero(q)));
  }
  const product = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  const at = (block + inBlock) << 2;
  return (product as f32) * (load<f32>(rowScales + at) * load<f32>(queryScales + (query << 2))) + load<f32>(rowErrors + at);
}
