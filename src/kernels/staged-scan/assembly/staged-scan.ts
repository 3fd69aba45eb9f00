// Makes int8 codes of vectors, turned by an orthogonal matrix, and finds the rows whose product with a query of int16 may reach a
// threshold. What a bound is, and a plain version: ../staged-scan.ts, ../staged-scan-reference.ts.
//
// The leading codes of sixteen rows are a block that lies by fours of dimensions, so that lanes are rows: no sums across lanes, and
// memory is read in its order. The rest of a row lies together, as it is read of few. With relaxed SIMD sixteen products and their sums
// are one instruction (three on x86 without VNNI), for which one side must have seven bits and no sign: coarse queries, for the first look.
//
// Rows lie in chunks, each with all that belongs to its rows: so a memory grows with its rows.

import { addProducts, highDoubles, lowDoubles, multiplyAdd, sumDoubles, sumInts, sumLanes, sumNeighbors } from '../../assembly-library/lanes';
import { COARSE_ZERO, ROUNDING } from '../../int8-scan/constants';
import { CHUNK_BITS, CHUNK_ROWS, DISTANCE_ROUNDING, MOST_SHORT_SUMS, NO_ROW, REST_UNITS } from '../constants';

let chunks: usize = 0, chunkBytes: usize = 0;

/** The first chunk, and how far it is from each to the next. */
export function setChunks(first: usize, byteLength: usize): void {
  chunks = first; chunkBytes = byteLength;
}

let leadingAt: usize = 0, leadingLength: usize = 0, restsAt: usize = 0, restLength: usize = 0, queryLength: usize = 0;

/**
 * Where in a chunk the leading codes of its rows are, `first` many a row (in fours), and the rest (in fours). The rest of a query is padded with zeros
 * to eights, so what is read of a row beyond its rest counts nothing; behind the rest of the last row there are four bytes.
 */
export function setCodes(leadingCodes: usize, first: usize, restCodes: usize, rest: usize): void {
  leadingAt = leadingCodes; leadingLength = first; restsAt = restCodes; restLength = rest; queryLength = first + ((rest + 7) & ~7);
  areSumsShort = (first as i32) <= MOST_SHORT_SUMS;
}

let scalesAt: usize = 0, errorsAt: usize = 0, normsAt: usize = 0, unitsAt: usize = 0, sumsAt: usize = 0, blocksAt: usize = 0;
let errorStep: f32 = 0, leastError: f32 = 0;

/**
 * Where they are in a chunk. `errors`: bytes, for `step` × scale of the row, and `least` besides; `sums`: those of the leading codes with the sign turned,
 * for the coarse queries, which have no sign; `blocks`: the largest error of each block.
 */
export function setRows(scales: usize, errors: usize, norms: usize, units: usize, sums: usize, blocks: usize, step: f32, least: f32): void {
  scalesAt = scales; errorsAt = errors; normsAt = norms; unitsAt = units; sumsAt = sums; blocksAt = blocks; errorStep = step; leastError = least;
}

// Of the chunk that is open.
let leading: usize = 0, rests: usize = 0, rowScales: usize = 0, rowErrors: usize = 0, rowNorms: usize = 0, restUnits: usize = 0, rowSums: usize = 0, blockErrors: usize = 0;
let chunkBegin: usize = 0, areSumsShort: bool = false;

/** Opens the chunk of a row; from then on rows are told from its first on. */
function openChunk(row: usize): void {
  chunkBegin = row & ~(CHUNK_ROWS - 1);
  const at = chunks + (row >> CHUNK_BITS) * chunkBytes;
  leading = at + leadingAt; rests = at + restsAt; rowScales = at + scalesAt; rowErrors = at + errorsAt; rowNorms = at + normsAt;
  restUnits = at + unitsAt; rowSums = at + sumsAt; blockErrors = at + blocksAt;
}

let vector: usize = 0, vectorLength: usize = 0, turned: usize = 0, matrix: usize = 0;

/** Rows of the matrix and vectors are float32, padded with zeros to `length`, a multiple of four; no matrix: 0. */
export function setVector(at: usize, length: usize, turnedAt: usize, rotation: usize): void {
  vector = at; vectorLength = length; turned = turnedAt; matrix = rotation;
}

// Of each query: int16 values (leading, then rest), coarse codes (leading), and eight float32.
let queryValues: usize = 0, coarseValues: usize = 0, queryNumbers: usize = 0;
const SCALE: usize = 0, THRESHOLD: usize = 4, REST: usize = 8, LENGTH: usize = 12, COARSE_SCALE: usize = 16, COARSE_ERROR: usize = 20;

