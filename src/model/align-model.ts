import { nearestOrthogonal } from '../math/orthogonal-procrustes.ts';
import { cosineSimilarity, normalized } from '../math/vector-operations.ts';
import { checkModel, type EmbeddingModel } from './embedding-model.ts';
import { mapModel } from './map-model.ts';
import { QuantizedVectors } from './quantized-vectors.ts';

/** A model turned to lie as another one does. */
export interface Alignment {
  /** The new model, turned. */
  readonly model: EmbeddingModel;
  /** Words that both models have, with the cosine similarity of their vectors now: the farthest first. */
  readonly drift: readonly { readonly word: string; readonly similarity: number }[];
  /** Mean of these similarities. */
  readonly meanSimilarity: number;
  /** The same before it was turned: near 0 for two trainings of their own. */
  readonly meanSimilarityBefore: number;
}

/**
 * Turns a model so that its words lie as near as they can to those of an older one (orthogonal Procrustes on the words
 * that both have, each at length 1): vectors stored from the old model can then be compared with new ones. Turning
 * changes no similarity within the model. Words trained on few occurrences drift most.
 *
 * @throws RangeError for models of different dimensions, or with fewer words in common than dimensions; Error for a
 *   quantised model
 */
export function alignModel(model: EmbeddingModel, old: EmbeddingModel): Alignment {
  checkModel(model);
  checkModel(old);
  const n = model.dimensions;
  if (old.dimensions !== n) {
    throw new RangeError(
      `Cannot align a model of ${n} dimensions with one of ${old.dimensions}: they must be the same`,
    );
  }
  const { inputVectors, subwords } = model.contents;
  if (inputVectors instanceof QuantizedVectors || subwords?.vectors instanceof QuantizedVectors) {
    throw new Error('Cannot align a quantised model: align it first, then shrink it');
  }
  const words = model.words.filter((word) => old.has(word));
  if (words.length < n) {
    throw new RangeError(
      `Cannot align: the models have ${words.length} words in common, at least ${n} are needed, one a dimension`,
    );
  }
  const products = new Float64Array(n * n);
  for (const word of words) {
    const [to, from] = [normalized(old.row(old.id(word))), normalized(model.row(model.id(word)))];
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) products[i * n + j] += to[i] * from[j];
  }
  const aligned = mapModel(model, nearestOrthogonal(products, n));
  const similaritiesOf = (turned: EmbeddingModel) =>
    words.map((word) => ({ word, similarity: cosineSimilarity(turned.vector(word), old.vector(word)) }));
  const mean = (list: readonly { similarity: number }[]) =>
    list.reduce((sum, { similarity }) => sum + similarity, 0) / list.length;
  const drift = similaritiesOf(aligned).sort((a, b) => a.similarity - b.similarity);
  return {
    model: aligned,
    drift,
    meanSimilarity: mean(drift),
    meanSimilarityBefore: mean(similaritiesOf(model)),
  };
}
