import { bucketsOf, findBucket } from '../../text/subwords.ts';
import { CLASSIFIER_LOSSES, type Classifier } from '../classifier.ts';
import type { ModelContents, SubwordVectors } from '../embedding-model.ts';
import type { Vectors } from '../quantized-vectors.ts';
import { checkWords, type WordRule } from './check-words.ts';
import { MAGIC, SUPERVISED, VERSION } from './fasttext-header.ts';
import { fileFormat } from './model-format.ts';

const CHUNK_VALUES = 1 << 18;
const MAXIMUM_INT32 = 2 ** 31 - 1;
const RULE: WordRule = {
  where: "in fastText's format",
  refuses: /\0/,
  reason: 'a zero byte ends a word there',
};

/**
 * fastText's .bin (fasttext.cc `loadModel`, args.cc, dictionary.cc, densematrix.cc, quantmatrix.cc, productquantizer.cc),
 * little endian: a magic number and a version, which the first files did not have; 12 options; words, then labels, each
 * with its count; the rows of words and of n-gram buckets; the output rows. Matrices may be packed by product
 * quantisation, and n-grams pruned to those of the greatest effect.
 */
export const fastTextBinary = fileFormat({
  name: 'fasttext-binary',
  ending: /\.fasttext\.bin$/i,
  keeps: ['counts', 'outputVectors', 'subwords', 'classifier', 'training'],
  write: (contents) => [['', writeFastText(contents)]],
  losses: fastTextLosses,
});

/** The n-grams of a model, if a .bin can hold them: those that have fastText's hash. */
function fastTextSubwords<V extends Vectors>({ subwords }: ModelContents<V>): SubwordVectors<V> | undefined {
  if (!subwords) return undefined;
  const { hash, ngrams, buckets } = subwords.options;
  return hash === undefined && ngrams === undefined && buckets <= MAXIMUM_INT32 ? subwords : undefined;
}

/** What a .bin cannot hold of the parts that it knows, in words for the user. */
function fastTextLosses(contents: ModelContents<Vectors>): string[] {
  const { outputVectors, subwords, classifier, training } = contents;
  const lost: string[] = [];
  if (outputVectors && classifier) lost.push('the output vectors: it cannot be trained on');
  if (subwords) {
    const { length } = subwords.buckets;
    if (!fastTextSubwords(contents))
      lost.push(`the ${length} rows of n-grams, which have no hash of fastText: unknown words have no vector`);
    else if (length < subwords.options.buckets)
      lost.push(
        `that ${subwords.options.buckets - length} buckets of n-grams are not in use: fastText counts them as zeros, so vectors of unknown words get shorter${classifier ? ' and labels change' : ''}`,
      );
  }
  if (training) lost.push('how it was trained, but for options that fastText knows');
  return lost;
}

/**
 * fastText's .bin, dense. Rows of buckets that are not in use are zeros; the own row of each word is what is missing in
 * its n-grams to the word's vector, so that their mean gives it back.
 *
 * @throws RangeError for a word with a zero byte, which the format cannot hold
 */
export function writeFastText(contents: ModelContents): Generator<Uint8Array> {
  const { words, classifier } = contents;
  checkWords(words, RULE);
  if (classifier) checkWords(classifier.labels, RULE);
  return fastTextBytes(contents);
}

function* fastTextBytes(contents: ModelContents): Generator<Uint8Array> {
  const { words, dimensions, counts, classifier } = contents;
  const subwords = fastTextSubwords(contents);
  const buckets = subwords?.options.buckets ?? 0;
  yield headerOf(contents, subwords);
  yield* entries(words, counts, 0);
  if (classifier) yield* entries(classifier.labels, classifier.labelCounts, 1);
  yield matrixHeader(words.length + buckets, dimensions);
  yield* inputRows(contents, subwords, buckets);
  if (classifier) {
    yield matrixHeader(classifier.labels.length, dimensions);
    yield bytesOf(classifier.labelVectors);
  } else {
    yield matrixHeader(words.length, dimensions);
    yield* outputRows(contents);
  }
}

/** Magic number, version, options, and the sizes of the vocabulary. */
function headerOf(contents: ModelContents, subwords: SubwordVectors | undefined): Uint8Array {
  const { words, dimensions, counts, classifier } = contents;
  const { minNgram, maxNgram, buckets } = subwords?.options ?? { minNgram: 0, maxNgram: 0, buckets: 0 };
  const training = (contents.training?.options ?? {}) as Record<string, unknown>;
  const option = (name: string, otherwise: number) => {
    const value = training[name];
    return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAXIMUM_INT32 ? value : otherwise;
  };
  const lossIndex = CLASSIFIER_LOSSES.indexOf(classifier?.loss ?? (training.loss as Classifier['loss']));
  const model = classifier ? SUPERVISED : training.algorithm === 'cbow' ? 1 : 2;
  const header = new DataView(new ArrayBuffer(92));
  const numbers = [
    ...[MAGIC, VERSION, dimensions, option('window', 5), option('epochs', 5)],
    ...[option('minCount', 1), option('negative', 5), classifier?.wordNgrams ?? option('wordNgrams', 1)],
    ...[(lossIndex < 0 ? 1 : lossIndex) + 1, model, buckets, minNgram, maxNgram, option('learningRateUpdate', 100)],
  ];
  numbers.forEach((value, i) => header.setInt32(4 * i, value, true));
  const { subsample } = training;
  header.setFloat64(56, typeof subsample === 'number' && subsample >= 0 ? subsample : 1e-4, true);
  const labelCount = classifier?.labels.length ?? 0;
  header.setInt32(64, words.length + labelCount, true);
  header.setInt32(68, words.length, true);
  header.setInt32(72, labelCount, true);
  const tokens = counts ? counts.reduce((sum, count) => sum + count, 0) : words.length;
  header.setBigInt64(76, BigInt(Math.round(tokens)), true);
  header.setBigInt64(84, -1n, true);
  return new Uint8Array(header.buffer);
}

/** Entries of the vocabulary: words are of type 0, labels of type 1. */
function* entries(
  names: readonly string[],
  counts: ArrayLike<number> | undefined,
  type: number,
): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let parts: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < names.length; i++) {
    const text = encoder.encode(names[i]);
    const entry = new Uint8Array(text.length + 10);
    entry.set(text);
    new DataView(entry.buffer).setBigInt64(text.length + 1, BigInt(Math.round(counts?.[i] ?? 1)), true);
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

/** Own rows of words, then those of all buckets. */
function* inputRows(
  { words, dimensions, inputVectors }: ModelContents,
  subwords: SubwordVectors | undefined,
  buckets: number,
): Generator<Uint8Array> {
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
}

/** Zeros where the model has no context vectors. */
function* outputRows({ inputVectors, outputVectors, training }: ModelContents): Generator<Uint8Array> {
  const { loss } = (training?.options ?? {}) as Record<string, unknown>;
  const sign = loss === 'hierarchical-softmax' ? -1 : 1; // see `readFastText`
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
