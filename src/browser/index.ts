// wordkin in browsers: the portable list, with training in web workers and models from URLs and Blobs.

import type { EmbeddingModel } from '../model/embedding-model.ts';
import type { ModelFile, ModelFolder, ReadOptions } from '../model/formats/model-file.ts';
import { type Compression, readModel, readModelFolder } from '../model/formats/read-model.ts';
import { limitUnpacked, pieces } from '../model/formats/unpack-limit.ts';
import { urlFile, urlFolder } from '../model/formats/url-file.ts';
import { writeSafetensors } from '../model/formats/write-wordkin.ts';
import { preflightFromText } from '../preflight/preflight.ts';
import { inferTokenizer, SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { decodeZstd } from '../text/decode-zstd.ts';
import type { TextSource } from '../text/text-source.ts';
import { TOKEN_SEPARATOR, textsSource, tokensSource } from '../text/text-source.ts';
import { createTokenIdTokenizer } from '../text/token-ids.ts';
import {
  createTokenizer,
  segmenterWarning,
  type Tokenizer,
  type TokenizerDescriptor,
  type TokenizerName,
  tokenizerTraits,
} from '../text/tokenizer.ts';
import { trainFromText } from '../train.ts';
import {
  INPUT_HELP,
  type Preflight,
  type TrainEdge,
  type TrainResult,
  type TrainSettings,
} from '../training/train-settings.ts';
import type { PartialTrainingOptions } from '../training/training-options.ts';
import { runTraining, type TrainingRun } from '../training/training-run.ts';
import { loadSegmenter } from './chinese-segmenter.ts';
import { createTrainingThread } from './training-threads.ts';

export * from '../index.ts';
export { openTextStore } from './text-stores.ts';

/** What to train on: files that the user picked (.gz, too), or texts, or token lists, or sources of one's own. */
export type TrainInput =
  | { readonly files: Iterable<File> }
  | { readonly texts: Iterable<string> }
  | { readonly tokens: Iterable<readonly string[]> }
  | { readonly sources: readonly TextSource[] };

/**
 * Trains word vectors, in web workers where the page is cross-origin isolated (shared memory needs the headers
 * COOP and COEP), otherwise in the page itself, in slices of 50 ms.
 *
 * @throws RangeError for options out of range, Error for text that cannot be read or holds too few words
 */
export async function train(
  input: TrainInput,
  options: PartialTrainingOptions & TrainSettings = {},
): Promise<TrainResult> {
  return trainFromText(...trainArguments(input, options));
}

/**
 * What `train` with the same arguments would need (tokens, words, memory, time), and which mistakes are likely, by
 * the first megabyte of the text. Takes less than a second and trains nothing. How much memory there is, a page cannot
 * know.
 *
 * @throws what `train` throws for options and for text that cannot be read
 */
export async function preflight(
  input: TrainInput,
  options: PartialTrainingOptions & TrainSettings = {},
): Promise<Preflight> {
  return preflightFromText(...trainArguments(input, options));
}

function trainArguments(
  input: TrainInput,
  options: PartialTrainingOptions & TrainSettings,
): Parameters<typeof trainFromText> {
  if (typeof input !== 'object' || input === null) throw new TypeError(INPUT_HELP);
  const asTokens = 'tokens' in input ? ({ tokenizer: 'ids', separator: TOKEN_SEPARATOR } as const) : {};
  const edge: TrainEdge = {
    loadSegmenter,
    ...(globalThis.crossOriginIsolated && {
      createWorker: createTrainingThread,
      processors: navigator.hardwareConcurrency,
    }),
  };
  return [openInput(input), { ...options, ...asTokens }, edge];
}

/**
 * Trains as `train` does, and hands out its events one by one; a loop that is left early stops the training.
 *
 *     const run = startTraining({ files: input.files });
 *     for await (const event of run) if (event.type === 'epoch') show(event.epoch, event.loss);
 *     const { model } = await run.result;
 */
export function startTraining(input: TrainInput, options: PartialTrainingOptions & TrainSettings = {}): TrainingRun {
  return runTraining((settings) => train(input, settings), options);
}

function openInput(input: TrainInput): readonly TextSource[] {
  if ('files' in input) return Array.from(input.files, fileSource);
  if ('texts' in input) return [textsSource(input.texts)];
  if ('tokens' in input) return [tokensSource(input.tokens)];
  if ('sources' in input) return input.sources;
  throw new TypeError(INPUT_HELP);
}

function fileSource(file: File): TextSource {
  return {
    name: file.name,
    byteLength: file.size,
    readsAhead: /\.gz$/i.test(file.name),
    async *open(onRead) {
      const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(chunk, controller) {
          onRead?.(chunk.length);
          controller.enqueue(chunk);
        },
      });
      const bytes = file.stream().pipeThrough(counter);
      const reader = (
        /\.gz$/i.test(file.name) ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes
      ).getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    },
  };
}

