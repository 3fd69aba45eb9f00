import { describe, expect, it } from 'vitest';
import { KeptStates } from './kept-states.ts';
import type { TrainingEvent } from './training-events.ts';
import { memoryStates, type StateStore, type TrainingState } from './training-state.ts';

const state = (nextBlock: number) =>
  ({
    inputVectors: new Float32Array(1),
    outputVectors: new Float32Array(1),
    position: { nextBlock },
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

  it('goes on from an earlier run where that is asked', async () => {
    const store = memoryStates();
    await store.save('latest', state(7));
    const states = new KeptStates(store, () => {});
    expect((await states.resume())?.position.nextBlock).toBe(7);
    expect((await states.load('latest'))?.position.nextBlock).toBe(7);
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
    await expect(states.resume()).rejects.toThrow('the disk is full');
  });
});
