import {
  MAXIMUM_MEMORY_BYTES,
  type Matrices,
  matricesInside,
  planWord2VecMemory,
  type Word2VecLayout,
} from '../kernels/word2vec/word2vec.ts';
import { createAliasTable } from '../math/alias-table.ts';
import { mixKeys, Random } from '../math/random.ts';
import { type EmbeddingModel, floatContents, type ModelContents } from '../model/embedding-model.ts';
import { bucketsOf, type SubwordOptions, type Subwords } from '../text/subwords.ts';
import { createHuffmanTree, type HuffmanTree } from '../vocabulary/huffman-tree.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import type { TrainingOptions } from './training-options.ts';
import { keepThresholds, noiseWeights } from './word-probabilities.ts';

/** Vectors to begin with in place of random ones. */
export interface StartVectors {
  /** Its output vectors are used, too, if it has any, but not with hierarchical softmax: they belong to its tree. */
  readonly model: EmbeddingModel;
  /** How far an update moves a word vector, 0 (frozen) to 1 (if absent): for all words of the model, or by word. */
  readonly factor?: number | ((word: string) => number) | undefined;
}

export interface TrainingMemory {
  readonly memory: WebAssembly.Memory;
  readonly layout: Word2VecLayout;
  readonly matrices: Matrices;
  /** Puts both matrices back to where they are before training. */
  fillVectors(): void;
  /** Words of the vocabulary that begin with given vectors, and whether their output vectors do, too. */
  readonly started: { readonly words: number; readonly outputVectors: boolean };
}

type Blocks = Pick<Word2VecLayout, 'blockTokens' | 'workers'>;

/** What a training needs beside its two matrices. */
export interface MemoryParts {
  /** For hierarchical softmax. */
  readonly tree?: { readonly longestPath: number; readonly pathSteps: number } | undefined;
  readonly subwords?: SubwordSize | undefined;
  readonly inputFactors?: boolean | undefined;
}

/** Rows for buckets of n-grams; rows of all words together, and of the word that has most. */
export interface SubwordSize {
  readonly rows: number;
  readonly steps: number;
  readonly most: number;
}

export function sizeOf({ buckets, rows, offsets }: Subwords): SubwordSize {
  const most = offsets.reduce((most, offset, i) => Math.max(most, offset - (offsets[i - 1] ?? 0)), 0);
  return { rows: buckets.length, steps: rows.length, most };
}

/**
 * Where everything will lie in the memory of a training, and how large it is. Matrices for which one memory is too small lie outside of
 * it, if the training is of a kind that can.
 *
 * @param memoryLimit - bytes of one memory
 */
export function planTrainingMemory(
  wordCount: number,
  options: TrainingOptions,
  { blockTokens, workers }: Blocks,
  { tree, subwords, inputFactors = false }: MemoryParts = {},
  memoryLimit = MAXIMUM_MEMORY_BYTES,
): Word2VecLayout {
  const settings = {
    wordCount,
    dimensions: options.dimensions,
    window: options.window,
    algorithm: options.algorithm,
    loss: options.loss,
    cbowInput: options.cbowInput,
    cbowGradient: options.cbowGradient,
    negatives: options.loss === 'negative-sampling' ? options.negative : 0,
    longestPath: tree?.longestPath ?? 0,
    pathSteps: tree?.pathSteps ?? 0,
    blockTokens,
    workers,
    deterministic: options.deterministic,
    inputFactors,
    inputRows: wordCount + (subwords?.rows ?? 0),
    subwordSteps: subwords?.steps ?? 0,
    mostSubwords: subwords?.most ?? 0,
  };
  const inside = planWord2VecMemory({ ...settings, outside: false });
  return inside.byteLength > memoryLimit && canLieOutside(options)
    ? planWord2VecMemory({ ...settings, outside: true })
    : inside;
}

/** Whether a training can have matrices for which one memory is too small: not if a block may need any number of rows. */
export function canLieOutside({ subwords, deterministic, loss }: TrainingOptions): boolean {
  return !subwords && !deterministic && loss !== 'softmax';
}

/** Bytes of the matrices that lie outside of the memory. */
export function bytesOutside({ outside, inputRows, wordCount, rowLength }: Word2VecLayout): number {
  return outside ? (inputRows + wordCount) * rowLength * 4 : 0;
}

