import { areFinite } from './trained-rows.ts';
import type { TrainingEvent } from './training-events.ts';
import type { StateStore, TrainingPosition, TrainingState } from './training-state.ts';

/**
 * The states that a training has kept. Trouble with them is a warning: the training is worth more than its checkpoint. What an
 * earlier training has left in the same place is not given back, but to one that resumes it.
 */
export class KeptStates {
  readonly #store: StateStore;
  readonly #tell: (event: TrainingEvent) => void;
  readonly #kept = new Set<'latest' | 'best'>();
  #saved = 0;
  #failed = 0;

  constructor(store: StateStore, tell: (event: TrainingEvent) => void) {
    this.#store = store;
    this.#tell = tell;
  }

  /**
   * The state in which an earlier run of this training came farthest: the latest, or that of its best epoch where the run ended
   * before the next checkpoint. The best state is given back later on only if it lies on the same course.
   *
   * @param withBest - whether a best state may be there
   * @throws Error for the states of another training
   */
  async resume(withBest: boolean): Promise<TrainingState | undefined> {
    const latest = await this.#store.load('latest');
    if (latest) this.#kept.add('latest');
    const best = withBest ? await this.#store.load('best') : undefined;
    if (!best) return latest;
    const isFarther = !latest || goesOn(best.position, latest.position);
    if (isFarther || goesOn(latest.position, best.position)) this.#kept.add('best');
    return isFarther ? best : latest;
  }

  /** @returns whether it is kept; a state that has diverged is not */
  async save(name: 'latest' | 'best', state: TrainingState): Promise<boolean> {
    if (!areFinite(state)) return false;
    try {
      await this.#store.save(name, state);
      this.#kept.add(name);
      this.#saved++;
      return true;
    } catch (error) {
      if (this.#failed++ === 0) this.#warn(error); // a full disk fails each of them
      return false;
    }
  }

  /** At the end of the training: how many states could not be saved, where it is more than the one that was told. */
  tellFailures(): void {
    if (this.#failed < 2) return;
    const message = `${this.#failed} of ${this.#saved + this.#failed} checkpoints could not be saved`;
    this.#tell({ type: 'warning', code: 'checkpoint', message });
  }

  /** @returns undefined where none was kept, or it can no longer be read */
  async load(name: 'latest' | 'best'): Promise<TrainingState | undefined> {
    const mayBeKept = this.#kept.has(name) || (this.#store.isShared && name === 'latest');
    if (!mayBeKept) return undefined;
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

/** Whether a position is one that the other led to: what the held-out text told up to there is the same. */
function goesOn(position: TrainingPosition, from: TrainingPosition): boolean {
  const { heldOutContrasts } = position;
  return (
    position.nextBlock >= from.nextBlock &&
    from.heldOutContrasts.every((contrast, epoch) => contrast === heldOutContrasts[epoch])
  );
}
