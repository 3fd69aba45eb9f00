import { toThreshold } from '../math/alias-table.ts';

/**
 * For each word the 32-bit threshold with which an occurrence is kept (word2vec.c line 409): with s the
 * subsample value and f the word's share of the tokens, min(1, (√(f/s) + 1) · s/f).
 */
export function keepThresholds(counts: Float64Array, subsample: number): Uint32Array {
  let total = 0;
  for (const count of counts) total += count;
  return Uint32Array.from(counts, (count) => toThreshold(keepProbability(count / total, subsample)));
}

export function keepProbability(share: number, subsample: number): number {
  if (subsample === 0 || share === 0) return 1;
  return Math.min(1, (Math.sqrt(share / subsample) + 1) * (subsample / share));
}

/** Weights of the noise distribution: count ^ exponent (Mikolov et al. 2013 found .75 best). */
export function noiseWeights(counts: Float64Array, exponent: number): Float64Array {
  // Words of a given vocabulary may have count 0; they are never drawn.
  return counts.map((count) => (count > 0 ? count ** exponent : 0));
}
