import { isPhrases } from '../../text/phrases.ts';
import { MAXIMUM_NGRAM, type SubwordOptions } from '../../text/subwords.ts';
import type { TokenizerDescriptor } from '../../text/tokenizer.ts';
import { CLASSIFIER_LOSSES, type Classifier } from '../classifier.ts';
import type { ModelContents, SubwordVectors } from '../embedding-model.ts';
import { QUANTIZATIONS, type Quantization, QuantizedVectors, type Vectors } from '../quantized-vectors.ts';
import { type SentenceSettings, WEIGHTINGS } from '../sentence-settings.ts';
import { deferWords, WordList } from '../word-list.ts';
import {
  allocateAlike,
  formatBytes,
  type ModelFile,
  ModelFormatError,
  type ReadOptions,
  readChunks,
} from './model-file.ts';

/**
 * Our own format: one safetensors file (github.com/huggingface/safetensors, "Format"). After a uint64 header
 * length and a JSON header come the tensors:
 *
 * | name           | type | shape                 |                                          |
 * |----------------|------|-----------------------|------------------------------------------|
 * | counts         | I64  | words                 | occurrences in the corpus; may be absent |
 * | word_offsets   | I64  | words + 1             | word i is words[offset i … offset i + 1] |
 * | input_vectors  | F32  | words × dimensions    |                                          |
 * | output_vectors | F32  | words × dimensions    | may be absent                            |
 * | ngram_buckets  | I64  | buckets               | with subwords: the buckets in use        |
 * | ngram_vectors  | F32  | buckets × dimensions  | with subwords                            |
 * | words          | U8   | bytes                 | UTF-8, one word after the other          |
 * | sentence_weights          | F32 | words                   | weight of each word in a sentence |
 * | sentence_components       | F32 | components × dimensions | taken out of sentence vectors     |
 * | sentence_component_shares | F32 | components              | by these shares                   |
 * | sentence_projection       | F32 | fewer × dimensions      | principal axes that are kept      |
 * | label_vectors             | F32 | labels × dimensions     | of a supervised fastText model    |
 *
 * The sentence tensors are there where the sentence encoder has been fitted so. Metadata: `format` "wordkin", `format_version`,
 * and as JSON `tokenizer`, `training`, with subwords `subwords` (minNgram, maxNgram, buckets), and with a fitted sentence
 * encoder `sentences` (weighting, smoothing, unknownWeight, unitWords, normalize, sentences), with labels
 * `classifier` (labels, counts, loss, wordNgrams).
 *
 * Vectors in fewer bits make it a file of version 2. The metadata `quantization` then has their `dimensions`, and by the
 * tensor's name (`input_vectors`, `ngram_vectors`) what it is:
 *
 * | quantization | type | shape                             | NAME_scales |                                                    |
 * |--------------|------|-----------------------------------|-------------|----------------------------------------------------|
 * | float16      | F16  | rows × dimensions                 |             |                                                    |
 * | int8         | I8   | rows × (dimensions + directions)  | F32, rows   | NAME_directions F32, directions × dimensions       |
 * | product      | U8   | rows × parts                      | F32, rows   | NAME_codebook F32, centroids (≤ 256) × dimensions  |
 * | binary       | U8   | rows × ⌈dimensions / 8⌉           | F32, rows   |                                                    |
 */
export const FORMAT_VERSION = 2;

const MAXIMUM_HEADER_BYTES = 100_000_000;
const CHUNK_BYTES = 1 << 26;

/** The tensor's type, and that of its values here. */
const CODE_TYPES = {
  float16: ['F16', Uint16Array],
  int8: ['I8', Int8Array],
  product: ['U8', Uint8Array],
  binary: ['U8', Uint8Array],
} as const;

export interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Whether the file begins like a safetensors file. */
export function looksLikeSafetensors(start: Uint8Array): boolean {
  return start.length >= 9 && start[6] === 0 && start[7] === 0 && start[8] === 0x7b;
}

