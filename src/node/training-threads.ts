import { once } from 'node:events';
import { availableParallelism, freemem } from 'node:os';
// biome-ignore lint/style/useNodejsImportProtocol: webpack sees a worker by this name only, and builds its file
import { Worker } from 'worker_threads';
import type { Tokenizer } from '../text/tokenizer.ts';
import { remoteWorker, type Worker as TrainingWorker } from '../training/worker-role.ts';
import { threadFlags } from './thread-flags.ts';

export const processors = availableParallelism();

/** What the process may still take: of its container where there is one, which Node knows from 20.13 on. */
export function availableMemoryBytes(): number {
  return process.availableMemory?.() || freemem();
}

/**
 * A worker in a thread of its own.
 *
 * @throws Error with the reason why there can be no thread
 */
export async function startThread(tokenizer: Tokenizer): Promise<TrainingWorker> {
  const thread = await start();
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

let givesWay = false;

/**
 * Threads that are started from now on give way to the others of this process: what several machines exchange must not wait until a thread
 * that trains has used its time up.
 */
export function threadsGiveWay(): void {
  givesWay = true;
}

/** Waits for the thread's first message, which tells that all of its script is there. */
async function start(): Promise<Worker> {
  try {
    const flags = threadFlags(); // here: webpack takes no call within the next line along
    // Bundlers that know threads see one in these very words, and build its file.
    const thread = new Worker(new URL('./training-thread.js', import.meta.url), { workerData: { givesWay }, ...flags });
    await once(thread, 'message'); // or its error
    return thread;
  } catch (cause) {
    throw new Error(
      `the script of the worker thread cannot be started (${(cause as Error).message}); leave wordkin out of the bundle ("external"), or build wordkin/training-thread to the file training-thread.js beside it`,
      { cause },
    );
  }
}
