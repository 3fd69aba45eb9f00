import { expect, it } from 'vitest';
import { createTokenizer } from '../text/tokenizer.ts';
import { localWorker } from './local-worker.ts';
import { startWorkers } from './start-workers.ts';
import type { TrainEvent } from './train-settings.ts';

const tokenizer = createTokenizer('whitespace');

it('starts as many threads as are asked for', async () => {
  const events: TrainEvent[] = [];
  const createWorker = async () => localWorker(tokenizer);
  const { workers, inThreads } = await startWorkers(3, tokenizer, { createWorker }, (event) => events.push(event));
  expect([workers.length, inThreads, events.length]).toEqual([3, true, 0]);
});

it('does without threads where one cannot be started, ends the others, and says why', async () => {
  const events: TrainEvent[] = [];
  let [begun, closed] = [0, 0];
  const createWorker = async () => {
    if (++begun === 2) throw new Error('the script is not there');
    return { ...localWorker(tokenizer), close: async () => void closed++ };
  };
  const { workers, inThreads } = await startWorkers(3, tokenizer, { createWorker }, (event) => events.push(event));
  expect([workers.length, inThreads, closed]).toEqual([3, false, 2]);
  expect(events).toEqual([
    expect.objectContaining({
      type: 'warning',
      code: 'threads',
      message: expect.stringContaining('the script is not there'),
    }),
  ]);
  expect(await workers[0].takeRun(true)).toBeDefined();
});

it('needs no threads where an environment has none, and warns of nothing', async () => {
  const events: TrainEvent[] = [];
  const { workers, inThreads } = await startWorkers(1, tokenizer, {}, (event) => events.push(event));
  expect([workers.length, inThreads, events.length]).toEqual([1, false, 0]);
});
