import { EmbeddingModel } from './embedding-model.ts';
import { type ModelFile, ModelFormatError, type ReadOptions } from './model-file.ts';
import { looksLikeSafetensors, readSafetensors } from './safetensors.ts';
import { looksLikeText, parseHeader, readWord2vecBinary, readWord2vecText } from './word2vec-format.ts';

export const MODEL_FORMATS = ['safetensors', 'word2vec-binary', 'word2vec-text'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

const SAMPLE_BYTES = 1 << 16;

/**
 * Reads a model; the format is told by the content, not by the name.
 *
 * @throws ModelFormatError
 */
export async function readModel(file: ModelFile, options: ReadOptions = {}): Promise<EmbeddingModel> {
  const start = new Uint8Array(Math.min(file.byteLength, SAMPLE_BYTES));
  await file.read(0, start);
  if (start.length === 0) throw new ModelFormatError(`Cannot read model "${file.name}": it is empty`);
  if (looksLikeSafetensors(start)) return new EmbeddingModel(await readSafetensors(file, options));
  if (looksLikeText(start)) return new EmbeddingModel(await readWord2vecText(file, options));
  if (parseHeader(start.subarray(0, Math.max(0, start.indexOf(10)))))
    return new EmbeddingModel(await readWord2vecBinary(file, options));
  throw new ModelFormatError(`Cannot read model "${file.name}": it is neither safetensors nor word2vec text or binary`);
}
