/** How much each word counts in the vector of a sentence; `mean`: all alike, `custom`: by given weights. */
export const WEIGHTINGS = ['mean', 'icf', 'idf', 'sif', 'usif', 'custom'] as const;
/** See `WEIGHTINGS`. */
export type Weighting = (typeof WEIGHTINGS)[number];

/**
 * How a model makes one vector of the words of a sentence, stored with it so that the same text gives the same vector
 * everywhere. Without it: `defaultSentenceSettings`.
 */
export interface SentenceSettings {
  readonly weighting: Weighting;
  /** a of SIF and uSIF. */
  readonly smoothing?: number | undefined;
  /** One a word, 0 or more; absent: all 1. */
  readonly weights?: Float32Array | undefined;
  /** The weighted sum is divided by the number of tokens, as Model2Vec does; absent: by the sum of their weights. */
  readonly divideBy?: 'tokens' | undefined;
  /** Weight of a word that is made of its n-grams. */
  readonly unknownWeight: number;
  /** Words that the model holds stand for those that it does not, see sentences/stand-ins.ts; absent: these are left out. */
  readonly standIns?: boolean | undefined;
  /** Word vectors are taken at length 1. */
  readonly unitWords: boolean;
  /** (components × dimensions): directions, at length 1 and square to each other, that are taken out of the mean. */
  readonly components?: Float32Array | undefined;
  /** What share of each component is taken out, 0 to 1. */
  readonly componentShares?: Float32Array | undefined;
  /**
   * (rows × dimensions): a linear map of the mean, after components are taken out: the principal axes that are kept, or what makes those
   * of the words even. The vector has as many numbers as it has rows.
   */
  readonly projection?: Float32Array | undefined;
  /** The result is brought to length 1. */
  readonly normalize: boolean;
  /** Sentences that idf, components and projection were fitted on; 0 if nothing was fitted. */
  readonly sentences: number;
}
