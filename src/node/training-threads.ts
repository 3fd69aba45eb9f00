import { availableParallelism, freemem } from 'node:os';
import { Worker as Thread } from 'node:worker_threads';
import type { Tokenizer } from '../text/tokenizer.ts';
import { remoteWorker, type Worker } from '../training/worker-role.ts';

export const processors = availableParallelism();

/** What the process may still take: of its container where there is one, which Node knows from 20.13 on. */
export function availableMemoryBytes(): number {
  return process.availableMemory?.() || freemem();
}

/** A worker in a thread of its own. */
export function createThread(tokenizer: Tokenizer): Worker {
  const thread = new Thread(new URL('./training-thread.js', import.meta.url));
  let closed = false;
  return remoteWorker(
    {
      post: (message, transfer) => thread.postMessage(message, transfer),
      onMessage: (listener) => thread.on('message', listener),
      onFailure: (listener) => {
        thread.on('error', listener);
        thread.on('exit', (code) => {
          if (!closed) listener(new Error(`Cannot go on: a worker thread ended with exit code ${code}`));
        });
      },
      async close() {
        closed = true;
        await thread.terminate();
      },
    },
    tokenizer.descriptor,
  );
}