/** `numbers`: scale, threshold, length of the rest / REST_UNITS, length (by distance; less than 0 by cosine), coarse scale, what coarse products may lack. */
export function setQueries(values: usize, coarse: usize, numbers: usize): void {
  queryValues = values; coarseValues = coarse; queryNumbers = numbers;
}

let hitCounts: usize = 0, hitRows: usize = 0, hitBounds: usize = 0, hitCapacity: usize = 0;

/** Where hits go: a count for each query, and for each query `capacity` row numbers and upper bounds. */
export function setHits(counts: usize, rows: usize, bounds: usize, capacity: usize): void {
  hitCounts = counts; hitRows = rows; hitBounds = bounds; hitCapacity = capacity;
}

/** Writes the vector at length 1 to `turned`, turned if there is a matrix; returns its length. */
function turn(): f64 {
  let squares = f64x2.splat(0);
  for (let d: usize = 0; d < vectorLength; d += 4) {
    const x = v128.load(vector + (d << 2)), a = lowDoubles(x), b = highDoubles(x);
    squares = f64x2.add(squares, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)));
  }
  const norm = sqrt<f64>(sumDoubles(squares));
  const isUsable = norm > 0 && norm < Infinity;
  const divisor = f64x2.splat(isUsable ? norm : Infinity);
  const unit = matrix != 0 ? vector : turned;
  for (let d: usize = 0; d < vectorLength; d += 4) {
    const x = v128.load(vector + (d << 2));
    const a = f32x4.demote_f64x2_zero(f64x2.div(lowDoubles(x), divisor)), b = f32x4.demote_f64x2_zero(f64x2.div(highDoubles(x), divisor));
    v128.store(unit + (d << 2), isUsable ? v128.shuffle<i64>(a, b, 0, 2) : f32x4.splat(0));
  }
  if (matrix == 0) return norm;
  const bytes = vectorLength << 2;
  for (let d: usize = 0, r0 = matrix; d < vectorLength; d += 4, r0 += bytes << 2) {
    const r1 = r0 + bytes, r2 = r1 + bytes, r3 = r2 + bytes;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let i: usize = 0; i < bytes; i += 16) {
      const x = v128.load(vector + i);
      s0 = multiplyAdd(v128.load(r0 + i), x, s0); s1 = multiplyAdd(v128.load(r1 + i), x, s1);
      s2 = multiplyAdd(v128.load(r2 + i), x, s2); s3 = multiplyAdd(v128.load(r3 + i), x, s3);
    }
    v128.store(turned + (d << 2), sumLanes(s0, s1, s2, s3));
  }
  return norm;
}

/**
 * Makes a row of the vector, which is overwritten. In float64: what rounding takes away is computed, too, and a bound must hold.
 */
export function setRow(rowOfAll: usize): void {
  openChunk(rowOfAll);
  const row = rowOfAll - chunkBegin;
  const norm = turn();
  let magnitudes = f32x4.splat(0);
  for (let d: usize = 0; d < vectorLength; d += 4) magnitudes = f32x4.max(magnitudes, f32x4.abs(v128.load(turned + (d << 2))));
  const largest = <f64>max<f32>(
    max<f32>(f32x4.extract_lane(magnitudes, 0), f32x4.extract_lane(magnitudes, 1)),
    max<f32>(f32x4.extract_lane(magnitudes, 2), f32x4.extract_lane(magnitudes, 3)));
  const step = largest / 127, wholes = f64x2.splat(step), factors = f64x2.splat(largest > 0 ? 127 / largest : 0);
  let lost = f64x2.splat(0), sums = i32x4.splat(0), restSquares = i32x4.splat(0);
  const inBlock = row & 15;
  let at = leading + (row - inBlock) * leadingLength + (inBlock << 2);
  for (let d: usize = 0; d < vectorLength; d += 4) {
    const x = v128.load(turned + (d << 2)), a = lowDoubles(x), b = highDoubles(x);
    const m = f64x2.nearest(f64x2.mul(a, factors)), n = f64x2.nearest(f64x2.mul(b, factors));
    const r = f64x2.sub(a, f64x2.mul(m, wholes)), s = f64x2.sub(b, f64x2.mul(n, wholes));
    lost = f64x2.add(lost, f64x2.add(f64x2.mul(r, r), f64x2.mul(s, s)));
    const four = v128.shuffle<i64>(i32x4.trunc_sat_f64x2_s_zero(m), i32x4.trunc_sat_f64x2_s_zero(n), 0, 2);
    const words = i16x8.narrow_i32x4_s(four, four), codes = i8x16.narrow_i16x8_s(words, words);
    if (d < leadingLength) {
      sums = i32x4.add(sums, four);
      v128.store32_lane(at, codes, 0);
      at += 64;
    } else {
      restSquares = i32x4.add(restSquares, i32x4.mul(four, four));
      v128.store32_lane(rests + row * restLength + (d - leadingLength), codes, 0);
    }
  }
  const scale = <f32>step;
  const rest = sqrt<f64>(<f64>sumInts(restSquares)) * <f64>scale;
  const steps = scale > 0 ? ceil<f64>(sqrt<f64>(sumDoubles(lost)) / (<f64>errorStep * <f64>scale) * (1 + ROUNDING)) : 0;
  store<f32>(rowNorms + (row << 2), <f32>norm);
  store<f32>(rowScales + (row << 2), scale);
  store<u8>(rowErrors + row, norm < Infinity ? <u8>steps : NO_ROW);
  store<u8>(restUnits + row, <u8>ceil<f64>(rest * REST_UNITS * (1 + ROUNDING)));
  if (areSumsShort) store<i16>(rowSums + (row << 1), <i16>-sumInts(sums));
  else store<i32>(rowSums + (row << 2), -sumInts(sums));
  const blockError = blockErrors + (row >> 4 << 2);
  store<f32>(blockError, max<f32>(load<f32>(blockError), rowError(row)));
}

