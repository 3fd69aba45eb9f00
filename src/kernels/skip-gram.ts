/**
 * The contract of the skip-gram kernels with negative sampling: what they are given, where it lies in memory,
 * what they do. `skip-gram-reference.ts` is the plain version, `skip-gram-kernel.ts` the fast one; both pass
 * `skip-gram.contract.ts`, and so must any later back end.
 */

export interface SkipGramSettings {
  /** Words in the vocabulary. */
  readonly wordCount: number;
  /** Length of a vector, 1 to 4096. */
  readonly dimensions: number;
  /** Largest distance between centre and context; each centre draws its own from 1 to this. */
  readonly window: number;
  /** Noise words a pair; shared by all context words of CENTRES_PER_DRAW centres. */
  readonly negatives: number;
  /** Most tokens of a block, without its margins. */
  readonly blockTokens: number;
  /** Number of workers, each with its own scratch. */
  readonly workers: number;
}

/** Where everything lies in the shared memory. Offsets and lengths in bytes unless named otherwise. */
export interface SkipGramLayout extends SkipGramSettings {
  /** Values from one row to the next: `dimensions` rounded up to whole 16-byte lanes. The rest stays 0. */
  readonly rowLength: number;
  /** Float32, (words × rowLength). */
  readonly inputVectors: number;
  /** Float32, (words × rowLength). */
  readonly outputVectors: number;
  /** Uint32 a word: an occurrence is kept when a 32-bit draw does not exceed it. */
  readonly keepThresholds: number;
  /** Uint32 a word, see AliasTable. */
  readonly aliasThresholds: number;
  readonly aliasWords: number;
  /** Scratch of worker 0; that of worker i begins i × scratchByteLength later. */
  readonly scratch: number;
  readonly scratchByteLength: number;
  /** Tokens before and after a block that serve as context: enough for `window` kept ones as a rule. */
  readonly marginTokens: number;
  readonly byteLength: number;
}

export interface BlockResult {
  /** Number of (centre, context) pairs. */
  readonly pairs: number;
  /** −Σ [ln σ(u_centre · v) + Σ ln σ(−u_noise · v)] over all pairs, before each update. */
  readonly loss: number;
}

export interface SkipGramKernel {
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
}

export type CreateSkipGramKernel = (
  memory: WebAssembly.Memory,
  layout: SkipGramLayout,
  worker: number,
) => SkipGramKernel;

/**
 * So many consecutive centres share their noise words, as the context words of a centre do (Ji et al. 2016,
 * pWord2Vec). Each draw costs the kernel a wait for memory for every word.
 */
export const CENTRES_PER_DRAW = 2;

/** WASM addresses are 32-bit: one memory holds 4 GiB at most. */
export const MAXIMUM_MEMORY_BYTES = 2 ** 32;

const CACHE_LINE = 64;

export function planSkipGramMemory(settings: SkipGramSettings): SkipGramLayout {
  const { wordCount, dimensions, window, workers } = settings;
  const rowLength = Math.ceil(dimensions / 4) * 4;
  let byteLength = 1024; // address 0 stays unused
  const reserve = (bytes: number) => {
    const offset = byteLength;
    byteLength += Math.ceil(bytes / CACHE_LINE) * CACHE_LINE;
    return offset;
  };
  const inputVectors = reserve(wordCount * rowLength * 4);
  const outputVectors = reserve(wordCount * rowLength * 4);
  const keepThresholds = reserve(wordCount * 4);
  const aliasThresholds = reserve(wordCount * 4);
  const aliasWords = reserve(wordCount * 4);
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
    scratch,
    scratchByteLength,
    marginTokens,
    byteLength,
  };
}

/** Offsets within one worker's scratch. */
export function planScratch(settings: SkipGramSettings, rowLength: number, marginTokens: number) {
  const { window, negatives, blockTokens } = settings;
  let byteLength = 0;
  const reserve = (bytes: number) => {
    const offset = byteLength;
    byteLength += Math.ceil(bytes / CACHE_LINE) * CACHE_LINE;
    return offset;
  };
  // Half of a set holds addresses, half weights; up to two rows of padding, and one vector read beyond.
  const outputSetByteLength = 2 * 4 * (Math.ceil((negatives + 1) / 3) * 3 + 4);
  const offsets = {
    parameters: reserve(64),
    gradients: reserve(64),
    zeroRow: reserve(rowLength * 4),
    outputRows: reserve(3 * outputSetByteLength),
    outputSetByteLength,
    contextRows: reserve(2 * window * 4),
    kept: reserve((blockTokens + 2 * window) * 4),
    tokens: reserve((blockTokens + 2 * marginTokens) * 4),
  };
  return { ...offsets, byteLength };
}
