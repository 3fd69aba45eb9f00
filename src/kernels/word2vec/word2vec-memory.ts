import { CENTRES_PER_GROUP, EXAMPLES_PER_BATCH, OWN_ROW_HEADER_BYTES, PARAMETER_BYTES } from './parameters.ts';
import type { Matrices, SharedMemory, Word2VecLayout, Word2VecSettings } from './word2vec.ts';
import { centresPerDraw, copiedRows, drawsPerPair, noisePool, positionsAtOnce } from './word2vec-tuning.ts';

/** The matrices that lie in the memory. */
export function matricesInside({ buffer }: SharedMemory, layout: Word2VecLayout): Matrices {
  const { inputRows, wordCount, rowLength } = layout;
  return {
    inputVectors: new Float32Array(buffer, layout.inputVectors, inputRows * rowLength),
    outputVectors: new Float32Array(buffer, layout.outputVectors, wordCount * rowLength),
  };
}

const CACHE_LINE = 64;

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
  const drawn = negatives * (drawsPerPair(settings) ? 2 * window : 1);
  const mostNoise = pool.size
    ? pool.size + pool.fresh * Math.ceil(blockTokens / CENTRES_PER_GROUP)
    : blockTokens * drawn;
  const mostOutputs = settings.loss === 'negative-sampling' ? blockTokens + mostNoise : wordCount;
  const mostInputs = Math.min(settings.inputRows, keptTokens * Math.max(1, settings.mostSubwords));
  const hasOwnRows = deterministic || outside;
  const mostOwnRows = mostInputs + Math.min(wordCount, mostOutputs);
  const ownRowByteLength = outside ? OWN_ROW_HEADER_BYTES + 2 * rowLength * 4 : rowLength * 4;
  // Outside a worker merges when its rows are used up: with negative sampling between two blocks, as the noise pool holds addresses,
  // with paths of any length between two groups of centres.
  const hierarchical = settings.loss === 'hierarchical-softmax';
  const mostAtOnce = hierarchical ? CENTRES_PER_GROUP * (settings.longestPath + 2 * window + 1) : mostOwnRows;
  const ownRows = outside ? mostAtOnce + (hierarchical ? 4 * blockTokens : mostOwnRows) : mostOwnRows;
  const offsets = {
    hasOwnRows,
    parameters: reserve(PARAMETER_BYTES),
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

/** The block buffer of a worker, as every kernel exposes it. */
export function blockBuffer(buffer: ArrayBufferLike, layout: Word2VecLayout, worker: number): Int32Array {
  const scratch = layout.scratch + worker * layout.scratchByteLength;
  const { tokens } = planScratch(layout, layout.rowLength, layout.marginTokens);
  return new Int32Array(buffer, scratch + tokens, layout.blockTokens + 2 * layout.marginTokens);
}
