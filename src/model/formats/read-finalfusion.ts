import { MAXIMUM_NGRAM, type SubwordOptions } from '../../text/subwords.ts';
import type { ModelContents, SubwordVectors } from '../embedding-model.ts';
import { keepRows, WordList } from '../word-list.ts';
import { allocateFloats } from './allocate-floats.ts';
import { BinaryReader } from './binary-reader.ts';
import { LONGEST_WORD_BYTES } from './check-words.ts';
import { finiteContents } from './finite-vectors.ts';
import type { ModelFile, ReadOptions } from './model-file.ts';

const VOCABULARY = 1;
const ARRAY = 2;
const BUCKETS = 3;
const QUANTIZED = 4;
const METADATA = 5;
const NORMS = 6;
const FASTTEXT_BUCKETS = 7;
const NGRAMS = 8;
const FLORET = 9;
const FLOAT32 = 10;
const UINT8 = 1;
const MAXIMUM_METADATA_BYTES = 1 << 20;

/** What has been read of a file. */
interface Chunks {
  vocabulary?: Vocabulary;
  matrix?: Matrix;
  norms?: Float32Array;
  metadata?: string;
}

/**
 * finalfusion's .fifu (finalfusion-rust src/chunks), little endian: "FiFu", a version, the kinds of the chunks that
 * follow, then each chunk with its kind and length: perhaps metadata, a vocabulary, vectors, perhaps their lengths. It is only
 * read.
 *
 * @throws ModelFormatError
 */
export async function readFinalfusion(
  file: ModelFile,
  { limit = Infinity, verify }: ReadOptions = {},
): Promise<ModelContents> {
  const reader = new BinaryReader(file, 4);
  const version = await reader.uint32('its version');
  if (version !== 0) reader.fail(`it is of finalfusion version ${version}; 0 is known`);
  const chunkCount = await reader.uint32('its header');
  reader.expect(4 * chunkCount, `a list of ${chunkCount} chunks`);
  const kinds: number[] = [];
  for (let i = 0; i < chunkCount; i++) kinds.push(await reader.uint32('its header'));
  const chunks: Chunks = {};
  for (const expected of kinds) {
    const kind = await reader.uint32('a chunk');
    if (kind !== expected) reader.fail(`its header promises a chunk of kind ${expected}, there is one of kind ${kind}`);
    await readChunk(reader, kind, chunks, limit);
  }
  // finalfusion-python writes the lengths behind the chunks that the header lists.
  while (reader.left > 0) {
    const kind = await reader.uint32('a chunk behind those that its header lists');
    if (kind !== NORMS && kind !== METADATA)
      reader.fail(`behind the chunks that its header lists there is one of kind ${kind}`);
    await readChunk(reader, kind, chunks, limit);
  }
  return finiteContents(file, contentsOf(reader, chunks), { verify });
}

/** The chunk behind its kind. */
async function readChunk(reader: BinaryReader, kind: number, chunks: Chunks, limit: number): Promise<void> {
  const byteLength = await reader.count('a chunk');
  reader.expect(byteLength, `a chunk of kind ${kind}`);
  const end = reader.offset + byteLength;
  const once = (name: keyof Chunks) => {
    if (chunks[name] !== undefined) reader.fail(`it has a second chunk of kind ${kind}: ${name}`);
  };
  if (kind === METADATA) {
    once('metadata');
    if (byteLength > MAXIMUM_METADATA_BYTES) reader.fail(`its metadata have ${byteLength} bytes`);
    chunks.metadata = new TextDecoder().decode(await reader.bytes(byteLength, 'its metadata'));
  } else if (kind === FLORET) {
    reader.fail(
      'its vocabulary is that of floret, whose words share rows by hashes; convert it with finalfusion to explicit n-grams',
    );
  } else if ([VOCABULARY, BUCKETS, FASTTEXT_BUCKETS, NGRAMS].includes(kind)) {
    once('vocabulary');
    chunks.vocabulary = await readVocabulary(reader, kind);
  } else if (kind === ARRAY || kind === QUANTIZED) {
    once('matrix');
    if (!chunks.vocabulary) return reader.fail('its vectors come before its vocabulary');
    chunks.matrix = await (kind === ARRAY ? readArray : readQuantized)(reader, chunks.vocabulary, limit);
  } else if (kind === NORMS) {
    once('norms');
    const count = await reader.count('its lengths');
    await readType(reader, FLOAT32, 'its lengths');
    skipPadding(reader);
    chunks.norms = await reader.floats(count, 'its lengths');
  } else reader.fail(`it has a chunk of kind ${kind}, which is not known`);
  if (reader.offset !== end)
    reader.fail(
      `a chunk of kind ${kind} has ${byteLength} bytes, its content takes ${byteLength + reader.offset - end}`,
    );
}

