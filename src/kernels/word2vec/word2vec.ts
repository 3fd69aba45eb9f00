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
 * What CBOW gives back to each of the words behind a mean: the whole error, as word2vec.c, gensim and fastText do, or
 * its share, which is the exact gradient (İrsoy et al. 2021, koan). With a sum both are the same.
 */
export const CBOW_GRADIENTS = ['word2vec', 'exact'] as const;
/** See `CBOW_GRADIENTS`. */
export type CbowGradient = (typeof CBOW_GRADIENTS)[number];

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
  /** Steps of the longest way in the Huffman tree, and of all ways together; 0 without hierarchical softmax. */
  readonly longestPath: number;
  readonly pathSteps: number;
  /**
   * Noise words of a centre, 0 without negative sampling; shared by all context words of `centresPerDraw`
   * centres, taken from the block's pool.
   */
  readonly negatives: number;
  /** Most tokens of a block, without its margins. */
  readonly blockTokens: number;
  /** Number of workers, each with its own scratch; in deterministic training SLOTS, whatever the number of threads. */
  readonly workers: number;
  /** Workers train on copies of their own, which `mergeSlots` brings together: see SLOTS. */
  readonly deterministic: boolean;
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
  /** Noise words from which centres take theirs; drawn for a block. */
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
 * A row that n slots have changed gets the sum of their changes divided by √n: the sum itself diverges for the frequent
 * words, which all slots push the same way, and the mean learns too slowly for the others. With eight slots
 * the accuracy is .7 points lower.
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

/** The matrices that lie in the memory. */
export function matricesInside({ buffer }: SharedMemory, layout: Word2VecLayout): Matrices {
  const { inputRows, wordCount, rowLength } = layout;
  return {
    inputVectors: new Float32Array(buffer, layout.inputVectors, inputRows * rowLength),
    outputVectors: new Float32Array(buffer, layout.outputVectors, wordCount * rowLength),
  };
}

/** @param outside - the matrices if they lie outside */
export type CreateWord2VecKernel = (
  memory: SharedMemory,
  layout: Word2VecLayout,
  worker: number,
  outside?: Matrices,
) => Word2VecKernel;

/**
 * So many consecutive centres of a sentence share their noise words (as the context words of a centre do: Ji et al. 2016,
 * pWord2Vec) and are trained together: a word in both windows meets the noise words once, with twice the weight. With
 * 4 in place of 2 the accuracy of skip-gram falls by 1.5 points. In CBOW, where a centre is one example, not several, and
 * with subwords, where all words learn from each other, it falls by two points with 2 in place of 1. Ways in a Huffman tree
 * have little in common.
 */
export function centresPerDraw({ algorithm, loss, subwordSteps }: Word2VecSettings): number {
  return algorithm === 'skip-gram' && loss === 'negative-sampling' && subwordSteps === 0 ? 2 : 1;
}

/** The noise words of so many centres are drawn together, so that a kernel can fetch all their rows at once. */
export const CENTRES_PER_GROUP = 8;

/**
 * Noise words come from a pool that is drawn for each block: so small that its rows stay in the caches, so large that each
 * word is taken from it no more than about 14 times: at 27 times the accuracy falls by 1.5 points, at 54 by 4
 * (bench/kernel-laboratory/README.md). With subwords, whose n-grams carry what one word learns to all others, ten times as large: 56.2 % of
 * the analogies in place of 51.5.
 *
 * In CBOW each noise word serves one example only, and the waits for its row weigh more. There the pool is small and moves:
 * for each group of centres a fifth of what they take is drawn anew in place of the oldest (1.16x faster than a pool for the
 * whole block at the same accuracy; with a tenth 1.25x, and a point of accuracy lost).
 */
function noisePool({ blockTokens, negatives, algorithm, subwordSteps }: Word2VecSettings) {
  if (negatives === 0) return { size: 0, fresh: 0 };
  if (algorithm === 'cbow' && subwordSteps === 0) {
    return { size: Math.max(256, 50 * negatives), fresh: Math.ceil((CENTRES_PER_GROUP * negatives) / 5) };
  }
  const uses = subwordSteps > 0 ? 5 : 50;
  return { size: Math.max(256, Math.ceil((blockTokens * negatives) / uses)), fresh: 0 };
}

/**
 * With full softmax so many centres are trained at once, all on the rows as they are before: each output row is read
 * twice and written once for all of them.
 */
export const EXAMPLES_PER_BATCH = 8;

/** WASM addresses are 32-bit: one memory holds 4 GiB at most. */
export const MAXIMUM_MEMORY_BYTES = 2 ** 32;

