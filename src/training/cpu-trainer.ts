import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import { SLOTS } from '../kernels/word2vec/word2vec.ts';
import { INTERLEAVED_SPANS } from './block-order.ts';
import { heldOutStretches } from './held-out.ts';
import { LOSS_TRAITS } from './loss-traits.ts';
import {
  BARRIERS,
  createTrainControl,
  HELD,
  NEXT_BLOCK,
  STOP,
  type TrainControl,
  type TrainTask,
} from './train-messages.ts';
import { gatherRows, packRows, type Rows, rowsNow, type StridedRows, setRows } from './trained-rows.ts';
import type { CreateTrainer, HeldOutValues, Leg, Trainer, TrainingPlan } from './trainer.ts';
import { createTrainingMemory, type TrainingMemory } from './training-memory.ts';
import type { TrainingOptions } from './training-options.ts';

/** What a thread can do for a training; `worker-role.ts` has it for this thread and for others. */
export interface TrainingWorker {
  /** Trains as worker number `worker` until the task is done or stopped. */
  train(task: TrainTask, worker: number): Promise<void>;
  /** See `heldOutLosses`. */
  heldOutLosses(task: TrainTask): Promise<Float64Array>;
  /** See `heldOutContrasts`. */
  heldOutContrasts(task: TrainTask, wanted?: Uint8Array): Promise<Float64Array>;
  /** See `unseenPairs`. */
  unseenPairs(task: TrainTask): Promise<Uint8Array>;
  /** See `firstOccurrences`. */
  firstOccurrences(corpus: EncodedCorpus, wordCount: number): Promise<Uint32Array>;
}

/** word2vec.c, too, changes the learning rate every 10,000 tokens. */
const BLOCK_TOKENS = 10_000;

/** How a corpus is cut into blocks, and who trains them. */
export function planBlocks(corpusLength: number, { epochs, deterministic }: TrainingOptions, workers: number) {
  // A small corpus gets smaller blocks, so that the learning rate still falls in some hundred steps.
  const steps = Math.ceil((corpusLength * epochs) / 500);
  const blockTokens = Math.min(BLOCK_TOKENS, Math.max(50, steps));
  const blocks = Math.ceil(corpusLength / blockTokens);
  const threads = Math.min(workers, blocks, ...(deterministic ? [SLOTS] : []));
  return { blockTokens, blocks, threads, layoutWorkers: deterministic ? SLOTS : threads };
}

/**
 * A trainer on processors: workers that share one WebAssembly memory.
 *
 * @param memoryLimit - bytes of one memory, if not all that it can have; larger matrices lie outside of it (docs/design.md)
 */
export function cpuTrainer(workers: readonly TrainingWorker[], memoryLimit?: number): CreateTrainer {
  return async (plan) => {
    const { corpus, vocabulary, options, start, subwords } = plan;
    const { blockTokens, blocks, threads, layoutWorkers } = planBlocks(corpus.length, options, workers.length);
    const places = LOSS_TRAITS[options.loss].usesTree
      ? await workers[0].firstOccurrences(corpus, vocabulary.counts.length)
      : undefined;
    const given = start && (await import('./match-start.ts')).matchStart(start, vocabulary, options, subwords);
    const memory = createTrainingMemory(
      vocabulary,
      options,
      { blockTokens, blocks, workers: layoutWorkers },
      { given, subwords, places, memoryLimit },
    );
    return new CpuTrainer(plan, workers.slice(0, threads), blocks, memory);
  };
}

/** Where nothing is trained. */
const NO_LEG: Leg = { firstBlock: 0, endBlock: 0, learningRate: 0 };

class CpuTrainer implements Trainer {
  readonly blocks: number;
  readonly threads: number;
  readonly dimensions: number;
  readonly started: TrainingMemory['started'];
  readonly meanLossOfIgnorance: number;
  readonly tallies: Float64Array;
  readonly #plan: TrainingPlan;
  readonly #workers: readonly TrainingWorker[];
  readonly #memory: TrainingMemory;
  readonly #control: TrainControl;
  readonly #heldOut: Float64Array;
  /** Of the held-out pairs, those that are compared after each epoch; all where it is absent. */
  #unseenPairs: Uint8Array | undefined;
  #trains = false;

  constructor(plan: TrainingPlan, workers: readonly TrainingWorker[], blocks: number, memory: TrainingMemory) {
    const { corpus, options } = plan;
    const { layout } = memory;
    this.#plan = plan;
    this.#workers = workers;
    this.#memory = memory;
    this.#control = createTrainControl(layout.workers, options.epochs);
    this.#heldOut = heldOutStretches(corpus.length, options.heldOutTokens, options.seed);
    this.blocks = blocks;
    this.threads = workers.length;
    this.dimensions = options.dimensions;
    this.started = memory.started;
    this.meanLossOfIgnorance = LOSS_TRAITS[options.loss].meanLossOfIgnorance(layout);
    this.tallies = this.#control.tallies;
  }

