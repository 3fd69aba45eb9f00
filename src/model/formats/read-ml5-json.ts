import type { ModelContents } from '../embedding-model.ts';
import { allocateFloats } from './allocate-floats.ts';
import { finiteContents } from './finite-vectors.ts';
import { type ModelFile, type ReadOptions, refuse } from './model-file.ts';
import { findDoubleKey, readJson } from './read-json.ts';

/**
 * JSON of ml5.js: {"vectors": {"word": [numbers]}}. It is only read.
 *
 * @throws ModelFormatError
 */
export async function readMl5Json(file: ModelFile, { limit = Infinity }: ReadOptions = {}): Promise<ModelContents> {
  const { vectors } = await readJson<{ vectors: Record<string, unknown> }>(file, (json) => {
    const twice = findDoubleKey(json);
    if (twice !== undefined) refuse(file, `it has the key ${JSON.stringify(twice)} twice`);
  });
  if (typeof vectors !== 'object' || vectors === null) refuse(file, 'its "vectors" must be an object');
  const words = Object.keys(vectors).slice(0, limit);
  const first = vectors[words[0]];
  const dimensions = Array.isArray(first) ? first.length : 0;
  if (dimensions < 1) refuse(file, 'its "vectors" must be lists of numbers');
  const inputVectors = allocateFloats(file, words.length * dimensions);
  words.forEach((word, id) => {
    const row = vectors[word];
    if (!(Array.isArray(row) && row.length === dimensions && row.every((value) => typeof value === 'number')))
      refuse(file, `the vector of "${word}" must be a list of ${dimensions} numbers`);
    inputVectors.set(row as number[], id * dimensions);
  });
  return finiteContents(file, { words, dimensions, inputVectors });
}
