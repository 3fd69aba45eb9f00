import { bucketsOfBytes, findBucket, MAXIMUM_NGRAM, type SubwordOptions } from '../../text/subwords.ts';
import { CLASSIFIER_LOSSES } from '../classifier.ts';
import type { ModelContents, SubwordVectors } from '../embedding-model.ts';
import { keepRows, type WordList } from '../word-list.ts';
import { allocateFloats } from './allocate-floats.ts';
import { BinaryReader } from './binary-reader.ts';
import { type FastTextOptions, isSensible, MAGIC, MODELS, optionsAt, SUPERVISED, VERSION } from './fasttext-header.ts';
import { readMatrix } from './fasttext-matrix.ts';
import { readVocabulary, type StoredVocabulary } from './fasttext-vocabulary.ts';
import { finiteContents } from './finite-vectors.ts';
import type { ModelFile, ReadOptions } from './model-file.ts';

const MOST_NGRAMS = 300;
const MUCH_WORK = 2 ** 30;

/**
 * Word vectors are made whole: the mean of a word's own row and those of its n-grams, in float32 in fastText's order.
 *
 * @throws ModelFormatError
 */
export async function readFastText(
  file: ModelFile,
  { limit = Infinity, verify }: ReadOptions = {},
): Promise<ModelContents> {
  const { reader, version, options, subsample } = await readOptions(file);
  const { dim: dimensions, model } = options;
  const hasMagic = version > 0;
  const vocabulary = await readVocabulary(reader, limit, hasMagic);
  const { list, wordCount, rows } = vocabulary;
  if (wordCount < 1) reader.fail('it holds no words');
  const subwordOptions = subwordOptionsOf(reader, version, options, vocabulary);

  const packed = hasMagic && (await reader.uint8('the kind of its vectors')) !== 0;
  const keptWords = Math.min(wordCount, limit);
  const [vectors, ngramRows] = await readMatrix(reader, packed, dimensions, 'its input vectors', (rowCount) => {
    if (rowCount < wordCount) reader.fail(`it has ${wordCount} words and vectors for ${rowCount}`);
    if (subwordOptions && !vocabulary.pruned && rowCount !== wordCount + subwordOptions.buckets)
      reader.fail(
        `it has ${wordCount} words, ${subwordOptions.buckets} buckets of n-grams and vectors for ${rowCount}`,
      );
    return [
      { begin: 0, end: keptWords },
      subwordOptions ? { begin: wordCount, end: rowCount } : { begin: rowCount, end: rowCount },
    ];
  });
  const subwords = subwordOptions && subwordVectors(reader, subwordOptions, ngramRows, dimensions, vocabulary.pruned);
  if (subwords) addNgrams(reader, vectors, dimensions, rows, list, subwords, !hasMagic);

  const packedOutput = hasMagic && (await reader.uint8('the kind of its output vectors')) !== 0;
  const readsAllOutput = model === SUPERVISED || limit >= wordCount;
  // Read as packed only if the input is, too, as fastText does.
  const [output] = await readMatrix(reader, packed && packedOutput, dimensions, 'its output vectors', (rowCount) => [
    { begin: 0, end: readsAllOutput ? rowCount : Math.min(rowCount, keptWords) },
  ]);
  reader.expectEnd('its output vectors');
  const training = { tool: 'fastText', options: describeOptions(options, subwordOptions, subsample) };
  const stored = { vectors, output, subwords, training };
  return finiteContents(file, contentsOf(reader, vocabulary, options, stored, limit), { verify });
}

interface FileOptions {
  /** Stands behind the options. */
  readonly reader: BinaryReader;
  /** 0 in the first files, which do not name one. */
  readonly version: number;
  readonly options: FastTextOptions;
  /** fastText's `t`. */
  readonly subsample: number;
}

