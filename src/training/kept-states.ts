import type { TrainingEvent } from './training-events.ts';
import type { StateStore, TrainingState } from './training-state.ts';

/**
 * The states that a training has kept. Trouble with them is a warning: the training is worth more than its checkpoint. What an
 * earlier training has left in the same place is not given back, but to one that resumes it.
 */
export class KeptStates {
  readonly #store: StateStore;
  readonly #tell: (event: TrainingEvent) => void;
  readonly #kept = new Set<'latest' | 'best'>();

  constructor(store: StateStore, tell: (event: TrainingEvent) => void) {
    this.#store = store;
    this.#tell = tell;
  }

  /** The latest state of an earlier run of this training. @throws Error for that of another training */
  async resume(): Promise<TrainingState | undefined> {
    const latest = await this.#store.load('latest');
    if (latest) this.#kept.add('latest');
    return latest;
  }

  /** @returns whether it is kept */
  async save(name: 'latest' | 'best', state: TrainingState): Promise<boolean> {
    try {
      await this.#store.save(name, state);
      this.#kept.add(name);
      return true;
    } catch (error) {
      this.#warn(error);
      return false;
    }
  }

  /** @returns undefined where none was kept, or it can no longer be read */
  async load(name: 'latest' | 'best'): Promise<TrainingState | undefined> {
    if (!this.#store.isShared && !this.#kept.has(name)) return undefined;
    try {
      return await this.#store.load(name);
    } catch (error) {
      this.#warn(error);
      return undefined;
    }
  }

  #warn(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `The training goes on without this checkpoint: ${reason}`;
    this.#tell({ type: 'warning', code: 'checkpoint', message });
  }
}
