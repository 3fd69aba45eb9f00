import type { Loss } from '../kernels/word2vec/word2vec.ts';

/** What training needs to know of a loss beside its mathematics, which is the kernels'. */
export interface LossTraits {
  /** Predicts along the paths of a Huffman tree: the output rows are inner nodes, not words. */
  readonly usesTree: boolean;
  /** Draws negative samples. */
  readonly usesNegatives: boolean;
  /** Visits rows of all words for each example, so that a word's subwords and matrices outside of the memory are not for it. */
  readonly visitsAllWords: boolean;
  /** Learning rate of CBOW that measured best (docs/quality.md). */
  readonly cbowLearningRate: number;
  /** Mean loss of a model that gives every answer the same probability, in nats. */
  meanLossOfIgnorance(size: { negatives: number; longestPath: number; wordCount: number }): number;
}

export const LOSS_TRAITS: Readonly<Record<Loss, LossTraits>> = {
  'negative-sampling': {
    usesTree: false,
    usesNegatives: true,
    visitsAllWords: false,
    cbowLearningRate: 0.075,
    meanLossOfIgnorance: ({ negatives }) => Math.LN2 * (negatives + 1),
  },
  'hierarchical-softmax': {
    usesTree: true,
    usesNegatives: false,
    visitsAllWords: false,
    cbowLearningRate: 0.025,
    meanLossOfIgnorance: ({ longestPath }) => Math.LN2 * Math.max(1, longestPath),
  },
  softmax: {
    usesTree: false,
    usesNegatives: false,
    visitsAllWords: true,
    cbowLearningRate: 0.05,
    meanLossOfIgnorance: ({ wordCount }) => Math.log(Math.max(2, wordCount)),
  },
};
