import type { Matrices, Word2VecLayout } from '../kernels/word2vec/word2vec.ts';
import { mixKeys, Random } from '../math/random.ts';
import type { EmbeddingModel, ModelContents } from '../model/embedding-model.ts';
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
  /** Whether a factor was asked for; otherwise all are 1. */
  readonly hasFactors: boolean;
  /** With subwords: for each bucket in use its number in the model, or −1. */
  readonly bucketRows: Int32Array;
  /** Of the words of the model, each without its n-grams, if it has such: (words × dimensions). */
  readonly inputVectors: () => Float32Array;
  readonly started: StartedWords;
}

/**
 * Puts both matrices to where they are before training: random values from the seed, and given vectors over them.
 *
 * @param areZero - whether both are zeros: memory that is new need not be written to, which takes longer the first time
 */
export function fillStartVectors(
  { inputVectors: inputs, outputVectors: outputs }: Matrices,
  { wordCount, dimensions, rowLength }: Word2VecLayout,
  options: TrainingOptions,
  given: GivenVectors | undefined,
  areZero = false,
): void {
  if (!areZero) inputs.fill(0); // padding, too
  fillRows(inputs, options.initial, 0xffffffff);
  if (options.initialOutput !== 'zeros') fillRows(outputs, options.initialOutput, 0xfffffffd);
  else if (!areZero) outputs.fill(0);
  if (!given) return;
  const { model, rows, bucketRows, inputVectors, started } = given;
  const copy = (numbers: Int32Array, from: Float32Array, to: Float32Array) =>
    numbers.forEach((row, i) => {
      if (row >= 0) to.set(from.subarray(row * dimensions, (row + 1) * dimensions), i * rowLength);
    });
  copy(rows, inputVectors(), inputs);
  if (model.subwords) copy(bucketRows, model.subwords.vectors, inputs.subarray(wordCount * rowLength));
  if (started.outputVectors) copy(rows, model.outputVectors!, outputs);

  function fillRows(rows: Float32Array, distribution: 'uniform' | 'normal', stream: number): void {
    const random = new Random(mixKeys(options.seed, stream), mixKeys(options.seed, stream - 1));
    const { initialScale } = options;
    const deviation = initialScale / Math.sqrt(3);
    for (let row = 0; row < rows.length; row += rowLength) {
      if (distribution === 'uniform') random.fillUniform(rows, row, row + dimensions, initialScale);
      else for (let d = 0; d < dimensions; d++) rows[row + d] = random.normal() * deviation;
    }
  }
}
