import { showValue } from '../text/show-value.ts';

/** A hit of a search by words. The greater the score, the better; its unit is the ranking's own. */
export interface ScoredItem<T> {
  readonly item: T;
  readonly score: number;
}

/** What the first hit by vectors counts beside the best by words, 1. */
const VECTOR_WEIGHT = 0.3;
/** How slowly a hit by vectors counts less, the later it comes: half of the first at rank 22. */
const RANK_CONSTANT = 20;

/**
 * Joins a ranking by words and one by vectors: score / best score + .3 · 21 / (20 + rank by vectors).
 *
 * The part of the vectors is that of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009), because the nearest
 * vectors lie close together whether they answer the question or not. Of the words the score counts, not the rank: where one text has
 * far more of the question than the second, the vectors must not move it. With ranks of both the weaker ranking spoils the better
 * one or is not heard. Beside .1, .3 gains .5 to 3 points of nDCG@10 in collections whose questions have words of their own, and costs
 * .3 at most where they are made of the words of their texts; .5 costs a point there (docs/quality.md).
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
  vectors.forEach((item, i) => {
    const share = (VECTOR_WEIGHT * (RANK_CONSTANT + 1)) / (RANK_CONSTANT + i + 1);
    scores.set(item, (scores.get(item) ?? 0) + share);
  });
  return [...scores].map(([item, score]) => ({ item, score })).sort((a, b) => b.score - a.score);
}
