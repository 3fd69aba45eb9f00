import { expect, it } from 'vitest';
import { abortableSource, untilAborted } from './until-aborted.ts';

const never = () => new Promise<never>(() => {});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('ends what never yields, and tells it to close', async () => {
  const abort = new AbortController();
  let told = false;
  const items = {
    [Symbol.asyncIterator]: () => ({
      next: never,
      return: async () => {
        told = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const first = untilAborted(items, abort.signal).next();
  abort.abort(new Error('enough'));
  await expect(first).rejects.toThrow('enough');
  expect(told).toBe(true);
});

it('ends an async generator that hangs after its first items', async () => {
  const abort = new AbortController();
  async function* items() {
    yield 1;
    await never();
  }
  const seen: number[] = [];
  const reading = (async () => {
    for await (const item of untilAborted(items(), abort.signal)) {
      seen.push(item);
      setTimeout(() => abort.abort(new Error('enough')));
    }
  })();
  await expect(reading).rejects.toThrow('enough');
  expect(seen).toEqual([1]);
});

it('gives all items, passes errors on, and closes what is left early', async () => {
  let closed = 0;
  async function* items(fail: boolean) {
    try {
      yield* [1, 2, 3];
      if (fail) throw new Error('broken');
    } finally {
      closed++;
    }
  }
  const { signal } = new AbortController();
  expect(await collect(untilAborted(items(false), signal))).toEqual([1, 2, 3]);
  await expect(collect(untilAborted(items(true), signal))).rejects.toThrow('broken');
  for await (const _ of untilAborted(items(false), signal)) break;
  expect(closed).toBe(3);
  await expect(untilAborted(items(false), AbortSignal.abort()).next()).rejects.toThrow('aborted');
});

it('leaves text in memory and files as they are', () => {
  const { signal } = new AbortController();
  const bytes = [new Uint8Array(1)];
  expect(abortableSource({ name: 'x', open: () => bytes }, signal).open()).toBe(bytes);
  const file = { name: 'x', open: Object.assign(() => bytes, { file: 'x' }) };
  expect(abortableSource(file, signal)).toBe(file);
});