export interface StartOfTraining {
  readonly start?: StartVectors | undefined;
  readonly subwords?: Subwords | undefined;
  /** With hierarchical softmax, see `createHuffmanTree`. */
  readonly places?: Uint32Array | undefined;
  /** Bytes of one WebAssembly memory, if not all that it can have. */
  readonly memoryLimit?: number | undefined;
}

/**
 * The memory that the workers share, with both matrices as they are before training.
 *
 * @throws RangeError if it is too large, or `start` does not fit
 */
export function createTrainingMemory(
  vocabulary: Vocabulary,
  options: TrainingOptions,
  blocks: Blocks,
  { start, subwords, places, memoryLimit }: StartOfTraining = {},
): TrainingMemory {
  const tree = options.loss === 'hierarchical-softmax' ? createHuffmanTree(vocabulary.counts, places) : undefined;
  const parts = {
    tree: tree && { longestPath: tree.longestPath, pathSteps: tree.steps.length },
    subwords: subwords && sizeOf(subwords),
    inputFactors: start?.factor !== undefined,
  };
  const layout = planTrainingMemory(vocabulary.words.length, options, blocks, parts, memoryLimit);
  const given = start && matchStart(start, vocabulary, options, subwords);
  const { memory, matrices } = allocate(layout);
  fillTables(memory, layout, vocabulary, options, tree);
  if (subwords) {
    new Uint32Array(memory.buffer, layout.subwordOffsets, layout.wordCount + 1).set(subwords.offsets);
    new Uint32Array(memory.buffer, layout.subwordRows, layout.subwordSteps).set(subwords.rows);
  }
  if (given && layout.inputFactors) {
    new Float32Array(memory.buffer, layout.inputFactorsAt, layout.wordCount).set(given.factors);
  }
  const fillVectors = () => fillRandom(matrices, layout, options, given);
  fillVectors();
  return { memory, layout, matrices, fillVectors, started: given?.started ?? { words: 0, outputVectors: false } };
}

export interface GivenVectors {
  readonly model: ModelContents;
  /** For each word of the vocabulary its number in the model, or −1. */
  readonly rows: Int32Array;
  readonly factors: Float32Array;
  /** With subwords: for each bucket in use its number in the model, or −1. */
  readonly bucketRows: Int32Array;
  readonly started: TrainingMemory['started'];
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
    if (value >= 0 && value <= 1) return value;
    throw new RangeError(`The factor of a start vector must be from 0 (frozen) to 1, got ${JSON.stringify(value)}`);
  });
  const { subwords: theirs } = model;
  if (theirs && !subwords) {
    throw new RangeError('Cannot start from a model with subwords without subwords: give "subwords", too');
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
  const lossOfModel = (model.training?.options as { loss?: string } | undefined)?.loss;
  const tree = 'hierarchical-softmax';
  const outputVectors = model.outputVectors !== undefined && lossOfModel !== tree && options.loss !== tree;
  return { model, rows, factors, bucketRows, started: { words: rows.filter((row) => row >= 0).length, outputVectors } };
}

function allocate(layout: Word2VecLayout): { memory: WebAssembly.Memory; matrices: Matrices } {
  const { wordCount, dimensions, rowLength, byteLength, outside } = layout;
  const total = byteLength + bytesOutside(layout);
  const needed = `${wordCount} words × ${dimensions} dimensions × 2 matrices need ${(total / 2 ** 30).toFixed(2)} GiB`;
  if (byteLength > MAXIMUM_MEMORY_BYTES) {
    const what = outside ? `${(byteLength / 2 ** 30).toFixed(2)} of them beside the matrices, ` : '';
    throw new RangeError(
      `Cannot train: ${needed}, ${what}more than the 4 GiB of one WebAssembly memory; use fewer ${outside ? 'threads' : 'dimensions'}, a larger minCount or maxVocabulary`,
    );
  }
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(byteLength / 65536), maximum: 65536, shared: true });
    if (!outside) return { memory, matrices: matricesInside(memory, layout) };
    const matrix = (rows: number) => new Float32Array(new SharedArrayBuffer(rows * rowLength * 4));
    return {
      memory,
      matrices: { inputVectors: matrix(layout.inputRows), outputVectors: matrix(wordCount) },
    };
  } catch (cause) {
    throw new RangeError(`Cannot train: ${needed}, and the system refused them`, { cause });
  }
}

