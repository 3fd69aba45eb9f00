import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import { MAXIMUM_MEMORY_BYTES, planWord2VecMemory, SLOTS, type Word2VecLayout } from '../kernels/word2vec.ts';
import { createAliasTable } from '../math/alias-table.ts';
import { mixKeys, Random } from '../math/random.ts';
import { createHuffmanTree, type HuffmanTree } from '../vocabulary/huffman-tree.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { createTrainControl, NEXT_BLOCK, STOP, type TrainControl, type TrainTask } from './train-messages.ts';
import type { TrainingOptions } from './training-options.ts';
import { keepThresholds, noiseWeights } from './word-probabilities.ts';

/** Runs `trainLoop` for one task, in this thread or another; resolves when the loop has ended. */
export type RunTraining = (task: TrainTask, worker: number) => Promise<void>;

export interface TrainingProgress {
  /** Share of the whole training that is done, 0 to 1. */
  readonly share: number;
  /** Current epoch, 1 to epochs. */
  readonly epoch: number;
  readonly epochs: number;
  /** Tokens of the vocabulary a second, before subsampling, since the training began. */
  readonly wordsPerSecond: number;
  readonly secondsLeft: number;
  readonly learningRate: number;
  /** Mean loss of a pair with its noise words, natural logarithm, in the current epoch. */
  readonly loss: number;
}

export interface TrainingReport {
  /** Mean loss of a pair in each epoch, taken before each update, summed in float64. */
  readonly epochLosses: readonly number[];
  /** Trained pairs in each epoch. */
  readonly epochPairs: readonly number[];
  /** Share of the training that was done: 1, or less if it was stopped. */
  readonly share: number;
  readonly seconds: number;
  readonly wordsPerSecond: number;
  readonly threads: number;
}

export interface TrainedVectors {
  /** (words × dimensions), row by row. */
  readonly inputVectors: Float32Array;
  readonly outputVectors: Float32Array;
  readonly report: TrainingReport;
}

