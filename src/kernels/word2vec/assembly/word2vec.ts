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
//
// Parts of it are in the folder word2vec: the parameters, where rows lie, the tiles, the sigmoid, and full softmax.

import { multiplyAdd, splat } from '../../assembly-library/lanes';
import { setExample, trainSoftmax } from './full-softmax';
import {
  ALIAS_THRESHOLDS, ALIAS_WORDS, CBOW, CBOW_MEAN, CBOW_SHARE, CENTRES_PER_DRAW, CENTRES_PER_GROUP, CONTEXT_ROWS,
  COPIED_OUTPUTS, EXAMPLES_PER_BATCH, EXAMPLE_BYTES, EXAMPLE_WORDS, FIRST_COPIED_OUTPUT, FIRST_COUNTS, FRESH_NOISE,
  HIDDEN, HIDDEN_ERROR, INPUT_FACTORS, INPUT_MAP, KEEP_THRESHOLDS, KEPT, LOGIT_BIAS, LOSS, LOSS_KIND, NEGATIVES, NOISE_PER_PAIR,
  NOISE_POOL, NOISE_POOL_SIZE, NOISE_SETS, NOISE_SET_BYTES, ONE_INPUT, OUTPUT_COPIES, OUTPUT_MAP, OUTPUT_ROWS, OUTPUT_SIGNS, OUTPUT_VECTORS,
  OUTPUT_WEIGHTS, OWN_OUTPUTS, OWN_SKIP, PATH_OFFSETS, PATH_STEPS, POSITIONS, POSITION_ROWS, PRODUCTS, ROW_BYTES, SAVED_ROWS, SAVED_VALUES,
  SECOND_COUNTS, SECOND_WEIGHTS, SUBWORD_OFFSETS, SUBWORD_ROWS, WEIGHT_DECAY, WINDOW, WORD_COUNT, ZERO_ROW,
} from '../parameters';
import { beginRows, inputRow, mergeOwnRowsIfFull, outputRow, touch } from './rows';
import { productsToGradients } from './sigmoid';
import {
  addScaled, addToRows, dotProducts, dotProductsOfOne, moveOutputs, moveRows, shorten, sumRows,
} from './tiles';

export { mergeCopies, mergeHottest, mergeSlots } from './rows';

/** Rows of a noise pool up to this stay in the second cache of common processors: 1,000 rows of 300 dimensions do. */
const CACHED_POOL_BYTES: usize = 1_250_000;

// xoroshiro64** (Blackman and Vigna), the same 32-bit steps as ../../math/random.ts.
let state0: u32 = 1;
let state1: u32 = 0;

/** Rows in SAVED_ROWS. */
let savedCount: usize = 0;

/** The word of the noise pool that is replaced next. */
let oldestNoise: u32 = 0;

/** What `touchPaths` has read: a sum that nobody stored would not be read at all. */
let touchedSum: u32 = 0;

let lossTotal: f64 = 0;
let exampleTotal: f64 = 0;

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

/** Draws a negative sample: a column of the alias table, and its upper or lower part. */
@inline function drawWord(parameters: usize): u32 {
  const column = below(load<u32>(parameters, WORD_COUNT));
  const threshold = load<u32>(load<usize>(parameters, ALIAS_THRESHOLDS) + (<usize>column << 2));
  return next() <= threshold ? column : load<u32>(load<usize>(parameters, ALIAS_WORDS) + (<usize>column << 2));
}

/** Draws `count` negative samples into the pool, in place of the oldest ones: addresses of their output rows. */
function drawPool(parameters: usize, count: u32): void {
  const pool = load<usize>(parameters, NOISE_POOL);
  const size = load<u32>(parameters, NOISE_POOL_SIZE);
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const touches = load<u32>(parameters, FRESH_NOISE);
  for (let i: u32 = 0; i < count; i++) {
    const row = outputRow(parameters, drawWord(parameters));
    if (touches) touch(row, rowBytes);
    store<usize>(pool + (<usize>oldestNoise << 2), row);
    oldestNoise = (oldestNoise + 1) % size;
  }
}

