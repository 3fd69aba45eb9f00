import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import { SLOTS, type Word2VecLayout } from '../kernels/word2vec/word2vec.ts';
import type { Subwords } from '../text/subwords.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { heldOutStretches } from './held-out.ts';
import { createTrainControl, NEXT_BLOCK, STOP, type TrainControl, type TrainTask } from './train-messages.ts';
import {
  composeWords,
  createTrainingMemory,
  packRows,
  type Rows,
  rowsNow,
  type StartVectors,
  setRows,
} from './training-memory.ts';
import type { TrainingOptions } from './training-options.ts';
import type { Worker } from './worker-role.ts';

/** How far the training has come. */
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
  /** Mean loss of an example with its noise words, natural logarithm, in the current epoch. */
  readonly loss: number;
}

/** What happens while vectors are trained. */
export type TrainingEvent =
  | ({ readonly type: 'progress' } & TrainingProgress)
  /** Vectors that were there before: how many words of the vocabulary begin with them. */
  | { readonly type: 'start'; readonly words: number; readonly outputVectors: boolean }
  | { readonly type: 'resumed'; readonly share: number }
  | {
      readonly type: 'epoch';
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
      readonly heldOutLoss: number | undefined;
    }
  /** The loss of held-out text has risen: the model learns its text by heart. */
  | {
      readonly type: 'over-training';
      readonly epoch: number;
      readonly heldOutLoss: number;
      readonly bestEpoch: number;
      readonly bestHeldOutLoss: number;
    }
  | { readonly type: 'checkpoint'; readonly share: number }
  /** The training has diverged, and goes on from the last good state at a lower rate. */
  | { readonly type: 'setback'; readonly share: number; readonly learningRate: number };

/** How the training went. */
export interface TrainingReport {
  /** Mean loss of an example in each epoch, taken before each update, summed in float64. */
  readonly epochLosses: readonly number[];
  /** Trained examples in each epoch: pairs in skip-gram, centres in CBOW. */
  readonly epochPairs: readonly number[];
  /** Mean loss of the held-out examples after each epoch; empty if nothing was held out. */
  readonly heldOutLosses: readonly number[];
  readonly heldOutPairs: number;
  /** `abort` by the caller's signal, `early-stop` by the held-out loss: then the vectors are those of the best epoch. */
  readonly endedBy: 'end' | 'abort' | 'early-stop';
  /** The learning rate at the start, after setbacks. */
  readonly learningRate: number;
  /** Share of the training that was done. */
  readonly share: number;
  readonly seconds: number;
  readonly wordsPerSecond: number;
  readonly threads: number;
}

export interface TrainedVectors {
  /** (words × dimensions), row by row. */
  readonly inputVectors: Float32Array;
  readonly outputVectors: Float32Array;
  /** (buckets in use × dimensions), with subwords. */
  readonly ngramVectors?: Float32Array | undefined;
  readonly report: TrainingReport;
}

/** All that a training needs to go on, between two blocks. */
export interface TrainingState extends Rows {
  readonly position: TrainingPosition;
}

/** Plain numbers, for JSON. */
export interface TrainingPosition {
  /** Blocks of all epochs that are done. */
  readonly nextBlock: number;
  readonly blocks: number;
  /** By how much setbacks have lowered the learning rate. */
  readonly rateFactor: number;
  /** TrainControl.tallies. */
  readonly tallies: readonly number[];
  readonly heldOutLosses: readonly number[];
}

/** Keeps states: the latest, and with early stopping that of the best epoch. */
export interface StateStore {
  /** The vectors are those in training: to be written or copied before it resolves. */
  save(name: 'latest' | 'best', state: TrainingState): Promise<void>;
  load(name: 'latest' | 'best'): Promise<TrainingState | undefined>;
}

export interface TrainControls {
  /** Stops the training after the blocks in work; the vectors so far are the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainingEvent) => void) | undefined;
  readonly start?: StartVectors | undefined;
  /** The rows of each word, if it has more than one. */
  readonly subwords?: Subwords | undefined;
  /** Where checkpoints go, and how many milliseconds lie between them. */
  readonly checkpoints?: { readonly store: StateStore; readonly everyMilliseconds: number } | undefined;
  /** Goes on from the latest checkpoint, if there is one. */
  readonly resume?: boolean | undefined;
  /** Bytes of one WebAssembly memory, if not all that it can have; larger matrices lie outside of it (docs/design.md). */
  readonly memoryLimit?: number | undefined;
}

