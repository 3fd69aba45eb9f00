import { MAXIMUM_MEMORY_BYTES, planWord2VecMemory, type Word2VecLayout } from '../kernels/word2vec.ts';
import { createAliasTable } from '../math/alias-table.ts';
import { mixKeys, Random } from '../math/random.ts';
import type { EmbeddingModel, ModelContents } from '../model/embedding-model.ts';
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
  /** Puts both matrices back to where they are before training. */
  fillVectors(): void;
  /** Words of the vocabulary that begin with given vectors, and whether their output vectors do, too. */
  readonly started: { readonly words: number; readonly outputVectors: boolean };
}

type Blocks = Pick<Word2VecLayout, 'blockTokens' | 'workers'>;

/** Where everything will lie in the memory of a training, and how large it is. `tree` for hierarchical softmax. */
export function planTrainingMemory(
  wordCount: number,
  options: TrainingOptions,
  { blockTokens, workers }: Blocks,
  tree?: { readonly longestPath: number; readonly pathSteps: number },
  inputFactors = false,
): Word2VecLayout {
  return planWord2VecMemory({
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
  });
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
  start?: StartVectors,
): TrainingMemory {
  const tree = options.loss === 'hierarchical-softmax' ? createHuffmanTree(vocabulary.counts) : undefined;
  const steps = tree && { longestPath: tree.longestPath, pathSteps: tree.steps.length };
  const layout = planTrainingMemory(vocabulary.words.length, options, blocks, steps, start?.factor !== undefined);
  const given = start && matchStart(start, vocabulary, options);
  const memory = allocate(layout);
  fillTables(memory, layout, vocabulary, options, tree);
  if (given && layout.inputFactors) {
    new Float32Array(memory.buffer, layout.inputFactorsAt, layout.wordCount).set(given.factors);
  }
  const fillVectors = () => fillRandom(memory, layout, options, given);
  fillVectors();
  return { memory, layout, fillVectors, started: given?.started ?? { words: 0, outputVectors: false } };
}

export interface GivenVectors {
  readonly model: ModelContents;
  /** For each word of the vocabulary its number in the model, or −1. */
  readonly rows: Int32Array;
  readonly factors: Float32Array;
  readonly started: TrainingMemory['started'];
}

/** @throws RangeError if the model has another number of dimensions, or a factor is out of range */
export function matchStart(
  { model: { contents: model }, factor = 1 }: StartVectors,
  { words }: Vocabulary,
  options: TrainingOptions,
): GivenVectors {
  if (model.dimensions !== options.dimensions) {
    throw new RangeError(
      `Cannot start from a model of ${model.dimensions} dimensions: "dimensions" is ${options.dimensions}; give the same`,
    );
  }
  const ids = new Map(model.words.map((word, id) => [word, id]));
  const rows = Int32Array.from(words, (word) => ids.get(word) ?? -1);
  const factors = Float32Array.from(words, (word, i) => {
    if (rows[i] < 0) return 1;
    const value = typeof factor === 'function' ? factor(word) : factor;
    if (value >= 0 && value <= 1) return value;
    throw new RangeError(`The factor of a start vector must be from 0 (frozen) to 1, got ${JSON.stringify(value)}`);
  });
  const lossOfModel = (model.training?.options as { loss?: string } | undefined)?.loss;
  const tree = 'hierarchical-softmax';
  const outputVectors = model.outputVectors !== undefined && lossOfModel !== tree && options.loss !== tree;
  return { model, rows, factors, started: { words: rows.filter((row) => row >= 0).length, outputVectors } };
}

