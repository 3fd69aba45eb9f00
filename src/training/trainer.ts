import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import type { Subwords } from '../text/subwords.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import type { StartedWords, StartVectors } from './start-vectors.ts';
import type { Rows } from './trained-rows.ts';
import type { TrainingOptions } from './training-options.ts';

/** What is trained, and from where: everything that a trainer needs to know. */
export interface TrainingPlan {
  readonly corpus: EncodedCorpus;
  readonly vocabulary: Vocabulary;
  readonly options: TrainingOptions;
  /** The rows of each word, if it has more than one. */
  readonly subwords?: Subwords | undefined;
  readonly start?: StartVectors | undefined;
}

/** Some blocks of one epoch. Blocks are numbered through all epochs: block b of epoch e is e × `Trainer.blocks` + b. */
export interface Leg {
  readonly firstBlock: number;
  /** Exclusive. */
  readonly endBlock: number;
  /** At block 0; it falls linearly to `endLearningRate` at `courseEnd`. */
  readonly learningRate: number;
  /** Behind the last block of all epochs if omitted. */
  readonly courseEnd?: number | undefined;
  /** Parts of the corpus whose blocks take turns, see `blockAt`: the same in all legs of an epoch. 64 if omitted. */
  readonly spans?: number | undefined;
}

/** The vectors of a training while it runs. Rows are numbered by word id; the values of a row may be of two moments. */
export interface LiveVectors {
  readonly dimensions: number;
  /**
   * Copies of the rows `ids`, one behind the other: (ids × dimensions). Of word's input vectors with subwords the own row.
   *
   * @param target - where they go, to its beginning, and what is returned; a new array if omitted
   */
  readRows(matrix: keyof Rows, ids: ArrayLike<number>, target?: Float32Array): Promise<Float32Array>;
  /**
   * Adds `changes` (ids × dimensions) to the rows, as another worker would.
   *
   * @throws RangeError in deterministic training while blocks are trained: the result would depend on the moment
   */
  addToRows(matrix: keyof Rows, ids: ArrayLike<number>, changes: Float32Array): Promise<void>;
}

/** See `Trainer.evaluateHeldOut`; both are empty where nothing is held out. */
export interface HeldOutValues {
  /** Of the examples, one by one. */
  readonly losses: Float64Array;
  /** How much nearer than chance the words of a window are to each other, pair by pair (held-out-contrasts.ts). */
  readonly contrasts: Float64Array;
}

/**
 * Trains the blocks of an encoded corpus: the seam behind which threads, a graphics card or other machines stand. Its
 * owner (`TrainingSession`) decides which blocks, at which rate, and what happens between two legs.
 */
export interface Trainer extends LiveVectors {
  /** Blocks of an epoch. */
  readonly blocks: number;
  /** Threads at work; 1 where that has no meaning. */
  readonly threads: number;
  readonly started: StartedWords;
  /** Mean loss of a model that gives every answer the same probability. */
  readonly meanLossOfIgnorance: number;
  /**
   * For writer w and epoch e: examples at [(w × epochs + e) × 2], the sum of their losses behind it. Its owner adds them
   * up, keeps them in checkpoints, and sets them.
   */
  readonly tallies: Float64Array;
  /**
   * Trains the blocks of a leg.
   *
   * @returns the block to go on with: `endBlock`, or an earlier one after `stop`
   * @throws what the first failing worker threw, when all have ended
   */
  train(leg: Leg): Promise<number>;
  /** Ends the `train` that runs after the blocks in work, or the next one before it has trained much. */
  stop(): void;
  /** Begins no further block until the returned function is called. A trainer that is deterministic, or has no such function, goes on. */
  hold?(): () => void;
  /** Blocks of all epochs that are done, about, while `train` runs. */
  blocksDone(): number;
  /** How well the held-out text is known, at each call by the same examples with the same negative samples. */
  evaluateHeldOut(): Promise<HeldOutValues>;
  /** Both matrices, between two legs; they may be the ones in training, to be read or copied before the next leg. */
  rows(): Promise<Rows>;
  setRows(rows: Rows): Promise<void>;
  /** Puts both matrices back to where they were before training. */
  resetRows(): Promise<void>;
  /** The rows for good: the trainer trains no more. */
  finish(): Promise<Rows>;
}

export type CreateTrainer = (plan: TrainingPlan) => Promise<Trainer>;