const PROGRESS_MILLISECONDS = 200;
/** word2vec.c, too, changes the learning rate every 10,000 tokens. */
const BLOCK_TOKENS = 10_000;
/** A held-out loss so much above the best is over-training, not noise. */
const OVER_TRAINING = 1.005;
/** A mean loss so many times that of a model that knows nothing is divergence. */
const DIVERGENCE = 10;
const MOST_SETBACKS = 10;

/** How a corpus is parted into blocks, and who trains them. */
export function planBlocks(corpusLength: number, { epochs, deterministic }: TrainingOptions, workers: number) {
  // A small corpus gets smaller blocks, so that the learning rate still falls in some hundred steps.
  const steps = Math.ceil((corpusLength * epochs) / 500);
  const blockTokens = Math.min(BLOCK_TOKENS, Math.max(50, steps));
  const blocks = Math.ceil(corpusLength / blockTokens);
  const threads = Math.min(workers, blocks, ...(deterministic ? [SLOTS] : []));
  return { blockTokens, blocks, threads, layoutWorkers: deterministic ? SLOTS : threads };
}

/**
 * Trains word vectors on an encoded corpus, epoch after epoch. Between two epochs, and when a checkpoint is due, the
 * workers pause: then the state is whole, and can be looked at, saved and set back.
 *
 * @throws RangeError if the model does not fit into one WebAssembly memory, Error if it diverges at any rate
 */
