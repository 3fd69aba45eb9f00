export const CLASSIFIER_LOSSES = ['hierarchical-softmax', 'negative-sampling', 'softmax', 'one-vs-all'] as const;

/** What a supervised fastText model has beside its words. */
export interface Classifier {
  /** As trained, such as "__label__en". */
  readonly labels: readonly string[];
  /** Occurrences in the training, one a label. */
  readonly labelCounts: Float64Array;
  /** (labels × dimensions): the output vectors; with hierarchical softmax those of the inner nodes of the tree. */
  readonly labelVectors: Float32Array;
  readonly loss: (typeof CLASSIFIER_LOSSES)[number];
  /** Up to so many neighboring words share a row of the n-grams. */
  readonly wordNgrams: number;
}