/** The file's bytes, piece by piece. */
export function* writeSafetensors(contents: ModelContents<Vectors>): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const words = contents.words.map((word) => encoder.encode(word));
  const offsets = new BigInt64Array(words.length + 1);
  let wordBytes = 0;
  words.forEach((word, id) => {
    wordBytes += word.length;
    offsets[id + 1] = BigInt(wordBytes);
  });
  const joined = new Uint8Array(wordBytes);
  words.forEach((word, id) => joined.set(word, Number(offsets[id])));

  const matrix = [contents.words.length, contents.dimensions];
  const tensors: [string, string, number[], ArrayBufferView][] = [];
  if (contents.counts) {
    tensors.push([
      'counts',
      'I64',
      [words.length],
      BigInt64Array.from(contents.counts, (count) => BigInt(Math.round(count))),
    ]);
  }
  tensors.push(['word_offsets', 'I64', [offsets.length], offsets]);
  const coded: typeof tensors = []; // of fewer bytes a value, so they come last: all begin where they may
  const quantization: Record<string, Quantization | number> = {};
  const pushVectors = (name: string, shape: number[], vectors: Vectors) => {
    if (vectors instanceof Float32Array) {
      tensors.push([name, 'F32', shape, vectors]);
      return;
    }
    const { size, dimensions, rowLength, codes, scales, directions, codebook } = vectors;
    quantization.dimensions = dimensions;
    quantization[name] = vectors.quantization;
    coded.push([name, CODE_TYPES[vectors.quantization][0], [size, rowLength], codes]);
    if (scales) tensors.push([`${name}_scales`, 'F32', [size], scales]);
    if (directions)
      tensors.push([`${name}_directions`, 'F32', [directions.length / dimensions, dimensions], directions]);
    if (codebook) tensors.push([`${name}_codebook`, 'F32', [codebook.length / dimensions, dimensions], codebook]);
  };
  pushVectors('input_vectors', matrix, contents.inputVectors);
  if (contents.outputVectors) tensors.push(['output_vectors', 'F32', matrix, contents.outputVectors]);
  const { subwords } = contents;
  if (subwords) {
    const count = subwords.buckets.length;
    tensors.push(['ngram_buckets', 'I64', [count], BigInt64Array.from(subwords.buckets, BigInt)]);
    pushVectors('ngram_vectors', [count, contents.dimensions], subwords.vectors);
  }
  const { weights, components, componentShares, projection, ...sentences } = contents.sentences ?? {};
  const sentenceTensor = (name: string, values: Float32Array | undefined, shape: (length: number) => number[]) => {
    if (values) tensors.push([name, 'F32', shape(values.length), values]);
  };
  const asRows = (length: number) => [length / contents.dimensions, contents.dimensions];
  sentenceTensor('sentence_weights', weights, (length) => [length]);
  sentenceTensor('sentence_components', components, asRows);
  sentenceTensor('sentence_component_shares', componentShares, (length) => [length]);
  sentenceTensor('sentence_projection', projection, asRows);
  const { classifier } = contents;
  if (classifier) sentenceTensor('label_vectors', classifier.labelVectors, asRows);
  coded.sort(([, a], [, b]) => Number(b === 'F16') - Number(a === 'F16'));
  tensors.push(...coded, ['words', 'U8', [wordBytes], joined]);

  const metadata: Record<string, string> = { format: 'wordkin', format_version: coded.length > 0 ? '2' : '1' };
  if (coded.length > 0) metadata.quantization = JSON.stringify(quantization);
  if (contents.tokenizer) metadata.tokenizer = JSON.stringify(contents.tokenizer);
  if (subwords) metadata.subwords = JSON.stringify(subwords.options);
  if (contents.sentences) metadata.sentences = JSON.stringify(sentences);
  if (classifier) {
    const { labels, labelCounts, loss, wordNgrams } = classifier;
    metadata.classifier = JSON.stringify({ labels, counts: Array.from(labelCounts), loss, wordNgrams });
  }
  if (contents.training) metadata.training = JSON.stringify(contents.training);
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, dtype, shape, data] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  let json = JSON.stringify(header);
  json += ' '.repeat((8 - (encoder.encode(json).length % 8)) % 8); // tensors begin at a multiple of 8
  const headerBytes = encoder.encode(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  yield length;
  yield headerBytes;
  for (const [, , , data] of tensors) {
    for (let begin = 0; begin < data.byteLength; begin += CHUNK_BYTES) {
      const size = Math.min(CHUNK_BYTES, data.byteLength - begin);
      yield new Uint8Array(data.buffer, data.byteOffset + begin, size);
    }
  }
}

/** The header of a safetensors file, and its tensors one by one; also for the files of other tools. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly fail: (what: string) => never;
  /** Undefined if there is no such tensor, or its entry is malformed. */
  info(name: string): TensorInfo | undefined;
  /**
   * The values of a tensor, as they lie in the file.
   *
   * @param shape - what it must be; not checked if absent
   * @param rows - only so many of its rows
   */
  tensor<T extends ArrayBufferView>(
    name: string,
    dtype: string,
    shape: readonly number[] | undefined,
    type: { new (buffer: ArrayBuffer, byteOffset: number, length: number): T; BYTES_PER_ELEMENT: number },
    rows?: number,
  ): Promise<T>;
}

