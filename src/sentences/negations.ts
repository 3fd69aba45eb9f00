import type { EmbeddingModel } from '../model/embedding-model.ts';
import { ICF_SMOOTHING, type WordWeights } from './word-weights.ts';

/** A negation weighs no less than a word that has this share of all occurrences. */
const NEGATION_SHARE = 3e-5;

const VERBS = 'ai are ca could did do does had has have is might must need should was were wo would'.split(' ');

/** English and Chinese (simplified, traditional) words that turn what is said into its opposite. */
const NEGATIONS: readonly string[] = [
  ...'no not never none nothing nobody neither nor without cannot'.split(' '),
  ...VERBS.flatMap((verb) => [`${verb}n't`, `${verb}n’t`]),
  ...'不 没 没有 无 未 非 不是 不能 不会 并非 无法'.split(' '),
  ...'沒 沒有 無 不會 並非 無法'.split(' '),
];

/**
 * Gives negations at least the weight that icf gives a word of a share of 3e-5. They are frequent, so icf by itself would make
 * "a dog runs" and "no dog runs" nearly the same. None weighs more than the rarest word.
 *
 * @param model - in whose vocabulary they are looked for, also in capitals
 * @param smoothing - a of icf
 */
export function raiseNegations(
  model: Pick<EmbeddingModel, 'find'>,
  icf: WordWeights,
  smoothing = ICF_SMOOTHING,
): WordWeights {
  const weights = icf.weights.slice();
  const least = Math.min(Math.log1p(smoothing / NEGATION_SHARE), icf.unknownWeight);
  for (const word of NEGATIONS) {
    for (const spelling of new Set([word, word[0].toUpperCase() + word.slice(1), word.toUpperCase()])) {
      const id = model.find(spelling);
      if (id !== undefined) weights[id] = Math.max(weights[id], least);
    }
  }
  return { ...icf, weights };
}