interface Vocabulary {
  readonly list: WordList;
  readonly wordCount: number;
  readonly subwords: SubwordOptions | undefined;
  /** Rows of n-grams behind those of the words. */
  readonly ngramRows: number;
}

interface Matrix {
  readonly dimensions: number;
  readonly words: Float32Array<ArrayBuffer>;
  readonly ngrams: Float32Array<ArrayBuffer>;
}

async function readVocabulary(reader: BinaryReader, kind: number): Promise<Vocabulary> {
  const wordCount = await reader.count('its vocabulary');
  const ngramCount = kind === NGRAMS ? await reader.count('its vocabulary') : 0;
  let [minNgram, maxNgram, buckets] = [0, 0, 0];
  if (kind !== VOCABULARY) {
    minNgram = await reader.uint32('its vocabulary');
    maxNgram = await reader.uint32('its vocabulary');
    if (!(minNgram >= 1 && maxNgram >= minNgram && maxNgram <= MAXIMUM_NGRAM))
      reader.fail(`its n-grams are of ${minNgram} to ${maxNgram} characters`);
  }
  if (kind === BUCKETS || kind === FASTTEXT_BUCKETS) {
    buckets = await reader.uint32('its vocabulary');
    if (kind === BUCKETS) buckets = buckets <= 32 ? 2 ** buckets : Infinity;
    if (!(buckets >= 1 && buckets <= 2 ** 32)) reader.fail(`it has ${buckets} buckets of n-grams`);
  }
  reader.expect(4 * wordCount + 12 * ngramCount, `a vocabulary of ${wordCount} words and ${ngramCount} n-grams`);
  const list = new WordList();
  await eachString(reader, wordCount, 0, (bytes, begin, end) => {
    if (!list.add(bytes, begin, end)) reader.fail('some word is there twice');
  });
  if (kind === VOCABULARY) return { list, wordCount, subwords: undefined, ngramRows: 0 };
  if (kind === BUCKETS)
    return { list, wordCount, subwords: { minNgram, maxNgram, buckets, hash: 'finalfusion' }, ngramRows: buckets };
  if (kind === FASTTEXT_BUCKETS)
    return { list, wordCount, subwords: { minNgram, maxNgram, buckets }, ngramRows: buckets };

  const ngrams: [string, number][] = [];
  const rowOf = new Map<bigint, number>(); // rows are numbered in the order in which they are first named
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  await eachString(reader, ngramCount, 8, (bytes, begin, end) => {
    const index = new DataView(bytes.buffer, bytes.byteOffset + end).getBigUint64(0, true);
    const row = rowOf.get(index) ?? rowOf.size;
    rowOf.set(index, row);
    ngrams.push([decoder.decode(bytes.subarray(begin, end)), row]);
  });
  return {
    list,
    wordCount,
    subwords: { minNgram, maxNgram, buckets: Math.max(1, rowOf.size), ngrams },
    ngramRows: rowOf.size,
  };
}

/** Strings with their length in front and `tail` bytes behind. */
async function eachString(
  reader: BinaryReader,
  count: number,
  tail: number,
  take: (bytes: Uint8Array, begin: number, end: number) => void,
): Promise<void> {
  for (let read = 0; read < count; ) {
    const window = await reader.window(LONGEST_WORD_BYTES + 4 + tail);
    const view = new DataView(window.buffer, window.byteOffset, window.byteLength);
    let at = 0;
    for (; read < count && at + 4 <= window.length; read++) {
      const end = at + 4 + view.getUint32(at, true);
      if (end + tail > window.length) break;
      take(window, at + 4, end);
      at = end + tail;
    }
    if (at === 0) reader.fail(`it ends within entry ${read + 1} of ${count} of its vocabulary`);
    reader.advance(at);
  }
}

async function readType(reader: BinaryReader, wanted: number, what: string): Promise<void> {
  const type = await reader.uint32(what);
  if (type !== wanted) reader.fail(`${what} are of type ${type}, must be ${wanted}`);
}

/** Values begin at a multiple of four, after one to four bytes (finalfusion-rust util.rs `padding`). */
function skipPadding(reader: BinaryReader): void {
  reader.skip(4 - (reader.offset % 4), 'its values');
}