/** @throws ModelFormatError */
export async function openSafetensors(file: ModelFile): Promise<SafetensorsFile> {
  const fail = (what: string): never => {
    throw new ModelFormatError(`Cannot read model "${file.name}": ${what}`);
  };
  const lengthBytes = new Uint8Array(8);
  if (file.byteLength < 8) fail(`a safetensors file has at least 8 bytes, this one ${file.byteLength}`);
  await file.read(0, lengthBytes);
  const headerLength = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (headerLength > MAXIMUM_HEADER_BYTES || headerLength > file.byteLength - 8) {
    fail(`its header promises ${formatBytes(headerLength)}, file has ${formatBytes(file.byteLength - 8)} left`);
  }
  const headerBytes = new Uint8Array(headerLength);
  await file.read(8, headerBytes);
  const header = parseJson<Record<string, TensorInfo> & { __metadata__?: Record<string, string> }>(
    new TextDecoder().decode(headerBytes),
  );
  if (typeof header !== 'object' || header === null) fail('its header is not JSON');
  const tensors = new Map<string, unknown>(Object.entries(header!));
  const dataStart = 8 + headerLength;
  const info = (name: string) => {
    const found = tensors.get(name);
    return isTensorInfo(found) ? found : undefined;
  };
  const { __metadata__: metadata } = header!;
  return {
    metadata: typeof metadata === 'object' && metadata !== null ? metadata : {},
    fail,
    info,
    async tensor(name, dtype, shape, type, rows = Infinity) {
      const found = info(name);
      if (!found) return fail(`it has no tensor "${name}"`);
      const [begin, end] = found.data_offsets;
      if (found.dtype !== dtype) fail(`tensor "${name}" must be ${dtype}, got ${found.dtype}`);
      if (shape && String(found.shape) !== String(shape))
        fail(`tensor "${name}" must have the shape [${shape}], got [${found.shape}]`);
      const byteLength = found.shape.reduce((product, size) => product * size, type.BYTES_PER_ELEMENT);
      if (begin < 0 || end - begin !== byteLength)
        fail(`tensor "${name}" of shape [${found.shape}] needs ${byteLength} bytes, its offsets give ${end - begin}`);
      if (dataStart + end > file.byteLength) {
        fail(
          `tensor "${name}" promises ${formatBytes(byteLength)}, file has ${formatBytes(Math.max(0, file.byteLength - dataStart - begin))} left; it may have been cut off`,
        );
      }
      const firstRows = rows < found.shape[0] ? (byteLength / found.shape[0]) * rows : byteLength;
      const offset = dataStart + begin;
      const bytes = allocateAlike(offset - (offset % 8), firstRows);
      if (firstRows > 0) await readChunks(file, offset, bytes);
      return new type(bytes.buffer, bytes.byteOffset, bytes.length / type.BYTES_PER_ELEMENT);
    },
  };
}

