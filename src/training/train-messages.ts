import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import type { Matrices, SharedMemory, Word2VecLayout } from '../kernels/word2vec/word2vec.ts';

/** What every training worker is given; plain values and shared memory. */
export interface TrainTask {
  readonly memory: SharedMemory;
  readonly layout: Word2VecLayout;
  /** The matrices if they lie outside of the memory. */
  readonly outside?: Matrices | undefined;
  readonly corpus: EncodedCorpus;
  readonly epochs: number;
  readonly learningRate: number;
  readonly endLearningRate: number;
  /** The block at which the rate reaches its end, see `Leg`. */
  readonly courseEnd: number;
  readonly seed: number;
  /** Begin and end of each stretch of the corpus that is not trained on, see `heldOutStretches`. */
  readonly heldOut: Float64Array;
  /** The blocks to train, numbered through all epochs; both in one epoch. */
  readonly firstBlock: number;
  readonly endBlock: number;
  /** See `blockAt`. */
  readonly spans: number;
  readonly control: TrainControl;
  /** Threads at work; in deterministic training fewer than the layout's workers, or as many. */
  readonly threads: number;
}

/**
 * Shared between the main thread and its workers. Blocks of all epochs are numbered through, and each worker
 * takes the next number: no worker waits for another before the end of the epoch. In deterministic training
 * they wait for each other at the end of each round.
 */
export interface TrainControl {
  /** NEXT_BLOCK and what follows. */
  readonly shared: Int32Array;
  /** For worker (or slot) w and epoch e: pairs at [(w × epochs + e) × 2], loss behind it. Each place has one writer. */
  readonly tallies: Float64Array;
}

/** The next block to be taken; in deterministic training the blocks that are done. */
export const NEXT_BLOCK = 0;
/** 1: stop after the block or round in work, 2: a worker has failed. */
export const STOP = 1;
/** Deterministic training: workers that wait, barriers passed, and whether the next round is not to begin. */
export const WAITING = 2;
export const BARRIERS = 3;
export const LAST_ROUND = 4;
/** 1: no block is begun, but for deterministic training. */
export const HELD = 5;

export function createTrainControl(workers: number, epochs: number): TrainControl {
  const buffer = (byteLength: number) =>
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(byteLength) : new SharedArrayBuffer(byteLength);
  return { shared: new Int32Array(buffer(24)), tallies: new Float64Array(buffer(workers * epochs * 16)) };
}