export interface LoadOptions extends ReadOptions {
  /** Of an array (.npy): the word of each row; the file of words beside it if absent. */
  readonly words?: readonly string[] | undefined;
  /** Of a compressed file: the most bytes that it may unpack to; 32 times the file and 1 GiB at least if absent. */
  readonly maximumUnpackedBytes?: number | undefined;
}

/**
 * Loads a model of any format that is known: from a URL, of which only what is needed is fetched where the server allows it
 * (one that ends with a slash is a folder), from a Blob, or from the files of a folder that the user picked.
 *
 * @throws Error or ModelFormatError with what is wrong with it
 */
export async function loadModel(
  place: string | URL | Blob | Iterable<File>,
  options: LoadOptions = {},
): Promise<EmbeddingModel> {
  const unpack = (file: ModelFile, compression: Compression) =>
    unpackToBlob(file, compression, options.maximumUnpackedBytes);
  if (place instanceof Blob)
    return readModel(blobFile(place, place instanceof File ? place.name : 'blob'), { ...options, unpack });
  if (typeof place !== 'string' && !(place instanceof URL)) return readModelFolder(pickedFolder([...place]), options);
  const url = new URL(place, globalThis.location?.href);
  if (url.pathname.endsWith('/')) return readModelFolder(urlFolder(url), { ...options, unpack });
  const file = await urlFile(url);
  if (!file) throw new Error(`Cannot read model "${url}": the server has no such file`);
  return readModel(file, { ...options, unpack, folder: urlFolder(new URL('.', url)) });
}

function blobFile(blob: Blob, name: string): ModelFile {
  return {
    name,
    byteLength: blob.size,
    async read(offset, target) {
      target.set(new Uint8Array(await blob.slice(offset, offset + target.length).arrayBuffer()));
    },
  };
}

/** Files of `<input webkitdirectory>`, whose paths begin with the name of the folder, or files picked together. */
function pickedFolder(files: readonly File[]): ModelFolder {
  const pathOf = (file: File) => file.webkitRelativePath.split('/').slice(1).join('/') || file.name;
  return {
    name: files[0]?.webkitRelativePath.split('/')[0] || 'files',
    async open(name) {
      const file = files.find((candidate) => pathOf(candidate) === name);
      return file && blobFile(file, name);
    },
  };
}

async function unpackToBlob(file: ModelFile, compression: Compression, maximumByteLength?: number): Promise<ModelFile> {
  const packed = pieces(file);
  const parts: BlobPart[] = [];
  for await (const chunk of limitUnpacked(
    file,
    compression === 'gzip' ? gunzip(packed) : unzstd(packed),
    maximumByteLength,
  ))
    parts.push(new Uint8Array(chunk));
  return blobFile(new Blob(parts), file.name);
}

async function* gunzip(bytes: AsyncGenerator<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { value, done } = await bytes.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

async function* unzstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  yield* decodeZstd(decoder, bytes);
}

/** The model as a safetensors file, to download or to keep. */
export function modelBlob(model: EmbeddingModel): Blob {
  // Vectors may lie in shared memory, which a Blob does not take: copied piece by piece.
  return new Blob(Array.from(writeSafetensors(model.contents), (chunk) => new Uint8Array(chunk)));
}

/**
 * The tokenizer that a model names; for `chinese` with jieba-wasm where it is installed. Where the model's text was cut by
 * another segmenter, the console is told.
 */
export async function loadTokenizer(
  descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>,
): Promise<Tokenizer> {
  const { name, version = 1 } = descriptor;
  if (name === 'huggingface') {
    const { Tokenizer: HuggingFaceTokenizer } = await import('@huggingface/tokenizers').catch((cause) => {
      throw new Error(
        'Cannot cut texts: the model has a tokenizer.json, for which @huggingface/tokenizers must be there',
        { cause },
      );
    });
    const tokenizer = new HuggingFaceTokenizer(descriptor.definition ?? {}, {});
    const encoder = { encode: (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids };
    return createTokenIdTokenizer({ ...descriptor, version }, encoder);
  }
  const { needsSegmenter } = tokenizerTraits(descriptor) ?? {};
  const segmenter = needsSegmenter ? await loadSegmenter(descriptor.dictionary) : undefined;
  const tokenizer = createTokenizer(name, { ...descriptor, segmenter });
  const warning = segmenterWarning(descriptor, tokenizer);
  if (warning !== undefined) console.warn(warning);
  return tokenizer;
}

/**
 * A sentence encoder with the tokenizer that the model was trained with, or `tokenizer`, or for a model of
 * another tool the one that suits its words.
 */
export async function createSentenceEncoder(
  model: EmbeddingModel,
  tokenizer?: TokenizerName,
): Promise<SentenceEncoder> {
  const stored = model.contents.tokenizer;
  return new SentenceEncoder(
    model,
    await loadTokenizer(tokenizer ? { name: tokenizer } : (stored ?? { name: inferTokenizer(model) })),
  );
}
