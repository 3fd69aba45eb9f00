import { showValue } from '../text/show-value.ts';

/** A hit of a search by words. The greater the score, the better; its unit is the ranking's own. */
export interface ScoredItem<T> {
  readonly item: T;
  readonly score: number;
}

/** What the first hit by vectors counts beside the best by words, 1. */
const VECTOR_WEIGHT = 0.1;
/** How slowly a hit by vectors counts less, the later it comes: half of the first at rank 22. */
const RANK_CONSTANT = 20;

/**
 * Joins a ranking by words and one by vectors: score / best score + .1 · 21 / (20 + rank by vectors).
 *
 * The part of the vectors is that of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009), because the nearest
 * vectors lie close together whether they answer the question or not. Of the words the score counts, not the rank: where one text has
 * far more of the question than the second, the vectors must not move it.
 *
 * Weight and constant were chosen on all sets but one and tried on that one, for each of six sets (docs/experiments.md): there the result was at
 * most .49 points of nDCG@10 below the better of its parts, with vectors from good to random. In all of these sets words find more than
 * vectors. Where vectors find far more, search by them alone: so small a weight leaves the result near the words.
 *
 * @param words - best first, scores above 0
 * @param vectors - nearest first
 * @throws RangeError for scores of words that are not above 0 or not in their order
 * @returns best first; equal scores in the order in which they were met
 */
export function fuseRankings<T>(words: readonly ScoredItem<T>[], vectors: readonly T[]): ScoredItem<T>[] {
  for (const [name, ranking] of Object.entries({ words, vectors }))
    if (!Array.isArray(ranking)) throw new TypeError(`"${name}" must be an array, got ${showValue(ranking)}`);
  const wrong = words.find(({ score }) => !(score > 0 && score <= words[0].score));
  if (wrong) throw new RangeError(`Scores of "words" must be above 0, best first, got ${showValue(wrong.score)}`);
  const scores = new Map<T, number>(words.map(({ item, score }) => [item, score / words[0].score]));
  const shares = new Map<T, number>(vectors.map((item, i) => [item, (RANK_CONSTANT + 1) / (RANK_CONSTANT + i + 1)]));
  for (const [item, share] of shares) scores.set(item, (scores.get(item) ?? 0) + VECTOR_WEIGHT * share);
  return [...scores].map(([item, score]) => ({ item, score })).sort((a, b) => b.score - a.score);
}