/**
 * Draws the negative samples of the pairs that share them into `set`: the distinct rows, and how often each was drawn. They come from the
 * pool, or where there is none from all words.
 */
function drawNoise(parameters: usize, set: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const pool = load<usize>(parameters, NOISE_POOL);
  const poolSize = load<u32>(parameters, NOISE_POOL_SIZE);
  const negatives = load<i32>(parameters, NEGATIVES);
  // A small pool is in the cache of its processor anyway, and to touch it costs a hundredth of the time.
  const isCached = poolSize > 0 && <usize>poolSize * rowBytes <= CACHED_POOL_BYTES;
  const touches = load<u32>(parameters, FRESH_NOISE) == 0 && !isCached;
  const rows = set + 4;
  const weightOffset = <usize>negatives << 2;
  let end = rows;
  for (let k = 0; k < negatives; k++) {
    const row = poolSize ? load<usize>(pool + (<usize>below(poolSize) << 2)) : outputRow(parameters, drawWord(parameters));
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

/** Draws the negative samples of a group of centres that begins at `first`, and touches the output rows of the centres. */
function prepareGroup(parameters: usize, first: usize, last: usize, refresh: bool): void {
  const setBytes = load<usize>(parameters, NOISE_SET_BYTES);
  if (refresh) drawPool(parameters, load<u32>(parameters, FRESH_NOISE));
  let set = load<usize>(parameters, NOISE_SETS);
  if (!load<i32>(parameters, NOISE_PER_PAIR)) {
    const step = load<i32>(parameters, CENTRES_PER_DRAW);
    for (let i = 0; i < CENTRES_PER_GROUP; i += step) {
      drawNoise(parameters, set);
      set += setBytes;
    }
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
@inline function setOutput(parameters: usize, at: usize, row: usize, sign: f32, weight: v128, secondWeight: v128, oneInput: i32): void {
  store<usize>(load<usize>(parameters, OUTPUT_ROWS) + (at << 2), row);
  const signs = load<usize>(parameters, OUTPUT_SIGNS);
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  if (oneInput) {
    store<f32>(signs + (at << 2), sign);
    v128.store32_lane(weights + (at << 2), weight, 0);
  } else {
    v128.store64_lane(signs + (at << 3), splat(sign), 0);
    v128.store64_lane(weights + (at << 3), weight, 0);
    v128.store64_lane(load<usize>(parameters, SECOND_WEIGHTS) + (at << 3), secondWeight, 0);
  }
}

/**
 * The output rows of one centre, or of two, with negative sampling: the first centre's with label 1, the noise but these two (word2vec.c,
 * too, skips a draw of the centre) with label 0, the second centre's with label 1. `secondRow` is 0 for one. Returns their number, filled up to whole
 * tiles. OWN_OUTPUTS of them, from the first on and OWN_SKIP bytes behind it, belong to the first centre alone, and to the second alone.
 */
function gatherNoise(parameters: usize, firstRow: usize, secondRow: usize, set: usize): usize {
  const weightOffset = <usize>load<u32>(parameters, NEGATIVES) << 2;
  const oneInput = load<i32>(parameters, ONE_INPUT);
  const zero = splat(0), one = splat(1);
  setOutput(parameters, 0, firstRow, -1, one, secondRow == firstRow ? one : zero, oneInput);
  let count: usize = 1;
  const end = set + 4 + (load<usize>(set) << 2);
  for (let noise = set + 4; noise < end; noise += 4) {
    const row = load<usize>(noise);
    if (row == firstRow || row == secondRow) continue;
    const weight = v128.load32_splat(noise + weightOffset);
    setOutput(parameters, count++, row, 1, weight, weight, oneInput);
  }
  const own = count;
  if (!secondRow || secondRow == firstRow || own < 3 || own == 5) {
    if (secondRow && secondRow != firstRow) setOutput(parameters, count++, secondRow, -1, zero, one, oneInput);
    count = fillTiles(parameters, count);
    store<usize>(parameters, count, OWN_OUTPUTS);
    store<usize>(parameters, 0, OWN_SKIP);
    return count;
  }
  setOutput(parameters, own, secondRow, -1, zero, one, oneInput);
  setOutput(parameters, own + 1, load<usize>(parameters, ZERO_ROW), 1, zero, zero, oneInput);
  store<usize>(parameters, own, OWN_OUTPUTS);
  store<usize>(parameters, 4, OWN_SKIP);
  return fillTiles(parameters, own + 1);
}

/** 1 for odd numbers, −1 for even ones. */
@inline function signsOfOdd(numbers: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.sub(i32x4.shl(v128.and(numbers, i32x4.splat(1)), 1), i32x4.splat(1)));
}

/**
 * The output rows of one centre with hierarchical softmax: the inner nodes on its path, with label 1 for bit 0. Row by row with
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
  // What a whole vector takes from the next word's path is overwritten or has the weight 0: see fillTiles.
  const count = (end - begin) >> 2;
  let sign = load<usize>(parameters, OUTPUT_SIGNS);
  let weight = load<usize>(parameters, OUTPUT_WEIGHTS);
  if (load<i32>(parameters, ONE_INPUT)) {
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

/** Reads the paths of the words in [first, last), so that the waits for them overlap (1.06x faster); −1 is none. */
function touchPaths(parameters: usize, first: usize, last: usize): void {
  const offsets = load<usize>(parameters, PATH_OFFSETS);
  const steps = load<usize>(parameters, PATH_STEPS);
  let sum: u32 = 0;
  for (let at = first; at < last; at += 4) {
    const word = load<i32>(at);
    if (word < 0) continue;
    const begin = steps + (load<usize>(offsets + (<usize>word << 2)) << 2);
    sum += load<u32>(begin) + load<u32>(begin, 60); // two cache lines: most paths have fewer than 17 nodes
  }
  touchedSum = sum;
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
 * Adds rows of zeros with weight 0 up to a number that tiles make up: multiples of three for one input; for pairs of inputs sums of
 * threes and fours, which are all but 1, 2 and 5. Returns it.
 */
function fillTiles(parameters: usize, count: usize): usize {
  const zeroRow = load<usize>(parameters, ZERO_ROW);
  const oneInput = load<i32>(parameters, ONE_INPUT);
  while (oneInput ? count % 3 != 0 : count < 3 || count == 5) setOutput(parameters, count++, zeroRow, 1, splat(0), splat(0), oneInput);
  // What is left of the last vector of products must have the weight 0.
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  if (oneInput) for (let at = count; at & 3; at++) store<f32>(weights + (at << 2), 0);
  else if (count & 1) {
    v128.store64_lane(weights + (count << 3), splat(0), 0);
    v128.store64_lane(load<usize>(parameters, SECOND_WEIGHTS) + (count << 3), splat(0), 0);
  }
  return count;
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

/** The context rows in [context, contextEnd) together predict the output rows: all of a centre in CBOW, one in skip-gram by pairs. */
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
  gradientsOfOne(parameters, outputCount, learningRate);
  moveOutputs(hidden, error, outputs, outputCount, rowBytes, products);
  addToRows(context, contextEnd, error, errorScale, rowBytes);
  const decay = load<f32>(parameters, WEIGHT_DECAY) * f32x4.extract_lane(learningRate, 0);
  if (decay > 0) {
    for (let at = context; at < contextEnd; at += 4) shorten(load<usize>(at), decay, rowBytes);
    for (let at: usize = 0, end = outputCount << 2; at < end; at += 4) shorten(load<usize>(outputs + at), decay * load<f32>(weights + at), rowBytes);
  }
}

/**
 * Skip-gram: each context row of the list predicts the output rows, which they share. Of two centres, the rows of the first `ownBytes` of the
 * list stand in the window of the first alone, those of the last `ownBytes` in that of the second alone, and leave the output row of the other out (1.04x
 * faster): see gatherNoise.
 */
function trainPairs(parameters: usize, context: usize, contextEnd: usize, outputCount: usize, ownBytes: usize, learningRate: v128): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const outputs = load<usize>(parameters, OUTPUT_ROWS);
  const products = load<usize>(parameters, PRODUCTS);
  const ownTo = context + ownBytes, ownFrom = contextEnd - ownBytes;
  const ownCount = load<usize>(parameters, OWN_OUTPUTS);
  const ownSkip = load<usize>(parameters, OWN_SKIP);
  // Three passes through memory, not one with everything in variables: V8 moves pure computations behind or into
  // the update loops, where they cost up to half the speed (bench/kernel-laboratory/README.md).
  for (let at = context, product = products; at < contextEnd; at += 8) {
    const count = at < ownTo || at >= ownFrom ? ownCount : outputCount;
    dotProducts(load<usize>(at), load<usize>(at, 4), at < ownFrom ? outputs : outputs + ownSkip, count, rowBytes, product);
    product += (count + 1) >> 1 << 4;
  }
  gradients(parameters, context, contextEnd, ownTo, ownFrom, outputCount, ownCount, learningRate);
  for (let at = context, product = products; at < contextEnd; at += 8) {
    const count = at < ownTo || at >= ownFrom ? ownCount : outputCount;
    moveRows(load<usize>(at), load<usize>(at, 4), at < ownFrom ? outputs : outputs + ownSkip, count, rowBytes, product);
    product += (count + 1) >> 1 << 4;
  }
  const decay = load<f32>(parameters, WEIGHT_DECAY) * f32x4.extract_lane(learningRate, 0);
  if (decay > 0) decayPairs(parameters, context, contextEnd, outputCount, decay);
}

/** Turns the products of pairs of context rows, for each of which there are two counts, into gradients. */
@inline function gradients(parameters: usize, context: usize, contextEnd: usize, ownTo: usize, ownFrom: usize, outputCount: usize, ownCount: usize, learningRate: v128): void {
  if (load<f32>(parameters, LOGIT_BIAS)) gradientsWithBias(parameters, context, contextEnd, ownTo, ownFrom, outputCount, ownCount, learningRate);
  else gradientsWithoutBias(parameters, context, contextEnd, ownTo, ownFrom, outputCount, ownCount, learningRate);
}

function gradientsWithBias(parameters: usize, context: usize, contextEnd: usize, ownTo: usize, ownFrom: usize, outputCount: usize, ownCount: usize, learningRate: v128): void {
  gradientsOf(parameters, parameters + LOGIT_BIAS, context, contextEnd, ownTo, ownFrom, outputCount, ownCount, learningRate);
}

/** A function of its own: to add nothing takes a hundredth of the time of a training. */
function gradientsWithoutBias(parameters: usize, context: usize, contextEnd: usize, ownTo: usize, ownFrom: usize, outputCount: usize, ownCount: usize, learningRate: v128): void {
  gradientsOf(parameters, 0, context, contextEnd, ownTo, ownFrom, outputCount, ownCount, learningRate);
}

@inline function gradientsOf(parameters: usize, bias: usize, context: usize, contextEnd: usize, ownTo: usize, ownFrom: usize, outputCount: usize, ownCount: usize, learningRate: v128): void {
  const signs = load<usize>(parameters, OUTPUT_SIGNS);
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  const secondWeights = load<usize>(parameters, SECOND_WEIGHTS);
  const list = load<usize>(parameters, CONTEXT_ROWS);
  const firstCounts = load<usize>(parameters, FIRST_COUNTS) - list, secondCounts = load<usize>(parameters, SECOND_COUNTS) - list;
  const ownSkip = load<usize>(parameters, OWN_SKIP) << 1;
  const lossSums = load<usize>(parameters, LOSS);
  for (let at = context, product = load<usize>(parameters, PRODUCTS); at < contextEnd; at += 8) {
    const bytes = ((at < ownTo || at >= ownFrom ? ownCount : outputCount) + 1) >> 1 << 4;
    const skip = at < ownFrom ? 0 : ownSkip;
    productsToGradients(product, bias, signs + skip, weights + skip, secondWeights + skip, bytes, v128.load64_splat(firstCounts + at),
      v128.load64_splat(secondCounts + at), learningRate, lossSums);
    product += bytes;
  }
}

/** The same for the products of one input. */
@inline function gradientsOfOne(parameters: usize, outputCount: usize, learningRate: v128): void {
  if (load<f32>(parameters, LOGIT_BIAS)) gradientsOfOneWithBias(parameters, outputCount, learningRate);
  else gradientsOfOneWithoutBias(parameters, outputCount, learningRate);
}

function gradientsOfOneWithBias(parameters: usize, outputCount: usize, learningRate: v128): void {
  oneToGradients(parameters, parameters + LOGIT_BIAS, outputCount, learningRate);
}

function gradientsOfOneWithoutBias(parameters: usize, outputCount: usize, learningRate: v128): void {
  oneToGradients(parameters, 0, outputCount, learningRate);
}

@inline function oneToGradients(parameters: usize, bias: usize, outputCount: usize, learningRate: v128): void {
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  productsToGradients(load<usize>(parameters, PRODUCTS), bias, load<usize>(parameters, OUTPUT_SIGNS), weights, weights, (outputCount + 3) >> 2 << 4,
    splat(1), splat(0), learningRate, load<usize>(parameters, LOSS));
}

/** Of each row the share `decay` is lost for each pair of skip-gram in which it stands. */
function decayPairs(parameters: usize, context: usize, contextEnd: usize, outputCount: usize, decay: f32): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const list = load<usize>(parameters, CONTEXT_ROWS);
  const firstCounts = load<usize>(parameters, FIRST_COUNTS) - list;
  const secondCounts = load<usize>(parameters, SECOND_COUNTS) - list;
  let first: f32 = 0, second: f32 = 0;
  for (let at = context; at < contextEnd; at += 4) {
    const ofFirst = load<f32>(firstCounts + at), ofSecond = load<f32>(secondCounts + at);
    first += ofFirst;
    second += ofSecond;
    shorten(load<usize>(at), decay * (ofFirst + ofSecond), rowBytes);
  }
  const outputs = load<usize>(parameters, OUTPUT_ROWS);
  const weights = load<usize>(parameters, OUTPUT_WEIGHTS);
  const secondWeights = load<usize>(parameters, SECOND_WEIGHTS);
  for (let o: usize = 0; o < outputCount; o++) {
    const pairs = first * load<f32>(weights + (o << 3)) + second * load<f32>(secondWeights + (o << 3));
    shorten(load<usize>(outputs + (o << 2)), decay * pairs, rowBytes);
  }
}

/** Skip-gram whose pairs share nothing: each context row of the list predicts the centre, with negative samples of its own. */
function trainPairByPair(parameters: usize, context: usize, contextEnd: usize, centreWord: i32, learningRate: v128): void {
  const set = load<usize>(parameters, NOISE_SETS);
  for (let at = context; at < contextEnd; at += 4) {
    drawNoise(parameters, set);
    const outputCount = gatherNoise(parameters, outputRow(parameters, centreWord), 0, set);
    trainHidden(parameters, at, at + 4, outputCount, learningRate);
  }
  exampleTotal += <f64>((contextEnd - context) >> 2);
}

/**
 * Adds `count` words to the list of context words that ends at `end`, from position `at` on, `step` bytes apart, with their counts for one or both centres
 * of a draw. Returns the new end.
 */
function addContexts(parameters: usize, end: usize, at: usize, step: usize, count: isize, first: f32, second: f32): usize {
  const list = load<usize>(parameters, CONTEXT_ROWS);
  const subwords = load<usize>(parameters, SUBWORD_OFFSETS);
  const factors = load<usize>(parameters, INPUT_FACTORS);
  const oneInput = load<i32>(parameters, ONE_INPUT);
  if (!oneInput) exampleTotal += <f64>((first + second) * <f32>count);
  for (; count > 0; count--, at += step) {
    const word = load<i32>(at);
    const row = subwords ? positionRow(parameters, at) : inputRow(parameters, word);
    if (factors) saveRow(parameters, word, row);
    if (oneInput) {
      store<usize>(end, row);
      end += 4;
    } else {
      end = appendContext(parameters, list, end, row, first, second);
    }
  }
  return end;
}

/** An odd row is paired with the row of zeros, which stands in no window. */
function fillPair(parameters: usize, end: usize): usize {
  const list = load<usize>(parameters, CONTEXT_ROWS);
  return (end - list) & 4 ? appendContext(parameters, list, end, load<usize>(parameters, ZERO_ROW), 0, 0) : end;
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
  const noisePerPair = load<i32>(parameters, NOISE_PER_PAIR);
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
    store<i32>(last, word);
    // Without a jump, which the processor would often foresee wrongly (1.01x faster).
    last += word < 0 ? 4 : <usize>keeps(keepThresholds, word) << 2;
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
  beginRows(parameters);
  if (softmax && load<usize>(parameters, OUTPUT_MAP)) {
    const wordCount = load<u32>(parameters, WORD_COUNT);
    for (let word: u32 = 0; word < wordCount; word++) outputRow(parameters, word);
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
  let sentence = before, sentenceEnd = before; // of the centre
  for (let centre = first; centre < last; centre += 4) {
    const centreWord = load<i32>(centre);
    if (centreWord < 0) {
      sentence = centre + 4;
      continue;
    }
    if (centre >= sentenceEnd) {
      sentenceEnd = centre + 4;
      while (sentenceEnd < after && load<i32>(sentenceEnd) >= 0) sentenceEnd += 4;
    }
    if (softmax) {
      const reach = <usize>(window - <i32>below(<u32>window)) << 2;
      const example = batch + inBatch * exampleBytes;
      const contexts = setExample(parameters, example, centre, max(before, centre - reach), min(after - 4, centre + reach));
      if (contexts == 0) continue;
      exampleTotal += cbow ? 1 : contexts;
      if (++inBatch < <usize>EXAMPLES_PER_BATCH) continue;
      loss += trainSoftmax(parameters, inBatch, learningRate);
      inBatch = 0;
      continue;
    }
    if (index == 0) {
      if (hierarchical) {
        mergeOwnRowsIfFull(parameters);
        touchPaths(parameters, centre, min(last, centre + (<usize>CENTRES_PER_GROUP << 2)));
      } else prepareGroup(parameters, centre, last, groups++ > 0);
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
    // Two centres that follow each other in a sentence are trained together, with windows of the same size.
    const second = centresPerDraw > 1 && centre + 4 < min(last, sentenceEnd) ? centre + 4 : 0;
    const lastCentre = max(centre, second);
    const left = max(sentence, centre - reach), right = min(sentenceEnd - 4, lastCentre + reach);
    v128.store(lossSums, splat(0));
    if (second) {
      // A pair of rows that stand in the window of the first alone, rows in both, a pair in that of the second alone.
      const farLeft = left + reach == centre, farRight = right == second + reach;
      let end = addContexts(parameters, context, second, 0, 1, 1, 0);
      if (farLeft) end = addContexts(parameters, end, left, 0, 1, 1, 0);
      const both = fillPair(parameters, end);
      end = addContexts(parameters, both, centre - 4, <usize>-4, <isize>((centre - left) >> 2) - <isize>farLeft, 1, 1);
      end = addContexts(parameters, end, second + 4, 4, <isize>((right - second) >> 2) - <isize>farRight, 1, 1);
      const bothEnd = fillPair(parameters, end);
      end = addContexts(parameters, bothEnd, centre, 0, 1, 0, 1);
      if (farRight) end = addContexts(parameters, end, right, 0, 1, 0, 1);
      end = fillPair(parameters, end);
      const firstRow = outputRow(parameters, centreWord), secondRow = outputRow(parameters, load<i32>(second));
      trainPairs(parameters, context, end, gatherNoise(parameters, firstRow, secondRow, set), 8, rate);
    } else {
      let end = addContexts(parameters, context, centre - 4, <usize>-4, <isize>((centre - left) >> 2), 1, 0);
      end = addContexts(parameters, end, centre + 4, 4, <isize>((right - centre) >> 2), 1, 0);
      if (end == context) continue;
      if (noisePerPair) {
        trainPairByPair(parameters, context, end, centreWord, rate);
      } else {
        const outputCount = hierarchical ? gatherPath(parameters, centreWord) : gatherNoise(parameters, outputRow(parameters, centreWord), 0, set);
        if (cbow) {
          exampleTotal++;
          trainHidden(parameters, context, end, outputCount, rate);
        } else {
          trainPairs(parameters, context, fillPair(parameters, end), outputCount, 0, rate);
        }
      }
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
