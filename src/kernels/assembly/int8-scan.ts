// Finds the rows whose dot product with a query may reach a threshold: rows of int8 codes, queries of int16. Plain
// version: ../int8-scan.ts, int8ScanReference. Rows and queries are padded with zeros to a multiple of eight values.
//
// Eight products are one instruction (i32x4.dot_i16x8_s) once the codes are widened, and rows take a quarter of the
// memory of float32.

import { sumIntegerLanes } from './library/lanes';

let hitCounts: usize = 0, hitRows: usize = 0, hitBounds: usize = 0, hitCapacity: usize = 0;

/** Where hits go: a count for each query, and for each query `capacity` row numbers and upper bounds. */
export function setHits(counts: usize, rowNumbers: usize, bounds: usize, capacity: usize): void {
  hitCounts = counts; hitRows = rowNumbers; hitBounds = bounds; hitCapacity = capacity;
}

function addHit(query: usize, row: usize, bound: f32): void {
  const count = load<u32>(hitCounts + (query << 2)) as usize;
  const at = (query * hitCapacity + count) << 2;
  store<u32>(hitRows + at, row as u32);
  store<f32>(hitBounds + at, bound);
  store<u32>(hitCounts + (query << 2), (count + 1) as u32);
}

/**
 * Adds a hit for each row and query where upper = code · query × rowScale × queryScale + rowError reaches the query's
 * threshold. `begin` and `end` are multiples of four; `rowLength` (values of a row and of a query) of eight.
 */
export function int8Scan(
  codes: usize, rowScales: usize, rowErrors: usize, begin: usize, end: usize, rowLength: usize,
  queries: usize, queryScales: usize, thresholds: usize, queryCount: usize,
): void {
  const zero = i32x4.splat(0);
  const queryBytes = rowLength << 1;
  let query: usize = 0;
  // Four queries and two rows: eight sums stay in registers, and each row is widened once for four queries.
  for (; query + 3 < queryCount; query += 4) {
    const q0 = queries + query * queryBytes, q1 = q0 + queryBytes, q2 = q1 + queryBytes, q3 = q2 + queryBytes;
    const scales = v128.load(queryScales + (query << 2)), limits = v128.load(thresholds + (query << 2));
    for (let row = begin; row < end; row += 2) {
      const r0 = codes + row * rowLength, r1 = r0 + rowLength;
      let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
      for (let d: usize = 0; d < rowLength; d += 8) {
        const a = v128.load_ext<i8>(r0 + d), b = v128.load_ext<i8>(r1 + d), at = d << 1;
        const x = v128.load(q0 + at), y = v128.load(q1 + at), z = v128.load(q2 + at), w = v128.load(q3 + at);
        s0 = i32x4.add(s0, i32x4.dot_i16x8_s(a, x)); t0 = i32x4.add(t0, i32x4.dot_i16x8_s(b, x));
        s1 = i32x4.add(s1, i32x4.dot_i16x8_s(a, y)); t1 = i32x4.add(t1, i32x4.dot_i16x8_s(b, y));
        s2 = i32x4.add(s2, i32x4.dot_i16x8_s(a, z)); t2 = i32x4.add(t2, i32x4.dot_i16x8_s(b, z));
        s3 = i32x4.add(s3, i32x4.dot_i16x8_s(a, w)); t3 = i32x4.add(t3, i32x4.dot_i16x8_s(b, w));
      }
      addHitsOfQueries(sumIntegerLanes(s0, s1, s2, s3), scales, limits, rowScales, rowErrors, row, query);
      addHitsOfQueries(sumIntegerLanes(t0, t1, t2, t3), scales, limits, rowScales, rowErrors, row + 1, query);
    }
  }
  // One query and four rows.
  for (; query < queryCount; query++) {
    const q = queries + query * queryBytes;
    const scale = f32x4.splat(load<f32>(queryScales + (query << 2)));
    const limit = f32x4.splat(load<f32>(thresholds + (query << 2)));
    for (let row = begin; row < end; row += 4) {
      const r0 = codes + row * rowLength, r2 = r0 + (rowLength << 1);
      const ab = productsOfTwo(r0, r0 + rowLength, q, rowLength), cd = productsOfTwo(r2, r2 + rowLength, q, rowLength);
      const sums = i32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
      const products = f32x4.convert_i32x4_s(sums);
      const at = row << 2;
      const upper = f32x4.add(f32x4.mul(products, f32x4.mul(v128.load(rowScales + at), scale)), v128.load(rowErrors + at));
      if (!v128.any_true(f32x4.ge(upper, limit))) continue; // nearly always
      const threshold = load<f32>(thresholds + (query << 2));
      const u0 = f32x4.extract_lane(upper, 0), u1 = f32x4.extract_lane(upper, 1);
      const u2 = f32x4.extract_lane(upper, 2), u3 = f32x4.extract_lane(upper, 3);
      if (u0 >= threshold) addHit(query, row, u0);
      if (u1 >= threshold) addHit(query, row + 1, u1);
      if (u2 >= threshold) addHit(query, row + 2, u2);
      if (u3 >= threshold) addHit(query, row + 3, u3);
    }
  }
}

/**
 * Two rows times a query, as lanes 0 + 2 and 1 + 3. Two rows and not four: four streams from memory at once are too many
 * for the machine to read ahead (1 million rows × 300: 42 ms, with two 15 ms); one takes more loads (1.1 times).
 */
@inline function productsOfTwo(a: usize, b: usize, query: usize, rowLength: usize): v128 {
  let s0 = i32x4.splat(0), s1 = s0, t0 = s0, t1 = s0;
  let d: usize = 0;
  for (; d + 16 <= rowLength; d += 16) {
    const at = query + (d << 1), x = v128.load(at), y = v128.load(at, 16);
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load_ext<i8>(a + d), x));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load_ext<i8>(a + d, 8), y));
    t0 = i32x4.add(t0, i32x4.dot_i16x8_s(v128.load_ext<i8>(b + d), x));
    t1 = i32x4.add(t1, i32x4.dot_i16x8_s(v128.load_ext<i8>(b + d, 8), y));
  }
  if (d < rowLength) {
    const x = v128.load(query + (d << 1));
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load_ext<i8>(a + d), x));
    t0 = i32x4.add(t0, i32x4.dot_i16x8_s(v128.load_ext<i8>(b + d), x));
  }
  const s = i32x4.add(s0, s1), t = i32x4.add(t0, t1);
  return i32x4.add(v128.shuffle<i32>(s, t, 0, 4, 1, 5), v128.shuffle<i32>(s, t, 2, 6, 3, 7));
}

/** `sums`: one row's products with four queries. */
@inline function addHitsOfQueries(
  sums: v128, scales: v128, limits: v128, rowScales: usize, rowErrors: usize, row: usize, query: usize,
): void {
  const at = row << 2;
  const scale = f32x4.mul(f32x4.splat(load<f32>(rowScales + at)), scales);
  const upper = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sums), scale), f32x4.splat(load<f32>(rowErrors + at)));
  const reached = f32x4.ge(upper, limits);
  if (!v128.any_true(reached)) return; // nearly always
  if (i32x4.extract_lane(reached, 0)) addHit(query, row, f32x4.extract_lane(upper, 0));
  if (i32x4.extract_lane(reached, 1)) addHit(query + 1, row, f32x4.extract_lane(upper, 1));
  if (i32x4.extract_lane(reached, 2)) addHit(query + 2, row, f32x4.extract_lane(upper, 2));
  if (i32x4.extract_lane(reached, 3)) addHit(query + 3, row, f32x4.extract_lane(upper, 3));
}
