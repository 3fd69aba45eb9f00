import { expect, it } from 'vitest';
import type { TrainEvent } from './train-settings.ts';
import { watchEvents } from './watch-events.ts';

const event = { type: 'epoch', epoch: 1, epochs: 2, loss: 1 } as TrainEvent;

it('throws at the next event, or at the end, what an asynchronous listener was rejected with', async () => {
  const { onEvent, settled } = watchEvents(async () => {
    throw new RangeError('mine');
  });
  onEvent!(event);
  await Promise.resolve();
  await Promise.resolve();
  expect(() => onEvent!(event)).toThrow(new RangeError('mine'));
  await expect(settled()).rejects.toThrow(new RangeError('mine'));
});

it('waits for what a listener still does', async () => {
  let done = false;
  const { onEvent, settled } = watchEvents(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done = true;
  });
  onEvent!(event);
  await settled();
  expect(done).toBe(true);
});

it('leaves other listeners as they are', async () => {
  const seen: unknown[] = [];
  const { onEvent, settled } = watchEvents((one) => seen.push(one));
  onEvent!(event);
  await settled();
  expect(seen).toEqual([event]);
  expect(watchEvents(undefined).onEvent).toBeUndefined();
  expect(watchEvents('no function' as never).onEvent).toBe('no function');
});
