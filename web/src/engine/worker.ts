// The engine in its thread.
import { STARTED, serveCalls } from '../../../src/threads/remote-calls.ts';
import { Engine } from './engine.ts';

const thread = globalThis as unknown as {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
};
const engine = new Engine((event, transfer) => thread.postMessage({ event }, transfer ?? []));

serveCalls(
  {
    post: (message, transfer) => thread.postMessage(message, transfer ?? []),
    onMessage: (listener) => thread.addEventListener('message', ({ data }) => listener(data)),
  },
  async (call, args) => ({
    value: await (engine as unknown as Record<string, (...all: readonly unknown[]) => unknown>)[call](...args),
  }),
);
thread.postMessage({ id: STARTED });
