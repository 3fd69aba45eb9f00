// Skip-gram and CBOW with negative sampling (Mikolov et al. 2013, "Distributed Representations of Words and
// Phrases", section 2.2), hierarchical softmax (section 2.1) or full softmax, AssemblyScript with 128-bit SIMD. The plain version
// of the same steps, with the reasons for them, is ../word2vec-reference.ts: read that first. This file differs from
// it only in
//
// - the tile: two input rows and three output rows at a time, so that one pass over the dimensions makes six
//   dot products, or updates five rows;
// - the touch: the rows that a group of centres will need are read all at once, so that the waits for memory
//   overlap (1.05x faster than row by row, bench/kernel-laboratory/README.md);
// - the sigmoid: four lanes at a time, by a polynomial.

import { multiplyAdd, sumLanes } from './library/lanes';

// Layout of the parameter block, 4 bytes each; written by ../word2vec-kernel.ts.
const INPUT_VECTORS: usize = 0;
const OUTPUT_VECTORS: usize = 4;
const ROW_BYTES: usize = 8;
const KEEP_THRESHOLDS: usize = 12;
const ALIAS_THRESHOLDS: usize = 16;
const ALIAS_WORDS: usize = 20;
const WORD_COUNT: usize = 24;
const WINDOW: usize = 28;
const NEGATIVES: usize = 32;
const NOISE_POOL_SIZE: usize = 36;
// Scratch.
const NOISE_POOL: usize = 40; // addresses of rows
const NOISE_SETS: usize = 44; // one for each draw of a group: number of rows, their addresses, their weights
const NOISE_SET_BYTES: usize = 48;
const OUTPUT_ROWS: usize = 52; // addresses of the rows of a centre
const OUTPUT_WEIGHTS: usize = 56; // each twice, for the two context rows of a tile
const CONTEXT_ROWS: usize = 60; // addresses, in pairs
const PRODUCTS: usize = 64; // dot products, then gradients: for each pair of context rows, tile by tile; with CBOW for one row
const KEPT: usize = 68; // kept word ids of the block
const ZERO_ROW: usize = 72; // a row of zeros that fills the last tile and the last pair
const LOSS: usize = 76; // four sums

const LOSS_KIND: usize = 80; // 0 negative sampling, 1 hierarchical softmax, 2 full softmax
const PATH_OFFSETS: usize = 84;
const PATH_STEPS: usize = 88;
const CBOW: usize = 92;
const CBOW_MEAN: usize = 96; // 1: the mean, 0: the sum
const CBOW_SHARE: usize = 100; // 1: each context row gets its share of the error, 0: the whole
const OUTPUT_SIGNS: usize = 104; // scratch, as OUTPUT_WEIGHTS: −1 for the label 1, 1 for the label 0
const HIDDEN: usize = 108; // scratch, a row: what CBOW predicts from
const HIDDEN_ERROR: usize = 112; // scratch, a row: the error of that
const COPIED_INPUTS: usize = 116; // rows; 0 if this worker trains alone
const FIRST_COPIED_OUTPUT: usize = 120; // the first copied input row is 0
const INPUT_COPIES: usize = 124; // scratch: the copied rows, and behind them the same as they were when they were copied
const OUTPUT_COPIES: usize = 128;
const MERGE_SHARE: usize = 132; // float: the largest, see mergeRows
// Scratch of full softmax, for the examples of a batch.
const EXAMPLE_WORDS: usize = 136; // for each: number of inputs, number of targets, inputs, targets
const EXAMPLE_BYTES: usize = 140;
const BATCH_HIDDEN: usize = 144; // rows
const BATCH_ERRORS: usize = 148; // rows
const LOGITS: usize = 152; // for each word one for each example, then their gradients
const SOFTMAX_SUMS: usize = 156; // doubles, one for each example
const SOFTMAX_SCALES: usize = 160; // one for each example

// Scratch of deterministic training, and where the matrices lie outside: for each row the address of the worker's own copy of it, or 0;
// 0 if there are none.
const INPUT_MAP: usize = 164;
const OUTPUT_MAP: usize = 168;
const OWN_ROWS: usize = 172;

const INPUT_FACTORS: usize = 176; // a float for each word; 0 if there are none
const SAVED_ROWS: usize = 180; // scratch: for each saved row its address, its factor, then, in a table of their own, the rows
const SAVED_VALUES: usize = 184;

const SUBWORD_OFFSETS: usize = 188; // 0 if there are no subwords
const SUBWORD_ROWS: usize = 192;
const POSITION_ROWS: usize = 196; // scratch: for each position in a window its row, and the row as it was in the beginning
const POSITIONS: usize = 200;

const CENTRES_PER_DRAW: usize = 204; // so many centres share their noise words and are trained together
// Scratch of skip-gram, for the second of two centres that are trained together.
const SECOND_WEIGHTS: usize = 208; // as OUTPUT_WEIGHTS
const FIRST_COUNTS: usize = 212; // a float for each context row: how often it stands in the first centre's window
const SECOND_COUNTS: usize = 216;
const FRESH_NOISE: usize = 220; // so many words of the noise pool are replaced for each group of centres
const COPIED_OUTPUTS: usize = 224; // rows from FIRST_COPIED_OUTPUT
// Of the copied rows the ones that are merged more often; of the inputs from 0 on.
const HOTTEST_INPUTS: usize = 232;
const HOTTEST_OUTPUTS: usize = 236;
const FIRST_HOTTEST_OUTPUT: usize = 240;
const OWN_ROWS_LIMIT: usize = 228; // where own rows are merged before the next block or group; 0 if the matrices do not lie outside

// AssemblyScript's own needs a table in memory, where none may lie: all workers share it.
@external('env', 'logarithm') declare function logarithm(x: f64): f64;

// Where the matrices lie outside: copies a row of the output matrix (1) or the input matrix (0) to `address`, or from there.
@external('env', 'readRow') declare function readRow(output: u32, row: u32, address: usize): void;
@external('env', 'writeRow') declare function writeRow(output: u32, row: u32, address: usize): void;

/** As in ../word2vec.ts. */
const OWN_ROW_HEADER_BYTES: usize = 64;

/** As in ../word2vec.ts. */
const CENTRES_PER_GROUP: i32 = 8;
const EXAMPLES_PER_BATCH: usize = 8;

/** Rows of the output matrix that stay in the first cache while a batch moves them. */
const WORDS_PER_TILE: usize = 64;

// xoroshiro64** (Blackman and Vigna), the same 32-bit steps as ../../math/random.ts.
let state0: u32 = 1;
let state1: u32 = 0;

/** Where the next own row is copied to. */
let ownRowsEnd: usize = 0;

/** Rows in SAVED_ROWS. */
let savedCount: usize = 0;

/** Whether the copied rows are in use: from the first block after a merge on. */
let copied: bool = false;

/** The word of the noise pool that is replaced next. */
let oldestNoise: u32 = 0;

/** What `touchPaths` has read: a sum that nobody stored would not be read at all. */
let touchedSum: u32 = 0;

