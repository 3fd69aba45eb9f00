import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { TrainingPlan } from '../training/trainer.ts';
import type { RowOrder } from './row-exchange.ts';

/** The rows of a training by how often they change: word ids are in that order already. */
export function rowOrder({ vocabulary, options, subwords }: TrainingPlan): RowOrder {
  const words = vocabulary.counts.length;
  const byId = new Uint32Array(words);
  for (let id = 0; id < words; id++) byId[id] = id;
  // The nodes of a tree are numbered from the leaves to the root, through which all words go.
  const outputVectors = LOSS_TRAITS[options.loss].usesTree ? byId.slice().reverse() : byId;
  if (!subwords) return { inputVectors: byId, outputVectors };

  const weights = new Float64Array(words + subwords.buckets.length);
  for (let word = 0; word < words; word++) {
    for (let i = subwords.offsets[word]; i < subwords.offsets[word + 1]; i++) {
      weights[subwords.rows[i]] += vocabulary.counts[word];
    }
  }
  const inputVectors = Uint32Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  return { inputVectors, outputVectors };
}
