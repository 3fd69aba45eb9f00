import { bucketsOf, bucketsOfBytes, findBucket, MAXIMUM_NGRAM, type SubwordOptions } from '../../text/subwords.ts';
import { CLASSIFIER_LOSSES, type Classifier } from '../classifier.ts';
import type { ModelContents, SubwordVectors } from '../embedding-model.ts';
import type { Vectors } from '../quantized-vectors.ts';
import { keepRows, WordList } from '../word-list.ts';
import { BinaryReader } from './binary-reader.ts';
import { allocateFloats, type ModelFile, type ReadOptions } from './model-file.ts';

/**
 * fastText's .bin (fasttext.cc `loadModel`, args.cc, dictionary.cc, densematrix.cc, quantmatrix.cc, productquantizer.cc),
 * little endian: a magic number and a version, which the first files did not have; 12 options; words, then labels, each
 * with its count; the rows of words and of n-gram buckets; the output rows. Matrices may be packed by product
 * quantisation, and n-grams pruned to those of the greatest effect.
 */
const MAGIC = 793712314;
const VERSION = 12;
const MODELS = ['', 'cbow', 'skip-gram', 'supervised'];
const SUPERVISED = 3;
const LONGEST_WORD_BYTES = 1 << 16;
const CENTROIDS = 256;
const CHUNK_VALUES = 1 << 18;
const MAXIMUM_INT32 = 2 ** 31 - 1;
const MOST_NGRAMS = 300;
const MUCH_WORK = 2 ** 30;

/** Names as in fastText's args.cc. */
interface Options {
  readonly dim: number;
  readonly ws: number;
  readonly epoch: number;
  readonly minCount: number;
  readonly neg: number;
  readonly wordNgrams: number;
  readonly loss: number;
  readonly model: number;
  readonly bucket: number;
  readonly minn: number;
  readonly maxn: number;
  readonly lrUpdateRate: number;
}

/** Whether the file begins as fastText's do; those without the magic number are told by the sense of their options. */
export function looksLikeFastText(start: Uint8Array, byteLength: number): boolean {
  if (start.length < 56) return false;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return view.getInt32(0, true) === MAGIC || isSensible(optionsAt(view, 0), byteLength);
}

function optionsAt(view: DataView, offset: number): Options {
  const [dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate] = Array.from(
    { length: 12 },
    (_, i) => view.getInt32(offset + 4 * i, true),
  );
  return { dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate };
}

function isSensible(options: Options, byteLength: number): boolean {
  const { dim, wordNgrams, loss, model, minn, maxn } = options;
  return (
    Object.values(options).every((value) => value >= 0) &&
    dim >= 1 &&
    dim <= byteLength &&
    wordNgrams <= 1000 &&
    CLASSIFIER_LOSSES[loss - 1] !== undefined &&
    MODELS[model] !== undefined &&
    model > 0 &&
    minn <= 1000 &&
    maxn <= 1000
  );
}

/**
 * Word vectors are made whole: the mean of a word's own row and those of its n-grams, in float32 in fastText's order.
 *
 * @throws ModelFormatError
 */