let lossTotal: f64 = 0;
let exampleTotal: f64 = 0;

@inline function splat(value: f32): v128 { return f32x4.splat(value); }

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

/** Examples of the last call of trainBlock: pairs in skip-gram, centres in CBOW. */
export function exampleCount(): f64 {
  return exampleTotal;
}

/** exp(−|x|), relative error below 2e-7: 2^n by the exponent bits, 2^r for r in [−½, ½] by a minimax polynomial. */
@inline function expOfMinusMagnitude(x: v128): v128 {
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
 * Turns dot products x into gradients (label − σ(x)) × weight × learning rate, and adds their losses −ln p(label) × weight to
 * the four sums. `signs` are −1 for the label 1 and 1 for the label 0: z = sign × x is wrong by σ(z), and −ln p(label) is
 * ln(1 + e^z). The weight is firstCounts × weight of the first centre + secondCounts × weight of the second.
 */
@inline function productsToGradients(products: usize, signs: usize, weights: usize, secondWeights: usize, byteLength: usize, firstCounts: v128, secondCounts: v128, learningRate: v128, lossSums: usize): void {
  let sums = v128.load(lossSums);
  for (let at: usize = 0; at < byteLength; at += 16) {
    const sign = v128.load(signs + at);
    const z = f32x4.mul(sign, v128.load(products + at));
    const weight = multiplyAdd(firstCounts, v128.load(weights + at), f32x4.mul(secondCounts, v128.load(secondWeights + at)));
    const t = expOfMinusMagnitude(z);
    const sigma = f32x4.div(v128.bitselect(splat(1), t, f32x4.ge(z, splat(0))), f32x4.add(splat(1), t));
    v128.store(products + at, f32x4.mul(f32x4.mul(sigma, f32x4.neg(sign)), f32x4.mul(weight, learningRate)));
    sums = multiplyAdd(weight, f32x4.add(logOnePlus(t), f32x4.pmax(splat(0), z)), sums);
  }
  v128.store(lossSums, sums);
}

/**
 * Brings a row into the cache. Written back as it is, because then the line comes as one's own: read only, it
 * would have to be asked for again from the other core when the row is updated (1.04x faster with two threads).
 */
@inline function touch(row: usize, byteLength: usize): void {
  for (let byte: usize = 0; byte < byteLength; byte += 64) store<i32>(row + byte, load<i32>(row + byte));
}

/** Draws `count` noise words into the pool, in place of the oldest ones: addresses of their output rows. */
function drawPool(parameters: usize, count: u32): void {
  const wordCount = load<u32>(parameters, WORD_COUNT);
  const thresholds = load<usize>(parameters, ALIAS_THRESHOLDS);
  const aliases = load<usize>(parameters, ALIAS_WORDS);
  const pool = load<usize>(parameters, NOISE_POOL);
  const size = load<u32>(parameters, NOISE_POOL_SIZE);
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const touches = load<u32>(parameters, FRESH_NOISE);
  for (let i: u32 = 0; i < count; i++) {
    const column = below(wordCount);
    const word = next() <= load<u32>(thresholds + (column << 2)) ? column : load<u32>(aliases + (column << 2));
    const row = outputRow(parameters, word);
    if (touches) touch(row, rowBytes);
    store<usize>(pool + (<usize>oldestNoise << 2), row);
    oldestNoise = (oldestNoise + 1) % size;
  }
}

/** Draws the noise words of the centres that share them into `set`: the distinct rows, and how often each was drawn. */
function drawNoise(parameters: usize, set: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const pool = load<usize>(parameters, NOISE_POOL);
  const poolSize = load<u32>(parameters, NOISE_POOL_SIZE);
  const negatives = load<i32>(parameters, NEGATIVES);
  const touches = load<u32>(parameters, FRESH_NOISE) == 0;
  const rows = set + 4;
  const weightOffset = <usize>negatives << 2;
  let end = rows;
  for (let k = 0; k < negatives; k++) {
    const row = load<usize>(pool + (<usize>below(poolSize) << 2));
    let earlier = rows;
    while (earlier < end && load<usize>(earlier) != row) earlier += 4;
    if (earlier < end) {
      store<f32>(earlier + weightOffset, load<f32>(earlier + weightOffset) + 1);
    } else {
      store<usize>(end, row);
      store<f32>(end + weightOffset, 1);
      end += 4;
      if (touches) touch(row, rowBytes);
    }
  }
  store<usize>(set, (end - rows) >> 2);
}

/** Draws the noise words of a group of centres that begins at `first`, and touches the output rows of the centres. */
function prepareGroup(parameters: usize, first: usize, last: usize, refresh: bool): void {
  const setBytes = load<usize>(parameters, NOISE_SET_BYTES);
  if (refresh) drawPool(parameters, load<u32>(parameters, FRESH_NOISE));
  let set = load<usize>(parameters, NOISE_SETS);
  const step = load<i32>(parameters, CENTRES_PER_DRAW);
  for (let i = 0; i < CENTRES_PER_GROUP; i += step) {
    drawNoise(parameters, set);
    set += setBytes;
  }
  if (load<usize>(parameters, OUTPUT_MAP)) return; // only what is trained on is copied
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const end = min(last, first + (CENTRES_PER_GROUP << 2));
  for (let at = first; at < end; at += 4) {
    const word = load<i32>(at);
    if (word >= 0) touch(outputRow(parameters, word), rowBytes);
  }
}

/** Touches the input rows of the words in [first, last); −1 is none. */
function touchInputs(parameters: usize, first: usize, last: usize): void {
  if (load<usize>(parameters, INPUT_MAP) || load<usize>(parameters, SUBWORD_OFFSETS)) return;
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  for (let at = first; at < last; at += 4) {
    const word = load<i32>(at);
    if (word >= 0) touch(inputRow(parameters, word), rowBytes);
  }
}

/**
 * Writes one output row, the sign of its label and its weights for the first and the second centre: with skip-gram twice, for both
 * context rows of a tile.
 */
@inline function setOutput(parameters: usize, at: usize, row: usize, sign: f32, weight: v128, secondWeight: v128, cbow: i32): void {
  store<usize>(load<usize>(parameters, OUTPUT_ROWS) + (at << 2), row);
  const signs = load<usize>(parameters, OUTPUT_SIGNS);
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  if (cbow) {
    store<f32>(signs + (at << 2), sign);
    v128.store32_lane(weights + (at << 2), weight, 0);
  } else {
    v128.store64_lane(signs + (at << 3), splat(sign), 0);
    v128.store64_lane(weights + (at << 3), weight, 0);
    v128.store64_lane(load<usize>(parameters, SECOND_WEIGHTS) + (at << 3), secondWeight, 0);
  }
}

/**
 * The output rows of one centre, or of two, with negative sampling: their own with label 1, the noise but themselves (word2vec.c,
 * too, skips a draw of the centre) with label 0. `secondRow` is 0 for one. Returns their number, filled up to whole tiles.
 */
function gatherNoise(parameters: usize, firstRow: usize, secondRow: usize, set: usize): usize {
  const weightOffset = <usize>load<u32>(parameters, NEGATIVES) << 2;
  const cbow = load<i32>(parameters, CBOW);
  const zero = splat(0), one = splat(1);
  setOutput(parameters, 0, firstRow, -1, one, secondRow == firstRow ? one : zero, cbow);
  let count: usize = 1;
  if (secondRow && secondRow != firstRow) setOutput(parameters, count++, secondRow, -1, zero, one, cbow);
  const end = set + 4 + (load<usize>(set) << 2);
  for (let noise = set + 4; noise < end; noise += 4) {
    const row = load<usize>(noise);
    if (row == firstRow || row == secondRow) continue;
    const weight = v128.load32_splat(noise + weightOffset);
    setOutput(parameters, count++, row, 1, weight, weight, cbow);
  }
  return fillTiles(parameters, count);
}

/** 1 for odd numbers, −1 for even ones. */
@inline function signsOfOdd(numbers: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.sub(i32x4.shl(v128.and(numbers, i32x4.splat(1)), 1), i32x4.splat(1)));
}

