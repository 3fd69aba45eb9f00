import type { StateStore, TrainingState } from '../training/training-state.ts';
import { type Communicator, gatherValues } from './communicator.ts';
import { together } from './together.ts';

/**
 * The checkpoints of a job: rank 0 keeps them, for all ranks have the same rows when one is due; what it loads, all get. That the latest
 * was saved, the others do not wait for.
 */
export function sharedStates(communicator: Communicator, own: StateStore): StateStore {
  const isFirst = communicator.rank === 0;
  return {
    isShared: true,
    async save(name, state) {
      if (name === 'latest') return isFirst ? own.save(name, state) : undefined;
      // Whether there is a best state decides what all do later.
      return together(communicator, async () => (isFirst ? own.save(name, state) : undefined));
    },
    async load(name) {
      const state = await together(communicator, async () => (isFirst ? own.load(name) : undefined));
      return shareState(communicator, state);
    },
  };
}

/** Sends the state of rank 0 to all. */
async function shareState(
  communicator: Communicator,
  state: TrainingState | undefined,
): Promise<TrainingState | undefined> {
  const [about] = await gatherValues(
    communicator,
    state && {
      position: state.position,
      inputValues: state.inputVectors.length,
      outputValues: state.outputVectors.length,
    },
  );
  if (!about) return undefined;
  const inputVectors = state?.inputVectors ?? new Float32Array(about.inputValues);
  const outputVectors = state?.outputVectors ?? new Float32Array(about.outputValues);
  for (const { buffer, byteOffset, byteLength } of [inputVectors, outputVectors]) {
    await communicator.broadcast(new Uint8Array(buffer, byteOffset, byteLength), 0);
  }
  return { inputVectors, outputVectors, position: about.position };
}
