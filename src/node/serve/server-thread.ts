import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SharedModel } from '../../model/share-model.ts';
import { overloaded } from '../../server/errors.ts';
import { remoteCalls } from '../../threads/remote-calls.ts';
import { threadFlags } from '../thread-flags.ts';
import type { LoadedModel } from './thread-tasks.ts';

/** A thread of the server; one that fails is replaced, and what it had in work is refused. */
export class ServerThread {
  readonly #models = new Map<number, SharedModel>();
  readonly #onFailure: (error: Error) => void;
  #running: Promise<Running> | undefined;
  #isClosed = false;
  /** Calls that are not answered. */
  load = 0;

  /** @param onFailure - told of the error that ended a thread */
  constructor(onFailure: (error: Error) => void) {
    this.#onFailure = onFailure;
  }

  async start(): Promise<void> {
    await this.#ready();
  }

  async call<T>(name: string, args: readonly unknown[]): Promise<T> {
    this.load++;
    try {
      return await (await this.#ready()).call<T>(name, args);
    } finally {
      this.load--;
    }
  }

  async open(key: number, shared: SharedModel): Promise<void> {
    this.#models.set(key, shared);
    await this.call('open', [key, shared]);
  }

  async forget(key: number): Promise<void> {
    this.#models.delete(key);
    await this.call('forget', [key]);
  }

  #ready(): Promise<Running> {
    this.#running ??= this.#begin().catch((error) => {
      this.#running = undefined;
      throw error;
    });
    return this.#running;
  }

  async #begin(): Promise<Running> {
    const running = await startThread((error) => {
      this.#running = undefined;
      if (!this.#isClosed) this.#onFailure(error);
    });
    for (const [key, shared] of this.#models) await running.call('open', [key, shared]);
    return running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const running = await this.#running?.catch(() => undefined);
    await running?.thread.terminate();
  }
}

interface Running {
  readonly thread: Worker;
  readonly call: ReturnType<typeof remoteCalls>;
}

/** For what a request needs for a moment: what grows under load stays with the process. */
const YOUNG_MEGABYTES = 6;

async function startThread(onFailure: (error: Error) => void): Promise<Running> {
  const thread = new Worker(new URL('./model-thread.js', import.meta.url), {
    ...threadFlags(),
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  let told = false;
  const tell = (error: Error, listener: (error: Error) => void) => {
    listener(overloaded('A thread of the server has failed; try again', 'thread_failed'));
    if (!told) onFailure(error);
    told = true;
  };
  await once(thread, 'message'); // its script is there; or its error
  const call = remoteCalls({
    post: (message, transfer) => thread.postMessage(message, transfer),
    onMessage: (listener) => thread.on('message', listener),
    onFailure(listener) {
      thread.on('error', (error: Error) => tell(error, listener));
      thread.on('exit', (code) => tell(new Error(`a thread of the server ended with exit code ${code}`), listener));
    },
  });
  return { thread, call };
}

/** Reads a model in a thread of its own, so that requests do not wait for it, and its memory is given back. */
export async function loadInThread(path: string): Promise<LoadedModel> {
  const { thread, call } = await startThread(() => {});
  try {
    return await call<LoadedModel>('load', [path]);
  } finally {
    await thread.terminate();
  }
}
