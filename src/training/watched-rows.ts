import { areFinite } from './trained-rows.ts';
import type { LiveVectors } from './trainer.ts';

/** The most frequent words meet all rows, so that what is no number is soon in theirs. To look at all takes a hundredth of an epoch. */
const WATCHED_WORDS = 1000;

/** Whether the input vectors of the most frequent words, by which a divergence is found, are numbers. */
export async function areWatchedRowsFinite(
  vectors: Pick<LiveVectors, 'readRows'>,
  wordCount: number,
): Promise<boolean> {
  const ids = Array.from({ length: Math.min(WATCHED_WORDS, wordCount) }, (_, id) => id);
  return areFinite({ inputVectors: await vectors.readRows('inputVectors', ids) });
}