export async function trainModel(
  corpus: EncodedCorpus,
  vocabulary: Vocabulary,
  options: TrainingOptions,
  workers: readonly Pick<Worker, 'train' | 'heldOutLosses' | 'firstOccurrences'>[],
  { signal, onEvent, start, subwords, checkpoints, resume, memoryLimit }: TrainControls = {},
): Promise<TrainedVectors> {
  const { deterministic, epochs, endLearningRate, seed } = options;
  const { blockTokens, blocks, threads, layoutWorkers } = planBlocks(corpus.length, options, workers.length);
  const places =
    options.loss === 'hierarchical-softmax'
      ? await workers[0].firstOccurrences(corpus, vocabulary.words.length)
      : undefined;
  const { memory, layout, matrices, fillVectors, started } = createTrainingMemory(
    vocabulary,
    options,
    { blockTokens, workers: layoutWorkers },
    { start, subwords, places, memoryLimit },
  );
  if (start) onEvent?.({ type: 'start', ...started });
  const control = createTrainControl(layoutWorkers, epochs);
  const { shared, tallies } = control;
  const heldOut = heldOutStretches(corpus.length, options.heldOutTokens, seed);

  let nextBlock = 0;
  let rateFactor = 1;
  let setbacks = 0;
  let heldOutMeans: number[] = [];
  let heldOutPairs = 0;
  const states = checkpoints?.store ?? memoryStates();
  const latest = resume ? await states.load('latest') : undefined;
  let saved = latest !== undefined;
  if (latest) {
    restore(latest);
    onEvent?.({ type: 'resumed', share: nextBlock / (blocks * epochs) });
  }
  const firstBlock = nextBlock;

  function restore({ inputVectors, outputVectors, position }: TrainingState): void {
    setRows(matrices, layout, { inputVectors, outputVectors });
    nextBlock = position.nextBlock;
    rateFactor = position.rateFactor;
    heldOutMeans = [...position.heldOutLosses];
    tallies.fill(0);
    // With another number of threads the sums of all go to the first.
    position.tallies.forEach((value, i) => {
      tallies[position.tallies.length === tallies.length ? i : i % (2 * epochs)] += value;
    });
  }
  const stateNow = (): TrainingState => ({
    ...rowsNow(matrices, layout),
    position: { nextBlock, blocks, rateFactor, tallies: Array.from(tallies), heldOutLosses: heldOutMeans },
  });

  const startTime = performance.now();
  const inWork = deterministic ? 0 : threads;
  const learningRate = () => options.learningRate * rateFactor;
  const report = () => {
    const done = Math.min(1, Math.max(nextBlock, Atomics.load(shared, NEXT_BLOCK) - inWork) / (blocks * epochs));
    const seconds = (performance.now() - startTime) / 1000;
    const epoch = Math.min(epochs - 1, Math.floor(done * epochs));
    const { pairs, loss } = epochTally(control, layoutWorkers, epochs, epoch);
    const doneNow = done - firstBlock / (blocks * epochs);
    onEvent?.({
      type: 'progress',
      share: done,
      epoch: epoch + 1,
      epochs,
      wordsPerSecond: (doneNow * epochs * corpus.tokenCount) / seconds,
      secondsLeft: doneNow > 0 ? (seconds / doneNow) * (1 - done) : Number.POSITIVE_INFINITY,
      learningRate: learningRate() + (endLearningRate - learningRate()) * done,
      loss: loss / pairs,
    });
  };
  const mostLoss = DIVERGENCE * lossOfIgnorance(layout);
  const hasDiverged = (epoch: number) => {
    const { pairs, loss } = epochTally(control, layoutWorkers, epochs, epoch);
    return pairs > 0 && !(loss / pairs < mostLoss);
  };

  const pause = () => Atomics.store(shared, STOP, 1);
  signal?.addEventListener('abort', pause);
  const timer = setInterval(() => {
    if (onEvent) report();
    // In deterministic training nothing may depend on when something is seen.
    if (!deterministic && hasDiverged(Math.floor(nextBlock / blocks))) pause();
  }, PROGRESS_MILLISECONDS);

  const task = (): TrainTask => ({
    memory,
    layout,
    outside: layout.outside ? matrices : undefined,
    corpus,
    epochs,
    learningRate: learningRate(),
    endLearningRate,
    seed,
    heldOut,
    control,
    threads,
    firstBlock: nextBlock,
    endBlock: (Math.floor(nextBlock / blocks) + 1) * blocks,
  });
  // Runs on from epoch to epoch: an epoch may be shorter than the time between two checkpoints.
  let saveTime = startTime + (checkpoints?.everyMilliseconds ?? Number.POSITIVE_INFINITY);
  let endedBy: TrainingReport['endedBy'] = 'end';
  try {
    while (nextBlock < blocks * epochs) {
      const leg = task();
      const epoch = Math.floor(nextBlock / blocks);
      shared.fill(0);
      Atomics.store(shared, NEXT_BLOCK, nextBlock);
      if (signal?.aborted) pause();
      const saveTimer = checkpoints && setTimeout(pause, saveTime - performance.now());
      try {
        await Promise.all(Array.from({ length: threads }, (_, worker) => trainOrFail(leg, worker)));
      } finally {
        clearTimeout(saveTimer);
      }
      nextBlock = Math.min(leg.endBlock, Atomics.load(shared, NEXT_BLOCK));

      const atEnd = nextBlock === leg.endBlock;
      if ((atEnd || !deterministic) && (hasDiverged(epoch) || !areFinite(rowsNow(matrices, layout)))) {
        if (++setbacks > MOST_SETBACKS) {
          throw new Error(
            `Cannot train: the loss has no bounds even at a learning rate of ${learningRate()}; give a lower learningRate`,
          );
        }
        const share = nextBlock / (blocks * epochs);
        const factor = rateFactor / 2;
        const good = saved && !deterministic ? await states.load('latest') : undefined;
        if (good) restore(good);
        else {
          fillVectors();
          tallies.fill(0);
          nextBlock = 0;
          heldOutMeans = [];
        }
        rateFactor = factor;
        onEvent?.({ type: 'setback', share, learningRate: learningRate() });
        continue;
      }
      if (atEnd && (await endEpoch(leg, epoch + 1))) break;
      const goesOn = nextBlock < blocks * epochs;
      const aborted = signal?.aborted && goesOn;
      if (checkpoints && goesOn && (aborted || !atEnd || performance.now() >= saveTime)) {
        await states.save('latest', stateNow());
        saved = true;
        saveTime = performance.now() + checkpoints.everyMilliseconds;
        onEvent?.({ type: 'checkpoint', share: nextBlock / (blocks * epochs) });
      }
      if (aborted) {
        endedBy = 'abort';
        break;
      }
    }
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', pause);
  }

  /** Looks at the held-out loss; true if the training ends here. */
  async function endEpoch(leg: TrainTask, epoch: number): Promise<boolean> {
    const { pairs, loss } = epochTally(control, layoutWorkers, epochs, epoch - 1);
    const losses = heldOut.length > 0 ? Array.from(await workers[0].heldOutLosses(leg)) : [];
    heldOutPairs = losses.length;
    const heldOutLoss = losses.length > 0 ? losses.reduce((a, b) => a + b) / losses.length : undefined;
    onEvent?.({ type: 'epoch', epoch, epochs, loss: loss / pairs, heldOutLoss });
    if (heldOutLoss === undefined) return false;
    heldOutMeans = [...heldOutMeans, heldOutLoss];
    const bestHeldOutLoss = Math.min(...heldOutMeans);
    const bestEpoch = heldOutMeans.indexOf(bestHeldOutLoss) + 1;
    if (options.earlyStop && bestEpoch === epoch) {
      await states.save('best', stateNow());
    }
    if (heldOutLoss <= bestHeldOutLoss * OVER_TRAINING) return false;
    onEvent?.({ type: 'over-training', epoch, heldOutLoss, bestEpoch, bestHeldOutLoss });
    const best = options.earlyStop ? await states.load('best') : undefined;
    if (!best) return false;
    setRows(matrices, layout, best);
    endedBy = 'early-stop';
    return true;
  }

  /** If one worker fails, the others need not go on. */
  async function trainOrFail(leg: TrainTask, worker: number): Promise<void> {
    try {
      await workers[worker].train(leg, worker);
    } catch (error) {
      Atomics.store(shared, STOP, 2);
      throw error;
    }
  }

  const seconds = (performance.now() - startTime) / 1000;
  const epochTallies = Array.from({ length: epochs }, (_, epoch) => epochTally(control, layoutWorkers, epochs, epoch));
  const trained = epochTallies.filter(({ pairs }) => pairs > 0);
  const rows = packRows(matrices, layout);
  if (subwords) composeWords(rows.inputVectors, layout.dimensions, subwords);
  const wordValues = layout.wordCount * layout.dimensions;
  return {
    inputVectors: rows.inputVectors.subarray(0, wordValues),
    outputVectors: rows.outputVectors,
    ngramVectors: subwords && rows.inputVectors.subarray(wordValues),
    report: {
      epochLosses: trained.map(({ pairs, loss }) => loss / pairs),
      epochPairs: trained.map(({ pairs }) => pairs),
      heldOutLosses: heldOutMeans,
      heldOutPairs,
      endedBy,
      learningRate: learningRate(),
      share: nextBlock / (blocks * epochs),
      seconds,
      wordsPerSecond: (((nextBlock - firstBlock) / blocks) * corpus.tokenCount) / seconds,
      threads,
    },
  };
}

/** Whether all values are numbers: a loss can be one while some vectors are none. */
function areFinite({ inputVectors, outputVectors }: Rows): boolean {
  let sum = 0;
  for (const matrix of [inputVectors, outputVectors]) for (let i = 0; i < matrix.length; i++) sum += 0 * matrix[i];
  return sum === 0;
}

/** States in memory: only the best is asked for. */
function memoryStates(): StateStore {
  const states = new Map<string, TrainingState>();
  return {
    async save(name, state) {
      const { inputVectors, outputVectors, position } = state;
      states.set(name, { inputVectors: inputVectors.slice(), outputVectors: outputVectors.slice(), position });
    },
    load: async (name) => states.get(name),
  };
}

/** The mean loss of a model that gives every answer the same probability. */
function lossOfIgnorance({ loss, negatives, longestPath, wordCount }: Word2VecLayout): number {
  if (loss === 'softmax') return Math.log(Math.max(2, wordCount));
  return Math.LN2 * (loss === 'negative-sampling' ? negatives + 1 : Math.max(1, longestPath));
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
