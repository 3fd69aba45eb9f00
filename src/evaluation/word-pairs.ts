import { cosineSimilarity } from '../math/vector-operations.ts';
import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import { COUNT_OR_ALL, checkOptions, checkText, type OptionRules } from '../text/check-options.ts';
import { foldWord } from './fold-word.ts';
import { scoredPairs } from './scored-pairs.ts';

/** How similarities of words go together with what people say. */
export interface WordPairResult {
  /** Rank correlation of cosine similarity and human score, ties at their mean rank; NaN below two pairs. */
  readonly spearman: number;
  readonly pearson: number;
  readonly pairs: number;
  /** Pairs of which both words are known; the others are left out. */
  readonly attempted: number;
  readonly coverage: number;
}

/** Which words are compared. */
export interface WordPairOptions {
  /** Only the first so many words of the model; 300,000 if omitted. */
  readonly restrict?: number | undefined;
}

const RULES: OptionRules<WordPairOptions> = { restrict: COUNT_OR_ALL };

/**
 * Compares cosine similarities with human scores. Words are looked up as they are, then upper-cased on both
 * sides, as gensim's evaluate_word_pairs does.
 *
 * @param text - lines of two words and a score, separated by tabs, spaces, commas or semicolons; "#" at the beginning of a line
 *   makes it a comment. A first line that names the columns may stand in front, as in WordSim-353 and SimLex-999. More columns may
 *   follow, where one of them holds numbers, as in SimVerb, or the score is the mean of the later ones, as in RareWords
 * @throws SyntaxError for any other line; RangeError for options out of range
 */
export function evaluateWordPairs(model: EmbeddingModel, text: string, options: WordPairOptions = {}): WordPairResult {
  checkModel(model);
  checkText('text', text);
  checkOptions(options, RULES);
  const { restrict = 300_000 } = options;
  const folded = new Map<string, number>();
  for (let id = Math.min(restrict, model.size) - 1; id >= 0; id--) folded.set(foldWord(model.word(id)), id);
  const find = (word: string) => {
    const id = model.find(word);
    return id !== undefined && id < restrict ? id : folded.get(foldWord(word));
  };
  const similarities: number[] = [];
  const scores: number[] = [];
  let pairs = 0;
  for (const { first, second, score } of scoredPairs(text)) {
    pairs++;
    const [a, b] = [find(first), find(second)];
    if (a === undefined || b === undefined) continue;
    similarities.push(cosineSimilarity(model.row(a), model.row(b)));
    scores.push(score);
  }
  return {
    spearman: pearsonCorrelation(ranks(similarities), ranks(scores)),
    pearson: pearsonCorrelation(similarities, scores),
    pairs,
    attempted: scores.length,
    coverage: pairs === 0 ? 0 : scores.length / pairs,
  };
}

/** Pearson's correlation coefficient; NaN if a side is constant or shorter than two. */
export function pearsonCorrelation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let covariance = 0;
  let varianceA = 0;
  let varianceB = 0;
  for (let i = 0; i < a.length; i++) {
    covariance += (a[i] - meanA) * (b[i] - meanB);
    varianceA += (a[i] - meanA) ** 2;
    varianceB += (b[i] - meanB) ** 2;
  }
  return covariance / Math.sqrt(varianceA * varianceB);
}

/** Ranks from 1; equal values share the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const result = new Array<number>(values.length);
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (end < order.length && values[order[end]] === values[order[begin]]) end++;
    for (let i = begin; i < end; i++) result[order[i]] = (begin + end + 1) / 2;
    begin = end;
  }
  return result;
}