function allocate(layout: Word2VecLayout): WebAssembly.Memory {
  const { wordCount, dimensions, byteLength } = layout;
  const needed = `${wordCount} words × ${dimensions} dimensions × 2 matrices need ${(byteLength / 2 ** 30).toFixed(2)} GiB`;
  if (byteLength > MAXIMUM_MEMORY_BYTES) {
    throw new RangeError(
      `Cannot train: ${needed}, more than the 4 GiB of one WebAssembly memory; use fewer dimensions, a larger minCount or maxVocabulary`,
    );
  }
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(byteLength / 65536), maximum: 65536, shared: true });
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
  memory: WebAssembly.Memory,
  { wordCount, dimensions, rowLength, ...layout }: Word2VecLayout,
  options: TrainingOptions,
  given: GivenVectors | undefined,
): void {
  const inputs = new Float32Array(memory.buffer, layout.inputVectors, wordCount * rowLength);
  const outputs = new Float32Array(memory.buffer, layout.outputVectors, wordCount * rowLength);
  inputs.fill(0); // padding, too
  fillRows(inputs, options.initial, 0xffffffff);
  if (options.initialOutput === 'zeros') outputs.fill(0);
  else fillRows(outputs, options.initialOutput, 0xfffffffd);
  given?.rows.forEach((row, word) => {
    if (row < 0) return;
    const rowOf = (matrix: Float32Array) => matrix.subarray(row * dimensions, (row + 1) * dimensions);
    inputs.set(rowOf(given.model.inputVectors), word * rowLength);
    if (given.started.outputVectors) outputs.set(rowOf(given.model.outputVectors!), word * rowLength);
  });

  function fillRows(rows: Float32Array, distribution: 'uniform' | 'normal', stream: number): void {
    const random = new Random(mixKeys(options.seed, stream), mixKeys(options.seed, stream - 1));
    const { initialScale } = options;
    const draw =
      distribution === 'uniform'
        ? () => (2 * random.uniform() - 1) * initialScale
        : () => random.normal() * (initialScale / Math.sqrt(3));
    for (let word = 0; word < wordCount; word++) {
      for (let d = 0; d < dimensions; d++) rows[word * rowLength + d] = draw();
    }
  }
}

type Rows = { readonly inputVectors: Float32Array; readonly outputVectors: Float32Array };

function matrices(memory: WebAssembly.Memory, layout: Word2VecLayout): Rows {
  const view = (offset: number) => new Float32Array(memory.buffer, offset, layout.wordCount * layout.rowLength);
  return { inputVectors: view(layout.inputVectors), outputVectors: view(layout.outputVectors) };
}

/** Both matrices without padding: copies, or where there is no padding the rows in training themselves. */
export function rowsNow(memory: WebAssembly.Memory, layout: Word2VecLayout): Rows {
  const { wordCount, dimensions, rowLength } = layout;
  const { inputVectors, outputVectors } = matrices(memory, layout);
  const copy = (rows: Float32Array) => {
    if (rowLength === dimensions) return rows;
    const packed = new Float32Array(wordCount * dimensions);
    for (let word = 0; word < wordCount; word++) {
      packed.set(rows.subarray(word * rowLength, word * rowLength + dimensions), word * dimensions);
    }
    return packed;
  };
  return { inputVectors: copy(inputVectors), outputVectors: copy(outputVectors) };
}

/** Puts both matrices to what `rowsNow` gave. */
export function setRows(memory: WebAssembly.Memory, layout: Word2VecLayout, rows: Rows): void {
  const { wordCount, dimensions, rowLength } = layout;
  const { inputVectors, outputVectors } = matrices(memory, layout);
  inputVectors.fill(0); // padding, too
  outputVectors.fill(0);
  for (let word = 0; word < wordCount; word++) {
    const row = (matrix: Float32Array) => matrix.subarray(word * dimensions, (word + 1) * dimensions);
    inputVectors.set(row(rows.inputVectors), word * rowLength);
    outputVectors.set(row(rows.outputVectors), word * rowLength);
  }
}

/** Both matrices, their rows moved together in place: no second copy of a matrix that may take gigabytes. */
export function packRows(memory: WebAssembly.Memory, layout: Word2VecLayout): Rows {
  const { wordCount, dimensions, rowLength } = layout;
  const { inputVectors, outputVectors } = matrices(memory, layout);
  const pack = (matrix: Float32Array) => {
    for (let word = 1; rowLength !== dimensions && word < wordCount; word++) {
      matrix.copyWithin(word * dimensions, word * rowLength, word * rowLength + dimensions);
    }
    return matrix.subarray(0, wordCount * dimensions);
  };
  return { inputVectors: pack(inputVectors), outputVectors: pack(outputVectors) };
}
