// The page's ends of its threads: calls with the types of what answers them.
import { remoteCalls, STARTED } from '../../../src/threads/remote-calls.ts';
import type { EngineEvent } from './api.ts';
import type { Engine } from './engine.ts';
import { PageError } from './page-error.ts';
import type { SearchCalls } from './search-worker.ts';

/** The methods of another thread: the same, but for their promises. */
export type Remote<Calls> = {
  readonly [Name in keyof Calls as Calls[Name] extends (...args: never[]) => unknown
    ? Name
    : never]: Calls[Name] extends (...args: infer Arguments) => infer Result
    ? (...args: Arguments) => Promise<Awaited<Result>>
    : never;
};

function connect<Calls>(thread: Worker, onEvent?: (event: EngineEvent) => void): Remote<Calls> {
  const call = remoteCalls({
    post: (message) => thread.postMessage(message),
    onMessage: (listener) =>
      thread.addEventListener('message', ({ data }) => {
        if (data.event) onEvent?.(data.event);
        else if (data.id !== STARTED) listener(data);
      }),
    onFailure: (listener) =>
      thread.addEventListener('error', ({ message }) =>
        listener(new PageError('engine-failed', { detail: message ?? '' })),
      ),
  });
  return new Proxy({} as Remote<Calls>, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        call(String(name), args),
  });
}

export function connectEngine(onEvent: (event: EngineEvent) => void): Remote<Engine> {
  return connect<Engine>(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }), onEvent);
}

/** The database; the page starts it when it is first used. */
export function connectSearch(): Remote<SearchCalls> {
  return connect<SearchCalls>(new Worker(new URL('./search-worker.ts', import.meta.url), { type: 'module' }));
}

/** UMAP of rows; `stop` ends it. */
export function runUmap(rows: Float32Array, dimensions: number, onShare: (share: number) => void) {
  const thread = new Worker(new URL('./umap-worker.ts', import.meta.url), { type: 'module' });
  const result = new Promise<Float32Array>((resolve, reject) => {
    thread.addEventListener('message', ({ data }) => {
      if (data.positions) resolve(data.positions);
      else onShare(data.share);
    });
    thread.addEventListener('error', ({ message }) =>
      reject(new PageError('engine-failed', { detail: message ?? '' })),
    );
    thread.postMessage({ rows, dimensions });
  }).finally(() => thread.terminate());
  return { result, stop: () => thread.terminate() };
}
