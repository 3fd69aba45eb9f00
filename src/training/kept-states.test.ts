import { describe, expect, it } from 'vitest';
import { KeptStates } from './kept-states.ts';
import type { TrainingEvent } from './training-events.ts';
import { memoryStates, type StateStore, type TrainingState } from './training-state.ts';

const state = (nextBlock: number, ...heldOutContrasts: number[]) =>
  ({
    inputVectors: new Float32Array(1),
    outputVectors: new Float32Array(1),
    position: { nextBlock, heldOutContrasts },
  }) as unknown as TrainingState;

describe('KeptStates', () => {
  it('gives back what this training kept, not what an earlier one left in the same place', async () => {
    const store = memoryStates();
    await store.save('latest', state(7));
    const states = new KeptStates(store, () => {});
    expect(await states.load('latest')).toBeUndefined();
    expect(await states.save('latest', state(8))).toBe(true);
    expect((await states.load('latest'))?.position.nextBlock).toBe(8);
    expect(await states.load('best')).toBeUndefined();
  });

  it('keeps no state that has diverged', async () => {
    const store = memoryStates();
    const states = new KeptStates(store, () => {});
    await states.save('latest', state(7));
    expect(await states.save('latest', { ...state(8), outputVectors: Float32Array.of(1, Number.NaN) })).toBe(false);
    expect((await states.load('latest'))?.position.nextBlock).toBe(7);
  });

  it('goes on from an earlier run where that is asked', async () => {
    const store = memoryStates();
    await store.save('latest', state(7));
    const states = new KeptStates(store, () => {});
    expect((await states.resume(false))?.position.nextBlock).toBe(7);
    expect((await states.load('latest'))?.position.nextBlock).toBe(7);
  });

  it.each([
    ['the best epoch lies behind the latest state', state(7, 0.5, 0.6), state(4, 0.5), 7, 4],
    ['the best epoch is farther than the latest state', state(7, 0.5), state(9, 0.5, 0.6), 9, 9],
    ['the run ended before its first checkpoint', undefined, state(4, 0.5), 4, 4],
    ['the best epoch is of another run of the same training', state(7, 0.5), state(9, 0.4, 0.6), 7, undefined],
    ['the best epoch is of another run, which was behind', state(7, 0.5, 0.6), state(4, 0.4), 7, undefined],
  ])('goes on where %s', async (_, latest, best, nextBlock, bestBlock) => {
    const store = memoryStates();
    if (latest) await store.save('latest', latest);
    await store.save('best', best);
    const states = new KeptStates(store, () => {});
    expect((await states.resume(true))?.position.nextBlock).toBe(nextBlock);
    expect((await states.load('best'))?.position.nextBlock).toBe(bestBlock);
  });

  it('warns where a state cannot be kept or read, but a resumed training fails', async () => {
    const broken = Promise.reject(new Error('the disk is full'));
    broken.catch(() => {});
    const store: StateStore = { save: () => broken, load: () => broken };
    const told: TrainingEvent[] = [];
    const states = new KeptStates(store, (event) => told.push(event));
    expect(await states.save('latest', state(1))).toBe(false);
    expect(told).toMatchObject([
      { type: 'warning', code: 'checkpoint', message: expect.stringContaining('the disk is full') },
    ]);
    await expect(states.resume(false)).rejects.toThrow('the disk is full');
  });

  it('warns once of states that cannot be kept, and tells at the end how many', async () => {
    const told: string[] = [];
    const inMemory = memoryStates();
    let isFull = true;
    const store: StateStore = {
      ...inMemory,
      save: async (name, kept) => {
        if (isFull) throw new Error('the disk is full');
        await inMemory.save(name, kept);
      },
    };
    const states = new KeptStates(store, (event) => event.type === 'warning' && told.push(event.message));
    await states.save('latest', state(1));
    await states.save('best', state(2));
    isFull = false;
    await states.save('latest', state(3));
    states.tellFailures();
    expect(told).toEqual([expect.stringContaining('the disk is full'), '2 of 3 checkpoints could not be saved']);
  });
});
