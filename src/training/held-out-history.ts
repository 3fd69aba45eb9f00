import { hasOverTrained, learnsNothingElse, noGainSince, stretchContrasts } from './over-training.ts';
import type { TrainingPosition } from './training-state.ts';

type Kept = Pick<TrainingPosition, 'heldOutLosses' | 'heldOutContrasts' | 'contrastStretches'>;

/** What the held-out text told after each epoch. */
export class HeldOutHistory {
  /** Of the last epoch. */
  pairs = 0;
  readonly #losses: number[];
  readonly #contrasts: number[];
  readonly #stretches: (readonly number[])[];

  /** @param kept - of a checkpoint */
  constructor(kept?: Kept) {
    this.#losses = [...(kept?.heldOutLosses ?? [])];
    this.#contrasts = [...(kept?.heldOutContrasts ?? [])];
    this.#stretches = [...(kept?.contrastStretches ?? [])];
  }

  /** As a checkpoint keeps it. */
  get kept(): Kept {
    const copies = { heldOutLosses: [...this.#losses], heldOutContrasts: [...this.#contrasts] };
    return { ...copies, contrastStretches: [...this.#stretches] };
  }

  /**
   * Adds an epoch.
   *
   * @returns the means; undefined if nothing is held out
   */
  add(losses: Float64Array, contrasts: Float64Array): { loss: number | undefined; contrast: number | undefined } {
    this.pairs = losses.length;
    const loss = meanOf(losses);
    const contrast = meanOf(contrasts);
    if (loss !== undefined) this.#losses.push(loss);
    if (contrast !== undefined) {
      this.#contrasts.push(contrast);
      this.#stretches.push(stretchContrasts(contrasts));
    }
    return { loss, contrast };
  }

  /** The epoch of the highest contrast; undefined if there is none. */
  get best(): { epoch: number; contrast: number } | undefined {
    if (this.#contrasts.length === 0) return undefined;
    const contrast = Math.max(...this.#contrasts);
    return { epoch: this.#contrasts.indexOf(contrast) + 1, contrast };
  }

  /**
   * Whether the training learns its text by heart, and if not that, since when words gain nothing; undefined if neither. See `hasOverTrained`,
   * `learnsNothingElse` and `noGainSince`.
   *
   * @param seesGains - whether it is asked for the second, too
   */
  overTraining(ofEpochs: number, seesGains: boolean): { readonly noGainSince: number | undefined } | undefined {
    const isSo =
      hasOverTrained(this.#stretches, ofEpochs) || learnsNothingElse(this.#losses, this.#contrasts, ofEpochs);
    if (isSo) return { noGainSince: undefined };
    const since = seesGains ? noGainSince(this.#contrasts, ofEpochs) : undefined;
    return since === undefined ? undefined : { noGainSince: since };
  }
}

function meanOf(values: Float64Array): number | undefined {
  return values.length > 0 ? values.reduce((a, b) => a + b) / values.length : undefined;
}
