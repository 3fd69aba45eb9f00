import type { TrainingWorker } from '../training/cpu-trainer.ts';
import type { Communicator } from './communicator.ts';
import { together } from './together.ts';

/**
 * Workers whose order of first occurrences is that of the text of all ranks, for trees that must be the same on all: the words of rank 0,
 * then those that occur on rank 1 only, and so on, for the text lies on the ranks in its order.
 *
 * @param countsHere - how often each word stands in the text of this rank
 */
export function withSharedOccurrences<W extends TrainingWorker>(
  communicator: Communicator,
  workers: readonly W[],
  countsHere: Float64Array,
): W[] {
  return workers.map((worker) => ({
    ...worker,
    async firstOccurrences(corpus, wordCount) {
      const places = await together(communicator, () => worker.firstOccurrences(corpus, wordCount));
      const order = new Uint32Array(wordCount);
      places.forEach((place, word) => {
        order[place] = word;
      });
      const found = order.filter((word) => countsHere[word] > 0);
      const all = await communicator.allgatherv(new Uint8Array(found.buffer));
      const joined = new Uint32Array(wordCount).fill(wordCount);
      let next = 0;
      for (const { buffer } of all) {
        for (const word of new Uint32Array(buffer)) if (joined[word] === wordCount) joined[word] = next++;
      }
      // Words of a given vocabulary that stand nowhere.
      for (let word = 0; word < wordCount; word++) if (joined[word] === wordCount) joined[word] = next++;
      return joined;
    },
  }));
}
