import { type ReadCorpus, SENTENCE_END, shareOf } from '../corpus/encoded-corpus.ts';
import { matricesInside } from '../kernels/word2vec/word2vec-memory.ts';
import { mixKeys, Random } from '../math/random.ts';
import { STRETCH_TOKENS } from './held-out.ts';
import type { TrainTask } from './train-messages.ts';

/** A multiplication and an addition for each dimension of each row: about a second. */
const MOST_OPERATIONS = 1e9;

/**
 * The losses of the held-out examples, one by one: the same examples with the same negative samples whenever it is asked.
 * Subsampling and windows as in training, the loss as the kernels define it (BlockResult).
 */
export function heldOutLosses(task: TrainTask, read: ReadCorpus): Float64Array {
  const { layout, heldOut, seed } = task;
  const { algorithm, cbowInput, loss, window } = layout;
  const random = new Random(mixKeys(seed, 0xffffff02), mixKeys(seed, 0xffffff03));
  const predictor = new HeldOutPredictor(task, random);
  const tokens = new Int32Array(STRETCH_TOKENS);
  const share = shareOf(task.corpus);
  const losses: number[] = [];
  for (let i = 0; i < heldOut.length && predictor.operations < MOST_OPERATIONS; i += 2) {
    if (heldOut[i] < share.begin || heldOut[i + 1] > share.end) continue; // another machine's
    read(heldOut[i] - share.begin, tokens);
    const kept = tokens.filter((token) => token === SENTENCE_END || random.next() <= predictor.keepThreshold(token));
    for (let centre = 0; centre < kept.length; centre++) {
      if (kept[centre] === SENTENCE_END) continue;
      const contexts = contextsOf(kept, centre, window - random.below(window));
      if (contexts.length === 0) continue;
      if (algorithm === 'cbow') {
        losses.push(predictor.loss(contexts, cbowInput === 'mean' ? 1 / contexts.length : 1, kept[centre]));
        continue;
      }
      for (const word of contexts) {
        // With full softmax the centre predicts its context words (word2vec-reference.ts).
        const [input, target] = loss === 'softmax' ? [kept[centre], word] : [word, kept[centre]];
        losses.push(predictor.loss([input], 1, target));
      }
    }
  }
  return Float64Array.from(losses);
}

/** The words up to `reach` before and after a centre, within its sentence. */
function contextsOf(kept: Int32Array, centre: number, reach: number): number[] {
  const contexts: number[] = [];
  for (let at = centre - 1; at >= 0 && at >= centre - reach && kept[at] !== SENTENCE_END; at--) contexts.push(kept[at]);
  for (let at = centre + 1; at < kept.length && at <= centre + reach && kept[at] !== SENTENCE_END; at++) {
    contexts.push(kept[at]);
  }
  return contexts;
}

const softplus = (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);

/** The model in training as it predicts held-out words, in float64. */
class HeldOutPredictor {
  /** Multiplications and additions so far. */
  operations = 0;
  readonly #layout: TrainTask['layout'];
  readonly #buffer: ArrayBufferLike;
  readonly #inputs: Float32Array;
  readonly #outputs: Float32Array;
  readonly #random: Random;
  readonly #hidden: Float64Array;
  readonly #keepThresholds: Uint32Array;

  constructor({ layout, memory, outside }: TrainTask, random: Random) {
    const { inputVectors, outputVectors } = outside ?? matricesInside(memory, layout);
    this.#layout = layout;
    this.#buffer = memory.buffer;
    this.#inputs = inputVectors;
    this.#outputs = outputVectors;
    this.#random = random;
    this.#hidden = new Float64Array(layout.dimensions);
    this.#keepThresholds = this.#table(layout.keepThresholds, layout.wordCount);
  }

  keepThreshold(word: number): number {
    return this.#keepThresholds[word];
  }

  /** The loss of predicting `target` from the sum of the inputs' vectors, each multiplied by `scale`. */
  loss(inputs: readonly number[], scale: number, target: number): number {
    this.#hidden.fill(0);
    for (const word of inputs) this.#addInput(word, scale);
    switch (this.#layout.loss) {
      case 'negative-sampling':
        return this.#negativeSamplingLoss(target);
      case 'hierarchical-softmax':
        return this.#hierarchicalLoss(target);
      case 'softmax':
        return this.#softmaxLoss(target);
    }
  }

  #negativeSamplingLoss(target: number): number {
    const { wordCount, negatives } = this.#layout;
    const aliasThresholds = this.#table(this.#layout.aliasThresholds, wordCount);
    const aliasWords = this.#table(this.#layout.aliasWords, wordCount);
    let loss = softplus(-this.#dot(target));
    for (let k = 0; k < negatives; k++) {
      const column = this.#random.below(wordCount);
      const noise = this.#random.next() <= aliasThresholds[column] ? column : aliasWords[column];
      if (noise !== target) loss += softplus(this.#dot(noise));
    }
    return loss;
  }

  #hierarchicalLoss(target: number): number {
    const offsets = this.#table(this.#layout.pathOffsets, this.#layout.wordCount + 1);
    const steps = this.#table(this.#layout.pathStepsAt, this.#layout.pathSteps);
    let loss = 0;
    for (let i = offsets[target]; i < offsets[target + 1]; i++) {
      const x = this.#dot(steps[i] >>> 1);
      loss += softplus(steps[i] & 1 ? x : -x);
    }
    return loss;
  }

  #softmaxLoss(target: number): number {
    const logits = Float64Array.from({ length: this.#layout.wordCount }, (_, row) => this.#dot(row));
    const maximum = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return maximum + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - maximum), 0)) - logits[target];
  }

  #dot(row: number): number {
    const { dimensions, rowLength } = this.#layout;
    let sum = 0;
    for (let d = 0, at = row * rowLength; d < dimensions; d++, at++) sum += this.#hidden[d] * this.#outputs[at];
    this.operations += dimensions;
    return sum;
  }

  #addInput(word: number, scale: number): void {
    const { subwordSteps, wordCount } = this.#layout;
    if (subwordSteps === 0) {
      this.#addRow(word, scale);
      return;
    }
    const offsets = this.#table(this.#layout.subwordOffsets, wordCount + 1);
    const rows = this.#table(this.#layout.subwordRows, subwordSteps).subarray(offsets[word], offsets[word + 1]);
    for (const row of rows) this.#addRow(row, scale / rows.length);
  }

  #addRow(row: number, scale: number): void {
    const { dimensions, rowLength } = this.#layout;
    for (let d = 0, at = row * rowLength; d < dimensions; d++, at++) this.#hidden[d] += scale * this.#inputs[at];
  }

  #table(offset: number, length: number): Uint32Array {
    return new Uint32Array(this.#buffer, offset, length);
  }
}