/** −Infinity where there is no row. */
function rowError(row: usize): f32 {
  const steps = load<u8>(rowErrors + row) as u32;
  return steps === NO_ROW ? -Infinity : (steps as f32) * errorStep * load<f32>(rowScales + (row << 2)) + leastError;
}

/** Adds the hits among rows `begin` … `end` − 1, multiples of sixteen, of each query. */
export function stagedScan(begin: usize, end: usize, queryCount: usize): void {
  for (let row = begin; row < end; row = chunkBegin + CHUNK_ROWS) {
    openChunk(row);
    const first = row - chunkBegin, last = min<usize>(CHUNK_ROWS, end - chunkBegin);
    for (let query: usize = 0; query < queryCount; query++) {
      const before = load<u32>(hitCounts + (query << 2)) as usize;
      if (ASC_FEATURE_RELAXED_SIMD) scanCoarsely(first, last, query);
      else scanFinely(first, last, query);
      keepHits(query, before);
    }
  }
}

function scanFinely(begin: usize, end: usize, query: usize): void {
  const first = queryValues + query * (queryLength << 1), last = first + (leadingLength << 1);
  let at = leading + begin * leadingLength;
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
    look(sumNeighbors(s0, s1), sumNeighbors(s2, s3), sumNeighbors(s4, s5), sumNeighbors(s6, s7), row, query, SCALE);
  }
}

function scanCoarsely(begin: usize, end: usize, query: usize): void {
  const length = leadingLength, first = coarseValues + query * length, last = first + length;
  let at = leading + begin * length;
  for (let row = begin; row < end; row += 16) {
    let s0: v128, s1: v128, s2: v128, s3: v128;
    if (areSumsShort) {
      const sums = rowSums + (row << 1);
      s0 = v128.load_ext<i16>(sums); s1 = v128.load_ext<i16>(sums, 8); s2 = v128.load_ext<i16>(sums, 16); s3 = v128.load_ext<i16>(sums, 24);
    } else {
      const sums = rowSums + (row << 2);
      s0 = v128.load(sums); s1 = v128.load(sums, 16); s2 = v128.load(sums, 32); s3 = v128.load(sums, 48);
    }
    s0 = i32x4.shl(s0, ctz<i32>(COARSE_ZERO)); s1 = i32x4.shl(s1, ctz<i32>(COARSE_ZERO));
    s2 = i32x4.shl(s2, ctz<i32>(COARSE_ZERO)); s3 = i32x4.shl(s3, ctz<i32>(COARSE_ZERO));
    for (let q = first; q < last; q += 4, at += 64) {
      const x = v128.load32_splat(q);
      s0 = addProducts(v128.load(at), x, s0); s1 = addProducts(v128.load(at, 16), x, s1);
      s2 = addProducts(v128.load(at, 32), x, s2); s3 = addProducts(v128.load(at, 48), x, s3);
    }
    look(s0, s1, s2, s3, row, query, COARSE_SCALE);
  }
}

