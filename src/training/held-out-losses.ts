import type { ReadCorpus } from '../corpus/encoded-corpus.ts';
import { matricesInside } from '../kernels/word2vec/word2vec-memory.ts';
import { mixKeys, Random } from '../math/random.ts';
import { heldOutExamples } from './held-out-examples.ts';
import { InputRows } from './input-rows.ts';
import type { TrainTask } from './train-messages.ts';

/** A multiplication and an addition for each dimension of each row: about a second. */
const MOST_OPERATIONS = 1e9;

/**
 * The losses of the held-out examples, one by one: the same examples with the same negative samples whenever it is asked.
 * Subsampling and windows as in training, the loss as the kernels define it (BlockResult).
 */
export function heldOutLosses(task: TrainTask, read: ReadCorpus): Float64Array {
  const { algorithm, cbowInput, loss } = task.layout;
  const predictor = new HeldOutPredictor(task);
  const losses: number[] = [];
  for (const { centre, contexts } of heldOutExamples(task, read)) {
    if (predictor.operations > MOST_OPERATIONS) break;
    if (algorithm === 'cbow') {
      losses.push(predictor.loss(contexts, cbowInput === 'mean' ? 1 / contexts.length : 1, centre));
      continue;
    }
    for (const word of contexts) {
      // With full softmax the centre predicts its context words (word2vec-reference.ts).
      const [input, target] = loss === 'softmax' ? [centre, word] : [word, centre];
      losses.push(predictor.loss([input], 1, target));
    }
  }
  return Float64Array.from(losses);
}

const softplus = (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);

/** The model in training as it predicts held-out words, in float64. */
class HeldOutPredictor {
  /** Multiplications and additions so far. */
  operations = 0;
  readonly #layout: TrainTask['layout'];
  readonly #buffer: ArrayBufferLike;
  readonly #inputs: InputRows;
  readonly #outputs: Float32Array;
  readonly #random: Random;
  readonly #hidden: Float64Array;

  constructor(task: TrainTask) {
    const { layout, memory, outside, seed } = task;
    this.#layout = layout;
    this.#buffer = memory.buffer;
    this.#inputs = new InputRows(task);
    this.#outputs = (outside ?? matricesInside(memory, layout)).outputVectors;
    this.#random = new Random(mixKeys(seed, 0xffffff04), mixKeys(seed, 0xffffff05));
    this.#hidden = new Float64Array(layout.dimensions);
  }

  /** The loss of predicting `target` from the sum of the inputs' vectors, each multiplied by `scale`. */
  loss(inputs: readonly number[], scale: number, target: number): number {
    this.#hidden.fill(0);
    for (const word of inputs) this.#inputs.addTo(this.#hidden, word, scale);
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
    const { wordCount, negatives, logitBias } = this.#layout;
    const aliasThresholds = this.#table(this.#layout.aliasThresholds, wordCount);
    const aliasWords = this.#table(this.#layout.aliasWords, wordCount);
    let loss = softplus(-logitBias - this.#dot(target));
    for (let k = 0; k < negatives; k++) {
      const column = this.#random.below(wordCount);
      const noise = this.#random.next() <= aliasThresholds[column] ? column : aliasWords[column];
      if (noise !== target) loss += softplus(logitBias + this.#dot(noise));
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

  #table(offset: number, length: number): Uint32Array {
    return new Uint32Array(this.#buffer, offset, length);
  }
}
