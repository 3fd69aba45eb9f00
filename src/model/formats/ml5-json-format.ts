import type { ModelContents } from '../embedding-model.ts';
import { allocateFloats, type ModelFile, ModelFormatError, type ReadOptions } from './model-file.ts';
import { readJson } from './model2vec-format.ts';

/** Whether the file begins like JSON of ml5.js: {"vectors": {"word": [numbers]}}. */
export function looksLikeJson(start: Uint8Array): boolean {
  return /^\ufeff?\s*\{\s*"vectors"\s*:/.test(
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(start.subarray(0, 200)),
  );
}

/** @throws ModelFormatError */
export async function readJsonVectors(file: ModelFile, { limit = Infinity }: ReadOptions = {}): Promise<ModelContents> {
  const fail = (what: string): never => {
    throw new ModelFormatError(`Cannot read model "${file.name}": ${what}`);
  };
  const { vectors } = await readJson<{ vectors: Record<string, unknown> }>(file);
  if (typeof vectors !== 'object' || vectors === null) fail('its "vectors" must be an object');
  const words = Object.keys(vectors).slice(0, limit);
  const first = vectors[words[0]];
  const dimensions = Array.isArray(first) ? first.length : 0;
  if (dimensions < 1) fail('its "vectors" must be lists of numbers');
  const inputVectors = allocateFloats(file, words.length * dimensions);
  words.forEach((word, id) => {
    const row = vectors[word];
    if (!(Array.isArray(row) && row.length === dimensions && row.every((value) => typeof value === 'number')))
      fail(`the vector of "${word}" must be a list of ${dimensions} numbers`);
    inputVectors.set(row as number[], id * dimensions);
  });
  return { words, dimensions, inputVectors };
}