async function readOptions(file: ModelFile): Promise<FileOptions> {
  const start = new BinaryReader(file);
  const hasMagic = (await start.int32('its header')) === MAGIC;
  const version = hasMagic ? await start.int32('its version') : 0;
  if (hasMagic && version !== 11 && version !== VERSION)
    start.fail(`it is of fastText's file version ${version}; 11 and ${VERSION} are known`);
  const reader = new BinaryReader(file, hasMagic ? 8 : 0);
  const { buffer, byteOffset } = await reader.bytes(48, 'its options');
  const options = optionsAt(new DataView(buffer, byteOffset), 0);
  if (!isSensible(options, file.byteLength)) reader.fail(`its options make no sense: ${JSON.stringify(options)}`);
  const subsample = await reader.float64('its options');
  if (!(subsample >= 0 && subsample < Infinity)) reader.fail(`its options make no sense: t is ${subsample}`);
  return { reader, version, options, subsample };
}

/** The n-grams that the file holds rows of. */
function subwordOptionsOf(
  reader: BinaryReader,
  version: number,
  { minn, maxn, bucket, model, wordNgrams }: FastTextOptions,
  { pruned }: StoredVocabulary,
): SubwordOptions | undefined {
  const supervised = model === SUPERVISED;
  // Supervised models of version 11 have no n-grams of characters, whatever their options say.
  const withNgrams = maxn > 0 && !(version === 11 && supervised) && minn <= maxn;
  if (withNgrams && maxn > MAXIMUM_NGRAM)
    reader.fail(`its n-grams reach ${maxn} characters, at most ${MAXIMUM_NGRAM} are known`);
  if (!(bucket > 0 && pruned?.length !== 0 && (withNgrams || (supervised && wordNgrams > 1)))) return undefined;
  return { minNgram: withNgrams ? minn : 0, maxNgram: withNgrams ? maxn : 0, buckets: bucket };
}

interface StoredRows {
  /** One a word, whole. */
  readonly vectors: Float32Array<ArrayBuffer>;
  readonly output: Float32Array<ArrayBuffer>;
  readonly subwords: SubwordVectors | undefined;
  readonly training: Record<string, unknown>;
}

function contentsOf(
  reader: BinaryReader,
  { list, counts, rows, wordCount, labels, labelCounts }: StoredVocabulary,
  { dim: dimensions, model, loss: lossNumber, wordNgrams }: FastTextOptions,
  { vectors, output, subwords, training }: StoredRows,
  limit: number,
): ModelContents {
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
    training,
    warnings,
  };
  const loss = CLASSIFIER_LOSSES[lossNumber - 1];
  const rowCount = output.length / dimensions;
  if (model === SUPERVISED) {
    if (labels.length < 1) reader.fail('it is a supervised model without labels');
    if (rowCount !== labels.length) reader.fail(`it has ${labels.length} labels and output vectors for ${rowCount}`);
    if (limit >= wordCount) {
      const classifier = {
        labels,
        labelCounts: Float64Array.from(labelCounts),
        labelVectors: output,
        loss,
        wordNgrams,
      };
      return { ...contents, classifier };
    }
    const note = `its ${labels.length} labels were left out: they are told by all of its ${wordCount} words`;
    return { ...contents, warnings: [...warnings, note] };
  }
  const wanted = Math.min(wordCount, limit);
  const tree = loss === 'hierarchical-softmax';
  if (rowCount !== wanted) {
    const note = `its output vectors are left out: they are ${rowCount} rows for ${wanted} words`;
    return rowCount === 0 ? contents : { ...contents, warnings: [...warnings, note] };
  }
  if (tree && (kept || limit < wordCount)) return contents;
  // fastText asks the inner nodes of its tree for bit 1, word2vec.c and we for bit 0.
  if (tree) for (let i = 0; i < output.length; i++) output[i] = -output[i];
  return { ...contents, outputVectors: select(output) };
}

function describeOptions(
  { dim, ws, epoch, minCount, neg, wordNgrams, loss, model, lrUpdateRate }: FastTextOptions,
  subwords: SubwordOptions | undefined,
  subsample: number,
): Record<string, unknown> {
  return {
    algorithm: MODELS[model],
    loss: CLASSIFIER_LOSSES[loss - 1],
    dimensions: dim,
    window: ws,
    epochs: epoch,
    minCount,
    subsample,
    negative: neg,
    wordNgrams,
    learningRateUpdate: lrUpdateRate,
    ...(subwords && { minNgram: subwords.minNgram, maxNgram: subwords.maxNgram, buckets: subwords.buckets }),
  };
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
