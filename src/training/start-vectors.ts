import type { Loss, Matrices, Word2VecLayout } from '../kernels/word2vec/word2vec.ts';
import { mixKeys, Random } from '../math/random.ts';
import { type EmbeddingModel, floatContents, type ModelContents } from '../model/embedding-model.ts';
import { bucketsOf, type SubwordOptions, type Subwords } from '../text/subwords.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { LOSS_TRAITS } from './loss-traits.ts';
import type { TrainingOptions } from './training-options.ts';

/** Vectors to begin with in place of random ones. */
export interface StartVectors {
  /** Its output vectors are used, too, if it has any, but not with hierarchical softmax: they belong to its tree. */
  readonly model: EmbeddingModel;
  /** How far an update moves a word vector, 0 (frozen) to 1 (if omitted): for all words of the model, or by word. */
  readonly factor?: number | ((word: string) => number) | undefined;
}

/** Words of the vocabulary that begin with given vectors, and whether their output vectors do, too. */
export interface StartedWords {
  readonly words: number;
  readonly outputVectors: boolean;
}

export interface GivenVectors {
  readonly model: ModelContents;
  /** For each word of the vocabulary its number in the model, or −1. */
  readonly rows: Int32Array;
  readonly factors: Float32Array;
  /** With subwords: for each bucket in use its number in the model, or −1. */
  readonly bucketRows: Int32Array;
  readonly started: StartedWords;
}

/** @throws RangeError if the model has another number of dimensions, or a factor is out of range */
export function matchStart(
  start: StartVectors,
  { words }: Vocabulary,
  options: TrainingOptions,
  subwords: Subwords | undefined,
): GivenVectors {
  const { factor = 1 } = start;
  const model = floatContents(start.model.contents);
  if (model.dimensions !== options.dimensions) {
    throw new RangeError(
      `Cannot start from a model of ${model.dimensions} dimensions: "dimensions" is ${options.dimensions}; give the same`,
    );
  }
  const rows = Int32Array.from(words, (word) => start.model.find(word) ?? -1);
  const factors = Float32Array.from(words, (word, i) => {
    if (rows[i] < 0) return 1;
    const value = typeof factor === 'function' ? factor(word) : factor;
    if (typeof value === 'number' && value >= 0 && value <= 1) return value;
    throw new RangeError(`The factor of a start vector must be from 0 (frozen) to 1, got ${JSON.stringify(value)}`);
  });
  const { subwords: theirs } = model;
  if (theirs && !subwords) {
    throw new RangeError('Cannot start from a model with subwords without subwords: give "subwords", too');
  }
  if (theirs && (theirs.options.hash ?? theirs.options.ngrams) !== undefined) {
    throw new RangeError(
      "Cannot start from a model whose n-grams find their rows as finalfusion's do: here it is by the hash of fastText; take its words alone, saved in a format without n-grams",
    );
  }
  const same =
    theirs &&
    (['minNgram', 'maxNgram', 'buckets'] as const).every((name) => theirs.options[name] === subwords!.options[name]);
  if (theirs && !same) {
    const named = ({ minNgram, maxNgram, buckets }: SubwordOptions) =>
      `${minNgram} to ${maxNgram} characters in ${buckets} buckets`;
    throw new RangeError(
      `Cannot start from a model with n-grams of ${named(theirs.options)}: here they are of ${named(subwords!.options)}; give the same`,
    );
  }
  if (subwords && start.factor !== undefined) {
    throw new RangeError('Cannot freeze or slow words that are made of subwords: leave out the factor');
  }
  const bucketIds = new Map(Array.from(theirs?.buckets ?? [], (bucket, i) => [bucket, i]));
  const bucketRows = Int32Array.from(subwords?.buckets ?? [], (bucket) => bucketIds.get(bucket) ?? -1);
  const lossOfModel = (model.training?.options as { loss?: Loss } | undefined)?.loss;
  const hasTree = (loss: Loss | undefined) => loss !== undefined && LOSS_TRAITS[loss]?.usesTree;
  const outputVectors = model.outputVectors !== undefined && !hasTree(lossOfModel) && !hasTree(options.loss);
  return { model, rows, factors, bucketRows, started: { words: rows.filter((row) => row >= 0).length, outputVectors } };
}

/** Puts both matrices to where they are before training: random values from the seed, and given vectors over them. */
export function fillStartVectors(
  { inputVectors: inputs, outputVectors: outputs }: Matrices,
  { wordCount, dimensions, rowLength }: Word2VecLayout,
  options: TrainingOptions,
  given: GivenVectors | undefined,
): void {
  inputs.fill(0); // padding, too
  fillRows(inputs, options.initial, 0xffffffff);
  if (options.initialOutput === 'zeros') outputs.fill(0);
  else fillRows(outputs, options.initialOutput, 0xfffffffd);
  if (!given) return;
  const { model, rows, bucketRows, started } = given;
  const copy = (numbers: Int32Array, from: Float32Array, to: Float32Array) =>
    numbers.forEach((row, i) => {
      if (row >= 0) to.set(from.subarray(row * dimensions, (row + 1) * dimensions), i * rowLength);
    });
  copy(rows, model.subwords ? ownRows(model, model.subwords.options) : model.inputVectors, inputs);
  if (model.subwords) copy(bucketRows, model.subwords.vectors, inputs.subarray(wordCount * rowLength));
  if (started.outputVectors) copy(rows, model.outputVectors!, outputs);

  function fillRows(rows: Float32Array, distribution: 'uniform' | 'normal', stream: number): void {
    const random = new Random(mixKeys(options.seed, stream), mixKeys(options.seed, stream - 1));
    const { initialScale } = options;
    const draw =
      distribution === 'uniform'
        ? () => (2 * random.uniform() - 1) * initialScale
        : () => random.normal() * (initialScale / Math.sqrt(3));
    for (let row = 0; row < rows.length; row += rowLength) {
      for (let d = 0; d < dimensions; d++) rows[row + d] = draw();
    }
  }
}

/** The inverse of `composeWords`: each word's own row, recovered from its vector and its n-gram rows. */
function ownRows(model: ModelContents, options: SubwordOptions): Float32Array {
  const { words, dimensions, inputVectors, subwords } = model;
  if (!subwords) return inputVectors;
  const rowOfBucket = new Map(Array.from(subwords.buckets, (bucket, i) => [bucket, i]));
  const own = inputVectors.slice();
  words.forEach((word, id) => {
    const rows = bucketsOf(word, options).map((bucket) => rowOfBucket.get(bucket) ?? -1);
    if (rows.includes(-1)) {
      throw new RangeError(
        `Cannot start from a model some of whose n-grams were left out, such as one of ${JSON.stringify(word)}: give the model as it was trained`,
      );
    }
    for (let d = 0; d < dimensions; d++) {
      const at = id * dimensions + d;
      own[at] *= rows.length + 1;
      for (const row of rows) own[at] -= subwords.vectors[row * dimensions + d];
    }
  });
  return own;
}