/**
 * The output rows of one centre with hierarchical softmax: the inner nodes on its way, with label 1 for bit 0. Row by row with
 * `setOutput` it took as long as all the errors (CBOW 1.10x faster so).
 */
function gatherPath(parameters: usize, centreWord: i32): usize {
  const offsets = load<usize>(parameters, PATH_OFFSETS) + (<usize>centreWord << 2);
  const begin = load<usize>(parameters, PATH_STEPS) + (load<usize>(offsets) << 2);
  const end = load<usize>(parameters, PATH_STEPS) + (load<usize>(offsets, 4) << 2);
  let row = load<usize>(parameters, OUTPUT_ROWS);
  if (load<usize>(parameters, OUTPUT_MAP)) {
    for (let at = begin; at < end; at += 4, row += 4) store<usize>(row, outputRow(parameters, load<u32>(at) >> 1));
  } else {
    // As outputRow does, with everything read once.
    const rowBytes = load<usize>(parameters, ROW_BYTES);
    const vectors = load<usize>(parameters, OUTPUT_VECTORS);
    const firstCopied = load<u32>(parameters, FIRST_COPIED_OUTPUT);
    const copiedCount = load<u32>(parameters, COPIED_OUTPUTS);
    const copies = load<usize>(parameters, OUTPUT_COPIES) - <usize>firstCopied * rowBytes;
    for (let at = begin; at < end; at += 4, row += 4) {
      const node = load<u32>(at) >> 1;
      store<usize>(row, select<usize>(copies, vectors, node - firstCopied < copiedCount) + <usize>node * rowBytes);
    }
  }
  // What a whole vector takes from the next word's way is overwritten or has the weight 0: see fillTiles.
  const count = (end - begin) >> 2;
  let sign = load<usize>(parameters, OUTPUT_SIGNS);
  let weight = load<usize>(parameters, OUTPUT_WEIGHTS);
  if (load<i32>(parameters, CBOW)) {
    for (let at = begin; at < end; at += 16, sign += 16, weight += 16) {
      v128.store(sign, signsOfOdd(v128.load(at)));
      v128.store(weight, splat(1));
    }
  } else {
    // There is never a second centre: SECOND_WEIGHTS stay 0.
    for (let at = begin; at < end; at += 8, sign += 16, weight += 16) {
      const steps = v128.load64_zero(at);
      v128.store(sign, signsOfOdd(v128.shuffle<i32>(steps, steps, 0, 0, 1, 1)));
      v128.store(weight, splat(1));
    }
  }
  return fillTiles(parameters, count);
}

/** Reads the ways of the words in [first, last), so that the waits for them overlap (1.06x faster); −1 is none. */
function touchPaths(parameters: usize, first: usize, last: usize): void {
  const offsets = load<usize>(parameters, PATH_OFFSETS);
  const steps = load<usize>(parameters, PATH_STEPS);
  let sum: u32 = 0;
  for (let at = first; at < last; at += 4) {
    const word = load<i32>(at);
    if (word < 0) continue;
    const begin = steps + (load<usize>(offsets + (<usize>word << 2)) << 2);
    sum += load<u32>(begin) + load<u32>(begin, 60); // two cache lines: most ways have fewer than 17 nodes
  }
  touchedSum = sum;
}

/** Copies the rows that are written to most: `count` rows of one matrix from row `first`. */
function copyRows(parameters: usize, vectors: usize, first: usize, count: usize, copies: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const byteLength = count * rowBytes;
  memory.copy(copies, vectors + first * rowBytes, byteLength);
  memory.copy(copies + byteLength, copies, byteLength);
}

/**
 * Brings what has changed in the worker's copies into the shared matrix: of the change x of a row as much as the others have not
 * brought in already. Their change since the copy, y, has the part x · y / |x|² of x, and of all workers together a row takes twice the
 * largest share at most. The rows as they were when they were copied lie `toBefore` bytes behind their copies; with `anew` both are
 * copied again at once.
 */
function mergeRows(parameters: usize, vectors: usize, first: usize, count: usize, copies: usize, toBefore: usize, anew: bool): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const most = load<f32>(parameters, MERGE_SHARE);
  let row = vectors + first * rowBytes;
  let touched = row;
  for (let copy = copies, end = copies + count * rowBytes; copy < end; copy += rowBytes, row += rowBytes) {
    if (row == touched) {
      // The lines of eight rows come from the other core at once, not one after the other.
      const byteLength = min(rowBytes << 3, end - copy);
      touch(row, byteLength);
      touched += byteLength;
    }
    mergeRow(row, copy, copy + toBefore, rowBytes, most, anew);
  }
}

/** Brings into `row` what has changed in its `copy` since it was as `before`; with `anew` both become as the row is then. */
@inline function mergeRow(row: usize, copy: usize, before: usize, rowBytes: usize, most: f32, anew: bool): void {
  let products = splat(0), squares = splat(0);
  for (let d: usize = 0; d < rowBytes; d += 16) {
    const old = v128.load(before + d);
    const x = f32x4.sub(v128.load(copy + d), old);
    products = multiplyAdd(x, f32x4.sub(v128.load(row + d), old), products);
    squares = multiplyAdd(x, x, squares);
  }
  const sums = sumLanes(products, squares, splat(0), splat(0));
  const square = f32x4.extract_lane(sums, 1);
  if (square == 0 && !anew) return;
  const share = splat(square == 0 ? 0 : min<f32>(most, max<f32>(0, 2 * most - f32x4.extract_lane(sums, 0) / square)));
  for (let d: usize = 0; d < rowBytes; d += 16) {
    const x = f32x4.sub(v128.load(copy + d), v128.load(before + d));
    const now = multiplyAdd(share, x, v128.load(row + d));
    v128.store(row + d, now);
    if (anew) {
      v128.store(copy + d, now);
      v128.store(before + d, now);
    }
  }
}