function fillTables(
  memory: WebAssembly.Memory,
  layout: Word2VecLayout,
  vocabulary: Vocabulary,
  options: TrainingOptions,
  tree: HuffmanTree | undefined,
): void {
  const { wordCount } = layout;
  const words = (offset: number) => new Uint32Array(memory.buffer, offset, wordCount);
  if (tree) {
    new Uint32Array(memory.buffer, layout.pathOffsets, wordCount + 1).set(tree.offsets);
    new Uint32Array(memory.buffer, layout.pathStepsAt, layout.pathSteps).set(tree.steps);
  } else if (options.loss === 'negative-sampling') {
    const { thresholds, aliases } = createAliasTable(noiseWeights(vocabulary.counts, options.noiseExponent));
    words(layout.aliasThresholds).set(thresholds);
    words(layout.aliasWords).set(aliases);
  }
  words(layout.keepThresholds).set(keepThresholds(vocabulary.counts, options.subsample));
}

function fillRandom(
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

export interface Rows {
  /** (input rows × dimensions): words, and with subwords behind them buckets. */
  readonly inputVectors: Float32Array;
  /** (words × dimensions) */
  readonly outputVectors: Float32Array;
}

/** Both matrices without padding: copies, or where there is no padding the rows in training themselves. */
export function rowsNow({ inputVectors, outputVectors }: Matrices, { dimensions, rowLength }: Word2VecLayout): Rows {
  const copy = (matrix: Float32Array) => {
    if (rowLength === dimensions) return matrix;
    const rows = matrix.length / rowLength;
    const packed = new Float32Array(rows * dimensions);
    for (let row = 0; row < rows; row++) {
      packed.set(matrix.subarray(row * rowLength, row * rowLength + dimensions), row * dimensions);
    }
    return packed;
  };
  return { inputVectors: copy(inputVectors), outputVectors: copy(outputVectors) };
}

/** Puts both matrices to what `rowsNow` gave. */
export function setRows(
  { inputVectors, outputVectors }: Matrices,
  { dimensions, rowLength }: Word2VecLayout,
  rows: Rows,
): void {
  const set = (matrix: Float32Array, packed: Float32Array) => {
    matrix.fill(0); // padding, too
    for (let row = 0; row < matrix.length / rowLength; row++) {
      matrix.set(packed.subarray(row * dimensions, (row + 1) * dimensions), row * rowLength);
    }
  };
  set(inputVectors, rows.inputVectors);
  set(outputVectors, rows.outputVectors);
}

/** Both matrices, their rows moved together in place: no second copy of a matrix that may take gigabytes. */
export function packRows({ inputVectors, outputVectors }: Matrices, { dimensions, rowLength }: Word2VecLayout): Rows {
  const pack = (matrix: Float32Array) => {
    const rows = matrix.length / rowLength;
    for (let row = 1; rowLength !== dimensions && row < rows; row++) {
      matrix.copyWithin(row * dimensions, row * rowLength, row * rowLength + dimensions);
    }
    return matrix.subarray(0, rows * dimensions);
  };
  return { inputVectors: pack(inputVectors), outputVectors: pack(outputVectors) };
}

/** Makes of each word's own row, in place, the mean of all its rows: the word's vector. */
export function composeWords(inputVectors: Float32Array, dimensions: number, { offsets, rows }: Subwords): void {
  const mean = new Float64Array(dimensions);
  for (let word = 0; word < offsets.length - 1; word++) {
    mean.fill(0);
    for (let i = offsets[word]; i < offsets[word + 1]; i++) {
      for (let d = 0, at = rows[i] * dimensions; d < dimensions; d++, at++) mean[d] += inputVectors[at];
    }
    const share = 1 / (offsets[word + 1] - offsets[word]);
    for (let d = 0; d < dimensions; d++) inputVectors[word * dimensions + d] = mean[d] * share;
  }
}

/** The inverse: of a word's vector and its n-grams the row of its own. */
function ownRows(model: ModelContents, options: SubwordOptions): Float32Array {
  const { words, dimensions, inputVectors, subwords } = model;
  if (!subwords) return inputVectors;
  const rowOfBucket = new Map(Array.from(subwords.buckets, (bucket, i) => [bucket, i]));
  const own = inputVectors.slice();
  words.forEach((word, id) => {
    const buckets = bucketsOf(word, options);
    for (let d = 0; d < dimensions; d++) {
      const at = id * dimensions + d;
      own[at] *= buckets.length + 1;
      for (const bucket of buckets) own[at] -= subwords.vectors[rowOfBucket.get(bucket)! * dimensions + d];
    }
  });
  return own;
}
