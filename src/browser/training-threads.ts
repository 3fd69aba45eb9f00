import type { Tokenizer } from '../text/tokenizer.ts';
import { localWorker } from '../training/local-worker.ts';
import { remoteWorker, type Worker as TrainingWorker } from '../training/worker-role.ts';

/**
 * A worker that trains in a thread of its own. Text is encoded in the page: a module worker cannot load
 * jieba-wasm without a bundler, and both sides must cut text alike.
 *
 * @throws Error with the reason why there can be no thread
 */
export async function startThread(tokenizer: Tokenizer): Promise<TrainingWorker> {
  if (!globalThis.crossOriginIsolated) {
    throw new Error(
      'the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
    );
  }
  // Bundlers see a worker in these very words, and build its file.
  const thread = new Worker(new URL('./training-thread.js', import.meta.url), { type: 'module' });
  try {
    await started(thread);
  } catch (error) {
    thread.terminate();
    throw error;
  }
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

/** Waits for its first message, which tells that all of its script is there. */
function started(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.addEventListener('message', () => resolve(), { once: true });
    thread.addEventListener(
      'error',
      ({ message }) =>
        reject(
          new Error(
            `the script of the web worker cannot be loaded${message ? ` (${message})` : ''}; build wordkin/training-thread to the file training-thread.js beside the bundle, and allow workers of this origin`,
          ),
        ),
      { once: true },
    );
  });
}
