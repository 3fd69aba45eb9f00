import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import type { Word2VecLayout } from '../kernels/word2vec.ts';

/** What every training worker is given; plain values and shared memory. */
export interface TrainTask {
  readonly memory: WebAssembly.Memory;
  readonly layout: Word2VecLayout;
  readonly corpus: EncodedCorpus;
  readonly epochs: number;
  readonly learningRate: number;
  readonly endLearningRate: number;
  readonly seed: number;
  readonly control: TrainControl;
}

/**
 * Shared between the main thread and its workers. Blocks of all epochs are numbered through, and each worker
 * takes the next number: no worker waits for another, not even at the end of an epoch.
 */
export interface TrainControl {
  /** [0] next block, [1] 1 = stop. */
  readonly shared: Int32Array;
  /** For worker w and epoch e: pairs at [(w × epochs + e) × 2], loss behind it. Each place has one writer. */
  readonly tallies: Float64Array;
}

export const NEXT_BLOCK = 0;
export const STOP = 1;

export function createTrainControl(workers: number, epochs: number): TrainControl {
  const buffer = (byteLength: number) =>
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(byteLength) : new SharedArrayBuffer(byteLength);
  return { shared: new Int32Array(buffer(8)), tallies: new Float64Array(buffer(workers * epochs * 16)) };
}