function checkRows(
  reader: BinaryReader,
  { wordCount, ngramRows }: Vocabulary,
  rowCount: number,
  dimensions: number,
): void {
  if (rowCount !== wordCount + ngramRows)
    reader.fail(`it has ${wordCount} words and ${ngramRows} rows of n-grams, and vectors for ${rowCount}`);
  if (dimensions < 1) reader.fail(`its vectors have ${dimensions} dimensions`);
}

async function readArray(reader: BinaryReader, vocabulary: Vocabulary, limit: number): Promise<Matrix> {
  const rowCount = await reader.count('its vectors');
  const dimensions = await reader.uint32('its vectors');
  await readType(reader, FLOAT32, 'its vectors');
  skipPadding(reader);
  checkRows(reader, vocabulary, rowCount, dimensions);
  const { wordCount, ngramRows } = vocabulary;
  const kept = Math.min(wordCount, limit);
  const words = await reader.floats(wordCount * dimensions, 'its vectors', kept * dimensions);
  return { dimensions, words, ngrams: await reader.floats(ngramRows * dimensions, 'its vectors') };
}

/** Product quantisation, perhaps after a rotation (reductive `Pq`): row = codes' centroids, times the transposed rotation. */
async function readQuantized(reader: BinaryReader, vocabulary: Vocabulary, limit: number): Promise<Matrix> {
  const what = 'its packed vectors';
  const rotated = (await reader.uint32(what)) !== 0;
  const withNorms = (await reader.uint32(what)) !== 0;
  const parts = await reader.uint32(what);
  const dimensions = await reader.uint32(what);
  const centroidCount = await reader.uint32(what);
  const rowCount = await reader.count(what);
  await readType(reader, UINT8, what);
  await readType(reader, FLOAT32, what);
  skipPadding(reader);
  checkRows(reader, vocabulary, rowCount, dimensions);
  if (parts < 1 || dimensions % parts !== 0 || centroidCount < 1 || centroidCount > 256)
    reader.fail(`${what} have ${dimensions} dimensions in ${parts} parts of ${centroidCount} centroids`);
  const rotation = rotated ? await reader.floats(dimensions * dimensions, what) : undefined;
  const centroids = await reader.floats(centroidCount * dimensions, what);
  const norms = withNorms ? await reader.floats(rowCount, what) : undefined;
  const codes = await reader.bytes(rowCount * parts, what);
  const length = dimensions / parts;
  const unpack = (begin: number, end: number) => {
    const rows = allocateFloats(reader.file, (end - begin) * dimensions);
    const plain = new Float32Array(dimensions);
    for (let row = begin; row < end; row++) {
      for (let part = 0; part < parts; part++) {
        const code = codes[row * parts + part];
        if (code >= centroidCount) reader.fail(`row ${row} has the code ${code} of ${centroidCount}`);
        const source = (part * centroidCount + code) * length;
        for (let d = 0; d < length; d++) plain[part * length + d] = centroids[source + d];
      }
      const target = (row - begin) * dimensions;
      const norm = norms ? norms[row] : 1;
      for (let d = 0; d < dimensions; d++) {
        let value = plain[d];
        if (rotation) {
          value = 0;
          for (let i = 0; i < dimensions; i++) value += plain[i] * rotation[d * dimensions + i];
        }
        rows[target + d] = norm * value;
      }
    }
    return rows;
  };
  const { wordCount } = vocabulary;
  return { dimensions, words: unpack(0, Math.min(wordCount, limit)), ngrams: unpack(wordCount, rowCount) };
}

function contentsOf(reader: BinaryReader, { vocabulary, matrix, norms, metadata }: Chunks): ModelContents {
  if (!vocabulary || !matrix) return reader.fail('it must hold a vocabulary and vectors');
  const { list, wordCount, subwords: options } = vocabulary;
  const { dimensions, words: vectors, ngrams } = matrix;
  const found = list.finish();
  const rowCount = vectors.length / dimensions;
  if (norms) {
    if (norms.length !== wordCount) reader.fail(`it has ${wordCount} words and lengths of ${norms.length}`);
    for (let i = 0; i < vectors.length; i++) vectors[i] *= norms[Math.floor(i / dimensions)];
  }
  const kept = found.kept?.filter((row) => row < rowCount);
  const subwords: SubwordVectors | undefined = options && {
    options,
    buckets: Uint32Array.from({ length: ngrams.length / dimensions }, (_, bucket) => bucket),
    vectors: ngrams,
  };
  return {
    words: found.words.slice(0, kept ? kept.length : rowCount),
    dimensions,
    inputVectors: kept ? keepRows(vectors, dimensions, kept) : vectors,
    subwords,
    training: metadata === undefined ? undefined : { tool: 'finalfusion', metadata },
    warnings: found.warnings,
  };
}
