import { type EncodedCorpus, lengthHere, type ReadCorpus, readMemoryCorpus } from '../corpus/encoded-corpus.ts';
import { firstOccurrences } from '../corpus/first-occurrences.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { createEncoder, type Worker } from './worker-role.ts';

const YIELD_MILLISECONDS = 50;

/**
 * A worker in this very thread: for environments without threads, and for small jobs. What trains is loaded when it trains:
 * most pages that have threads never need it here.
 */
export function localWorker(tokenizer: Tokenizer): Worker {
  const encoder = createEncoder(tokenizer);
  let paused = performance.now();
  return {
    encode: async (...block) => encoder.encode(...block),
    takeRun: async (last) => encoder.takeRun(last),
    async train(task, worker) {
      const read = readHere(task.corpus);
      const { createWord2VecKernel } = await import('../kernels/word2vec/word2vec-kernel.ts');
      const { trainLoop } = await import('./train-loop.ts');
      // Give way now and then, so that the page stays alive and the abort signal is heard.
      for (const step of trainLoop(task, worker, createWord2VecKernel, read)) {
        if (step === undefined && performance.now() - paused < YIELD_MILLISECONDS) continue;
        await new Promise((resolve) => setTimeout(resolve));
        paused = performance.now();
      }
    },
    async heldOutLosses(task) {
      const { heldOutLosses } = await import('./held-out-losses.ts');
      return heldOutLosses(task, readHere(task.corpus));
    },
    async heldOutContrasts(task, wanted) {
      const { heldOutContrasts } = await import('./held-out-contrasts.ts');
      return heldOutContrasts(task, readHere(task.corpus), wanted);
    },
    async unseenPairs(task) {
      const { unseenPairs } = await import('./unseen-pairs.ts');
      return unseenPairs(task, readHere(task.corpus));
    },
    async firstOccurrences(corpus, wordCount) {
      return firstOccurrences(readHere(corpus), lengthHere(corpus), wordCount);
    },
    async close() {},
  };
}

function readHere({ place }: EncodedCorpus): ReadCorpus {
  if (place.kind !== 'memory') throw new Error('Cannot train here: the corpus lies in a file');
  return readMemoryCorpus(place.ids);
}
