/**
 * The contract of the kernels for skip-gram and CBOW with negative sampling, hierarchical softmax or full softmax: what
 * they are given, where it lies in memory, what they do. `word2vec-reference.ts` is the plain version, `word2vec-kernel.ts`
 * the fast one; both pass `word2vec.contract.ts`, and so must any later back end.
 */

/** Skip-gram: each word around a centre predicts it. CBOW: all words around it together do. */
export const ALGORITHMS = ['skip-gram', 'cbow'] as const;

/** See `ALGORITHMS`. */
export type Algorithm = (typeof ALGORITHMS)[number];

/** What the training makes small. */
export const LOSSES = ['negative-sampling', 'hierarchical-softmax', 'softmax'] as const;

/** See `LOSSES`. */
export type Loss = (typeof LOSSES)[number];

/** What CBOW predicts from: the mean or the sum of the vectors of the words around the centre. */
export const CBOW_INPUTS = ['mean', 'sum'] as const;

/** See `CBOW_INPUTS`. */
export type CbowInput = (typeof CBOW_INPUTS)[number];

/**
 * What CBOW gives back to each of the words behind a mean: the whole gradient, as word2vec.c, gensim and fastText do, or
 * its share, which is the exact gradient (İrsoy et al. 2021, koan). With a sum both are the same.
 */
export const CBOW_GRADIENTS = ['word2vec', 'exact'] as const;

/** See `CBOW_GRADIENTS`. */
export type CbowGradient = (typeof CBOW_GRADIENTS)[number];

/**
 * Which pairs of skip-gram share their negative samples: `pair` none do, as in word2vec.c; `centre` all context words of a centre do
 * (Ji et al. 2016, pWord2Vec); `two-centres` those of two centres that follow each other, which are trained together. CBOW has one
 * example for each centre.
 */
export const NEGATIVE_SHARING = ['pair', 'centre', 'two-centres'] as const;

/** See `NEGATIVE_SHARING`. */
export type NegativeSharing = (typeof NEGATIVE_SHARING)[number];

/**
 * How deterministic training adds up what `n` slots have changed in a row: `root` divides the sum by √n; `length` lets the sum be no longer
 * than it would be if the changes had nothing in common, the root of the sum of their squares. The first keeps back what only one slot has
 * found; with the second, deterministic training is as good as the other.
 */
export const DETERMINISTIC_MERGES = ['root', 'length'] as const;

/** See `DETERMINISTIC_MERGES`. */
export type DeterministicMerge = (typeof DETERMINISTIC_MERGES)[number];

export interface Word2VecSettings {
  /** Words in the vocabulary. */
  readonly wordCount: number;
  /** Length of a vector, 1 to 4096. */
  readonly dimensions: number;
  /** Largest distance between centre and context; each centre draws its own from 1 to this. */
  readonly window: number;
  readonly algorithm: Algorithm;
  readonly loss: Loss;
  readonly cbowInput: CbowInput;
  readonly cbowGradient: CbowGradient;
  /** Steps of the longest path in the Huffman tree, and of all paths together; 0 without hierarchical softmax. */
  readonly longestPath: number;
  readonly pathSteps: number;
  /** Negative samples of a centre, or of a pair; 0 without negative sampling. */
  readonly negatives: number;
  readonly negativeSharing: NegativeSharing;
  /** Words that are drawn at once, from which centres take theirs; 0 draws each from all words. Absent: what measured best. */
  readonly negativePool: number | undefined;
  /**
   * Added to u · h before the sigmoid; 0 without negative sampling. With −ln(negatives) a model of zeros knows how many of the
   * pairs that it is asked for are true ones, and the vectors need not learn it: else they begin by all growing the same way.
   */
  readonly logitBias: number;
  /** After each pair both rows lose this share × learning rate of themselves; 0 with full softmax. */
  readonly weightDecay: number;
  /** Most tokens of a block, without its margins. */
  readonly blockTokens: number;
  /** Blocks of the corpus, which are an epoch. */
  readonly blocks: number;
  /** Number of workers, each with its own scratch; in deterministic training SLOTS, whatever the number of threads. */
  readonly workers: number;
  /** Workers train on copies of their own, which `mergeSlots` brings together: see SLOTS. */
  readonly deterministic: boolean;
  readonly deterministicMerge: DeterministicMerge;
  /** The matrices lie outside of the memory, which has no place for them: see `Matrices`. */
  readonly outside: boolean;
  /** Rows of the input matrix: one a word, and with subwords behind them one a bucket of n-grams. */
  readonly inputRows: number;
  /** Rows of all words together, with subwords, and of the word that has most; otherwise 0. */
  readonly subwordSteps: number;
  readonly mostSubwords: number;
  /** Whether each word has a factor by which updates of its input row are multiplied. */
  readonly inputFactors: boolean;
}

