import { symmetricEigen } from '../math/symmetric-eigen.ts';
import type { EmbeddingModel } from '../model/embedding-model.ts';

/** So many words tell the axes as well as all do; a sum over all of a million would take seconds. */
const SAMPLED_WORDS = 5000;
/** Fewer words a dimension would tell axes of chance. */
const FEWEST_WORDS_A_DIMENSION = 10;
/** An axis with a smaller share of the largest variance holds nothing but rounding. */
const LEAST_VARIANCE = 1e-6;

/** Several forms of sentences of a model take the same map, which takes .1 to 1 s to make. */
const known = new WeakMap<EmbeddingModel, Float32Array | undefined>();

/**
 * The map (dimensions × dimensions) that makes the principal axes of a model's word vectors more alike: each is divided by the square
 * root of its standard deviation, an axis of mean variance is left as it is. It stands half way between the vectors as they
 * are and whitened ones. A few axes say what most words have in common; without it they decide how similar two texts are.
 *
 * @returns undefined for a model with less than 10 words a dimension, or whose vectors are all zero
 */
export function evenAxes(model: EmbeddingModel): Float32Array | undefined {
  if (!known.has(model)) known.set(model, makeEvenAxes(model));
  return known.get(model);
}

function makeEvenAxes(model: EmbeddingModel): Float32Array | undefined {
  const { size, dimensions: n } = model;
  if (size < FEWEST_WORDS_A_DIMENSION * n) return undefined;
  const { values, vectors } = symmetricEigen(secondMomentsOfWords(model), n);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (!(mean > 0 && mean < Infinity)) return undefined;
  const factors = values.map((value) => Math.sqrt(Math.sqrt(mean / Math.max(value, LEAST_VARIANCE * values[0]))));
  const map = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let axis = 0; axis < n; axis++) sum += factors[axis] * vectors[axis * n + i] * vectors[axis * n + j];
      map[i * n + j] = sum;
      map[j * n + i] = sum;
    }
  }
  return map;
}

/** (n × n): mean of v vᵀ over words spread evenly over the vocabulary, frequent and rare alike. */
function secondMomentsOfWords(model: EmbeddingModel): Float64Array {
  const { size, dimensions: n } = model;
  const count = Math.min(size, SAMPLED_WORDS);
  const moments = new Float64Array(n * n);
  for (let sample = 0; sample < count; sample++) {
    const row = Float64Array.from(model.row(Math.floor((sample * size) / count)));
    for (let i = 0; i < n; i++) {
      const x = row[i] / count;
      const begin = i * n;
      for (let j = 0; j <= i; j++) moments[begin + j] += x * row[j];
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) moments[j * n + i] = moments[i * n + j];
  return moments;
}
