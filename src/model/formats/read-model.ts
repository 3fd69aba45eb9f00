import { ARRAY, checkOptions, FUNCTION, OBJECT, type OptionRules } from '../../text/check-options.ts';
import { showValue } from '../../text/show-value.ts';
import { EmbeddingModel, type ModelContents } from '../embedding-model.ts';
import type { Vectors } from '../quantized-vectors.ts';
import { deferredWords } from '../word-list.ts';
import { type ModelFile, type ModelFolder, READ_RULES, refuse } from './model-file.ts';
import type { ReadFileOptions } from './model-format.ts';
import { READABLE_FILES, READABLE_FOLDERS } from './readable-formats.ts';

const SAMPLE_BYTES = 1 << 16;

/** By what a file is compressed. */
export type Compression = 'gzip' | 'zstd';

/** How a model is read, and what else is at hand. */
export interface ReadModelOptions extends ReadFileOptions {
  /** Unpacks a compressed file; without it such files are refused. */
  readonly unpack?: ((file: ModelFile, compression: Compression) => Promise<ModelFile>) | undefined;
}

const RULES: OptionRules<ReadModelOptions> = { ...READ_RULES, words: ARRAY, folder: OBJECT, unpack: FUNCTION };

/**
 * Reads a model from a file; the format is told by the content, not by the name.
 *
 * @throws ModelFormatError; RangeError for options out of range
 */
export async function readModel(file: ModelFile, options: ReadModelOptions = {}): Promise<EmbeddingModel> {
  if (typeof file?.read !== 'function' || !(Number.isSafeInteger(file.byteLength) && file.byteLength >= 0))
    throw new TypeError(`"file" must be a file, such as memoryFile makes of bytes, got ${showValue(file)}`);
  checkOptions(options, RULES);
  const start = new Uint8Array(Math.min(file.byteLength, SAMPLE_BYTES));
  await file.read(0, start);
  const compression = compressionOf(start);
  if (compression) {
    const { unpack, ...rest } = options;
    if (!unpack) refuse(file, `it is compressed by ${compression}; unpack it first`);
    return readModel(await unpack(file, compression), rest);
  }
  return modelOf(await readContents(file, start, options));
}

/**
 * Reads a model from a folder: of Model2Vec, of sentence-transformers (StaticEmbedding), or of the projector.
 *
 * @throws ModelFormatError; RangeError for options out of range
 */
export async function readModelFolder(folder: ModelFolder, options: ReadModelOptions = {}): Promise<EmbeddingModel> {
  if (typeof folder?.open !== 'function')
    throw new TypeError(`"folder" must be a folder, { name, open }, got ${showValue(folder)}`);
  checkOptions(options, RULES);
  for (const format of READABLE_FOLDERS) {
    const contents = await format.read(folder, options);
    if (contents) return modelOf(options.verify ? withWarning(contents, NO_HASH) : contents);
  }
  refuse(folder, `a folder must hold ${READABLE_FOLDERS.map(({ mustHold }) => mustHold).join(' or ')}`);
}

const NO_HASH = 'it holds no hash to verify it by';

async function readContents(
  file: ModelFile,
  start: Uint8Array,
  options: ReadModelOptions,
): Promise<ModelContents<Vectors>> {
  if (start.length === 0) refuse(file, 'it is empty');
  for (const format of READABLE_FILES) {
    if (!(await format.looksLike(start, file.byteLength))) continue;
    const isVerified = options.verify && (await format.verify?.(file));
    const contents = await format.read(file, options);
    return options.verify && !isVerified ? withWarning(contents, NO_HASH) : contents;
  }
  const { describeFile } = await import('./describe-text.ts'); // a page loads it when it needs it
  refuse(file, describeFile(start));
}

/** No text has an empty word: it is a sign of damage, or of words that were lost when the file was made. */
function modelOf(contents: ModelContents<Vectors>): EmbeddingModel {
  const list = deferredWords(contents);
  const empty = list ? (list.find('') ?? -1) : contents.words.indexOf('');
  return new EmbeddingModel(empty < 0 ? contents : withWarning(contents, `word ${empty + 1} is empty`));
}

/** Words that have not been made into text stay so. */
function withWarning(contents: ModelContents<Vectors>, warning: string): ModelContents<Vectors> {
  return Object.assign(contents, { warnings: [...(contents.warnings ?? []), warning] });
}

function compressionOf(start: Uint8Array): Compression | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd) return 'zstd';
  return undefined;
}