/** Adds those of sixteen rows to the hits whose leading products let them reach the threshold. */
@inline function look(s0: v128, s1: v128, s2: v128, s3: v128, row: usize, query: usize, scaleAt: usize): void {
  const numbers = queryNumbers + (query << 5);
  const scale = v128.load32_splat(numbers + scaleAt), rest = v128.load32_splat(numbers, REST), length = load<f32>(numbers, LENGTH);
  const more = f32x4.splat(load<f32>(blockErrors + (row >> 2)) + load<f32>(numbers, COARSE_ERROR));
  const units = v128.load(restUnits + row);
  const low = i16x8.extend_low_i8x16_u(units), high = i16x8.extend_high_i8x16_u(units);
  let a = cosineBounds(s0, i32x4.extend_low_i16x8_u(low), row, scale, rest, more);
  let b = cosineBounds(s1, i32x4.extend_high_i16x8_u(low), row + 4, scale, rest, more);
  let c = cosineBounds(s2, i32x4.extend_low_i16x8_u(high), row + 8, scale, rest, more);
  let d = cosineBounds(s3, i32x4.extend_high_i16x8_u(high), row + 12, scale, rest, more);
  if (length >= 0) {
    a = distanceBounds(a, row, length); b = distanceBounds(b, row + 4, length);
    c = distanceBounds(c, row + 8, length); d = distanceBounds(d, row + 12, length);
  }
  const limit = v128.load32_splat(numbers, THRESHOLD);
  const p = f32x4.ge(a, limit), q = f32x4.ge(b, limit), r = f32x4.ge(c, limit), s = f32x4.ge(d, limit);
  if (!v128.any_true(v128.or(v128.or(p, q), v128.or(r, s)))) return;
  note(query, row, i32x4.bitmask(p) | (i32x4.bitmask(q) << 4) | (i32x4.bitmask(r) << 8) | (i32x4.bitmask(s) << 12));
}

/** Of four rows: leading product × scales + lengths of the rests of row and query + what else they may lack. */
@inline function cosineBounds(sums: v128, units: v128, row: usize, scale: v128, rest: v128, more: v128): v128 {
  const scaled = f32x4.mul(f32x4.convert_i32x4_s(sums), f32x4.mul(v128.load(rowScales + (row << 2)), scale));
  return f32x4.add(f32x4.add(scaled, f32x4.mul(f32x4.convert_i32x4_u(units), rest)), more);
}

@inline function distanceBounds(cosines: v128, row: usize, length: f32): v128 {
  const norms = v128.load(rowNorms + (row << 2));
  const products = f32x4.mul(f32x4.splat(length), f32x4.add(cosines, f32x4.splat(<f32>DISTANCE_ROUNDING)));
  return f32x4.mul(norms, f32x4.sub(products, f32x4.mul(norms, f32x4.splat(<f32>(0.5 - DISTANCE_ROUNDING)))));
}

/** `rows`: a bit for each row of the block. */
function note(query: usize, block: usize, rows: i32): void {
  let count = load<u32>(hitCounts + (query << 2)) as usize;
  for (; rows !== 0; rows &= rows - 1, count++) {
    store<u32>(hitRows + ((query * hitCapacity + count) << 2), (chunkBegin + block + (ctz(rows) as usize)) as u32);
  }
  store<u32>(hitCounts + (query << 2), count as u32);
}

/** Of the hits from `first` on leaves those that reach the threshold. One after the other, so that what one waits for from memory is asked for with that of the next. */
function keepHits(query: usize, first: usize): void {
  const numbers = queryNumbers + (query << 5), length = load<f32>(numbers, LENGTH), threshold = load<f32>(numbers, THRESHOLD);
  const begin = query * hitCapacity, end = begin + (load<u32>(hitCounts + (query << 2)) as usize);
  let kept = begin + first;
  for (let hit = kept; hit < end; hit++) {
    const rowOfAll = load<u32>(hitRows + (hit << 2)) as usize, row = rowOfAll - chunkBegin, inBlock = row & 15, at = row << 2;
    let bound = (product(row - inBlock, inBlock, query) as f32) * (load<f32>(rowScales + at) * load<f32>(numbers, SCALE)) + rowError(row);
    if (length >= 0) {
      const norm = load<f32>(rowNorms + at);
      bound = norm * (length * (bound + <f32>DISTANCE_ROUNDING) - norm * <f32>(0.5 - DISTANCE_ROUNDING));
    }
    if (!(bound >= threshold)) continue;
    store<u32>(hitRows + (kept << 2), rowOfAll as u32);
    store<f32>(hitBounds + (kept << 2), bound);
    kept++;
  }
  store<u32>(hitCounts + (query << 2), (kept - begin) as u32);
}

/** Of all codes of one row with the query itself. */
function product(block: usize, inBlock: usize, query: usize): i32 {
  const first = queryValues + query * (queryLength << 1), middle = first + (leadingLength << 1), last = first + (queryLength << 1);
  let sums = i32x4.splat(0);
  for (let q = first, at = leading + block * leadingLength + (inBlock << 2); q < middle; q += 8, at += 64) {
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(at)), v128.load64_zero(q)));
  }
  for (let q = middle, at = rests + (block + inBlock) * restLength; q < last; q += 16, at += 8) {
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load_ext<i8>(at), v128.load(q)));
  }
  return sumInts(sums);
}