  async train(leg: Leg): Promise<number> {
    const { shared } = this.#control;
    Atomics.store(shared, NEXT_BLOCK, leg.firstBlock);
    const task = this.#task(leg);
    this.#trains = true;
    const ends = await Promise.allSettled(this.#workers.map((_, worker) => this.#trainOrFail(task, worker)));
    this.#trains = false;
    const nextBlock = Math.min(leg.endBlock, Atomics.load(shared, NEXT_BLOCK));
    shared.fill(0);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return nextBlock;
  }

  /** If one worker fails, the others need not go on. */
  async #trainOrFail(task: TrainTask, worker: number): Promise<void> {
    try {
      await this.#workers[worker].train(task, worker);
    } catch (error) {
      Atomics.store(this.#control.shared, STOP, 2);
      throw error;
    }
  }

  #task({ firstBlock, endBlock, learningRate, courseEnd, spans = INTERLEAVED_SPANS }: Leg): TrainTask {
    const { memory, layout, matrices } = this.#memory;
    const { epochs, endLearningRate, seed } = this.#plan.options;
    return {
      memory,
      layout,
      outside: layout.outside ? matrices : undefined,
      corpus: this.#plan.corpus,
      epochs,
      learningRate,
      endLearningRate,
      courseEnd: courseEnd ?? this.blocks * epochs,
      seed,
      heldOut: this.#heldOut,
      control: this.#control,
      threads: this.threads,
      firstBlock,
      endBlock,
      spans,
    };
  }

  stop(): void {
    Atomics.compareExchange(this.#control.shared, STOP, 0, 1);
  }

  hold(): () => void {
    const { shared } = this.#control;
    Atomics.store(shared, HELD, 1);
    return () => {
      Atomics.store(shared, HELD, 0);
      Atomics.add(shared, BARRIERS, 1);
      Atomics.notify(shared, BARRIERS);
    };
  }

  blocksDone(): number {
    const inWork = this.#plan.options.deterministic ? 0 : this.threads;
    return Atomics.load(this.#control.shared, NEXT_BLOCK) - inWork;
  }

  async evaluateHeldOut(): Promise<HeldOutValues> {
    if (this.#heldOut.length === 0) return { losses: new Float64Array(), contrasts: new Float64Array() };
    const task = this.#task(NO_LEG);
    // In skip-gram the contrast of such pairs falls where word pairs and neighbors stay as good (docs/experiments.md).
    if (this.#plan.options.algorithm === 'cbow') this.#unseenPairs ??= await this.#workers[0].unseenPairs(task);
    // Each takes about as long: two workers do them at once.
    const [losses, contrasts] = await Promise.all([
      this.#workers[0].heldOutLosses(task),
      this.#workers[this.#workers.length - 1].heldOutContrasts(task, this.#unseenPairs),
    ]);
    return { losses, contrasts };
  }

  async readRows(
    matrix: keyof Rows,
    ids: ArrayLike<number>,
    target = new Float32Array(ids.length * this.dimensions),
  ): Promise<Float32Array> {
    gatherRows(this.#rowsOf(matrix, ids), ids, target);
    return target;
  }

  async addToRows(matrix: keyof Rows, ids: ArrayLike<number>, changes: Float32Array): Promise<void> {
    if (this.#trains && this.#plan.options.deterministic) {
      throw new RangeError(
        'Cannot add to rows while a deterministic training runs: its result would depend on the moment',
      );
    }
    const { values, rowLength, dimensions } = this.#rowsOf(matrix, ids);
    for (let i = 0, from = 0; i < ids.length; i++) {
      for (let at = ids[i] * rowLength, end = at + dimensions; at < end; at++, from++) values[at] += changes[from];
    }
  }

  #rowsOf(matrix: keyof Rows, ids: ArrayLike<number>): StridedRows {
    const { rowLength, dimensions } = this.#memory.layout;
    const values = this.#memory.matrices[matrix];
    const rows = values.length / rowLength;
    for (let i = 0; i < ids.length; i++) {
      if (!(ids[i] >= 0 && ids[i] < rows)) throw new RangeError(`There is no row ${ids[i]}: ${matrix} has ${rows}`);
    }
    return { values, rowLength, dimensions };
  }

  async rows(): Promise<Rows> {
    return rowsNow(this.#memory.matrices, this.#memory.layout);
  }

  async setRows(rows: Rows): Promise<void> {
    setRows(this.#memory.matrices, this.#memory.layout, rows);
  }

  async resetRows(): Promise<void> {
    this.#memory.fillVectors();
  }

  async finish(): Promise<Rows> {
    return packRows(this.#memory.matrices, this.#memory.layout);
  }
}
