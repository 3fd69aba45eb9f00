export const WARNING_CODES = [
  'letters',
  'min-count',
  'one-line',
  'repeated-lines',
  'tokenizer',
  'learning-rate',
  'markup',
  'records',
  'table',
  'subtitles',
  'mail',
  'encoding',
  'scripts',
  'spelling',
  'little-text',
  'byte-order-mark',
  'memory',
  'checkpoint',
  'threads',
  'continued',
  'nothing-learned',
  'ranks',
  'degenerate-vectors',
  'unused-option',
] as const;

/** Something that is probably not meant. It never stops the training. */
export interface Warning {
  readonly code: (typeof WARNING_CODES)[number];
  /** What was found, and what to do. */
  readonly message: string;
}

/** How far the training has come. */
export interface TrainingProgress {
  /** Share of the whole training that is done, 0 to 1. */
  readonly share: number;
  /** Current epoch, 1 to epochs. */
  readonly epoch: number;
  readonly epochs: number;
  /** Tokens of the vocabulary a second, before subsampling, since the training began. */
  readonly wordsPerSecond: number;
  readonly secondsLeft: number;
  readonly learningRate: number;
  /** Mean loss of an example with its negative samples, natural logarithm, in the current epoch. */
  readonly loss: number;
}

/** What happens while vectors are trained. */
export type TrainingEvent =
  /** A likely mistake: before the text is read what its beginning tells, then what its words tell; later trouble that the training survives. */
  | ({ readonly type: 'warning' } & Warning)
  | ({ readonly type: 'progress' } & TrainingProgress)
  /** Vectors that were there before: how many words of the vocabulary begin with them. */
  | { readonly type: 'start'; readonly words: number; readonly outputVectors: boolean }
  | { readonly type: 'resumed'; readonly share: number }
  | {
      readonly type: 'epoch';
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
      readonly heldOutLoss: number | undefined;
      /** See `TrainingReport.heldOutContrasts`. */
      readonly heldOutContrast: number | undefined;
    }
  /**
   * Words of held-out windows are less alike than they were: the model learns its text by heart, and the words nearest to a word get worse, or at
   * least no better (`noGainSince`). What compares whole texts may still gain.
   */
  | {
      readonly type: 'over-training';
      readonly epoch: number;
      readonly heldOutContrast: number;
      readonly bestEpoch: number;
      readonly bestHeldOutContrast: number;
      /**
       * Skip-gram whose epochs were given: since about this epoch words come no nearer, and more epochs bring them nothing. undefined where they
       * have lost a tenth of their contrast, or never had any.
       */
      readonly noGainSince: number | undefined;
      /**
       * With early stopping: the training goes back to its best epoch and ends after this one, over which the learning rate falls to its
       * end.
       */
      readonly endEpoch: number | undefined;
    }
  /** Where time is limited, once: so many epochs it allows, at most those of the options, at this speed. */
  | { readonly type: 'time'; readonly epochs: number; readonly ofEpochs: number; readonly wordsPerSecond: number }
  | { readonly type: 'checkpoint'; readonly share: number }
  /** The training is held (`TrainingPause`), and goes on. */
  | { readonly type: 'paused'; readonly share: number }
  | { readonly type: 'continued'; readonly share: number }
  /** The training has diverged, and goes on from the last good state at a lower rate. */
  | { readonly type: 'setback'; readonly share: number; readonly learningRate: number };

/** How the training went. */
export interface TrainingReport {
  /** Mean loss of an example in each epoch, taken before each update, summed in float64. */
  readonly epochLosses: readonly number[];
  /** Trained examples in each epoch: pairs in skip-gram, centres in CBOW. */
  readonly epochPairs: readonly number[];
  /** Mean loss of the held-out examples after each epoch; empty if nothing was held out. */
  readonly heldOutLosses: readonly number[];
  /**
   * After each epoch: by how many standard deviations two words of one held-out window are more alike (cosine similarity of their vectors) than
   * words of the held-out text at large. 0 is chance. Empty if nothing was held out. With CBOW and a text of no more than 2 million tokens only words
   * count that do not stand together elsewhere in the text.
   */
  readonly heldOutContrasts: readonly number[];
  readonly heldOutPairs: number;
  /**
   * `abort` by the caller's signal; `early-stop` by the held-out contrasts: then the training went back to its best epoch and let the rate fall
   * from there.
   */
  readonly endedBy: 'end' | 'abort' | 'early-stop';
  /** The learning rate at the start, after setbacks. */
  readonly learningRate: number;
  /** Share of the training that was done. */
  readonly share: number;
  /** Passes over the text that the vectors have behind them; not a whole number where the time was over. */
  readonly epochs: number;
  readonly seconds: number;
  readonly wordsPerSecond: number;
  readonly threads: number;
}
