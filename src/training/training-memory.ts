import { MAXIMUM_MEMORY_BYTES, type Matrices, type Word2VecLayout } from '../kernels/word2vec/word2vec.ts';
import { matricesInside, planWord2VecMemory } from '../kernels/word2vec/word2vec-memory.ts';
import { createAliasTable } from '../math/alias-table.ts';
import { counted } from '../text/counted.ts';
import type { Subwords } from '../text/subwords.ts';
import { createHuffmanTree, type HuffmanTree } from '../vocabulary/huffman-tree.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { LOSS_TRAITS } from './loss-traits.ts';
import { fillStartVectors, type GivenVectors, type StartedWords } from './start-vectors.ts';
import type { TrainingOptions } from './training-options.ts';
import { keepThresholds, noiseWeights } from './word-probabilities.ts';

export interface TrainingMemory {
  readonly memory: WebAssembly.Memory;
  readonly layout: Word2VecLayout;
  readonly matrices: Matrices;
  /** Puts both matrices back to where they are before training. */
  fillVectors(): void;
  readonly started: StartedWords;
}

type Blocks = Pick<Word2VecLayout, 'blockTokens' | 'blocks' | 'workers'>;

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
  { blockTokens, blocks, workers }: Blocks,
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
    negatives: LOSS_TRAITS[options.loss].usesNegatives ? options.negative : 0,
    negativeSharing: options.negativeSharing,
    negativePool: options.negativePool,
    logitBias: LOSS_TRAITS[options.loss].usesNegatives ? options.logitBias : 0,
    weightDecay: LOSS_TRAITS[options.loss].visitsAllWords ? 0 : options.weightDecay,
    longestPath: tree?.longestPath ?? 0,
    pathSteps: tree?.pathSteps ?? 0,
    blockTokens,
    blocks,
    workers,
    deterministic: options.deterministic,
    deterministicMerge: options.deterministicMerge,
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
  return !subwords && !deterministic && !LOSS_TRAITS[loss].visitsAllWords;
}

/** Bytes of the matrices that lie outside of the memory. */
export function bytesOutside({ outside, inputRows, wordCount, rowLength }: Word2VecLayout): number {
  return outside ? (inputRows + wordCount) * rowLength * 4 : 0;
}

export interface StartOfTraining {
  readonly given?: GivenVectors | undefined;
  readonly subwords?: Subwords | undefined;
  /** With hierarchical softmax, see `createHuffmanTree`. */
  readonly places?: Uint32Array | undefined;
  /** Bytes of one WebAssembly memory, if not all that it can have. */
  readonly memoryLimit?: number | undefined;
}

/**
 * The memory that the workers share, with both matrices as they are before training.
 *
 * @throws RangeError if it is too large
 */
export function createTrainingMemory(
  vocabulary: Vocabulary,
  options: TrainingOptions,
  blocks: Blocks,
  { given, subwords, places, memoryLimit }: StartOfTraining = {},
): TrainingMemory {
  const tree = LOSS_TRAITS[options.loss].usesTree ? createHuffmanTree(vocabulary.counts, places) : undefined;
  const parts = {
    tree: tree && { longestPath: tree.longestPath, pathSteps: tree.steps.length },
    subwords: subwords && sizeOf(subwords),
    inputFactors: given?.hasFactors,
  };
  const layout = planTrainingMemory(vocabulary.counts.length, options, blocks, parts, memoryLimit);
  const { memory, matrices } = allocate(layout);
  fillTables(memory, layout, vocabulary, options, tree);
  if (subwords) {
    new Uint32Array(memory.buffer, layout.subwordOffsets, layout.wordCount + 1).set(subwords.offsets);
    new Uint32Array(memory.buffer, layout.subwordRows, layout.subwordSteps).set(subwords.rows);
  }
  if (given?.hasFactors) new Float32Array(memory.buffer, layout.inputFactorsAt, layout.wordCount).set(given.factors);
  fillStartVectors(matrices, layout, options, given, true);
  const fillVectors = () => fillStartVectors(matrices, layout, options, given);
  return { memory, layout, matrices, fillVectors, started: given?.started ?? { words: 0, outputVectors: false } };
}

function allocate(layout: Word2VecLayout): { memory: WebAssembly.Memory; matrices: Matrices } {
  const { wordCount, dimensions, rowLength, byteLength, outside } = layout;
  const total = byteLength + bytesOutside(layout);
  const needed = `${counted(wordCount, 'word')} × ${counted(dimensions, 'dimension')} × 2 matrices need ${(total / 2 ** 30).toFixed(2)} GiB`;
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
    throw new RangeError(
      `Cannot train: ${needed}, and the system refused them; use fewer dimensions, or raise the limit (ulimit -v) by 10 GB`,
      { cause },
    );
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
  } else if (LOSS_TRAITS[options.loss].usesNegatives) {
    const { thresholds, aliases } = createAliasTable(noiseWeights(vocabulary.counts, options.noiseExponent));
    words(layout.aliasThresholds).set(thresholds);
    words(layout.aliasWords).set(aliases);
  }
  words(layout.keepThresholds).set(keepThresholds(vocabulary.counts, options.subsample));
}
