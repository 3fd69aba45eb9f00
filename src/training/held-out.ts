import { type ReadCorpus, SENTENCE_END } from '../corpus/encoded-corpus.ts';
import { matricesInside } from '../kernels/word2vec/word2vec-memory.ts';
import { mixKeys, Random } from '../math/random.ts';
import type { TrainTask } from './train-messages.ts';

const STRETCH_TOKENS = 50;
/** At most this share of the text is held out; of a small one more, or its loss would tell nothing. */
const LARGEST_SHARE = 1 / 500;
const OF_SMALL_TEXT = { tokens: 2000, largestShare: 1 / 50, leastLength: 50_000 };
/** A multiplication and an addition for each dimension of each row: about a second. */
const MOST_OPERATIONS = 1e9;

/**
 * What is held out of the training: begin and end of short stretches all over the corpus, in ids and sentence ends.
 * None from a text of less than 50,000 tokens.
 */
export function heldOutStretches(corpusLength: number, tokens: number, seed: number): Float64Array {
  const ofSmall = Math.min(OF_SMALL_TEXT.tokens, corpusLength * OF_SMALL_TEXT.largestShare);
  const most = corpusLength < OF_SMALL_TEXT.leastLength ? 0 : Math.max(corpusLength * LARGEST_SHARE, ofSmall);
  const wanted = Math.min(tokens, most);
  const count = wanted < 2 * STRETCH_TOKENS ? 0 : Math.floor(wanted / STRETCH_TOKENS);
  const random = new Random(mixKeys(seed, 0xffffff00), mixKeys(seed, 0xffffff01));
  const stretches = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    const part = corpusLength / count;
    const begin = Math.floor(i * part + random.uniform() * (part - STRETCH_TOKENS));
    stretches.set([begin, begin + STRETCH_TOKENS], 2 * i);
  }
  return stretches;
}

/** Makes sentence ends of what is held out of `tokens`, which stand at [from, from + tokens.length) of the corpus. */
export function blankHeldOut(stretches: Float64Array, tokens: Int32Array, from: number): void {
  // The first stretch that ends behind `from`: they are in order.
  let low = 0;
  let high = stretches.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (stretches[2 * middle + 1] <= from) low = middle + 1;
    else high = middle;
  }
  const to = from + tokens.length;
  for (let i = low; i < stretches.length / 2 && stretches[2 * i] < to; i++) {
    tokens.fill(SENTENCE_END, Math.max(0, stretches[2 * i] - from), stretches[2 * i + 1] - from);
  }
}

/**
 * The losses of the held-out examples, one by one: the same examples with the same noise words whenever it is asked.
 * Subsampling and windows as in training, the loss as the kernels define it (BlockResult).
 */
export function heldOutLosses(task: TrainTask, read: ReadCorpus): Float64Array {
  const { layout, memory, heldOut, seed } = task;
  const { wordCount, dimensions, rowLength, window, negatives } = layout;
  const { buffer } = memory;
  const view = (offset: number, length: number) => new Uint32Array(buffer, offset, length);
  const keepThresholds = view(layout.keepThresholds, wordCount);
  const { inputVectors: inputs, outputVectors: outputs } = task.outside ?? matricesInside(memory, layout);
  const cbow = layout.algorithm === 'cbow';
  const random = new Random(mixKeys(seed, 0xffffff02), mixKeys(seed, 0xffffff03));
  const hidden = new Float64Array(dimensions);
  const tokens = new Int32Array(STRETCH_TOKENS);
  const losses: number[] = [];
  let operations = 0;

  const dot = (row: number) => {
    let sum = 0;
    for (let d = 0, at = row * rowLength; d < dimensions; d++, at++) sum += hidden[d] * outputs[at];
    operations += dimensions;
    return sum;
  };
  const softplus = (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);

  const lossOf: Record<typeof layout.loss, (target: number) => number> = {
    'negative-sampling': (target) => {
      const aliasThresholds = view(layout.aliasThresholds, wordCount);
      const aliasWords = view(layout.aliasWords, wordCount);
      let loss = softplus(-dot(target));
      for (let k = 0; k < negatives; k++) {
        const column = random.below(wordCount);
        const noise = random.next() <= aliasThresholds[column] ? column : aliasWords[column];
        if (noise !== target) loss += softplus(dot(noise));
      }
      return loss;
    },
    'hierarchical-softmax': (target) => {
      const offsets = view(layout.pathOffsets, wordCount + 1);
      const steps = view(layout.pathStepsAt, layout.pathSteps);
      let loss = 0;
      for (let i = offsets[target]; i < offsets[target + 1]; i++) {
        const x = dot(steps[i] >>> 1);
        loss += softplus(steps[i] & 1 ? x : -x);
      }
      return loss;
    },
    softmax: (target) => {
      const logits = Float64Array.from({ length: wordCount }, (_, row) => dot(row));
      const maximum = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      return maximum + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - maximum), 0)) - logits[target];
    },
  };

  const addRow = (row: number, scale: number) => {
    for (let d = 0, at = row * rowLength; d < dimensions; d++, at++) hidden[d] += scale * inputs[at];
  };
  const subwordOffsets = view(layout.subwordOffsets, layout.subwordSteps > 0 ? wordCount + 1 : 0);
  const subwordRows = view(layout.subwordRows, layout.subwordSteps);
  const addInput = (word: number, scale: number) => {
    if (layout.subwordSteps === 0) return addRow(word, scale);
    const rows = subwordRows.subarray(subwordOffsets[word], subwordOffsets[word + 1]);
    for (const row of rows) addRow(row, scale / rows.length);
  };
  for (let i = 0; i < heldOut.length && operations < MOST_OPERATIONS; i += 2) {
    read(heldOut[i], tokens);
    const kept = tokens.filter((token) => token === SENTENCE_END || random.next() <= keepThresholds[token]);
    for (let centre = 0; centre < kept.length; centre++) {
      if (kept[centre] === SENTENCE_END) continue;
      const reach = window - random.below(window);
      const contexts: number[] = [];
      for (let at = centre - 1; at >= 0 && at >= centre - reach && kept[at] !== SENTENCE_END; at--)
        contexts.push(kept[at]);
      for (let at = centre + 1; at < kept.length && at <= centre + reach && kept[at] !== SENTENCE_END; at++)
        contexts.push(kept[at]);
      if (contexts.length === 0) continue;
      if (cbow) {
        hidden.fill(0);
        for (const word of contexts) addInput(word, layout.cbowInput === 'mean' ? 1 / contexts.length : 1);
        losses.push(lossOf[layout.loss](kept[centre]));
        continue;
      }
      for (const word of contexts) {
        hidden.fill(0);
        // With full softmax the centre predicts its context words (word2vec-reference.ts).
        const [input, target] = layout.loss === 'softmax' ? [kept[centre], word] : [word, kept[centre]];
        addInput(input, 1);
        losses.push(lossOf[layout.loss](target));
      }
    }
  }
  return Float64Array.from(losses);
}
