import { type ReadCorpus, shareOf } from '../corpus/encoded-corpus.ts';
import type { CreateWord2VecKernel, Word2VecKernel } from '../kernels/word2vec/word2vec.ts';
import { blocksPerMerge } from '../kernels/word2vec/word2vec-tuning.ts';
import { mixKeys } from '../math/random.ts';
import { blockAt } from './block-order.ts';
import { learningRateAt } from './course.ts';
import { blankHeldOut } from './held-out.ts';
import { BARRIERS, HELD, LAST_ROUND, NEXT_BLOCK, STOP, type TrainTask, WAITING } from './train-messages.ts';

/** Nothing after a block; while the worker waits for the others, or is held, the value of BARRIERS that is to change. */
export type TrainStep = number | undefined;

/**
 * A worker's part of the training. A generator, so that a thread with other duties can pause it.
 * The random numbers of a block depend on (seed, epoch, block) alone, not on who trains it.
 */
export function trainLoop(
  task: TrainTask,
  worker: number,
  createKernel: CreateWord2VecKernel,
  read: ReadCorpus,
): Generator<TrainStep> {
  return (task.layout.deterministic ? trainRounds : trainHogwild)(task, worker, createKernel, read);
}

/**
 * Takes block after block until there is none or it is told to stop. Workers write to the shared matrices without locks
 * (Hogwild, Niu et al. 2011): updates are sparse, so that collisions are rare and lose little.
 */
function* trainHogwild(
  task: TrainTask,
  worker: number,
  createKernel: CreateWord2VecKernel,
  read: ReadCorpus,
): Generator<TrainStep> {
  const { shared } = task.control;
  const kernel = createKernel(task.memory, task.layout, worker, task.outside);
  const mergeAfter = blocksPerMerge(task.layout);
  let trained = 0;
  while (Atomics.load(shared, STOP) === 0) {
    const barrier = Atomics.load(shared, BARRIERS);
    if (Atomics.load(shared, HELD) === 1) {
      yield barrier;
      continue;
    }
    const number = Atomics.add(shared, NEXT_BLOCK, 1);
    if (number >= task.endBlock) break;
    if (!trainBlock(task, kernel, worker, number, read)) continue; // another machine's
    trained++;
    if (trained % mergeAfter.all === 0) kernel.mergeCopies();
    else if (trained % mergeAfter.hottest === 0) kernel.mergeCopies('hottest');
    yield undefined;
  }
  kernel.mergeCopies();
}

/** Deterministic training: round after round (see SLOTS), and in each its share of the slots, then of the rows. */
function* trainRounds(
  task: TrainTask,
  worker: number,
  createKernel: CreateWord2VecKernel,
  read: ReadCorpus,
): Generator<TrainStep> {
  const { layout, threads } = task;
  const { shared } = task.control;
  const slots = Array.from({ length: layout.workers }, (_, slot) => slot).filter((slot) => slot % threads === worker);
  const kernels = slots.map((slot) => createKernel(task.memory, layout, slot));
  for (let first = task.firstBlock; first < task.endBlock; first += layout.workers) {
    if (Atomics.load(shared, LAST_ROUND) === 1) return;
    for (const [i, slot] of slots.entries()) {
      if (first + slot >= task.endBlock) continue;
      trainBlock(task, kernels[i], slot, first + slot, read);
      Atomics.add(shared, NEXT_BLOCK, 1);
    }
    if (!(yield* passBarrier(shared, threads))) return;
    kernels[0].mergeSlots(worker, threads);
    // One worker decides for all, so that none begins a round that another does not.
    if (worker === 0 && Atomics.load(shared, STOP) > 0) Atomics.store(shared, LAST_ROUND, 1);
    if (!(yield* passBarrier(shared, threads))) return;
    yield undefined;
  }
}

/** Waits until all threads are here; false if one has failed. */
function* passBarrier(shared: Int32Array, threads: number): Generator<TrainStep, boolean> {
  const barrier = Atomics.load(shared, BARRIERS);
  if (Atomics.add(shared, WAITING, 1) === threads - 1) {
    Atomics.store(shared, WAITING, 0);
    Atomics.store(shared, BARRIERS, barrier + 1);
    Atomics.notify(shared, BARRIERS);
    return true;
  }
  while (Atomics.load(shared, BARRIERS) === barrier) {
    if (Atomics.load(shared, STOP) === 2) return false;
    yield barrier;
  }
  return true;
}

/** Trains one block, or what of it lies here, and adds to the tallies of a worker or slot; false if nothing of it does. */
function trainBlock(
  task: TrainTask,
  kernel: Word2VecKernel,
  worker: number,
  number: number,
  read: ReadCorpus,
): boolean {
  const { corpus, epochs, control } = task;
  const { blockTokens, marginTokens } = task.layout;
  const blocks = Math.ceil(corpus.length / blockTokens);
  const epoch = Math.floor(number / blocks);
  const block = blockAt(number % blocks, blocks, task.spans);
  const share = shareOf(corpus);
  const begin = Math.max(share.begin, block * blockTokens);
  const end = Math.min(share.end, (block + 1) * blockTokens);
  if (begin >= end) return false;
  const from = Math.max(share.begin, begin - marginTokens);
  const to = Math.min(share.end, end + marginTokens);
  const tokens = kernel.tokens.subarray(0, to - from);
  read(from - share.begin, tokens);
  blankHeldOut(task.heldOut, tokens, from);
  const course = { learningRate: task.learningRate, endBlock: task.courseEnd };
  const learningRate = learningRateAt(course, task.endLearningRate, number);
  const seed0 = mixKeys(task.seed, epoch, block, 0);
  const seed1 = mixKeys(task.seed, epoch, block, 1);
  const { pairs, loss } = kernel.trainBlock(to - from, begin - from, end - from, learningRate, seed0, seed1);

  const tally = (worker * epochs + epoch) * 2;
  control.tallies[tally] += pairs;
  control.tallies[tally + 1] += loss;
  return true;
}
