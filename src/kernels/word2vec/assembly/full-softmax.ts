// Full softmax over the whole vocabulary, for the examples of a batch together.

import { multiplyAdd, splat, sumLanes } from '../../assembly-library/lanes';
import {
  BATCH_ERRORS, BATCH_HIDDEN, CBOW, CBOW_MEAN, CBOW_SHARE, EXAMPLES_PER_BATCH, EXAMPLE_BYTES, EXAMPLE_WORDS,
  INPUT_FACTORS, LOGITS, ROW_BYTES, SOFTMAX_SCALES, SOFTMAX_SUMS, WORD_COUNT,
} from '../parameters';
import { inputRow, outputRow } from './rows';
import { expOfMinusMagnitude } from './sigmoid';
import { addScaled } from './tiles';

// AssemblyScript's own needs a table in memory, where none may lie: all workers share it.
@external('env', 'logarithm') declare function logarithm(x: f64): f64;

/** Rows of the output matrix that stay in the first cache while a batch moves them. */
const WORDS_PER_TILE: usize = 64;

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

/** Where the logit of target `k` of example `i` of the batch lies, then its gradient. */
@inline function targetLogit(logits: usize, example: usize, i: usize, k: i32): usize {
  const targets = example + 8 + (<usize>load<i32>(example) << 2);
  return logits + (<usize>load<u32>(targets + (<usize>k << 2)) << 5) + (i << 2);
}

/**
 * Full softmax for `count` examples, which all see the rows as they are before the batch: p(w) = e^(u_w · h) / Σ e^(u · h),
 * loss −ln p for each target. Returns the loss; the rows have been moved then.
 */
export function trainSoftmax(parameters: usize, count: usize, learningRate: f32): f64 {
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
    for (let k = 0; k < targets; k++) {
      const at = targetLogit(logits, example, i, k);
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
  for (let i: usize = 0; i < <usize>EXAMPLES_PER_BATCH; i++) {
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
    for (let k = 0; k < targets; k++) {
      const at = targetLogit(logits, example, i, k);
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
export function setExample(parameters: usize, example: usize, centre: usize, low: usize, high: usize): i32 {
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
