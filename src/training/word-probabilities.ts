import { sumOf, toThreshold } from '../math/alias-table.ts';

/**
 * For each word the 32-bit threshold with which an occurrence is kept (word2vec.c line 409): with s the
 * subsample value and f the word's share of the tokens, min(1, (√(f/s) + 1) · s/f).
 */
export function keepThresholds(counts: Float64Array, subsample: number): Uint32Array {
  // Loops here and below: this runs once, and an iterator or a callback a word makes objects until it is compiled.
  const total = sumOf(counts);
  const thresholds = new Uint32Array(counts.length).fill(toThreshold(1));
  const mostKept = total * subsample; // up to that the probability is 2 and more
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] > mostKept) thresholds[i] = toThreshold(keepProbability(counts[i] / total, subsample));
  }
  return thresholds;
}

export function keepProbability(share: number, subsample: number): number {
  if (subsample === 0 || share === 0) return 1;
  return Math.min(1, (Math.sqrt(share / subsample) + 1) * (subsample / share));
}

/** Weights of the noise distribution: count ^ exponent (Mikolov et al. 2013 found .75 best). */
export function noiseWeights(counts: Float64Array, exponent: number): Float64Array {
  const weights = new Float64Array(counts.length);
  // Words of a given vocabulary may have count 0; they are never drawn.
  for (let i = 0; i < counts.length; i++) {
    if (i > 0 && counts[i] === counts[i - 1])
      weights[i] = weights[i - 1]; // as most of the rare ones
    else if (counts[i] > 0) weights[i] = counts[i] ** exponent;
  }
  return weights;
}
