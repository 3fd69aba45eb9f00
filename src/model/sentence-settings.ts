export const WEIGHTINGS = ['mean', 'icf', 'idf', 'sif', 'usif', 'custom'] as const;
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
  /** Word vectors are taken at length 1. */
  readonly unitWords: boolean;
  /** (components × dimensions): directions, at length 1 and square to each other, that are taken out of the mean. */
  readonly components?: Float32Array | undefined;
  /** What share of each component is taken out, 0 to 1. */
  readonly componentShares?: Float32Array | undefined;
  /** (fewer × dimensions): the principal axes that are kept. */
  readonly projection?: Float32Array | undefined;
  /** The result is brought to length 1. */
  readonly normalize: boolean;
  /** Sentences that idf, components and projection were fitted on; 0 if nothing was fitted. */
  readonly sentences: number;
}
