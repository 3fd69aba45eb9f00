import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { Rows } from '../training/trained-rows.ts';
import type { TrainingPlan } from '../training/trainer.ts';
import { keepProbability } from '../training/word-probabilities.ts';

/** The rows of one matrix by how often they change, those that change most first. */
export interface OrderedRows {
  readonly ids: Uint32Array;
  /** How often each row of `ids` is trained in a token of the text, about. */
  readonly rates: Float64Array;
}

/** See `OrderedRows`. */
export type RowOrder = Readonly<Record<keyof Rows, OrderedRows>>;

/** The rows of a training by how often they change: word ids are in that order already. */
export function rowOrder({ vocabulary, options, subwords }: TrainingPlan): RowOrder {
  const { counts } = vocabulary;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rates = counts.map((count) => (count / total) * keepProbability(count / total, options.subsample));
  const words = { ids: Uint32Array.from(rates.keys()), rates };
  const outputVectors = LOSS_TRAITS[options.loss].usesTree ? nodeOrder(rates) : words;
  if (!subwords) return { inputVectors: words, outputVectors };

  const weights = new Float64Array(counts.length + subwords.buckets.length);
  for (let word = 0; word < counts.length; word++) {
    for (let i = subwords.offsets[word]; i < subwords.offsets[word + 1]; i++) weights[subwords.rows[i]] += rates[word];
  }
  const ids = Uint32Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  return { inputVectors: { ids, rates: Float64Array.from(ids, (id) => weights[id]) }, outputVectors };
}

/**
 * The nodes of a tree are numbered from the leaves to the root, through which all words go. As many nodes as lie on a level share the
 * words, so about one in i goes through the i-th.
 */
function nodeOrder(rates: Float64Array): OrderedRows {
  const all = rates.reduce((sum, rate) => sum + rate, 0);
  return {
    ids: Uint32Array.from(rates.keys()).reverse(),
    rates: rates.map((_, i) => all / (i + 1)),
  };
}