/**
 * Workers that write to the same rows wait for each other, the longer the farther apart their cores are. So each worker copies the rows
 * that are written to most, those of the most frequent words or of the nodes near the root of the Huffman tree, trains on its copies for so
 * many blocks and then brings in what has changed: all copied rows after `all` blocks, the most frequent ones among them after `hottest`. If the
 * matrices lie outside, the copied rows are those that it has trained, and none of them the hottest.
 *
 * Two workers, cores 250 ns apart: skip-gram 1.85x one in this way, 1.64x with 128 rows that are merged after each block. CBOW learns less if
 * the hottest rows wait: with hierarchical softmax 28.1 % of the analogies where all are merged after 20 blocks, 29.2 where the 400 hottest
 * are after each. Of what the others do each worker misses the more, the more there are: with four,
 * skip-gram gets 38.3 % if it merges all after each block, 36.5 after two, 37.4 where the 1,000 hottest are merged after each
 * (bench/kernel-laboratory/README.md).
 */
export function blocksPerMerge({ algorithm, blockTokens, workers, outside }: Word2VecSettings): {
  hottest: number;
  all: number;
} {
  if (workers > 2) return { hottest: 1, all: 1 };
  const cbow = algorithm === 'cbow';
  // 20 blocks of 10,000 tokens; in a small text, which has short blocks, fewer of them.
  const all = Math.max(1, Math.floor(blockTokens / (cbow && outside ? 2000 : 500)));
  return { hottest: cbow ? 1 : all, all };
}

/** A row is copied for so many tokens between two merges: 8,000 rows after 20 blocks, 400 after each. More rows cost more than they save. */
const TOKENS_PER_COPIED_ROW = 25;

/** Rows of one matrix that each worker copies, and those among them that are merged more often. */
export interface CopiedRows {
  readonly first: number;
  readonly count: number;
  readonly firstHottest: number;
  readonly hottest: number;
}

/** Which rows of the input and of the output matrix each worker copies. */
export function copiedRows(settings: Word2VecSettings): { inputs: CopiedRows; outputs: CopiedRows } {
  const { loss, wordCount, blockTokens, workers, deterministic, outside } = settings;
  const none = workers === 1 || deterministic || outside || loss === 'softmax';
  const { hottest, all } = blocksPerMerge(settings);
  const rows = (most: number) => {
    const mergedAfter = (blocks: number) =>
      none ? 0 : Math.min(most, Math.ceil((blocks * blockTokens) / TOKENS_PER_COPIED_ROW));
    return { count: mergedAfter(all), hottest: mergedAfter(hottest) };
  };
  const words = { first: 0, firstHottest: 0, ...rows(wordCount) };
  if (loss !== 'hierarchical-softmax') return { inputs: words, outputs: words };
  const nodes = wordCount - 1; // the root is the last
  const near = rows(nodes);
  return { inputs: words, outputs: { first: nodes - near.count, firstHottest: nodes - near.hottest, ...near } };
}

/**
 * The largest share of what has changed in a copied row that a worker brings in; all workers together bring in twice that at most
 * of what they have in common. The best by accuracy on 100 MB with two threads; the plain sum
 * of all changes diverges from four workers on (bench/kernel-laboratory/README.md).
 */
export function mergeShare({ algorithm, loss }: Word2VecSettings): number {
  return algorithm === 'skip-gram' && loss === 'hierarchical-softmax' ? 0.5 : 1;
}

/**
 * With subwords each kept word of a block has a row of its own while it stands in a window: the mean of its rows when it
 * enters, trained as any other row, and when it leaves all its rows get what has changed. That is fastText's gradient,
 * but the rows are read and written once for each word in the text, not once for each pair. So many are in windows.
 */
export function positionsAtOnce({ window }: Word2VecSettings): number {
  return 2 * window + 1;
}

const CACHE_LINE = 64;
/** In front of each own row of a matrix outside: which row it is; then the row, and the row as it was when it was copied. */
const OWN_ROW_HEADER_BYTES = CACHE_LINE;

/** Hands out places in whole cache lines, one behind the other, from `begin`. */
function reserveLines(begin: number) {
  let byteLength = begin;
  return {
    reserve(bytes: number): number {
      const offset = byteLength;
      byteLength += Math.ceil(bytes / CACHE_LINE) * CACHE_LINE;
      return offset;
    },
    end: () => byteLength,
  };
}

export function planWord2VecMemory(settings: Word2VecSettings): Word2VecLayout {
  const { wordCount, dimensions, window, workers } = settings;
  const rowLength = Math.ceil(dimensions / 4) * 4;
  const { reserve, end } = reserveLines(1024); // address 0 stays unused
  const inputVectors = settings.outside ? 0 : reserve(settings.inputRows * rowLength * 4);
  const outputVectors = settings.outside ? 0 : reserve(wordCount * rowLength * 4);
  const keepThresholds = reserve(wordCount * 4);
  const hierarchical = settings.loss === 'hierarchical-softmax';
  const drawn = settings.loss === 'negative-sampling' ? wordCount : 0;
  const aliasThresholds = reserve(drawn * 4);
  const aliasWords = reserve(drawn * 4);
  const pathOffsets = reserve(hierarchical ? (wordCount + 1) * 4 : 0);
  const pathStepsAt = reserve(settings.pathSteps * 4);
  const subwordOffsets = reserve(settings.subwordSteps > 0 ? (wordCount + 1) * 4 : 0);
  const subwordRows = reserve(settings.subwordSteps * 4);
  const inputFactorsAt = reserve(settings.inputFactors ? wordCount * 4 : 0);
  const marginTokens = 4 * window + 64;
  const scratchByteLength = planScratch(settings, rowLength, marginTokens).byteLength;
  const scratch = reserve(scratchByteLength * workers);
  return {
    ...settings,
    rowLength,
    inputVectors,
    outputVectors,
    keepThresholds,
    aliasThresholds,
    aliasWords,
    pathOffsets,
    pathStepsAt,
    subwordOffsets,
    subwordRows,
    inputFactorsAt,
    scratch,
    scratchByteLength,
    noisePoolSize: noisePool(settings).size,
    freshNoise: noisePool(settings).fresh,
    marginTokens,
    byteLength: end(),
  };
}

