import { expect, it } from 'vitest';
import { remoteCalls, serveCalls, type WorkerPort } from './remote-calls.ts';

/** Two ends in one thread; messages are cloned as between threads. */
function ends() {
  const listeners: ((message: unknown) => void)[] = [];
  const failures: ((error: Error) => void)[] = [];
  const end = (own: number, other: number): WorkerPort => ({
    post: (message, transfer) => {
      const copy = structuredClone(message, { transfer: transfer ?? [] });
      queueMicrotask(() => listeners[other]?.(copy));
    },
    onMessage: (listener) => {
      listeners[own] = listener;
    },
    onFailure: (listener) => failures.push(listener),
    close: async () => {},
  });
  return { here: end(0, 1), there: end(1, 0), fail: (error: Error) => failures.forEach((listener) => listener(error)) };
}

it('answers calls, many at once, each with its own value', async () => {
  const { here, there } = ends();
  serveCalls(there, async (call, [number]) => {
    await new Promise((resolve) => setTimeout(resolve, 5 - (number as number)));
    return { value: `${call} ${number}` };
  });
  const call = remoteCalls(here);
  expect(await Promise.all([1, 2, 3].map((number) => call('double', [number])))).toEqual([
    'double 1',
    'double 2',
    'double 3',
  ]);
});

it.each([RangeError, SyntaxError, TypeError])('keeps the class of an error: %s', async (Class) => {
  const { here, there } = ends();
  serveCalls(there, () => {
    throw new Class('too much');
  });
  const error: Error = await remoteCalls(here)<Error>('x', []).catch((reason) => reason);
  expect(error).toBeInstanceOf(Class);
  expect(error.message).toBe('too much');
});

it('keeps the code of an error, as databases and the system give one', async () => {
  const { here, there } = ends();
  serveCalls(there, () => {
    throw Object.assign(new TypeError('no'), { code: 'ENOENT' });
  });
  const error: Error = await remoteCalls(here)<Error>('x', []).catch((reason) => reason);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ message: 'no', code: 'ENOENT' });
});

it('keeps the name of an error of another class', async () => {
  const { here, there } = ends();
  serveCalls(there, () => {
    throw Object.assign(new Error('no'), { name: 'ModelFormatError' });
  });
  await expect(remoteCalls(here)('x', [])).rejects.toMatchObject({ name: 'ModelFormatError', message: 'no' });
});

it('rejects calls under way and later ones when the other end fails', async () => {
  const { here, there, fail } = ends();
  serveCalls(there, () => new Promise(() => {}));
  const call = remoteCalls(here);
  const underWay = call('x', []);
  fail(new Error('gone'));
  await expect(underWay).rejects.toThrow('gone');
  await expect(call('x', [])).rejects.toThrow('gone');
});

it('rejects a call whose arguments cannot be posted', async () => {
  const { here } = ends();
  await expect(remoteCalls(here)('x', [() => {}])).rejects.toThrow();
});
