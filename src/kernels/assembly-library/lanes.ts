// What the kernels share; compiled into each of them.

@inline export function splat(value: f32): v128 { return f32x4.splat(value); }

/** a × b + c, rounded once where the machine has relaxed SIMD (1.13x faster as a whole), else twice. */
@inline export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The sums of the lanes of four vectors, as the four lanes of one. */
@inline export function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
}

/** The lower and the upper two of four numbers. */
@inline export function lowDoubles(x: v128): v128 { return f64x2.promote_low_f32x4(x); }
@inline export function highDoubles(x: v128): v128 { return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1)); }

@inline export function sumDoubles(x: v128): f64 { return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1); }
@inline export function sumInts(x: v128): i32 {
  return i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3);
}

/** The sums of lanes 0 and 1, 2 and 3 of both. */
@inline export function sumNeighbors(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

/** Each lane: sum + four products of codes with seven bits. Only with relaxed SIMD. */
@inline export function addProducts(codes: v128, values: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(codes, values, sum);
  return sum; // not called
}
