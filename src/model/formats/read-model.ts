import { EmbeddingModel, type ModelContents } from '../embedding-model.ts';
import type { Vectors } from '../quantized-vectors.ts';
import { looksLikeFastText, readFastText } from './fasttext-format.ts';
import { looksLikeFinalfusion, readFinalfusion } from './finalfusion-format.ts';
import { looksLikeJson, readJsonVectors } from './ml5-json-format.ts';
import { type ModelFile, type ModelFolder, ModelFormatError } from './model-file.ts';
import { holdsStaticEmbedding, readStaticEmbedding } from './model2vec-format.ts';
import { looksLikeNumpy, type NumpyOptions, readNumpy } from './numpy-format.ts';
import { PROJECTOR_CONFIG, readProjector } from './projector-format.ts';
import { looksLikeText, parseHeader, readWord2vecBinary, readWord2vecText } from './word2vec-format.ts';
import { looksLikeSafetensors, readSafetensors } from './wordkin-format.ts';

const SAMPLE_BYTES = 1 << 16;

/** By what a file is compressed. */
export type Compression = 'gzip' | 'zstd';

/** How a model is read, and what else is at hand. */
export interface ReadModelOptions extends NumpyOptions {
  /** Where files lie that belong to the file, such as the words of an array. */
  readonly folder?: ModelFolder | undefined;
  /** Unpacks a compressed file; without it such files are refused. */
  readonly unpack?: ((file: ModelFile, compression: Compression) => Promise<ModelFile>) | undefined;
}

/**
 * Reads a model from a file; the format is told by the content, not by the name.
 *
 * @throws ModelFormatError; RangeError for a limit that is no whole number of at least 1
 */
export async function readModel(file: ModelFile, options: ReadModelOptions = {}): Promise<EmbeddingModel> {
  checkLimit(options);
  const start = new Uint8Array(Math.min(file.byteLength, SAMPLE_BYTES));
  await file.read(0, start);
  const compression = compressionOf(start);
  if (compression) {
    const { unpack, ...rest } = options;
    if (!unpack) throw wrong(file, `it is compressed by ${compression}; unpack it first`);
    return readModel(await unpack(file, compression), rest);
  }
  return new EmbeddingModel(await readContents(file, start, options));
}

/**
 * Reads a model from a folder: of Model2Vec, of sentence-transformers (StaticEmbedding), or of the projector.
 *
 * @throws ModelFormatError; RangeError for a limit that is no whole number of at least 1
 */
export async function readModelFolder(folder: ModelFolder, options: ReadModelOptions = {}): Promise<EmbeddingModel> {
  checkLimit(options);
  if (await holdsStaticEmbedding(folder)) return new EmbeddingModel(await readStaticEmbedding(folder, options));
  if (await folder.open(PROJECTOR_CONFIG)) return new EmbeddingModel(await readProjector(folder, options));
  throw new ModelFormatError(
    `Cannot read model "${folder.name}": a folder must hold model.safetensors and tokenizer.json (Model2Vec, sentence-transformers) or ${PROJECTOR_CONFIG}`,
  );
}

async function readContents(
  file: ModelFile,
  start: Uint8Array,
  options: ReadModelOptions,
): Promise<ModelContents<Vectors>> {
  if (start.length === 0) throw wrong(file, 'it is empty');
  if (looksLikeFinalfusion(start)) return readFinalfusion(file, options);
  if (looksLikeNumpy(start)) return readNumpy(file, options.folder, options);
  if (looksLikeSafetensors(start)) return readSafetensors(file, options);
  const foreign = FOREIGN.find(([bytes]) => bytes.every((byte, i) => start[i] === byte));
  if (foreign) throw wrong(file, foreign[1]);
  if (looksLikeText(start)) return readWord2vecText(file, options);
  if (parseHeader(start.subarray(0, Math.max(0, start.indexOf(10))))) return readWord2vecBinary(file, options);
  if (looksLikeFastText(start, file.byteLength)) return readFastText(file, options);
  if (looksLikeJson(start)) return readJsonVectors(file, options);
  throw wrong(file, 'it is none of the formats that are known: see docs/file-formats.md');
}

/** Files that are often taken for models. */
const FOREIGN: [number[], string][] = [
  [[0x50, 0x4b, 3, 4], 'it is a zip archive; unpack it first'],
  [[0x80, 2, 0x63], "it is gensim's own format (a Python pickle); export it there with save_word2vec_format"],
  [[0x80, 3, 0x63], "it is gensim's own format (a Python pickle); export it there with save_word2vec_format"],
  [[0x80, 4, 0x95], "it is gensim's own format (a Python pickle); export it there with save_word2vec_format"],
  [[0x80, 5, 0x95], "it is gensim's own format (a Python pickle); export it there with save_word2vec_format"],
  [[0x89, 0x48, 0x44, 0x46], 'it is HDF5; export it as word2vec text'],
];

function compressionOf(start: Uint8Array): Compression | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd) return 'zstd';
  return undefined;
}

function checkLimit({ limit }: ReadModelOptions): void {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1))
    throw new RangeError(`Cannot read model: "limit" must be a whole number of at least 1, got ${limit}`);
}

function wrong(file: ModelFile, what: string): ModelFormatError {
  return new ModelFormatError(`Cannot read model "${file.name}": ${what}`);
}
