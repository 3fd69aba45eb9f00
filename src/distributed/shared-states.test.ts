import { expect, it } from 'vitest';
import { memoryStates, type StateStore, type TrainingState } from '../training/training-state.ts';
import { inProcessRanks } from './in-process-ranks.ts';
import { sharedStates } from './shared-states.ts';

const state = (value: number): TrainingState => ({
  inputVectors: Float32Array.of(value, 2),
  outputVectors: Float32Array.of(3, value),
  position: { nextBlock: value } as TrainingState['position'],
});

function storesOf(first: StateStore) {
  return inProcessRanks(3).map((ranks, rank) => sharedStates(ranks, rank === 0 ? first : memoryStates()));
}

it('gives all ranks what the first has kept', async () => {
  const own = memoryStates();
  const stores = storesOf(own);
  expect(await Promise.all(stores.map((store) => store.load('latest')))).toEqual([undefined, undefined, undefined]);
  await Promise.all(stores.map((store, rank) => store.save('latest', state(rank))));
  await Promise.all(stores.map((store, rank) => store.save('best', state(10 + rank))));
  expect(await own.load('best')).toEqual(state(10));
  expect(await Promise.all(stores.map((store) => store.load('latest')))).toEqual([state(0), state(0), state(0)]);
});

it('tells all ranks of a state that the first cannot read', async () => {
  const damaged = { ...memoryStates(), load: () => Promise.reject(new Error('it is damaged')) };
  const loads = storesOf(damaged).map((store) => store.load('latest'));
  for (const load of loads) await expect(load).rejects.toThrow('it is damaged (rank 0 on this process)');
});
