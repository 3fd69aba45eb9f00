import { type EncodedCorpus, lengthHere, type ReadCorpus, type RenumberFiles } from '../corpus/encoded-corpus.ts';
import { firstOccurrences } from '../corpus/first-occurrences.ts';
import { createWord2VecKernel } from '../kernels/word2vec/word2vec-kernel.ts';
import type { TokenizerDescriptor } from '../text/tokenizer.ts';
import { type Answer, serveCalls, type WorkerPort } from '../threads/remote-calls.ts';
import { heldOutContrasts } from './held-out-contrasts.ts';
import { heldOutLosses } from './held-out-losses.ts';
import { trainLoop } from './train-loop.ts';
import { BARRIERS } from './train-messages.ts';
import { unseenPairs } from './unseen-pairs.ts';
import { createEncoder, renumberFiles, type Worker, type WorkerEdge } from './worker-role.ts';

/** A worker that waits for others looks so often whether one has failed. */
const WAIT_MILLISECONDS = 100;

/** The thread's end of `remoteWorker`: answers its calls. In a file of its own, so that a page has the kernel in its thread only. */
export function serveWorker(port: Pick<WorkerPort, 'post' | 'onMessage'>, edge: WorkerEdge): void {
  let encoder: ReturnType<typeof createEncoder> | undefined;
  const renumberHere = edge.files && renumberFiles(edge.files);

  const withCorpus = <T>(encoded: EncodedCorpus, use: (read: ReadCorpus) => T): { value: T } => {
    const corpus = edge.openCorpus(encoded);
    try {
      return { value: use(corpus.read) };
    } finally {
      corpus.close();
    }
  };
  const answers: { [K in keyof Calls]: (...args: Calls[K]) => Answer | Promise<Answer> } = {
    async tokenizer(descriptor) {
      encoder = createEncoder(await edge.loadTokenizer(descriptor), edge.files);
      return { value: undefined };
    },
    encode(...call) {
      const value = encoder!.encode(...call);
      const tokens = ArrayBuffer.isView(value.tokens) ? [value.tokens.buffer] : [];
      return { value, transfer: value.spare ? [...tokens, value.spare] : tokens };
    },
    takeRun(...call) {
      const value = encoder!.takeRun(...call);
      return { value, transfer: ArrayBuffer.isView(value.run) ? [value.run.buffer] : [] };
    },
    renumber: async (...call) => ({ value: await renumberHere!(...call) }),
    train: (task, worker) =>
      withCorpus(task.corpus, (read) => {
        for (const step of trainLoop(task, worker, createWord2VecKernel, read)) {
          if (step !== undefined) Atomics.wait(task.control.shared, BARRIERS, step, WAIT_MILLISECONDS);
        }
      }),
    heldOutLosses: (task) => withCorpus(task.corpus, (read) => heldOutLosses(task, read)),
    heldOutContrasts: (task, wanted) => withCorpus(task.corpus, (read) => heldOutContrasts(task, read, wanted)),
    unseenPairs: (task) => withCorpus(task.corpus, (read) => unseenPairs(task, read)),
    firstOccurrences: (corpus, wordCount) =>
      withCorpus(corpus, (read) => firstOccurrences(read, lengthHere(corpus), wordCount)),
  };
  serveCalls(port, (call, args) => (answers[call as keyof Calls] as (...args: unknown[]) => Answer)(...args));
}

/** The calls of a worker and their arguments. */
type Calls = {
  [K in Exclude<keyof Worker, 'close' | 'renumber'>]: Parameters<Worker[K]>;
} & { tokenizer: [TokenizerDescriptor]; renumber: Parameters<RenumberFiles> };