export async function readFastText(file: ModelFile, { limit = Infinity }: ReadOptions = {}): Promise<ModelContents> {
  const reader = new BinaryReader(file);
  const first = await reader.int32('its header');
  const hasMagic = first === MAGIC;
  const version = hasMagic ? await reader.int32('its version') : 0;
  if (hasMagic && version !== 11 && version !== VERSION)
    reader.fail(`it is of fastText's file version ${version}; 11 and ${VERSION} are known`);
  const header = new BinaryReader(file, hasMagic ? 8 : 0);
  const { buffer, byteOffset } = await header.bytes(48, 'its options');
  const options = optionsAt(new DataView(buffer, byteOffset), 0);
  if (!isSensible(options, file.byteLength)) reader.fail(`its options make no sense: ${JSON.stringify(options)}`);
  const { dim: dimensions, wordNgrams, model, bucket } = options;
  const supervised = model === SUPERVISED;
  await header.float64('its options');

  const vocabulary = await readVocabulary(header, limit, hasMagic);
  const { list, counts, rows, wordCount, labels, labelCounts, pruned } = vocabulary;
  if (wordCount < 1) header.fail('it holds no words');

  // Supervised models of version 11 have no n-grams of characters, whatever their options say.
  const withNgrams = options.maxn > 0 && !(version === 11 && supervised) && options.minn <= options.maxn;
  if (withNgrams && options.maxn > MAXIMUM_NGRAM)
    header.fail(`its n-grams reach ${options.maxn} characters, at most ${MAXIMUM_NGRAM} are known`);
  const subwordOptions: SubwordOptions | undefined =
    bucket > 0 && pruned?.length !== 0 && (withNgrams || (supervised && wordNgrams > 1))
      ? { minNgram: withNgrams ? options.minn : 0, maxNgram: withNgrams ? options.maxn : 0, buckets: bucket }
      : undefined;

  const packed = hasMagic && (await header.uint8('the kind of its vectors')) !== 0;
  const keptWords = Math.min(wordCount, limit);
  const input = await readMatrix(header, packed, dimensions, 'its input vectors', (rowCount) => {
    if (rowCount < wordCount) header.fail(`it has ${wordCount} words and vectors for ${rowCount}`);
    return [
      { begin: 0, end: keptWords },
      subwordOptions ? { begin: wordCount, end: rowCount } : { begin: rowCount, end: rowCount },
    ];
  });
  const [vectors, ngramRows] = input;
  const subwords = subwordOptions && subwordVectors(header, subwordOptions, ngramRows, dimensions, pruned);
  if (subwords) addNgrams(header, vectors, dimensions, rows, list, subwords, !hasMagic);

  const { words, kept: distinct, warnings } = list.finish();
  const kept = distinct
    ? distinct.map((row) => rows[row])
    : list.duplicates > 0
      ? rows.slice(0, words.length)
      : undefined;
  const known = Float64Array.from(kept ?? counts.subarray(0, words.length), kept ? (row) => counts[row] : Number);
  const select = (values: Float32Array<ArrayBuffer>) => (kept ? keepRows(values, dimensions, kept) : values);
  const contents: ModelContents = {
    words,
    dimensions,
    inputVectors: select(vectors),
    subwords,
    // Writers that know no counts give each word 1.
    counts: known.some((count) => count > 1) ? known : undefined,
    training: { tool: 'fastText', options: describeOptions(options, subwordOptions) },
    warnings,
  };

  const packedOutput = hasMagic && (await header.uint8('the kind of its output vectors')) !== 0;
  // Read as packed only if the input is, too, as fastText does.
  const [outputVectors] = await readMatrix(
    header,
    packed && packedOutput,
    dimensions,
    'its output vectors',
    (rowCount) => [{ begin: 0, end: supervised || limit >= wordCount ? rowCount : Math.min(rowCount, keptWords) }],
  );
  const loss = CLASSIFIER_LOSSES[options.loss - 1];
  if (supervised) {
    if (labels.length < 1) header.fail('it is a supervised model without labels');
    if (outputVectors.length !== labels.length * dimensions)
      header.fail(`it has ${labels.length} labels and output vectors for ${outputVectors.length / dimensions}`);
    if (limit >= wordCount) {
      const classifier: Classifier = {
        labels,
        labelCounts: Float64Array.from(labelCounts),
        labelVectors: outputVectors,
        loss,
        wordNgrams,
      };
      return { ...contents, classifier };
    }
    const note = `its ${labels.length} labels were left out: they are told by all of its ${wordCount} words`;
    return { ...contents, warnings: [...warnings, note] };
  }
  const wanted = keptWords * dimensions;
  const tree = loss === 'hierarchical-softmax';
  if (outputVectors.length < wanted || (tree && (kept || limit < wordCount))) return contents;
  // fastText asks the inner nodes of its tree for bit 1, word2vec.c and we for bit 0.
  if (tree) for (let i = 0; i < wanted; i++) outputVectors[i] = -outputVectors[i];
  return { ...contents, outputVectors: select(outputVectors.subarray(0, wanted)) };
}

