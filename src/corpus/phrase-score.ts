/** How pairs of words are scored that may be phrases. */
export const PHRASE_SCORES = ['word2phrase', 'npmi'] as const;
/** See `PHRASE_SCORES`. */
export type PhraseScore = (typeof PHRASE_SCORES)[number];

/** How often a pair of words stands in a corpus, and what that is to be compared with. */
export interface PairCounts {
  readonly pair: number;
  readonly first: number;
  readonly second: number;
  /** All tokens of the corpus, those of rare words, too. */
  readonly tokens: number;
  readonly minCount: number;
}

/**
 * How much more often two words stand side by side than by chance; −Infinity for pairs that are too rare.
 *
 * - `word2phrase`: (pair − minCount) / (first × second) × tokens, as in word2phrase.c, which has minCount for the
 *   discount δ of Mikolov et al. 2013 (arXiv 1310.4546, equation 6). gensim's `default` has the size of its table of
 *   words and pairs in place of the tokens, so its thresholds are others.
 * - `npmi`: ln(p(pair) / (p(first) p(second))) / −ln p(pair), −1 to 1 (Bouma 2009), as in gensim.
 */
export function phraseScore(score: PhraseScore, { pair, first, second, tokens, minCount }: PairCounts): number {
  if (pair < minCount) return -Infinity;
  if (score === 'word2phrase') return ((pair - minCount) / first / second) * tokens;
  return Math.log(((pair / first) * tokens) / second) / -Math.log(pair / tokens);
}
