import type { Tokenizer } from '../text/tokenizer.ts';
import { localWorker, remoteWorker, type Worker } from '../training/worker-role.ts';

/**
 * A worker that trains in a thread of its own. Text is encoded in the page: a module worker cannot load
 * jieba-wasm without a bundler, and both sides must cut text alike.
 */
export function createTrainingThread(tokenizer: Tokenizer): Worker {
  const thread = new globalThis.Worker(new URL('./training-thread.js', import.meta.url), { type: 'module' });
  const remote = remoteWorker({
    post: (message, transfer) => thread.postMessage(message, transfer ?? []),
    onMessage: (listener) => thread.addEventListener('message', ({ data }) => listener(data)),
    onFailure: (listener) =>
      thread.addEventListener('error', ({ message }) =>
        listener(new Error(`Cannot go on: a web worker failed: ${message}`)),
      ),
    close: async () => thread.terminate(),
  });
  return { ...localWorker(tokenizer), train: remote.train, close: remote.close };
}
