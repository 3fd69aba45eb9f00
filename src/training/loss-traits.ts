import type { Loss } from '../kernels/word2vec/word2vec.ts';

/** What the loss of vectors that know nothing depends on. */
export interface IgnoranceSize {
  readonly negatives: number;
  readonly logitBias: number;
  readonly longestPath: number;
  readonly wordCount: number;
}

/** What training needs to know of a loss beside its mathematics, which is the kernels'. */
export interface LossTraits {
  /** Predicts along the paths of a Huffman tree: the output rows are inner nodes, not words. */
  readonly usesTree: boolean;
  /** Draws negative samples. */
  readonly usesNegatives: boolean;
  /** Visits rows of all words for each example, so that a word's subwords and matrices outside of the memory are not for it. */
  readonly visitsAllWords: boolean;
  /** Learning rate of CBOW that measured best (docs/experiments.md). */
  readonly cbowLearningRate: number;
  /**
   * The lowest starting rates at which training was seen to diverge (it was set back) or to be spoiled (the held-out loss
   * jumped), and the highest below that were not. 1.0 million tokens of English prepared like text8, 100 dimensions, one
   * epoch, two threads, one seed; softmax with 100 thousand tokens, 1000 words and 50 dimensions. Rates tried: about ten
   * from .025 to 4 for negative sampling, fewer for the others. The exact gradient of CBOW diverged at 1.5, not at .7.
   */
  readonly divergingRates: Readonly<
    Record<'skip-gram' | 'cbow mean' | 'cbow sum', { readonly from: number; readonly good: number }>
  >;
  /** Mean loss of vectors of zeros, in nats; of a tree the most, as each word has its own. */
  meanLossOfIgnorance(size: IgnoranceSize): number;
}

export const LOSS_TRAITS: Readonly<Record<Loss, LossTraits>> = {
  'negative-sampling': {
    usesTree: false,
    usesNegatives: true,
    visitsAllWords: false,
    cbowLearningRate: 0.075,
    divergingRates: {
      'skip-gram': { from: 0.2, good: 0.1 },
      'cbow mean': { from: 0.5, good: 0.3 },
      'cbow sum': { from: 0.2, good: 0.1 },
    },
    meanLossOfIgnorance: ({ negatives, logitBias }) =>
      Math.log1p(Math.exp(-logitBias)) + negatives * Math.log1p(Math.exp(logitBias)),
  },
  'hierarchical-softmax': {
    usesTree: true,
    usesNegatives: false,
    visitsAllWords: false,
    cbowLearningRate: 0.025,
    divergingRates: {
      'skip-gram': { from: 0.2, good: 0.1 },
      'cbow mean': { from: 0.3, good: 0.2 },
      'cbow sum': { from: 0.2, good: 0.1 },
    },
    meanLossOfIgnorance: ({ longestPath }) => Math.LN2 * Math.max(1, longestPath),
  },
  softmax: {
    usesTree: false,
    usesNegatives: false,
    visitsAllWords: true,
    cbowLearningRate: 0.05,
    divergingRates: {
      'skip-gram': { from: 0.3, good: 0.1 },
      'cbow mean': { from: 1, good: 0.3 },
      'cbow sum': { from: 0.3, good: 0.1 },
    },
    meanLossOfIgnorance: ({ wordCount }) => Math.log(Math.max(2, wordCount)),
  },
};