/** The worker's own copy of a row, made when it is first asked for; `output` is 1 for the output matrix. */
function ownRow(parameters: usize, map: usize, vectors: usize, row: u32, output: u32): usize {
  const at = map + (<usize>row << 2);
  let copy = load<usize>(at);
  if (copy) return copy;
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  copy = ownRowsEnd;
  if (load<usize>(parameters, OWN_ROWS_LIMIT)) {
    store<u32>(copy, row);
    store<u32>(copy, output, 4);
    copy += OWN_ROW_HEADER_BYTES;
    readRow(output, row, copy);
    memory.copy(copy + rowBytes, copy, rowBytes);
    ownRowsEnd = copy + (rowBytes << 1);
  } else {
    memory.copy(copy, vectors + <usize>row * rowBytes, rowBytes);
    ownRowsEnd = copy + rowBytes;
  }
  store<usize>(at, copy);
  return copy;
}

/**
 * Brings what has changed in the own rows into the matrices outside, as mergeRows does. A row that no other worker has changed, as are most,
 * takes all of it.
 */
function mergeOwnRows(parameters: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const most = load<f32>(parameters, MERGE_SHARE);
  const inputMap = load<usize>(parameters, INPUT_MAP);
  const outputMap = load<usize>(parameters, OUTPUT_MAP);
  const now = load<usize>(parameters, HIDDEN);
  for (let at = load<usize>(parameters, OWN_ROWS); at < ownRowsEnd; at += OWN_ROW_HEADER_BYTES + (rowBytes << 1)) {
    const row = load<u32>(at), output = load<u32>(at, 4);
    const copy = at + OWN_ROW_HEADER_BYTES;
    readRow(output, row, now);
    let changed: v128 = splat(0);
    for (let d: usize = 0; d < rowBytes; d += 16) changed = v128.or(changed, v128.xor(v128.load(now + d), v128.load(copy + rowBytes + d)));
    if (!v128.any_true(changed)) writeRow(output, row, copy);
    else {
      mergeRow(now, copy, copy + rowBytes, rowBytes, most, false);
      writeRow(output, row, now);
    }
    store<usize>((output ? outputMap : inputMap) + (<usize>row << 2), 0);
  }
  ownRowsEnd = load<usize>(parameters, OWN_ROWS);
}

/**
 * The end of a round of deterministic training, for rows [first, last) of one matrix: the changes that the slots have
 * made in their own copies are added in the order of the slots, divided by the root of their number. `maps` is that of
 * the first slot, the others follow `stride` bytes apart; they are cleared.
 */
export function mergeSlots(vectors: usize, rowBytes: usize, maps: usize, stride: usize, slots: u32, first: u32, last: u32): void {
  for (let row = first; row < last; row++) {
    const begin = maps + (<usize>row << 2);
    const end = begin + <usize>slots * stride;
    let changed: u32 = 0;
    for (let at = begin; at < end; at += stride) if (load<u32>(at)) changed++;
    if (!changed) continue;
    const target = vectors + <usize>row * rowBytes;
    const share = splat(1 / sqrt<f32>(<f32>changed));
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const before = v128.load(target + d);
      let sum = splat(0);
      for (let at = begin; at < end; at += stride) {
        const copy = load<usize>(at);
        if (copy) sum = f32x4.add(sum, f32x4.sub(v128.load(copy + d), before));
      }
      v128.store(target + d, f32x4.add(before, f32x4.mul(share, sum)));
    }
    for (let at = begin; at < end; at += stride) store<u32>(at, 0);
  }
}

/** The address of an input row: of the worker's copy where it has one. */
@inline function inputRow(parameters: usize, word: u32): usize {
  const map = load<usize>(parameters, INPUT_MAP);
  if (map) return ownRow(parameters, map, load<usize>(parameters, INPUT_VECTORS), word, 0);
  const vectors = word < load<u32>(parameters, COPIED_INPUTS) ? load<usize>(parameters, INPUT_COPIES) : load<usize>(parameters, INPUT_VECTORS);
  return vectors + <usize>word * load<usize>(parameters, ROW_BYTES);
}

/** The address of an output row: of the worker's copy where it has one. */
@inline function outputRow(parameters: usize, row: u32): usize {
  const map = load<usize>(parameters, OUTPUT_MAP);
  if (map) return ownRow(parameters, map, load<usize>(parameters, OUTPUT_VECTORS), row, 1);
  const copy = row - load<u32>(parameters, FIRST_COPIED_OUTPUT); // wraps around in front of the first
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  if (copy < load<u32>(parameters, COPIED_OUTPUTS)) return load<usize>(parameters, OUTPUT_COPIES) + <usize>copy * rowBytes;
  return load<usize>(parameters, OUTPUT_VECTORS) + <usize>row * rowBytes;
}

/** The row of a kept word at position `at` while it stands in a window. */
@inline function positionRow(parameters: usize, at: usize): usize {
  const position = ((at - load<usize>(parameters, KEPT)) >> 2) % load<usize>(parameters, POSITIONS);
  return load<usize>(parameters, POSITION_ROWS) + position * (load<usize>(parameters, ROW_BYTES) << 1);
}

/** The words at [first, last) enter a window: each gets the mean of its rows. */
function enterWindow(parameters: usize, first: usize, last: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const offsets = load<usize>(parameters, SUBWORD_OFFSETS);
  const subwords = load<usize>(parameters, SUBWORD_ROWS);
  for (let at = first; at < last; at += 4) {
    const word = load<i32>(at);
    if (word < 0) continue;
    const begin = subwords + (load<usize>(offsets + (<usize>word << 2)) << 2);
    const end = subwords + (load<usize>(offsets + (<usize>word << 2), 4) << 2);
    const target = positionRow(parameters, at);
    memory.fill(target, 0, rowBytes);
    const one = splat(1);
    for (let step = begin; step < end; step += 4) addScaled(target, inputRow(parameters, load<u32>(step)), one, rowBytes);
    const share = splat(1 / <f32>((end - begin) >> 2));
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const mean = f32x4.mul(share, v128.load(target + d));
      v128.store(target + d, mean);
      v128.store(target + rowBytes + d, mean);
    }
  }
}

/** The words at [first, last) leave: all their rows get what has changed. */
function leaveWindow(parameters: usize, first: usize, last: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const offsets = load<usize>(parameters, SUBWORD_OFFSETS);
  const subwords = load<usize>(parameters, SUBWORD_ROWS);
  for (let at = first; at < last; at += 4) {
    const word = load<i32>(at);
    if (word < 0) continue;
    const row = positionRow(parameters, at);
    const change = row + rowBytes;
    for (let d: usize = 0; d < rowBytes; d += 16) v128.store(change + d, f32x4.sub(v128.load(row + d), v128.load(change + d)));
    const end = subwords + (load<usize>(offsets + (<usize>word << 2), 4) << 2);
    for (let step = subwords + (load<usize>(offsets + (<usize>word << 2)) << 2); step < end; step += 4) {
      addScaled(inputRow(parameters, load<u32>(step)), change, splat(1), rowBytes);
    }
  }
}

