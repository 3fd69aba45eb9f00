import { EmbeddingModel } from './embedding-model.ts';
import { floatVectors, type Vectors } from './quantized-vectors.ts';

/**
 * The model with all its vectors mapped: input and context vectors, n-grams, and those of the sentence settings, which then
 * act on mapped vectors as they did before, as far as the rows of the map are at length 1 and square to each other.
 *
 * @param map - (dimensions afterwards × dimensions)
 */
export function mapModel(model: EmbeddingModel, map: Float64Array): EmbeddingModel {
  const { subwords, sentences, outputVectors } = model.contents;
  const from = model.dimensions;
  const dimensions = map.length / from;
  const mapped = (vectors: Vectors) => mapRows(floatVectors(vectors), map, from);
  return new EmbeddingModel({
    ...model.contents,
    dimensions,
    inputVectors: mapped(model.contents.inputVectors),
    outputVectors: outputVectors && mapped(outputVectors),
    subwords: subwords && { ...subwords, vectors: mapped(subwords.vectors) },
    sentences: sentences && {
      ...sentences,
      components: sentences.components && mapped(sentences.components),
      projection: sentences.projection && mapped(sentences.projection),
    },
  });
}

function mapRows(vectors: Float32Array, map: Float64Array, from: number): Float32Array {
  const to = map.length / from;
  const rows = vectors.length / from;
  const result = new Float32Array(rows * to);
  for (let row = 0; row < rows; row++) {
    for (let axis = 0; axis < to; axis++) {
      let sum = 0;
      for (let d = 0; d < from; d++) sum += map[axis * from + d] * vectors[row * from + d];
      result[row * to + axis] = sum;
    }
  }
  return result;
}
