// The sigmoid and the loss, four lanes at a time, by polynomials.

import { multiplyAdd, splat } from '../../assembly-library/lanes';

/** exp(−|x|), relative error below 2e-7: 2^n by the exponent bits, 2^r for r in [−½, ½] by a minimax polynomial. */
@inline export function expOfMinusMagnitude(x: v128): v128 {
  const t = f32x4.pmax(splat(-126), f32x4.mul(f32x4.abs(x), splat(-1.4426950408889634)));
  // Adding 1.5 × 2^23 rounds to an integer and leaves that integer in the low bits.
  const shifted = f32x4.add(t, splat(12582912));
  const r = f32x4.sub(t, f32x4.sub(shifted, splat(12582912)));
  let p = multiplyAdd(splat(0.0013276472), r, splat(0.009675541));
  p = multiplyAdd(p, r, splat(0.05550713));
  p = multiplyAdd(p, r, splat(0.2402212));
  p = multiplyAdd(p, r, splat(0.69314694));
  p = multiplyAdd(p, r, splat(1));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** ln(1 + t) for t in [0, 1], relative error below 2e-6: a minimax polynomial t (1 + t q(t)). */
@inline function logOnePlus(t: v128): v128 {
  let p = multiplyAdd(splat(0.015331242), t, splat(-0.070099264));
  p = multiplyAdd(p, t, splat(0.15358081));
  p = multiplyAdd(p, t, splat(-0.2374486));
  p = multiplyAdd(p, t, splat(0.33171678));
  p = multiplyAdd(p, t, splat(-0.49993247));
  p = multiplyAdd(p, t, splat(1));
  return f32x4.mul(p, t);
}

/**
 * Turns dot products, with what lies at `bias` added unless that is 0, x into gradients (label − σ(x)) × weight × learning rate, and adds their losses −ln p(label) × weight to
 * the four sums. `signs` are −1 for the label 1 and 1 for the label 0: z = sign × x is wrong by σ(z), and −ln p(label) is
 * ln(1 + e^z). The weight is firstCounts × weight of the first centre + secondCounts × weight of the second.
 */
@inline export function productsToGradients(products: usize, bias: usize, signs: usize, weights: usize, secondWeights: usize, byteLength: usize, firstCounts: v128, secondCounts: v128, learningRate: v128, lossSums: usize): void {
  let sums = v128.load(lossSums);
  for (let at: usize = 0; at < byteLength; at += 16) {
    const sign = v128.load(signs + at);
    const z = f32x4.mul(sign, bias ? f32x4.add(v128.load(products + at), v128.load32_splat(bias)) : v128.load(products + at));
    const weight = multiplyAdd(firstCounts, v128.load(weights + at), f32x4.mul(secondCounts, v128.load(secondWeights + at)));
    const t = expOfMinusMagnitude(z);
    const sigma = f32x4.div(v128.bitselect(splat(1), t, f32x4.ge(z, splat(0))), f32x4.add(splat(1), t));
    v128.store(products + at, f32x4.mul(f32x4.mul(sigma, f32x4.neg(sign)), f32x4.mul(weight, learningRate)));
    sums = multiplyAdd(weight, f32x4.add(logOnePlus(t), f32x4.pmax(splat(0), z)), sums);
  }
  v128.store(lossSums, sums);
}