/** Keeps an input row as it is before an update, if a part of that is to be taken back. */
function saveRow(parameters: usize, word: i32, row: usize): void {
  const factor = load<f32>(load<usize>(parameters, INPUT_FACTORS) + (<usize>word << 2));
  if (factor == 1) return;
  const saved = load<usize>(parameters, SAVED_ROWS);
  for (let i: usize = 0; i < savedCount; i++) if (load<usize>(saved + (i << 3)) == row) return;
  store<usize>(saved + (savedCount << 3), row);
  store<f32>(saved + (savedCount << 3), factor, 4);
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  memory.copy(load<usize>(parameters, SAVED_VALUES) + savedCount * rowBytes, row, rowBytes);
  savedCount++;
}

/** Leaves of the update of each saved row the share that its factor allows. */
function blendRows(parameters: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  let saved = load<usize>(parameters, SAVED_ROWS);
  let before = load<usize>(parameters, SAVED_VALUES);
  for (let i: usize = 0; i < savedCount; i++, saved += 8) {
    const row = load<usize>(saved);
    const factor = v128.load32_splat(saved, 4);
    for (let d: usize = 0; d < rowBytes; d += 16, before += 16) {
      const old = v128.load(before);
      v128.store(row + d, multiplyAdd(factor, f32x4.sub(v128.load(row + d), old), old));
    }
  }
  savedCount = 0;
}

/**
 * Adds rows of zeros with weight 0 up to a number that tiles make up: multiples of three with CBOW; with skip-gram sums of
 * threes and fours, which are all but 1, 2 and 5. Returns it.
 */
function fillTiles(parameters: usize, count: usize): usize {
  const zeroRow = load<usize>(parameters, ZERO_ROW);
  const cbow = load<i32>(parameters, CBOW);
  while (cbow ? count % 3 != 0 : count < 3 || count == 5) setOutput(parameters, count++, zeroRow, 1, splat(0), splat(0), cbow);
  // What is left of the last vector of products must have the weight 0.
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  if (cbow) for (let at = count; at & 3; at++) store<f32>(weights + (at << 2), 0);
  else if (count & 1) {
    v128.store64_lane(weights + (count << 3), splat(0), 0);
    v128.store64_lane(load<usize>(parameters, SECOND_WEIGHTS) + (count << 3), splat(0), 0);
  }
  return count;
}

/** How many of `count` output rows, the first ones, go into tiles of three; the rest into tiles of four. */
@inline function rowsInThrees(count: usize): usize {
  return ((3 * count) & 3) * 3;
}

/**
 * Adds a context row with its counts to the list that ends at `end`, and returns the new end. A row that would form a pair
 * with itself is there once with the sum of the counts: one row cannot hold two different updates.
 */
@inline function appendContext(parameters: usize, list: usize, end: usize, row: usize, first: f32, second: f32): usize {
  const firstCounts = load<usize>(parameters, FIRST_COUNTS) - list;
  const secondCounts = load<usize>(parameters, SECOND_COUNTS) - list;
  if ((end - list) & 4 && load<usize>(end - 4) == row) {
    end -= 4;
    first += load<f32>(firstCounts + end);
    second += load<f32>(secondCounts + end);
  }
  store<usize>(end, row);
  store<f32>(firstCounts + end, first);
  store<f32>(secondCounts + end, second);
  return end + 4;
}