export interface TrainControls {
  /** Stops the training after the blocks in work; the vectors so far are the result. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

const PROGRESS_MILLISECONDS = 200;
/** word2vec.c, too, changes the learning rate every 10,000 tokens. */
const BLOCK_TOKENS = 10_000;

/**
 * Trains word vectors on an encoded corpus.
 *
 * @param run - one for each worker
 * @throws RangeError if the model does not fit into one WebAssembly memory
 */
export async function trainModel(
  corpus: EncodedCorpus,
  vocabulary: Vocabulary,
  options: TrainingOptions,
  run: readonly RunTraining[],
  { signal, onProgress }: TrainControls = {},
): Promise<TrainedVectors> {
  // A small corpus gets smaller blocks, so that the learning rate still falls in some hundred steps.
  const steps = Math.ceil((corpus.length * options.epochs) / 500);
  const blockTokens = Math.min(BLOCK_TOKENS, Math.max(50, steps));
  const blocks = Math.ceil(corpus.length / blockTokens);
  const { deterministic } = options;
  const threads = Math.min(run.length, blocks, ...(deterministic ? [SLOTS] : []));
  const workers = deterministic ? SLOTS : threads;
  const { memory, layout } = createTrainingMemory(vocabulary, options, { blockTokens, workers });
  const { epochs, learningRate, endLearningRate, seed } = options;
  const control = createTrainControl(workers, epochs);
  const start = performance.now();
  const inWork = deterministic ? 0 : threads;
  const share = () => Math.min(1, Math.max(0, Atomics.load(control.shared, NEXT_BLOCK) - inWork) / (blocks * epochs));
  const report = () => {
    const done = share();
    const seconds = (performance.now() - start) / 1000;
    const epoch = Math.min(epochs, Math.floor(done * epochs) + 1);
    const { pairs, loss } = epochTally(control, workers, epochs, epoch - 1);
    onProgress?.({
      share: done,
      epoch,
      epochs,
      wordsPerSecond: (done * epochs * vocabulary.tokenCount) / seconds,
      secondsLeft: done > 0 ? (seconds / done) * (1 - done) : Infinity,
      learningRate: learningRate + (endLearningRate - learningRate) * done,
      loss: loss / pairs,
    });
  };
  const stop = () => Atomics.store(control.shared, STOP, 1);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const timer = onProgress && setInterval(report, PROGRESS_MILLISECONDS);
  try {
    const task: TrainTask = { memory, layout, corpus, epochs, learningRate, endLearningRate, seed, control, threads };
    await Promise.all(Array.from({ length: threads }, (_, worker) => run[worker](task, worker)));
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
    Atomics.store(control.shared, STOP, 2); // if one worker failed, the others need not go on
  }
  const seconds = (performance.now() - start) / 1000;
  // Each worker took one number too many, unless it was stopped.
  const taken = Math.min(Atomics.load(control.shared, NEXT_BLOCK), blocks * epochs);
  const tallies = Array.from({ length: epochs }, (_, epoch) => epochTally(control, workers, epochs, epoch));
  return {
    inputVectors: packedRows(memory, layout.inputVectors, layout),
    outputVectors: packedRows(memory, layout.outputVectors, layout),
    report: {
      epochLosses: tallies.filter(({ pairs }) => pairs > 0).map(({ pairs, loss }) => loss / pairs),
      epochPairs: tallies.map(({ pairs }) => pairs),
      share: taken / (blocks * epochs),
      seconds,
      wordsPerSecond: ((taken / blocks) * vocabulary.tokenCount) / seconds,
      threads,
    },
  };
}

/** The memory that the workers share, with both matrices as they are before training. */
export function createTrainingMemory(
  vocabulary: Vocabulary,
  options: TrainingOptions,
  { blockTokens, workers }: Pick<Word2VecLayout, 'blockTokens' | 'workers'>,
): { memory: WebAssembly.Memory; layout: Word2VecLayout } {
  const tree = options.loss === 'hierarchical-softmax' ? createHuffmanTree(vocabulary.counts) : undefined;
  const layout = planWord2VecMemory({
    wordCount: vocabulary.words.length,
    dimensions: options.dimensions,
    window: options.window,
    algorithm: options.algorithm,
    loss: options.loss,
    cbowInput: options.cbowInput,
    cbowGradient: options.cbowGradient,
    negatives: options.loss === 'negative-sampling' ? options.negative : 0,
    longestPath: tree?.longestPath ?? 0,
    pathSteps: tree?.steps.length ?? 0,
    blockTokens,
    workers,
    deterministic: options.deterministic,
  });
  const memory = allocate(layout);
  fillTables(memory, layout, vocabulary, options, tree);
  return { memory, layout };
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
  const { wordCount, dimensions, rowLength } = layout;
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

  fillRows(new Float32Array(memory.buffer, layout.inputVectors, wordCount * rowLength), options.initial, 0xffffffff);
  if (options.initialOutput !== 'zeros') {
    const outputs = new Float32Array(memory.buffer, layout.outputVectors, wordCount * rowLength);
    fillRows(outputs, options.initialOutput, 0xfffffffd);
  }

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

function epochTally(
  control: TrainControl,
  workers: number,
  epochs: number,
  epoch: number,
): { pairs: number; loss: number } {
  let pairs = 0;
  let loss = 0;
  for (let worker = 0; worker < workers; worker++) {
    pairs += control.tallies[(worker * epochs + epoch) * 2];
    loss += control.tallies[(worker * epochs + epoch) * 2 + 1];
  }
  return { pairs, loss };
}

/** Rows without their padding, moved together in place: no second copy of a matrix that may take gigabytes. */
function packedRows(
  memory: WebAssembly.Memory,
  offset: number,
  { wordCount, dimensions, rowLength }: Word2VecLayout,
): Float32Array {
  const matrix = new Float32Array(memory.buffer, offset, wordCount * rowLength);
  if (rowLength !== dimensions) {
    for (let word = 1; word < wordCount; word++) {
      matrix.copyWithin(word * dimensions, word * rowLength, word * rowLength + dimensions);
    }
  }
  return matrix.subarray(0, wordCount * dimensions);
}