/** @throws ModelFormatError */
export async function readSafetensors(
  file: ModelFile,
  { limit = Infinity }: ReadOptions = {},
): Promise<ModelContents<Vectors>> {
  const { metadata, fail, info, tensor } = await openSafetensors(file);
  if (metadata.format !== 'wordkin')
    fail('it is a safetensors file, but not one of wordkin; of Model2Vec and sentence-transformers give the folder');
  const version = Number(metadata.format_version);
  if (version !== 1 && version !== FORMAT_VERSION) {
    fail(
      `it is of format version ${metadata.format_version}, this version of wordkin reads 1 to ${FORMAT_VERSION}; ${version > FORMAT_VERSION ? 'update wordkin' : 'convert it with an older one'}`,
    );
  }

  const shape = info('input_vectors')?.shape ?? fail('it has no tensor "input_vectors"');
  if (shape.length !== 2 || !shape.every((size) => Number.isSafeInteger(size) && size > 0))
    fail(`tensor "input_vectors" must have the shape [words, dimensions], got [${shape}]`);
  const json = <T>(text: string | undefined) =>
    text === undefined ? undefined : (parseJson<T>(text) ?? fail('its metadata is not JSON'));
  const quantization = json<Record<string, unknown>>(metadata.quantization) ?? {};
  const dimensions = quantization.input_vectors === undefined ? shape[1] : Number(quantization.dimensions);
  if (!(Number.isSafeInteger(dimensions) && dimensions > 0))
    fail(`its vectors must have 1 dimension or more, got ${String(quantization.dimensions).slice(0, 60)}`);

  async function readVectors(name: string, rows: number, kept = rows): Promise<Vectors> {
    const kind = quantization[name] as Quantization | undefined;
    if (kind === undefined) return tensor(name, 'F32', [rows, dimensions], Float32Array, kept);
    if (!QUANTIZATIONS.includes(kind)) fail(`tensor "${name}" is quantised as ${JSON.stringify(kind).slice(0, 60)}`);
    const [dtype, type] = CODE_TYPES[kind];
    const shapeOf = (name: string) => info(name)?.shape ?? [];
    const rows2D = (name: string) => tensor(name, 'F32', [shapeOf(name)[0], dimensions], Float32Array);
    const directions = kind === 'int8' ? await rows2D(`${name}_directions`) : undefined;
    const codebook = kind === 'product' ? await rows2D(`${name}_codebook`) : undefined;
    const scales = kind === 'float16' ? undefined : await tensor(`${name}_scales`, 'F32', [rows], Float32Array, kept);
    const codes = await tensor<Uint16Array | Int8Array | Uint8Array>(name, dtype, [rows, shapeOf(name)[1]], type, kept);
    try {
      return new QuantizedVectors({ quantization: kind, dimensions, codes, scales, directions, codebook });
    } catch (error) {
      return fail(`tensor "${name}": ${(error as Error).message}`);
    }
  }
  const wordCount = Math.min(shape[0], limit);
  // The system reads the vectors while the words are taken in here.
  const readingInputs = readVectors('input_vectors', shape[0], wordCount);
  const readingOffsets = tensor('word_offsets', 'I64', [shape[0] + 1], BigInt64Array, wordCount + 1);
  const readWords = (byteLength?: number) => tensor('words', 'U8', undefined, Uint8Array<ArrayBuffer>, byteLength);
  const readingAllWords = wordCount === shape[0] ? readWords() : undefined;
  for (const reading of [readingInputs, readingOffsets, readingAllWords]) reading?.catch(() => {}); // thrown where it is awaited
  const offsets = await readingOffsets;
  const wordsEnd = Number(offsets[wordCount]);
  if (!(wordsEnd >= 0)) fail(`its words end at ${wordsEnd}`);
  const words = await splitWords(await (readingAllWords ?? readWords(wordsEnd)), offsets, fail);
  const inputVectors = await readingInputs;
  const outputVectors =
    info('output_vectors') && (await tensor('output_vectors', 'F32', [shape[0], dimensions], Float32Array, wordCount));
  const counts =
    info('counts') && Float64Array.from(await tensor('counts', 'I64', [shape[0]], BigInt64Array, wordCount), Number);
  const options = json<SubwordOptions>(metadata.subwords);

  async function readSubwords(options: SubwordOptions): Promise<SubwordVectors<Vectors>> {
    const { minNgram, maxNgram, buckets: limit } = options;
    // Models of other tools may have n-grams of words alone, from 0 to 0 characters.
    const lengths = minNgram >= 0 && (maxNgram === 0 || maxNgram >= minNgram) && maxNgram <= MAXIMUM_NGRAM;
    if (!(lengths && limit >= 1 && limit <= 2 ** 32)) {
      fail(`its n-grams are of ${minNgram} to ${maxNgram} characters in ${limit} buckets`);
    }
    if ((options.hash ?? 'finalfusion') !== 'finalfusion') fail(`its n-grams are hashed by "${options.hash}"`);
    const { ngrams } = options;
    if (ngrams !== undefined && !(Array.isArray(ngrams) && ngrams.every(isListedNgram)))
      fail('its n-grams must be a list of pairs of text and number');
    const count = info('ngram_vectors')?.shape[0] ?? 0;
    const buckets = Uint32Array.from(await tensor('ngram_buckets', 'I64', [count], BigInt64Array), Number);
    if (buckets.some((bucket) => bucket >= limit)) fail(`an n-gram lies outside of its ${limit} buckets`);
    if (buckets.some((bucket, i) => i > 0 && bucket <= buckets[i - 1])) fail('its n-grams must be in rising order');
    return { options, buckets, vectors: await readVectors('ngram_vectors', count) };
  }
  async function readSentences(stored: SentenceSettings): Promise<SentenceSettings> {
    const { weighting, unknownWeight, sentences } = stored;
    if (!WEIGHTINGS.includes(weighting) || !(unknownWeight >= 0) || !(sentences >= 0)) {
      fail(`its sentence settings are ${JSON.stringify(stored).slice(0, 100)}`);
    }
    const rows = async (name: string) => {
      const found = info(name);
      return found && tensor(name, 'F32', [found.shape[0], dimensions], Float32Array);
    };
    const components = await rows('sentence_components');
    const row = async (name: string, length: number, kept = length) =>
      info(name) && tensor(name, 'F32', [length], Float32Array, kept);
    return {
      ...stored,
      weights: await row('sentence_weights', shape[0], wordCount),
      components,
      componentShares: await row('sentence_component_shares', (components?.length ?? 0) / dimensions),
      projection: await rows('sentence_projection'),
    };
  }
  async function readClassifier(stored: StoredClassifier): Promise<Classifier> {
    const { labels, counts, loss, wordNgrams } = stored;
    const fits =
      Array.isArray(labels) &&
      labels.every((label) => typeof label === 'string') &&
      Array.isArray(counts) &&
      counts.length === labels.length &&
      CLASSIFIER_LOSSES.includes(loss) &&
      Number.isSafeInteger(wordNgrams);
    if (!fits) fail(`its labels are ${JSON.stringify(stored).slice(0, 100)}`);
    const labelVectors = await tensor('label_vectors', 'F32', [labels.length, dimensions], Float32Array);
    return { labels, labelCounts: Float64Array.from(counts), labelVectors, loss, wordNgrams };
  }
  const sentences = json<SentenceSettings>(metadata.sentences);
  // Labels are told by all words; with some of them it would be other labels.
  const classifier = wordCount === shape[0] ? json<StoredClassifier>(metadata.classifier) : undefined;
  const tokenizer = json<TokenizerDescriptor>(metadata.tokenizer);
  const phrases: unknown = tokenizer?.phrases;
  if (phrases !== undefined && !isPhrases(phrases)) {
    const found = JSON.stringify(phrases).slice(0, 60);
    fail(`the phrases of its tokenizer must be a list of pairs of words for each pass, got ${found}`);
  }
  const contents = {
    dimensions,
    inputVectors,
    outputVectors,
    counts,
    subwords: options && (await readSubwords(options)),
    tokenizer,
    sentences: sentences && (await readSentences(sentences)),
    ...(classifier && { classifier: await readClassifier(classifier) }),
    training: json<ModelContents['training']>(metadata.training),
  };
  if (words.isUtf8) return deferWords(words, contents);
  const { words: repaired, kept } = words.finish();
  return kept ? fail('some word is there twice') : { ...contents, words: repaired };
}