function describeOptions(options: Options, subwords: SubwordOptions | undefined): Record<string, unknown> {
  const { dim, ws, epoch, minCount, neg, wordNgrams, loss, model } = options;
  return {
    algorithm: MODELS[model],
    loss: CLASSIFIER_LOSSES[loss - 1],
    dimensions: dim,
    window: ws,
    epochs: epoch,
    minCount,
    negative: neg,
    wordNgrams,
    ...(subwords && { minNgram: subwords.minNgram, maxNgram: subwords.maxNgram, buckets: subwords.buckets }),
  };
}

interface StoredVocabulary {
  readonly list: WordList;
  /** One a word of the file, up to the limit. */
  readonly counts: Float64Array;
  /** The row of each word of the list; they differ where words come twice. */
  readonly rows: Uint32Array;
  readonly wordCount: number;
  readonly labels: string[];
  readonly labelCounts: number[];
  /** Bucket and row of the n-grams that are left; undefined if nothing was pruned. */
  readonly pruned: [bucket: number, row: number][] | undefined;
}

async function readVocabulary(reader: BinaryReader, limit: number, hasPruned: boolean): Promise<StoredVocabulary> {
  const size = await reader.int32('its vocabulary');
  const wordCount = await reader.int32('its vocabulary');
  const labelCount = await reader.int32('its vocabulary');
  await reader.int64('its vocabulary');
  const prunedCount = hasPruned ? await reader.int64('its vocabulary') : -1;
  if (wordCount < 0 || labelCount < 0 || size !== wordCount + labelCount)
    reader.fail(`it promises ${size} entries, ${wordCount} words and ${labelCount} labels`);
  reader.expect(10 * size, `a vocabulary of ${size} entries`);
  const list = new WordList();
  const kept = Math.min(wordCount, limit);
  const counts = new Float64Array(kept);
  const rows = new Uint32Array(kept);
  const labels: string[] = [];
  const labelCounts: number[] = [];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let entry = 0; entry < size; ) {
    const window = await reader.window(LONGEST_WORD_BYTES + 10);
    const view = new DataView(window.buffer, window.byteOffset, window.byteLength);
    let at = 0;
    for (; entry < size; entry++) {
      let end = at;
      while (end < window.length && window[end] !== 0) end++;
      if (end + 10 > window.length || end - at > LONGEST_WORD_BYTES) break;
      // Two numbers, as fast as one bigint is slow.
      const count = view.getUint32(end + 1, true) + view.getInt32(end + 5, true) * 2 ** 32;
      const type = window[end + 9];
      if (type !== (entry < wordCount ? 0 : 1)) reader.fail(`entry ${entry} of its vocabulary is of kind ${type}`);
      if (!(count >= 0)) reader.fail(`entry ${entry} of its vocabulary has the count ${count}`);
      if (entry < kept) {
        counts[entry] = count;
        if (list.add(window, at, end)) rows[list.size - 1] = entry;
      } else if (entry >= wordCount) {
        labels.push(decoder.decode(window.subarray(at, end)));
        labelCounts.push(count);
      }
      at = end + 10;
    }
    if (at === 0) reader.fail(`it ends within entry ${entry + 1} of ${size} of its vocabulary`);
    reader.advance(at);
  }
  if (prunedCount < -1) reader.fail(`it promises ${prunedCount} n-grams`);
  if (prunedCount < 0) return { list, counts, rows, wordCount, labels, labelCounts, pruned: undefined };
  const { buffer } = await reader.bytes(8 * prunedCount, `a list of ${prunedCount} n-grams`);
  const pairs = new Int32Array(buffer);
  const pruned = Array.from({ length: prunedCount }, (_, i): [number, number] => [pairs[2 * i], pairs[2 * i + 1]]);
  return { list, counts, rows, wordCount, labels, labelCounts, pruned };
}