/** Offsets within one worker's scratch. */
export function planScratch(settings: Word2VecSettings, rowLength: number, marginTokens: number) {
  const { window, negatives, blockTokens, wordCount, deterministic, outside } = settings;
  const { reserve, end } = reserveLines(0);
  const together = centresPerDraw(settings);
  const outputRows = Math.ceil(Math.max(negatives + together, settings.longestPath) / 3) * 3 + 3; // filled up to whole tiles
  const mostContexts = 2 * window * together;
  const productByteLength = Math.ceil((outputRows * 2) / 4) * 16;
  // A set: the number of its words, their rows, their weights.
  const noiseSetByteLength = 4 * (1 + 2 * negatives);
  const batch = settings.loss === 'softmax' ? EXAMPLES_PER_BATCH : 0;
  // Two counts, the centre, its context words.
  const exampleByteLength = 4 * (3 + 2 * window);
  const keptTokens = blockTokens + 2 * window;
  const pool = noisePool(settings);
  const mostNoise = pool.size + pool.fresh * Math.ceil(blockTokens / CENTRES_PER_GROUP);
  const mostOutputs = settings.loss === 'negative-sampling' ? blockTokens + mostNoise : wordCount;
  const mostInputs = Math.min(settings.inputRows, keptTokens * Math.max(1, settings.mostSubwords));
  const hasOwnRows = deterministic || outside;
  const mostOwnRows = mostInputs + Math.min(wordCount, mostOutputs);
  const ownRowByteLength = outside ? OWN_ROW_HEADER_BYTES + 2 * rowLength * 4 : rowLength * 4;
  // Outside a worker merges when its rows are used up: with negative sampling between two blocks, as the noise pool holds addresses,
  // with ways of any length between two groups of centres.
  const hierarchical = settings.loss === 'hierarchical-softmax';
  const mostAtOnce = hierarchical ? CENTRES_PER_GROUP * (settings.longestPath + 2 * window + 1) : mostOwnRows;
  const ownRows = outside ? mostAtOnce + (hierarchical ? 4 * blockTokens : mostOwnRows) : mostOwnRows;
  const offsets = {
    hasOwnRows,
    parameters: reserve(256),
    loss: reserve(16),
    zeroRow: reserve(rowLength * 4),
    noisePool: reserve(pool.size * 4),
    noiseSets: reserve((CENTRES_PER_GROUP / centresPerDraw(settings)) * noiseSetByteLength),
    noiseSetByteLength,
    outputRows: reserve(outputRows * 4),
    outputWeights: reserve(productByteLength),
    secondWeights: reserve(productByteLength),
    outputLabels: reserve(productByteLength),
    hidden: reserve(rowLength * 4),
    hiddenError: reserve(rowLength * 4),
    inputCopies: reserve(2 * copiedRows(settings).inputs.count * rowLength * 4),
    outputCopies: reserve(2 * copiedRows(settings).outputs.count * rowLength * 4),
    exampleByteLength,
    examples: reserve(batch * exampleByteLength),
    batchHidden: reserve(batch * rowLength * 4),
    batchErrors: reserve(batch * rowLength * 4),
    softmaxSums: reserve(batch * 8),
    softmaxScales: reserve(batch * 4),
    logits: reserve(batch * wordCount * 4),
    inputMap: reserve(hasOwnRows ? settings.inputRows * 4 : 0),
    outputMap: reserve(hasOwnRows ? wordCount * 4 : 0),
    ownRows: reserve(hasOwnRows ? ownRows * ownRowByteLength : 0),
    /** Bytes of own rows beyond which there may be no place for the next block or group. */
    ownRowsLimit: (ownRows - mostAtOnce) * ownRowByteLength,
    positionRows: reserve(settings.subwordSteps > 0 ? 2 * positionsAtOnce(settings) * rowLength * 4 : 0),
    savedRows: reserve(settings.inputFactors ? mostContexts * 8 : 0),
    savedValues: reserve(settings.inputFactors ? mostContexts * rowLength * 4 : 0),
    contextRows: reserve(mostContexts * 4),
    firstCounts: reserve(mostContexts * 4),
    secondCounts: reserve(mostContexts * 4),
    products: reserve((mostContexts / 2) * productByteLength),
    kept: reserve(keptTokens * 4),
    tokens: reserve((blockTokens + 2 * marginTokens) * 4),
  };
  return { ...offsets, byteLength: end() };
}