/** The dot products of two context rows with all output rows, tile by tile. */
@inline function dotProducts(a0: usize, a1: usize, outputs: usize, outputCount: usize, rowBytes: usize, products: usize): void {
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
@inline function moveRows(a0: usize, a1: usize, outputs: usize, outputCount: usize, rowBytes: usize, gradients: usize): void {
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
@inline function dotProductsOfOne(a0: usize, outputs: usize, outputCount: usize, rowBytes: usize, products: usize): void {
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
@inline function moveOutputs(hidden: usize, error: usize, outputs: usize, outputCount: usize, rowBytes: usize, gradients: usize): void {
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
@inline function sumRows(hidden: usize, list: usize, end: usize, factor: v128, rowBytes: usize): void {
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
@inline function addToRows(list: usize, end: usize, error: usize, factor: v128, rowBytes: usize): void {
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

/** target += factor × row */
@inline function addScaled(target: usize, row: usize, factor: v128, rowBytes: usize): void {
  for (let d: usize = 0; d < rowBytes; d += 16) {
    v128.store(target + d, multiplyAdd(factor, v128.load(row + d), v128.load(target + d)));
  }
}

/** CBOW: the context rows in [context, contextEnd) together predict the output rows. */
function trainHidden(parameters: usize, context: usize, contextEnd: usize, outputCount: usize, learningRate: v128): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const outputs = load<usize>(parameters, OUTPUT_ROWS);
  const products = load<usize>(parameters, PRODUCTS);
  const hidden = load<usize>(parameters, HIDDEN);
  const error = load<usize>(parameters, HIDDEN_ERROR);
  const share = splat(1 / <f32>((contextEnd - context) >> 2));
  const inputScale = load<i32>(parameters, CBOW_MEAN) ? share : splat(1);
  const errorScale = load<i32>(parameters, CBOW_SHARE) ? share : splat(1);
  sumRows(hidden, context, contextEnd, inputScale, rowBytes);
  dotProductsOfOne(hidden, outputs, outputCount, rowBytes, products);
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  productsToGradients(products, load<usize>(parameters, OUTPUT_SIGNS), weights, weights, (outputCount + 3) >> 2 << 4,
    splat(1), splat(0), learningRate, load<usize>(parameters, LOSS));
  moveOutputs(hidden, error, outputs, outputCount, rowBytes, products);
  addToRows(context, contextEnd, error, errorScale, rowBytes);
}

/** Skip-gram: each context row of the list predicts the output rows. */
function trainPairs(parameters: usize, context: usize, contextEnd: usize, outputCount: usize, learningRate: v128): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const outputs = load<usize>(parameters, OUTPUT_ROWS);
  const products = load<usize>(parameters, PRODUCTS);
  const signs = load<usize>(parameters, OUTPUT_SIGNS);
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  const secondWeights = load<usize>(parameters, SECOND_WEIGHTS);
  const lossSums = load<usize>(parameters, LOSS);
  // An odd row is paired with the row of zeros, which stands in no window.
  if ((contextEnd - context) & 4) contextEnd = appendContext(parameters, context, contextEnd, load<usize>(parameters, ZERO_ROW), 0, 0);
  // Three passes through memory, not one with everything in variables: V8 moves pure computations behind or into
  // the update loops, where they cost up to half the speed (bench/kernel-laboratory/README.md).
  const productBytes = (outputCount + 1) >> 1 << 4;
  for (let at = context, product = products; at < contextEnd; at += 8, product += productBytes) {
    dotProducts(load<usize>(at), load<usize>(at, 4), outputs, outputCount, rowBytes, product);
  }
  const firstCounts = load<usize>(parameters, FIRST_COUNTS) - context;
  const secondCounts = load<usize>(parameters, SECOND_COUNTS) - context;
  for (let at = context, product = products; at < contextEnd; at += 8, product += productBytes) {
    productsToGradients(product, signs, weights, secondWeights, productBytes, v128.load64_splat(firstCounts + at),
      v128.load64_splat(secondCounts + at), learningRate, lossSums);
  }
  for (let at = context, product = products; at < contextEnd; at += 8, product += productBytes) {
    moveRows(load<usize>(at), load<usize>(at, 4), outputs, outputCount, rowBytes, product);
  }
}

/** The dot products of one output row with four hidden rows, as the four lanes. */
@inline function fourDotProducts(row: usize, hidden: usize, rowBytes: usize): v128 {
  const h1 = hidden + rowBytes, h2 = h1 + rowBytes, h3 = h2 + rowBytes;
  let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
  for (let d: usize = 0; d < rowBytes; d += 16) {
    const y = v128.load(row + d);
    s0 = multiplyAdd(y, v128.load(hidden + d), s0);
    s1 = multiplyAdd(y, v128.load(h1 + d), s1);
    s2 = multiplyAdd(y, v128.load(h2 + d), s2);
    s3 = multiplyAdd(y, v128.load(h3 + d), s3);
  }
  return sumLanes(s0, s1, s2, s3);
}

/** Adds to four rows of errors what the output rows [row, end) give to them: error += gradient × output row. */
@inline function addErrors(row: usize, end: usize, gradients: usize, errors: usize, rowBytes: usize): void {
  for (let d: usize = 0; d < rowBytes; d += 16) {
    const e1 = errors + rowBytes, e2 = e1 + rowBytes, e3 = e2 + rowBytes;
    let s0 = v128.load(errors + d), s1 = v128.load(e1 + d), s2 = v128.load(e2 + d), s3 = v128.load(e3 + d);
    for (let at = row, g = gradients; at < end; at += rowBytes, g += EXAMPLES_PER_BATCH << 2) {
      const y = v128.load(at + d);
      s0 = multiplyAdd(v128.load32_splat(g), y, s0);
      s1 = multiplyAdd(v128.load32_splat(g, 4), y, s1);
      s2 = multiplyAdd(v128.load32_splat(g, 8), y, s2);
      s3 = multiplyAdd(v128.load32_splat(g, 12), y, s3);
    }
    v128.store(errors + d, s0); v128.store(e1 + d, s1); v128.store(e2 + d, s2); v128.store(e3 + d, s3);
  }
}

/** Moves one output row by its gradients with four hidden rows. */
@inline function moveOutput(row: usize, hidden: usize, gradients: usize, rowBytes: usize): void {
  const h1 = hidden + rowBytes, h2 = h1 + rowBytes, h3 = h2 + rowBytes;
  const g0 = v128.load32_splat(gradients), g1 = v128.load32_splat(gradients, 4);
  const g2 = v128.load32_splat(gradients, 8), g3 = v128.load32_splat(gradients, 12);
  for (let d: usize = 0; d < rowBytes; d += 16) {
    let y = multiplyAdd(g0, v128.load(hidden + d), v128.load(row + d));
    y = multiplyAdd(g1, v128.load(h1 + d), y);
    y = multiplyAdd(g2, v128.load(h2 + d), y);
    v128.store(row + d, multiplyAdd(g3, v128.load(h3 + d), y));
  }
}

/** Adds a lane to a double, for each of four lanes. */
@inline function addToDoubles(doubles: usize, lanes: v128): void {
  v128.store(doubles, f64x2.add(v128.load(doubles), f64x2.promote_low_f32x4(lanes)));
  v128.store(doubles, f64x2.add(v128.load(doubles, 16), f64x2.promote_low_f32x4(v128.shuffle<i64>(lanes, lanes, 1, 1))), 16);
}

/**
 * Full softmax for `count` examples, which all see the rows as they are before the batch: p(w) = e^(u_w · h) / Σ e^(u · h),
 * loss −ln p for each target. Returns the loss; the rows have been moved then.
 */
function trainSoftmax(parameters: usize, count: usize, learningRate: f32): f64 {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const wordCount = <usize>load<u32>(parameters, WORD_COUNT);
  const outputs = outputRow(parameters, 0); // the others follow
  const logits = load<usize>(parameters, LOGITS);
  const hidden = load<usize>(parameters, BATCH_HIDDEN);
  const errors = load<usize>(parameters, BATCH_ERRORS);
  const exampleBytes = load<usize>(parameters, EXAMPLE_BYTES);
  const examples = load<usize>(parameters, EXAMPLE_WORDS);
  const softmaxSums = load<usize>(parameters, SOFTMAX_SUMS);
  const softmaxScales = load<usize>(parameters, SOFTMAX_SCALES);
  const half = rowBytes << 2; // four rows
  const mean = load<i32>(parameters, CBOW_MEAN);
  const shared = load<i32>(parameters, CBOW_SHARE);
  const factors = load<usize>(parameters, INPUT_FACTORS);

  // 1. What each example predicts from.
  memory.fill(hidden, 0, rowBytes * EXAMPLES_PER_BATCH);
  memory.fill(errors, 0, rowBytes * EXAMPLES_PER_BATCH);
  for (let i: usize = 0; i < count; i++) {
    const example = examples + i * exampleBytes;
    const inputs = load<i32>(example);
    const scale = splat(mean ? 1 / <f32>inputs : 1);
    for (let k = 0; k < inputs; k++) {
      addScaled(hidden + i * rowBytes, inputRow(parameters, load<u32>(example + (<usize>k << 2), 8)), scale, rowBytes);
    }
  }

  // 2. Logits and their maxima.
  let maxima0 = splat(-f32.MAX_VALUE), maxima1 = splat(-f32.MAX_VALUE);
  for (let word: usize = 0; word < wordCount; word++) {
    const row = outputs + word * rowBytes;
    const at = logits + (word << 5);
    const x0 = fourDotProducts(row, hidden, rowBytes);
    const x1 = fourDotProducts(row, hidden + half, rowBytes);
    v128.store(at, x0);
    v128.store(at, x1, 16);
    maxima0 = f32x4.pmax(maxima0, x0);
    maxima1 = f32x4.pmax(maxima1, x1);
  }

  // 3. The loss needs the logits of the targets; then e^(x − maximum), and the sums in doubles.
  v128.store(softmaxScales, maxima0);
  v128.store(softmaxScales, maxima1, 16);
  let loss: f64 = 0;
  for (let i: usize = 0; i < count; i++) {
    const example = examples + i * exampleBytes;
    const targets = load<i32>(example, 4);
    const first = example + 8 + (<usize>load<i32>(example) << 2);
    for (let k = 0; k < targets; k++) {
      const at = logits + (<usize>load<u32>(first + (<usize>k << 2)) << 5) + (i << 2);
      loss += <f64>load<f32>(softmaxScales + (i << 2)) - <f64>load<f32>(at);
    }
  }
  memory.fill(softmaxSums, 0, 64);
  for (let begin: usize = 0; begin < wordCount; begin += WORDS_PER_TILE) {
    const end = logits + (min(wordCount, begin + WORDS_PER_TILE) << 5);
    let sum0 = splat(0), sum1 = splat(0);
    for (let at = logits + (begin << 5); at < end; at += 32) {
      const e0 = expOfMinusMagnitude(f32x4.sub(maxima0, v128.load(at)));
      const e1 = expOfMinusMagnitude(f32x4.sub(maxima1, v128.load(at, 16)));
      v128.store(at, e0);
      v128.store(at, e1, 16);
      sum0 = f32x4.add(sum0, e0);
      sum1 = f32x4.add(sum1, e1);
    }
    addToDoubles(softmaxSums, sum0);
    addToDoubles(softmaxSums + 32, sum1);
  }

  // 4. Gradients: learning rate × (times that the word is a target − targets × p).
  for (let i: usize = 0; i < EXAMPLES_PER_BATCH; i++) {
    const targets = i < count ? load<i32>(examples + i * exampleBytes, 4) : 0;
    const sum = load<f64>(softmaxSums + (i << 3));
    loss += <f64>targets * logarithm(sum);
    store<f32>(softmaxScales + (i << 2), <f32>(-<f64>learningRate * <f64>targets / sum));
  }
  const scale0 = v128.load(softmaxScales), scale1 = v128.load(softmaxScales, 16);
  for (let at = logits, end = logits + (wordCount << 5); at < end; at += 32) {
    v128.store(at, f32x4.mul(v128.load(at), scale0));
    v128.store(at, f32x4.mul(v128.load(at, 16), scale1), 16);
  }
  for (let i: usize = 0; i < count; i++) {
    const example = examples + i * exampleBytes;
    const targets = load<i32>(example, 4);
    const first = example + 8 + (<usize>load<i32>(example) << 2);
    for (let k = 0; k < targets; k++) {
      const at = logits + (<usize>load<u32>(first + (<usize>k << 2)) << 5) + (i << 2);
      store<f32>(at, load<f32>(at) + learningRate);
    }
  }

  // 5. Errors of the hidden rows and new output rows, tile by tile.
  for (let begin: usize = 0; begin < wordCount; begin += WORDS_PER_TILE) {
    const row = outputs + begin * rowBytes;
    const end = outputs + min(wordCount, begin + WORDS_PER_TILE) * rowBytes;
    const gradients = logits + (begin << 5);
    addErrors(row, end, gradients, errors, rowBytes);
    addErrors(row, end, gradients + 16, errors + half, rowBytes);
    for (let at = row, g = gradients; at < end; at += rowBytes, g += 32) {
      moveOutput(at, hidden, g, rowBytes);
      moveOutput(at, hidden + half, g + 16, rowBytes);
    }
  }

  // 6. The errors go back to the input rows.
  for (let i: usize = 0; i < count; i++) {
    const example = examples + i * exampleBytes;
    const inputs = load<i32>(example);
    const scale: f32 = shared ? 1 / <f32>inputs : 1;
    for (let k = 0; k < inputs; k++) {
      const word = load<u32>(example + (<usize>k << 2), 8);
      const factor = factors ? load<f32>(factors + (<usize>word << 2)) : 1;
      addScaled(inputRow(parameters, word), errors + i * rowBytes, splat(scale * factor), rowBytes);
    }
  }
  return loss;
}

/**
 * Writes the example of one centre with its context words in [low, high] but itself: with skip-gram the centre
 * predicts each of them, with CBOW they predict the centre. Returns the number of context words.
 */
function setExample(parameters: usize, example: usize, centre: usize, low: usize, high: usize): i32 {
  const cbow = load<i32>(parameters, CBOW);
  const contexts = example + (cbow ? 8 : 12);
  let end = contexts;
  for (let at = centre - 4; at >= low; at -= 4) {
    const word = load<i32>(at);
    if (word < 0) break;
    store<i32>(end, word);
    end += 4;
  }
  for (let at = centre + 4; at <= high; at += 4) {
    const word = load<i32>(at);
    if (word < 0) break;
    store<i32>(end, word);
    end += 4;
  }
  const count = <i32>((end - contexts) >> 2);
  store<i32>(example, cbow ? count : 1);
  store<i32>(example, cbow ? 1 : count, 4);
  store<i32>(cbow ? end : example + 8, load<i32>(centre));
  return count;
}

/** Adds the word at position `at` to the list of context words, for one or both centres of a draw. Returns the new end. */
@inline function addContext(parameters: usize, end: usize, at: usize, word: i32, first: bool, second: bool): usize {
  const list = load<usize>(parameters, CONTEXT_ROWS);
  const row = load<usize>(parameters, SUBWORD_OFFSETS) ? positionRow(parameters, at) : inputRow(parameters, word);
  if (load<usize>(parameters, INPUT_FACTORS)) saveRow(parameters, word, row);
  if (load<i32>(parameters, CBOW)) {
    store<usize>(end, row);
    return end + 4;
  }
  exampleTotal += <f64>(<i32>first + <i32>second);
  return appendContext(parameters, list, end, row, <f32>(<i32>first), <f32>(<i32>second));
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
  const keepThresholds = load<usize>(parameters, KEEP_THRESHOLDS);
  const window = load<i32>(parameters, WINDOW);
  const noiseSets = load<usize>(parameters, NOISE_SETS);
  const noiseSetBytes = load<usize>(parameters, NOISE_SET_BYTES);
  const context = load<usize>(parameters, CONTEXT_ROWS);
  const kept = load<usize>(parameters, KEPT);
  const lossSums = load<usize>(parameters, LOSS);
  const factors = load<usize>(parameters, INPUT_FACTORS);
  const subwords = load<usize>(parameters, SUBWORD_OFFSETS);
  const lossKind = load<i32>(parameters, LOSS_KIND);
  const hierarchical = lossKind == 1;
  const softmax = lossKind == 2;
  const exampleBytes = load<usize>(parameters, EXAMPLE_BYTES);
  const batch = load<usize>(parameters, EXAMPLE_WORDS);
  let inBatch: usize = 0;
  const cbow = load<i32>(parameters, CBOW);
  const rate = splat(learningRate);

  // 1. Subsampling: kept words of the block, framed by up to `window` kept words before and after it.
  const first = kept + (<usize>window << 2);
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
  const ownRowsLimit = load<usize>(parameters, OWN_ROWS_LIMIT);
  if (!ownRowsLimit || ownRowsEnd == 0) ownRowsEnd = load<usize>(parameters, OWN_ROWS);
  else if (ownRowsEnd > ownRowsLimit) mergeOwnRows(parameters);
  if (softmax && load<usize>(parameters, OUTPUT_MAP)) {
    const wordCount = load<u32>(parameters, WORD_COUNT);
    for (let word: u32 = 0; word < wordCount; word++) outputRow(parameters, word);
  }
  if (!copied) {
    copyRows(parameters, load<usize>(parameters, INPUT_VECTORS), 0, load<usize>(parameters, COPIED_INPUTS), load<usize>(parameters, INPUT_COPIES));
    copyRows(parameters, load<usize>(parameters, OUTPUT_VECTORS), load<usize>(parameters, FIRST_COPIED_OUTPUT), load<usize>(parameters, COPIED_OUTPUTS), load<usize>(parameters, OUTPUT_COPIES));
    copied = true;
  }
  oldestNoise = 0;
  if (lossKind == 0) drawPool(parameters, load<u32>(parameters, NOISE_POOL_SIZE));
  let loss: f64 = 0;
  exampleTotal = 0;
  let index: i32 = 0; // of the draw in its group
  let groups: i32 = 0;
  const centresPerDraw = load<i32>(parameters, CENTRES_PER_DRAW);
  const drawsPerGroup = CENTRES_PER_GROUP / centresPerDraw;
  let entered = before; // words whose input rows have been touched
  let inWindow = before; // with subwords: words in [inWindow, windowEnd) have rows of their own
  let windowEnd = before;
  const windowBytes = <usize>window << 2;
  for (let centre = first; centre < last; centre += 4) {
    const centreWord = load<i32>(centre);
    if (centreWord < 0) continue;
    if (softmax) {
      const reach = <usize>(window - <i32>below(<u32>window)) << 2;
      const example = batch + inBatch * exampleBytes;
      const contexts = setExample(parameters, example, centre, max(before, centre - reach), min(after - 4, centre + reach));
      if (contexts == 0) continue;
      exampleTotal += cbow ? 1 : contexts;
      if (++inBatch < EXAMPLES_PER_BATCH) continue;
      loss += trainSoftmax(parameters, inBatch, learningRate);
      inBatch = 0;
      continue;
    }
    if (index == 0) {
      if (hierarchical && ownRowsLimit && ownRowsEnd > ownRowsLimit) mergeOwnRows(parameters);
      if (hierarchical) touchPaths(parameters, centre, min(last, centre + (<usize>CENTRES_PER_GROUP << 2)));
      else prepareGroup(parameters, centre, last, groups++ > 0);
      const end = min(after, centre + (<usize>(CENTRES_PER_GROUP + window) << 2));
      touchInputs(parameters, entered, end);
      entered = max(entered, end);
    }
    if (subwords) {
      const low = max(before, centre - windowBytes);
      const high = min(after, centre + windowBytes + 4);
      leaveWindow(parameters, inWindow, min(low, windowEnd));
      enterWindow(parameters, max(low, windowEnd), high);
      inWindow = low;
      windowEnd = high;
    }
    const set = noiseSets + <usize>index * noiseSetBytes;
    index = (index + 1) % drawsPerGroup;

    const reach = <usize>(window - <i32>below(<u32>window)) << 2;
    const lowest = max(before, centre - reach), highest = min(after - 4, centre + reach);
    // Two centres that follow each other in a sentence are trained together, with windows of the same size.
    const second = centresPerDraw > 1 && centre + 4 < last && load<i32>(centre, 4) >= 0 ? centre + 4 : 0;
    const secondLowest = second ? max(before, second - reach) : usize.MAX_VALUE;
    const secondHighest = second ? min(after - 4, second + reach) : 0;
    let contextEnd = context;
    for (let at = centre - 4, end = min(lowest, secondLowest); at >= end; at -= 4) {
      const word = load<i32>(at);
      if (word < 0) break;
      contextEnd = addContext(parameters, contextEnd, at, word, at >= lowest, at >= secondLowest);
    }
    if (second) {
      contextEnd = addContext(parameters, contextEnd, centre, centreWord, false, true);
      contextEnd = addContext(parameters, contextEnd, second, load<i32>(second), true, false);
    }
    for (let at = max(centre, second) + 4, end = max(highest, secondHighest); at <= end; at += 4) {
      const word = load<i32>(at);
      if (word < 0) break;
      contextEnd = addContext(parameters, contextEnd, at, word, at <= highest, at <= secondHighest);
    }
    if (contextEnd == context) continue;
    const outputCount = hierarchical
      ? gatherPath(parameters, centreWord)
      : gatherNoise(parameters, outputRow(parameters, centreWord), second ? outputRow(parameters, load<i32>(second)) : 0, set);

    v128.store(lossSums, splat(0));
    if (cbow) {
      exampleTotal++;
      trainHidden(parameters, context, contextEnd, outputCount, rate);
    } else {
      trainPairs(parameters, context, contextEnd, outputCount, rate);
    }
    if (factors) blendRows(parameters);
    const sums = v128.load(lossSums);
    loss += <f64>f32x4.extract_lane(sums, 0) + <f64>f32x4.extract_lane(sums, 1) + <f64>f32x4.extract_lane(sums, 2) + <f64>f32x4.extract_lane(sums, 3);
    if (second) centre = second;
  }
  if (subwords) leaveWindow(parameters, inWindow, windowEnd);
  if (inBatch > 0) loss += trainSoftmax(parameters, inBatch, learningRate);
  lossTotal = loss;
}

/** Brings what has changed in the copied rows into the shared matrices; the next block copies anew. */
export function mergeCopies(parameters: usize): void {
  if (load<usize>(parameters, OWN_ROWS_LIMIT)) mergeOwnRows(parameters);
  if (!copied) return;
  const inputs = load<usize>(parameters, COPIED_INPUTS), outputs = load<usize>(parameters, COPIED_OUTPUTS);
  mergeCopied(parameters, inputs, load<usize>(parameters, FIRST_COPIED_OUTPUT), outputs, false);
  copied = false;
}

/** The same for the rows that are merged more often, which are copied anew at once. */
export function mergeHottest(parameters: usize): void {
  if (!copied) return;
  const inputs = load<usize>(parameters, HOTTEST_INPUTS), outputs = load<usize>(parameters, HOTTEST_OUTPUTS);
  mergeCopied(parameters, inputs, load<usize>(parameters, FIRST_HOTTEST_OUTPUT), outputs, true);
}

/** Merges the first `inputs` of the copied input rows, and of the output rows `outputs` from row `firstOutput` on. */
function mergeCopied(parameters: usize, inputs: usize, firstOutput: usize, outputs: usize, anew: bool): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  mergeRows(parameters, load<usize>(parameters, INPUT_VECTORS), 0, inputs,
    load<usize>(parameters, INPUT_COPIES), load<usize>(parameters, COPIED_INPUTS) * rowBytes, anew);
  const outputCopies = load<usize>(parameters, OUTPUT_COPIES) + (firstOutput - load<usize>(parameters, FIRST_COPIED_OUTPUT)) * rowBytes;
  mergeRows(parameters, load<usize>(parameters, OUTPUT_VECTORS), firstOutput, outputs,
    outputCopies, load<usize>(parameters, COPIED_OUTPUTS) * rowBytes, anew);
}