function subwordVectors(
  reader: BinaryReader,
  options: SubwordOptions,
  rows: Float32Array<ArrayBuffer>,
  dimensions: number,
  pruned: readonly [number, number][] | undefined,
): SubwordVectors {
  const rowCount = rows.length / dimensions;
  if (!pruned) {
    const { buckets } = options;
    if (rowCount < buckets) reader.fail(`it has ${buckets} buckets of n-grams and vectors for ${rowCount}`);
    return {
      options,
      buckets: Uint32Array.from({ length: buckets }, (_, bucket) => bucket),
      vectors: rows.subarray(0, buckets * dimensions),
    };
  }
  const sorted = [...pruned].sort(([a], [b]) => a - b);
  const vectors = allocateFloats(reader.file, sorted.length * dimensions);
  sorted.forEach(([bucket, row], i) => {
    if (bucket < 0 || bucket >= options.buckets || row < 0 || row >= rowCount || bucket === sorted[i - 1]?.[0])
      reader.fail(`its list of n-grams leads bucket ${bucket} of ${options.buckets} to row ${row} of ${rowCount}`);
    vectors.set(rows.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
  });
  return { options, buckets: Uint32Array.from(sorted, ([bucket]) => bucket), vectors };
}

/**
 * Own rows become whole vectors, in place. N-grams are those of the word's bytes, whatever their encoding. In the first files
 * the end of a sentence had n-grams, too: lee_fasttext.vec of gensim's tests was written so.
 */
function addNgrams(
  reader: BinaryReader,
  vectors: Float32Array,
  dimensions: number,
  rows: Uint32Array,
  list: WordList,
  { options, buckets, vectors: ngramVectors }: SubwordVectors,
  ofEndOfSentence: boolean,
): void {
  let total = 0;
  for (let id = 0; id < list.size; id++) {
    const target = rows[id] * dimensions;
    let count = 1;
    // So many n-grams that the work has no bounds; words of 50 letters have 200.
    if (total > MOST_NGRAMS * (id + 1) && total * dimensions > MUCH_WORK)
      reader.fail(`its words have more than ${MOST_NGRAMS} n-grams on the mean; these are no words`);
    for (const bucket of bucketsOfBytes(list.bytesOf(id), options, ofEndOfSentence)) {
      const source = findBucket(buckets, bucket) * dimensions;
      if (source < 0) continue;
      for (let d = 0; d < dimensions; d++) vectors[target + d] += ngramVectors[source + d];
      count++;
    }
    total += count;
    const factor = Math.fround(1 / count);
    for (let d = 0; d < dimensions; d++) vectors[target + d] *= factor;
  }
}

interface RowRange {
  readonly begin: number;
  readonly end: number;
}

/** Some of the rows of a matrix; all of it is passed over. */
async function readMatrix(
  reader: BinaryReader,
  packed: boolean,
  dimensions: number,
  what: string,
  choose: (rowCount: number) => readonly RowRange[],
): Promise<Float32Array<ArrayBuffer>[]> {
  if (packed) return readPackedMatrix(reader, dimensions, what, choose);
  const [rowCount, width] = [await reader.count(what), await reader.count(what)];
  if (width !== dimensions && rowCount > 0)
    reader.fail(`${what} have ${width} dimensions, its header says ${dimensions}`);
  reader.expect(4 * rowCount * width, `${what}, ${rowCount} × ${width},`);
  const parts: Float32Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { begin, end } of choose(rowCount)) {
    reader.skip(4 * (begin - at) * width, what);
    parts.push(await reader.floats((end - begin) * width, what));
    at = end;
  }
  reader.skip(4 * (rowCount - at) * width, what);
  return parts;
}

interface ProductQuantizer {
  readonly dimensions: number;
  readonly parts: number;
  readonly partLength: number;
  readonly lastLength: number;
  readonly centroids: Float32Array;
}

async function readQuantizer(reader: BinaryReader, dimensions: number, what: string): Promise<ProductQuantizer> {
  const [width, parts, partLength, lastLength] = [
    await reader.int32(what),
    await reader.int32(what),
    await reader.int32(what),
    await reader.int32(what),
  ];
  const fits = width === dimensions && partLength >= 1 && lastLength >= 1 && lastLength <= partLength && parts >= 1;
  if (!fits || (parts - 1) * partLength + lastLength !== dimensions)
    reader.fail(`${what} are packed in ${parts} parts of ${partLength} and ${lastLength} of ${width} dimensions`);
  const centroids = await reader.floats(dimensions * CENTROIDS, what);
  return { dimensions, parts, partLength, lastLength, centroids };
}

