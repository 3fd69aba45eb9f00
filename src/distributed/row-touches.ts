import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { Rows } from '../training/trained-rows.ts';
import type { TrainingPlan } from '../training/trainer.ts';
import { keepProbability, noiseWeights } from '../training/word-probabilities.ts';
import { createHuffmanTree } from '../vocabulary/huffman-tree.ts';

/** How often each row is trained for a token of the text, about: by each pair of words that it is part of. */
export type RowTouches = Readonly<Record<keyof Rows, Float64Array>>;

/** Expected by the counts of the words; the same on all ranks. */
export function rowTouches({ vocabulary, options, subwords }: TrainingPlan): RowTouches {
  const { counts } = vocabulary;
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  const kept = counts.map((count) => (count / tokens) * keepProbability(count / tokens, options.subsample));
  const contexts = options.window + 1; // windows of 1 to `window` words on both sides, on the mean
  const asContext = kept.map((share) => share * contexts);
  // CBOW makes one example of a centre, skip-gram one of each of its context words.
  const asCentre = options.algorithm === 'cbow' ? kept : asContext;
  const { usesTree, usesNegatives } = LOSS_TRAITS[options.loss];
  const outputVectors = usesTree
    ? touchesOfNodes(counts, asCentre)
    : usesNegatives
      ? withNegatives(asCentre, noiseWeights(counts, options.noiseExponent), options.negative)
      : asCentre;
  if (!subwords) return { inputVectors: asContext, outputVectors };

  const inputVectors = new Float64Array(counts.length + subwords.buckets.length);
  for (let word = 0; word < counts.length; word++) {
    for (let i = subwords.offsets[word]; i < subwords.offsets[word + 1]; i++) {
      inputVectors[subwords.rows[i]] += asContext[word];
    }
  }
  return { inputVectors, outputVectors };
}

function withNegatives(asCentre: Float64Array, noise: Float64Array, negatives: number): Float64Array {
  const examples = asCentre.reduce((sum, share) => sum + share, 0);
  const total = noise.reduce((sum, weight) => sum + weight, 0);
  return asCentre.map((share, word) => share + (negatives * examples * noise[word]) / total);
}

/** Each node is trained by all words below it. Which of equal counts stands where makes no difference to that. */
function touchesOfNodes(counts: Float64Array, asCentre: Float64Array): Float64Array {
  const { offsets, steps } = createHuffmanTree(counts);
  const touches = new Float64Array(counts.length);
  for (let word = 0; word < counts.length; word++) {
    for (let i = offsets[word]; i < offsets[word + 1]; i++) touches[steps[i] >> 1] += asCentre[word];
  }
  return touches;
}

/** Rows by how often they are trained, those that are most often first. */
export function byTouches(touches: Float64Array): Uint32Array {
  return Uint32Array.from(touches.keys()).sort((a, b) => touches[b] - touches[a] || a - b);
}
