import { CENTRES_PER_GROUP } from './parameters.ts';
import type { Word2VecSettings } from './word2vec.ts';

/**
 * So many consecutive centres of a sentence share their negative samples (as the context words of a centre do: Ji et al. 2016,
 * pWord2Vec) and are trained together: a word in both windows meets the negative samples once, with twice the weight. With
 * 4 in place of 2 the accuracy of skip-gram falls by 1.5 points. In CBOW, where a centre is one example, not several, and
 * with subwords, where all words learn from each other, it falls by two points with 2 in place of 1. Paths in a Huffman tree
 * have little in common.
 */
export function centresPerDraw({ algorithm, loss, subwordSteps, negativeSharing }: Word2VecSettings): number {
  const can = algorithm === 'skip-gram' && loss === 'negative-sampling' && subwordSteps === 0;
  return can && negativeSharing === 'two-centres' ? 2 : 1;
}

/** Whether each pair of skip-gram has negative samples of its own. */
export function drawsPerPair({ algorithm, loss, negativeSharing }: Word2VecSettings): boolean {
  return algorithm === 'skip-gram' && loss === 'negative-sampling' && negativeSharing === 'pair';
}

/**
 * Negative samples come from a pool that is drawn for each block: so small that its rows stay in the caches, so large that each
 * word is taken from it no more than about 14 times: at 27 times the accuracy falls by 1.5 points, at 54 by 4
 * (bench/kernel-laboratory/README.md). With subwords, whose n-grams carry what one word learns to all others, ten times as large: 56.2 % of
 * the analogies in place of 51.5.
 *
 * In CBOW each negative sample serves one example only, and the waits for its row weigh more. There the pool is small and moves:
 * for each group of centres a fifth of what they take is drawn anew in place of the oldest (1.16x faster than a pool for the
 * whole block at the same accuracy; with a tenth 1.25x, and a point of accuracy lost).
 */
export function noisePool({ blockTokens, negatives, algorithm, subwordSteps, negativePool }: Word2VecSettings) {
  if (negatives === 0 || negativePool !== undefined) return { size: negatives && (negativePool ?? 0), fresh: 0 };
  if (algorithm === 'cbow' && subwordSteps === 0) {
    return { size: Math.max(256, 50 * negatives), fresh: Math.ceil((CENTRES_PER_GROUP * negatives) / 5) };
  }
  const uses = subwordSteps > 0 ? 5 : 50;
  return { size: Math.max(256, Math.ceil((blockTokens * negatives) / uses)), fresh: 0 };
}

/**
 * So often, at least, the workers merge in an epoch; where there are not so many blocks for each of them, they have no copies. In a small
 * text the copied rows are nearly all that there are, and workers that trained long on their own would overshoot each other: 387,554 items, two
 * workers that merged twice an epoch: 19.7 % of the hidden items found, without copies 22.8, one worker 22.7. Four workers diverged on 1 MB
 * of English.
 */
const MERGES_PER_EPOCH = 80;

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
export function blocksPerMerge({ algorithm, blockTokens, blocks, workers, outside }: Word2VecSettings): {
  hottest: number;
  all: number;
} {
  if (workers > 2) return { hottest: 1, all: 1 };
  const cbow = algorithm === 'cbow';
  const most = Math.floor(blockTokens / (cbow && outside ? 2000 : 500)); // 20 blocks of 10,000 tokens
  const all = Math.max(1, Math.min(most, Math.floor(blocks / MERGES_PER_EPOCH)));
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
  const { loss, wordCount, blockTokens, blocks, workers, deterministic, outside } = settings;
  const isSmall = blocks < MERGES_PER_EPOCH * workers;
  const none = workers === 1 || isSmall || deterministic || outside || loss === 'softmax';
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