async function readPackedMatrix(
  reader: BinaryReader,
  dimensions: number,
  what: string,
  choose: (rowCount: number) => readonly RowRange[],
): Promise<Float32Array<ArrayBuffer>[]> {
  const withNorms = (await reader.uint8(what)) !== 0;
  const [rowCount, width] = [await reader.count(what), await reader.count(what)];
  if (width !== dimensions) reader.fail(`${what} have ${width} dimensions, its header says ${dimensions}`);
  const codeSize = await reader.int32(what);
  const codes = await reader.bytes(codeSize, what);
  const quantizer = await readQuantizer(reader, dimensions, what);
  const { parts, partLength, lastLength, centroids } = quantizer;
  if (codeSize !== rowCount * parts) reader.fail(`${what} are ${rowCount} rows of ${parts} codes, it has ${codeSize}`);
  const normCodes = withNorms ? await reader.bytes(rowCount, what) : undefined;
  const norms = withNorms ? (await readQuantizer(reader, 1, what)).centroids : undefined;
  return choose(rowCount).map(({ begin, end }) => {
    const rows = allocateFloats(reader.file, (end - begin) * dimensions);
    for (let row = begin; row < end; row++) {
      const norm = normCodes ? norms![normCodes[row]] : 1;
      for (let part = 0; part < parts; part++) {
        const length = part === parts - 1 ? lastLength : partLength;
        const source = part * CENTROIDS * partLength + codes[row * parts + part] * length;
        const target = (row - begin) * dimensions + part * partLength;
        for (let d = 0; d < length; d++) rows[target + d] = norm * centroids[source + d];
      }
    }
    return rows;
  });
}

/** What keeps n-grams or labels out of a .bin, in words; undefined if they fit. */
export function fastTextSubwords<V extends Vectors>({ subwords }: ModelContents<V>): SubwordVectors<V> | undefined {
  if (!subwords) return undefined;
  const { hash, ngrams, buckets } = subwords.options;
  return hash === undefined && ngrams === undefined && buckets <= MAXIMUM_INT32 ? subwords : undefined;
}

/**
 * fastText's .bin, dense. Rows of buckets that are not in use are zeros; the own row of each word is what is missing in
 * its n-grams to the word's vector, so that their mean gives it back.
 *
 * @throws RangeError for a word with a zero byte, which the format cannot hold
 */
