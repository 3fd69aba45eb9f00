import type { ReadCorpus } from '../corpus/encoded-corpus.ts';
import type { CreateWord2VecKernel } from '../kernels/word2vec.ts';
import { mixKeys } from '../math/random.ts';
import { NEXT_BLOCK, STOP, type TrainTask } from './train-messages.ts';

/**
 * A worker's part of the training: takes block after block until there is none or it is told to stop.
 * Workers write to the shared matrices without locks (Hogwild, Niu et al. 2011): updates are sparse, so that
 * collisions are rare and lose little. A generator, so that a thread with other duties can pause it.
 *
 * The random numbers of a block depend on (seed, epoch, block) alone, not on who trains it.
 */
export function* trainLoop(
  task: TrainTask,
  worker: number,
  createKernel: CreateWord2VecKernel,
  read: ReadCorpus,
): Generator<void> {
  const { layout, corpus, epochs, control } = task;
  const { blockTokens, marginTokens } = layout;
  const kernel = createKernel(task.memory, layout, worker);
  const blocks = Math.ceil(corpus.length / blockTokens);
  for (;;) {
    if (Atomics.load(control.shared, STOP) === 1) return;
    const number = Atomics.add(control.shared, NEXT_BLOCK, 1);
    if (number >= blocks * epochs) return;
    const epoch = Math.floor(number / blocks);
    const block = number % blocks;

    const begin = block * blockTokens;
    const end = Math.min(corpus.length, begin + blockTokens);
    const from = Math.max(0, begin - marginTokens);
    const to = Math.min(corpus.length, end + marginTokens);
    read(from, kernel.tokens.subarray(0, to - from));
    const progress = number / (blocks * epochs);
    const learningRate = task.learningRate + (task.endLearningRate - task.learningRate) * progress;
    const seed0 = mixKeys(task.seed, epoch, block, 0);
    const seed1 = mixKeys(task.seed, epoch, block, 1);
    const { pairs, loss } = kernel.trainBlock(to - from, begin - from, end - from, learningRate, seed0, seed1);

    const tally = (worker * epochs + epoch) * 2;
    control.tallies[tally] += pairs;
    control.tallies[tally + 1] += loss;
    yield;
  }
}
