import type { LiveVectors } from './trainer.ts';
import type { TrainingEvent } from './training-events.ts';
import type { TrainingPause } from './training-pause.ts';
import type { StateStore } from './training-state.ts';

/** How a training is watched, kept and ended. */
export interface TrainControls {
  /** Stops the training after the blocks in work; the vectors so far are the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainingEvent) => void) | undefined;
  /** Called once, before the first block: the vectors can be read and changed from then on. */
  readonly onVectors?: ((vectors: LiveVectors) => void) | undefined;
  /** Where checkpoints go, and how many milliseconds lie between them. */
  readonly checkpoints?: { readonly store: StateStore; readonly everyMilliseconds: number } | undefined;
  /** Goes on from the latest checkpoint, if there is one. */
  readonly resume?: boolean | undefined;
  /** Holds the training between two blocks. */
  readonly pause?: TrainingPause | undefined;
  /** When the training has to be over, by `performance.now()`: it ends its course then, or with its epochs if they take less. */
  readonly endTime?: number | undefined;
  /**
   * Whether it is told where words gain nothing more: of skip-gram, for of CBOW it was not measured; and not of a number of epochs that was
   * chosen for the text, not given.
   */
  readonly seesGains?: boolean | undefined;
}