export function* writeFastText(contents: ModelContents): Generator<Uint8Array> {
  const { words, dimensions, inputVectors, outputVectors, counts, classifier } = contents;
  const subwords = fastTextSubwords(contents);
  const { minNgram, maxNgram, buckets } = subwords?.options ?? { minNgram: 0, maxNgram: 0, buckets: 0 };
  const training = (contents.training?.options ?? {}) as Record<string, unknown>;
  const option = (name: string, otherwise: number) => {
    const value = training[name];
    return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAXIMUM_INT32 ? value : otherwise;
  };
  const lossIndex = CLASSIFIER_LOSSES.indexOf(classifier?.loss ?? (training.loss as Classifier['loss']));
  const model = classifier ? SUPERVISED : training.algorithm === 'cbow' ? 1 : 2;
  const encoder = new TextEncoder();

  const header = new DataView(new ArrayBuffer(92));
  const numbers = [
    ...[MAGIC, VERSION, dimensions, option('window', 5), option('epochs', 5), 1, option('negative', 5)],
    ...[classifier?.wordNgrams ?? 1, (lossIndex < 0 ? 1 : lossIndex) + 1, model, buckets, minNgram, maxNgram, 100],
  ];
  numbers.forEach((value, i) => header.setInt32(4 * i, value, true));
  header.setFloat64(56, 1e-4, true);
  const labelCount = classifier?.labels.length ?? 0;
  header.setInt32(64, words.length + labelCount, true);
  header.setInt32(68, words.length, true);
  header.setInt32(72, labelCount, true);
  const tokens = counts ? counts.reduce((sum, count) => sum + count, 0) : words.length;
  header.setBigInt64(76, BigInt(Math.round(tokens)), true);
  header.setBigInt64(84, -1n, true);
  yield new Uint8Array(header.buffer);

  function* entries(names: readonly string[], ofEach: ArrayLike<number> | undefined, type: number) {
    let parts: Uint8Array[] = [];
    let length = 0;
    for (let i = 0; i < names.length; i++) {
      if (names[i].includes('\0')) {
        throw new RangeError(
          `Cannot write word ${JSON.stringify(names[i])} in fastText's format: a zero byte ends a word there; save as .safetensors instead`,
        );
      }
      const text = encoder.encode(names[i]);
      const entry = new Uint8Array(text.length + 10);
      entry.set(text);
      const count = BigInt(Math.round(ofEach?.[i] ?? 1));
      new DataView(entry.buffer).setBigInt64(text.length + 1, count, true);
      entry[text.length + 9] = type;
      parts.push(entry);
      length += entry.length;
      if (length > CHUNK_VALUES || i === names.length - 1) {
        yield concatenate(parts, length);
        parts = [];
        length = 0;
      }
    }
  }
  yield* entries(words, counts, 0);
  if (classifier) yield* entries(classifier.labels, classifier.labelCounts, 1);

  yield matrixHeader(words.length + buckets, dimensions);
  const rowsInChunk = Math.max(1, Math.floor(CHUNK_VALUES / dimensions));
  for (let begin = 0; begin < words.length; begin += rowsInChunk) {
    const end = Math.min(words.length, begin + rowsInChunk);
    const own = inputVectors.slice(begin * dimensions, end * dimensions);
    if (subwords)
      for (let id = begin; id < end; id++)
        subtractNgrams(own, (id - begin) * dimensions, words[id], subwords, dimensions);
    yield bytesOf(own);
  }
  for (let begin = 0, next = 0; begin < buckets; begin += rowsInChunk) {
    const end = Math.min(buckets, begin + rowsInChunk);
    const rows = new Float32Array((end - begin) * dimensions);
    for (; next < subwords!.buckets.length && subwords!.buckets[next] < end; next++) {
      const row = subwords!.vectors.subarray(next * dimensions, (next + 1) * dimensions);
      rows.set(row, (subwords!.buckets[next] - begin) * dimensions);
    }
    yield bytesOf(rows);
  }

  if (classifier) {
    yield matrixHeader(labelCount, dimensions);
    yield bytesOf(classifier.labelVectors);
    return;
  }
  yield matrixHeader(words.length, dimensions);
  const sign = training.loss === 'hierarchical-softmax' ? -1 : 1; // see readFastText
  for (let begin = 0; begin < inputVectors.length; begin += CHUNK_VALUES) {
    const size = Math.min(CHUNK_VALUES, inputVectors.length - begin);
    yield bytesOf(
      outputVectors ? outputVectors.slice(begin, begin + size).map((value) => sign * value) : new Float32Array(size),
    );
  }
}

/** From a whole vector to the own row: (n + 1) × vector − the sum of the rows of its n n-grams, in float64. */
function subtractNgrams(
  own: Float32Array,
  target: number,
  word: string,
  { options, buckets, vectors }: SubwordVectors,
  dimensions: number,
): void {
  const found = bucketsOf(word, options);
  const sum = new Float64Array(dimensions);
  for (const bucket of found) {
    const source = findBucket(buckets, bucket) * dimensions;
    if (source >= 0) for (let d = 0; d < dimensions; d++) sum[d] += vectors[source + d];
  }
  for (let d = 0; d < dimensions; d++) own[target + d] = (found.length + 1) * own[target + d] - sum[d];
}

function matrixHeader(rowCount: number, dimensions: number): Uint8Array {
  const bytes = new Uint8Array(17); // the first says: not packed
  const view = new DataView(bytes.buffer);
  view.setBigInt64(1, BigInt(rowCount), true);
  view.setBigInt64(9, BigInt(dimensions), true);
  return bytes;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
