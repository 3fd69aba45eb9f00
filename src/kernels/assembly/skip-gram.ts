// Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed Representations of Words and
// Phrases", section 2.2), AssemblyScript with 128-bit SIMD. The plain version of the same steps, with the
// reasons for them, is ../skip-gram-reference.ts: read that first. This file differs from it only in
//
// - the tile: two input rows and three output rows stay in registers, so one pass over the dimensions
//   makes six dot products and a second pass updates all five rows;
// - the touch: noise rows are drawn and read before they are needed, all at once, so that the waits for
//   memory overlap (1.1x faster, bench/kernel-laboratory/README.md);
// - the sigmoid: four lanes at a time, by a polynomial, not by a table.

// Layout of the parameter block, 4 bytes each; written by ../skip-gram-kernel.ts.
const INPUT_VECTORS: usize = 0;
const OUTPUT_VECTORS: usize = 4;
const ROW_BYTES: usize = 8; // distance from row to row
const VECTOR_BYTES: usize = 12; // dimensions in use, rounded up to 16 bytes
const KEEP_THRESHOLDS: usize = 16;
const ALIAS_THRESHOLDS: usize = 20;
const ALIAS_WORDS: usize = 24;
const WORD_COUNT: usize = 28;
const WINDOW: usize = 32;
const NEGATIVES: usize = 36;
const KEPT: usize = 40; // scratch: kept word ids of the block
const CONTEXT_ROWS: usize = 44; // scratch: addresses of the context words' rows
const OUTPUT_ROWS: usize = 48; // scratch: three sets of rows with weights, OUTPUT_SET_BYTES each
const OUTPUT_SET_BYTES: usize = 52;
const ZERO_ROW: usize = 56; // scratch: a row of zeros that fills the last tile
const GRADIENTS: usize = 60; // scratch: 8 gradients, then at LOSS four sums of the loss
const LOSS: usize = 32;

/** As in ../skip-gram.ts. */
const CENTRES_PER_DRAW: i32 = 2;

// xoroshiro64** (Blackman and Vigna), the same 32-bit steps as ../../math/random.ts.
let state0: u32 = 1;
let state1: u32 = 0;

let lossTotal: f64 = 0;
let pairTotal: f64 = 0;
let touched: i32 = 0;

@inline function splat(value: f32): v128 { return f32x4.splat(value); }

/** a × b + c, rounded once where the machine has relaxed SIMD (1.13x faster as a whole), else twice. */
@inline function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

@inline function next(): u32 {
  const s0 = state0;
  const result = rotl<u32>(s0 * 0x9e3779bb, 5) * 5;
  const s1 = state1 ^ s0;
  state0 = rotl<u32>(s0, 26) ^ s1 ^ (s1 << 9);
  state1 = rotl<u32>(s1, 13);
  return result;
}

@inline function below(limit: u32): u32 {
  return <u32>((<u64>next() * <u64>limit) >> 32);
}

/** Loss of the last call of trainBlock: −Σ ln p over all its pairs and their negatives, natural logarithm. */
export function lossSum(): f64 {
  return lossTotal;
}

/** Pairs (centre, context) of the last call of trainBlock. */
export function pairCount(): f64 {
  return pairTotal;
}

/** The sums of the lanes of four vectors, as the four lanes of one. */
@inline function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
}