/** Where everything lies in the shared memory. Offsets and lengths in bytes unless named otherwise. */
export interface Word2VecLayout extends Word2VecSettings {
  /** Values from one row to the next: `dimensions` rounded up to whole 16-byte lanes. The rest stays 0. */
  readonly rowLength: number;
  /** Float32, (inputRows × rowLength); 0 if the matrices lie outside. */
  readonly inputVectors: number;
  /** Float32, (words × rowLength). With hierarchical softmax, a row for each inner node, the last row unused. */
  readonly outputVectors: number;
  /** Uint32 a word: an occurrence is kept when a 32-bit draw does not exceed it. */
  readonly keepThresholds: number;
  /** Uint32 a word, see AliasTable. */
  readonly aliasThresholds: number;
  readonly aliasWords: number;
  /** Uint32, see HuffmanTree: words + 1 offsets, then the steps. */
  readonly pathOffsets: number;
  readonly pathStepsAt: number;
  /** Uint32, see Subwords: words + 1 offsets, then the rows. */
  readonly subwordOffsets: number;
  readonly subwordRows: number;
  /** Float32 a word, 0 to 1. */
  readonly inputFactorsAt: number;
  /** Scratch of worker 0; that of worker i begins i × scratchByteLength later. */
  readonly scratch: number;
  readonly scratchByteLength: number;
  /** Negative samples from which centres take theirs, drawn for a block; 0: from all words. */
  readonly noisePoolSize: number;
  /** So many of them, the oldest ones, are drawn anew for each group of centres but the first. */
  readonly freshNoise: number;
  /** Tokens before and after a block that serve as context: enough for `window` kept ones as a rule. */
  readonly marginTokens: number;
  readonly byteLength: number;
}

export interface BlockResult {
  /** Examples: (centre, context word) in skip-gram, (centre, context) in CBOW. */
  readonly pairs: number;
  /**
   * −Σ ln p over all examples, before each update. Negative sampling: ln p = ln σ(u_centre · h) + Σ ln σ(−u_noise · h).
   * Hierarchical softmax: ln p = Σ ln σ(±u_node · h), + where the bit of the step is 0.
   * Full softmax: ln p = u_target · h − ln Σ_w e^(u_w · h).
   */
  readonly loss: number;
}

/**
 * In deterministic training a round is so many blocks. Each slot trains one, on the matrices as they were when the round
 * began: every row that it touches it copies first, and it changes its copy only. Then `mergeSlots` adds the changes of
 * all slots in their order. So nothing depends on which thread trains which slot, nor on when.
 *
 * The sum itself diverges for the frequent words, which all slots push the same way, and the mean learns too slowly for the others: see
 * `DETERMINISTIC_MERGES`. With eight slots the accuracy is .7 points lower.
 */
export const SLOTS = 4;

export interface Word2VecKernel {
  /** The worker's block buffer: word ids, −1 at sentence ends. Fill it, then call `trainBlock`. */
  readonly tokens: Int32Array;
  /**
   * Trains each token in [begin, end) of `tokens` as a centre once; tokens outside, up to `tokenCount`, are
   * context only. All randomness comes from the two 32-bit seeds.
   */
  trainBlock(
    tokenCount: number,
    begin: number,
    end: number,
    learningRate: number,
    seed0: number,
    seed1: number,
  ): BlockResult;
  /**
   * Brings what has changed in the worker's copies of frequent rows (see `copiedRows`), or if the matrices lie outside in all
   * rows that it has trained, into the shared matrices. Due as `blocksPerMerge` says, and after the last block for all.
   */
  mergeCopies(rows?: 'all' | 'hottest'): void;
  /** Ends a round of deterministic training for one of `parts` equal parts of both matrices. */
  mergeSlots(part: number, parts: number): void;
}

/**
 * Both matrices, with padding, in shared arrays of their own where one WebAssembly memory of 4 GiB cannot hold them. Then a worker
 * copies each row into the memory when it first trains it, trains its copy, and `mergeCopies` brings in what has changed.
 */
export interface Matrices {
  /** (inputRows × rowLength) */
  readonly inputVectors: Float32Array;
  /** (words × rowLength) */
  readonly outputVectors: Float32Array;
}

/** A `WebAssembly.Memory`, for users whose compiler does not know that name: Node's types lack it. */
export interface SharedMemory {
  readonly buffer: ArrayBufferLike;
}

/** @param outside - the matrices if they lie outside */
export type CreateWord2VecKernel = (
  memory: SharedMemory,
  layout: Word2VecLayout,
  worker: number,
  outside?: Matrices,
) => Word2VecKernel;

/** WASM addresses are 32-bit: one memory holds 4 GiB at most. */
export const MAXIMUM_MEMORY_BYTES = 2 ** 32;