type StoredClassifier = Pick<Classifier, 'labels' | 'loss' | 'wordNgrams'> & { counts: readonly number[] };

const PIECE_WORDS = 1 << 16;

/** The words at their offsets; none twice. Between pieces other work may go on. */
async function splitWords(
  bytes: Uint8Array<ArrayBuffer>,
  offsets: BigInt64Array,
  fail: (what: string) => never,
): Promise<WordList> {
  const count = offsets.length - 1;
  const words = new WordList(count, bytes);
  // Two numbers of 32 bits, as fast as one bigint is slow; what is negative becomes too large.
  const halves = new Uint32Array(offsets.buffer, offsets.byteOffset, 2 * offsets.length);
  for (let id = 0, start = Number(offsets[0]); id < count; id++) {
    const end = halves[2 * id + 2] + halves[2 * id + 3] * 2 ** 32;
    if (!(start >= 0 && end >= start && end <= bytes.length))
      fail(`word ${id} lies at ${start} to ${end} of ${bytes.length} bytes`);
    if (!words.add(bytes, start, end)) fail('some word is there twice');
    start = end;
    if (id % PIECE_WORDS === PIECE_WORDS - 1) await new Promise((resolve) => setTimeout(resolve));
  }
  return words;
}

function isListedNgram(entry: unknown): boolean {
  return Array.isArray(entry) && typeof entry[0] === 'string' && Number.isSafeInteger(entry[1]) && entry[1] >= 0;
}

function parseJson<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function isTensorInfo(info: unknown): info is TensorInfo {
  const { dtype, shape, data_offsets: offsets } = (info ?? {}) as Partial<TensorInfo>;
  const integers = (list: unknown) =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  return typeof dtype === 'string' && integers(shape) && integers(offsets) && offsets!.length === 2;
}