/** exp(−|x|), relative error below 3e-7. 2^n by the exponent bits, 2^r for r in [−½, ½] by its polynomial. */
@inline function expOfMinusMagnitude(x: v128): v128 {
  const t = f32x4.pmax(splat(-126), f32x4.mul(f32x4.abs(x), splat(-1.4426950408889634)));
  // Adding 1.5 × 2^23 rounds to an integer and leaves that integer in the low bits.
  const shifted = f32x4.add(t, splat(12582912));
  const r = f32x4.sub(t, f32x4.sub(shifted, splat(12582912)));
  let p = multiplyAdd(splat(1.535336188319500e-4), r, splat(1.339887440266574e-3));
  p = multiplyAdd(p, r, splat(9.618437357674640e-3));
  p = multiplyAdd(p, r, splat(5.550332471162809e-2));
  p = multiplyAdd(p, r, splat(2.402264791363012e-1));
  p = multiplyAdd(p, r, splat(6.931472028550421e-1));
  p = multiplyAdd(p, r, splat(1));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** ln(1 + t) for t in [0, 1], absolute error below 2e-7: Abramowitz and Stegun 4.1.44. */
@inline function logOnePlus(t: v128): v128 {
  let p = multiplyAdd(splat(-0.0064535442), t, splat(0.0360884937));
  p = multiplyAdd(p, t, splat(-0.0953293897));
  p = multiplyAdd(p, t, splat(0.1676540711));
  p = multiplyAdd(p, t, splat(-0.2407338084));
  p = multiplyAdd(p, t, splat(0.3317990258));
  p = multiplyAdd(p, t, splat(-0.4998741238));
  p = multiplyAdd(p, t, splat(0.9999964239));
  return f32x4.mul(p, t);
}

/**
 * Four dot products to four gradients (label − σ(x)) × weight × learning rate, stored at `target`, and four
 * losses −ln p(label) × weight, added to the four sums at `target` + 32. Stored, not returned: V8 moves a
 * returned expression behind or into the update loop, where it costs up to half the speed
 * (bench/kernel-laboratory/README.md).
 */
@inline function gradientAndLoss(x: v128, label: v128, weight: v128, learningRate: v128, target: usize, offset: usize): void {
  const t = expOfMinusMagnitude(x);
  const s = f32x4.div(splat(1), f32x4.add(splat(1), t)); // σ(|x|)
  const sigma = v128.bitselect(s, f32x4.mul(t, s), f32x4.ge(x, splat(0)));
  v128.store(target + offset, f32x4.mul(f32x4.sub(label, sigma), f32x4.mul(weight, learningRate)));
  // −ln σ(x) = ln(1 + e^−|x|) + max(−x, 0); for label 0 with x for −x: max(x, 0) = max(−x, 0) + x.
  const signed = f32x4.sub(x, f32x4.mul(label, f32x4.add(x, x)));
  const loss = f32x4.mul(weight, f32x4.add(logOnePlus(t), f32x4.pmax(splat(0), signed)));
  v128.store(target, f32x4.add(v128.load(target, LOSS), loss), LOSS);
}

/** Reads one value of every cache line of a row. */
@inline function touch(row: usize, byteLength: usize): void {
  let bits: i32 = 0;
  for (let byte: usize = 0; byte < byteLength; byte += 64) bits |= load<i32>(row + byte);
  touched = bits; // kept, so that the loads are not optimised away
}

/**
 * Draws noise words into `set`: the distinct rows, and after `weightOffset` how often each was drawn. Returns the
 * end of the rows.
 */
function drawNoise(parameters: usize, set: usize, weightOffset: usize): usize {
  const outputVectors = load<usize>(parameters, OUTPUT_VECTORS);
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const wordCount = load<u32>(parameters, WORD_COUNT);
  const thresholds = load<usize>(parameters, ALIAS_THRESHOLDS);
  const aliases = load<usize>(parameters, ALIAS_WORDS);
  let end = set;
  for (let k = load<i32>(parameters, NEGATIVES); k > 0; k--) {
    const column = below(wordCount);
    const word = next() <= load<u32>(thresholds + (column << 2)) ? column : load<u32>(aliases + (column << 2));
    const row = outputVectors + <usize>word * rowBytes;
    let earlier = set;
    while (earlier < end && load<usize>(earlier) != row) earlier += 4;
    if (earlier < end) {
      store<f32>(earlier + weightOffset, load<f32>(earlier + weightOffset) + 1);
    } else {
      store<usize>(end, row);
      store<f32>(end + weightOffset, 1);
      end += 4;
    }
  }
  const vectorBytes = load<usize>(parameters, VECTOR_BYTES);
  for (let row = set; row < end; row += 4) touch(load<usize>(row), vectorBytes);
  return end;
}

/**
 * The output rows of one centre: its own with weight 1, the noise but itself (word2vec.c, too, skips a draw of the
 * centre), then rows of zeros with weight 0 up to a multiple of three. Returns the number of rows with padding.
 */
function gatherOutputs(centreRow: usize, noise: usize, noiseEnd: usize, zeroRow: usize, set: usize, weightOffset: usize): i32 {
  store<usize>(set, centreRow);
  store<f32>(set + weightOffset, 1);
  let end = set + 4;
  for (; noise < noiseEnd; noise += 4) {
    const row = load<usize>(noise);
    if (row == centreRow) continue;
    store<usize>(end, row);
    store<f32>(end + weightOffset, load<f32>(noise + weightOffset));
    end += 4;
  }
  while (<i32>(end - set) % 12 != 0) {
    store<usize>(end, zeroRow);
    store<f32>(end + weightOffset, 0);
    end += 4;
  }
  return <i32>((end - set) >> 2);
}

/** Two context rows against all output rows, tile by tile. The loss is added to the sums at LOSS. */
@inline function trainTwo(a0: usize, a1: usize, outputs: usize, weights: usize, outputCount: i32, vectorBytes: usize, learningRate: v128, gradients: usize): void {
  for (let o = 0; o < outputCount; o += 3) {
    const at = <usize>o << 2;
    const b0 = load<usize>(outputs + at), b1 = load<usize>(outputs + at, 4), b2 = load<usize>(outputs + at, 8);
    let s00 = splat(0), s01 = splat(0), s02 = splat(0), s10 = splat(0), s11 = splat(0), s12 = splat(0);
    for (let d: usize = 0; d < vectorBytes; d += 16) {
      const x0 = v128.load(a0 + d), x1 = v128.load(a1 + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d);
      s00 = multiplyAdd(x0, y0, s00); s10 = multiplyAdd(x1, y0, s10);
      s01 = multiplyAdd(x0, y1, s01); s11 = multiplyAdd(x1, y1, s11);
      s02 = multiplyAdd(x0, y2, s02); s12 = multiplyAdd(x1, y2, s12);
    }
    const w = v128.load(weights + at); // reads one value past the last tile: part of the scratch
    gradientAndLoss(sumLanes(s00, s10, s01, s11), o == 0 ? f32x4(1, 1, 0, 0) : splat(0),
      v128.shuffle<i32>(w, w, 0, 0, 1, 1), learningRate, gradients, 0);
    gradientAndLoss(sumLanes(s02, s12, splat(0), splat(0)), splat(0),
      v128.shuffle<i32>(w, splat(0), 2, 2, 4, 4), learningRate, gradients, 16);
    const e00 = v128.load32_splat(gradients), e10 = v128.load32_splat(gradients, 4);
    const e01 = v128.load32_splat(gradients, 8), e11 = v128.load32_splat(gradients, 12);
    const e02 = v128.load32_splat(gradients, 16), e12 = v128.load32_splat(gradients, 20);
    for (let d: usize = 0; d < vectorBytes; d += 16) {
      const x0 = v128.load(a0 + d), x1 = v128.load(a1 + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d);
      v128.store(a0 + d, multiplyAdd(e00, y0, multiplyAdd(e01, y1, multiplyAdd(e02, y2, x0))));
      v128.store(a1 + d, multiplyAdd(e10, y0, multiplyAdd(e11, y1, multiplyAdd(e12, y2, x1))));
      v128.store(b0 + d, multiplyAdd(e00, x0, multiplyAdd(e10, x1, y0)));
      v128.store(b1 + d, multiplyAdd(e01, x0, multiplyAdd(e11, x1, y1)));
      v128.store(b2 + d, multiplyAdd(e02, x0, multiplyAdd(e12, x1, y2)));
    }
  }
}

/** One context row against all output rows: the last of an odd number, or a word that follows itself. */
@inline function trainOne(a0: usize, outputs: usize, weights: usize, outputCount: i32, vectorBytes: usize, learningRate: v128, gradients: usize): void {
  for (let o = 0; o < outputCount; o += 3) {
    const at = <usize>o << 2;
    const b0 = load<usize>(outputs + at), b1 = load<usize>(outputs + at, 4), b2 = load<usize>(outputs + at, 8);
    let s00 = splat(0), s01 = splat(0), s02 = splat(0);
    for (let d: usize = 0; d < vectorBytes; d += 16) {
      const x0 = v128.load(a0 + d);
      s00 = multiplyAdd(x0, v128.load(b0 + d), s00);
      s01 = multiplyAdd(x0, v128.load(b1 + d), s01);
      s02 = multiplyAdd(x0, v128.load(b2 + d), s02);
    }
    const w = v128.load(weights + at);
    gradientAndLoss(sumLanes(s00, s01, s02, splat(0)), o == 0 ? f32x4(1, 0, 0, 0) : splat(0),
      v128.shuffle<i32>(w, splat(0), 0, 1, 2, 4), learningRate, gradients, 0);
    const e00 = v128.load32_splat(gradients), e01 = v128.load32_splat(gradients, 4), e02 = v128.load32_splat(gradients, 8);
    for (let d: usize = 0; d < vectorBytes; d += 16) {
      const x0 = v128.load(a0 + d);
      const y0 = v128.load(b0 + d), y1 = v128.load(b1 + d), y2 = v128.load(b2 + d);
      v128.store(a0 + d, multiplyAdd(e00, y0, multiplyAdd(e01, y1, multiplyAdd(e02, y2, x0))));
      v128.store(b0 + d, multiplyAdd(e00, x0, y0));
      v128.store(b1 + d, multiplyAdd(e01, x0, y1));
      v128.store(b2 + d, multiplyAdd(e02, x0, y2));
    }
  }
}

/** Draws whether an occurrence of `word` is kept (word2vec.c line 409). */
@inline function keeps(thresholds: usize, word: i32): bool {
  return next() <= load<u32>(thresholds + (<usize>word << 2));
}

/**
 * Trains every token in [begin, end) as a centre once. `tokens` holds `tokenCount` word ids with −1 at
 * sentence ends; those outside [begin, end) serve as context only.
 */
export function trainBlock(parameters: usize, tokens: usize, tokenCount: i32, begin: i32, end: i32, learningRate: f32, seed0: u32, seed1: u32): void {
  state0 = seed0 | 1;
  state1 = seed1;
  const inputVectors = load<usize>(parameters, INPUT_VECTORS);
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const vectorBytes = load<usize>(parameters, VECTOR_BYTES);
  const keepThresholds = load<usize>(parameters, KEEP_THRESHOLDS);
  const window = load<i32>(parameters, WINDOW);
  const kept = load<usize>(parameters, KEPT);
  const context = load<usize>(parameters, CONTEXT_ROWS);
  const gradients = load<usize>(parameters, GRADIENTS);
  const outputSetBytes = load<usize>(parameters, OUTPUT_SET_BYTES);
  const weightOffset = outputSetBytes >> 1;
  const outputs = load<usize>(parameters, OUTPUT_ROWS);
  let noise = outputs + outputSetBytes;
  let nextNoise = noise + outputSetBytes;
  const zeroRow = load<usize>(parameters, ZERO_ROW);
  const outputVectors = load<usize>(parameters, OUTPUT_VECTORS);
  const rate = splat(learningRate);

  // 1. Subsampling: kept words of the block, framed by up to `window` kept words before and after it.
  let first = kept + (<usize>window << 2);
  let before = first;
  for (let i = begin - 1; i >= 0 && before > kept; i--) {
    const word = load<i32>(tokens + (<usize>i << 2));
    if (word < 0) break;
    if (!keeps(keepThresholds, word)) continue;
    before -= 4;
    store<i32>(before, word);
  }
  let last = first;
  for (let i = begin; i < end; i++) {
    const word = load<i32>(tokens + (<usize>i << 2));
    if (word >= 0 && !keeps(keepThresholds, word)) continue;
    store<i32>(last, word);
    last += 4;
  }
  let after = last;
  const limit = last + (<usize>window << 2);
  for (let i = end; i < tokenCount && after < limit; i++) {
    const word = load<i32>(tokens + (<usize>i << 2));
    if (word < 0) break;
    if (!keeps(keepThresholds, word)) continue;
    store<i32>(after, word);
    after += 4;
  }

  // 2. Every kept word of the block as a centre.
  let loss: f64 = 0;
  let pairs: i32 = 0;
  let centres: i32 = 0;
  let noiseEnd: usize = 0;
  let nextNoiseEnd = drawNoise(parameters, nextNoise, weightOffset);
  while (first < last && load<i32>(first) < 0) first += 4;
  while (first < last) {
    if (centres++ % CENTRES_PER_DRAW == 0) {
      const swap = noise; noise = nextNoise; nextNoise = swap;
      noiseEnd = nextNoiseEnd;
      nextNoiseEnd = drawNoise(parameters, nextNoise, weightOffset);
    }
    const centreRow = outputVectors + <usize>load<i32>(first) * rowBytes;
    const outputCount = gatherOutputs(centreRow, noise, noiseEnd, zeroRow, outputs, weightOffset);
    let following = first + 4;
    while (following < last && load<i32>(following) < 0) following += 4;
    if (following < last) touch(outputVectors + <usize>load<i32>(following) * rowBytes, vectorBytes);

    const reach = <usize>(window - <i32>below(<u32>window)) << 2;
    let contextEnd = context;
    const lowest = max(before, first - reach);
    for (let at = first - 4; at >= lowest; at -= 4) {
      const word = load<i32>(at);
      if (word < 0) break;
      store<usize>(contextEnd, inputVectors + <usize>word * rowBytes);
      contextEnd += 4;
    }
    const highest = min(after - 4, first + reach);
    for (let at = first + 4; at <= highest; at += 4) {
      const word = load<i32>(at);
      if (word < 0) break;
      store<usize>(contextEnd, inputVectors + <usize>word * rowBytes);
      contextEnd += 4;
    }
    pairs += <i32>((contextEnd - context) >> 2);

    v128.store(gradients, splat(0), LOSS);
    let at = context;
    while (at < contextEnd) {
      const a0 = load<usize>(at);
      const a1 = at + 4 < contextEnd ? load<usize>(at, 4) : a0;
      if (a0 != a1) {
        trainTwo(a0, a1, outputs, outputs + weightOffset, outputCount, vectorBytes, rate, gradients);
        at += 8;
      } else {
        trainOne(a0, outputs, outputs + weightOffset, outputCount, vectorBytes, rate, gradients);
        at += 4;
      }
    }
    const sum = v128.load(gradients, LOSS);
    loss += <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1) + <f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3);
    first = following;
  }
  lossTotal = loss;
  pairTotal = <f64>pairs;
}
