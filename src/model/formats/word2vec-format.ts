import type { ModelContents } from '../embedding-model.ts';
import { deferWords, keepRows, WordList } from '../word-list.ts';
import {
  allocateFloats,
  ByteReader,
  formatBytes,
  type ModelFile,
  ModelFormatError,
  type ReadOptions,
  readAhead,
} from './model-file.ts';

const LINE_FEED = 10;
const SPACE = 32;
/** Longest word or line accepted. word2vec.c cuts words at 98 bytes; others do not. */
const LONGEST_WORD_BYTES = 1 << 16;
/** Of a file that does not say how many values a line has. */
const LONGEST_LINE_BYTES = 1 << 24;
const CHUNK_BYTES = 1 << 20;
const SHORTEST_SAMPLE_BYTES = 1 << 12;

/**
 * word2vec's binary format: "words dimensions\n", then for each word its bytes, a space, and the vector as
 * float32 little endian, and a line feed, which word2vec.c writes and gensim does not.
 *
 * @throws RangeError for a word with a space or line feed, which the format cannot hold
 */
export function* writeWord2vecBinary(contents: ModelContents): Generator<Uint8Array> {
  const { words, dimensions, inputVectors } = contents;
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(inputVectors.buffer, inputVectors.byteOffset, inputVectors.byteLength);
  yield encoder.encode(`${words.length} ${dimensions}\n`);
  let chunk = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  for (let id = 0; id < words.length; id++) {
    checkWritable(words[id]);
    const word = encoder.encode(words[id]);
    const needed = word.length + 2 + dimensions * 4;
    if (used + needed > chunk.length) {
      yield chunk.subarray(0, used);
      chunk = new Uint8Array(Math.max(CHUNK_BYTES, needed));
      used = 0;
    }
    chunk.set(word, used);
    chunk[used + word.length] = SPACE;
    chunk.set(bytes.subarray(id * dimensions * 4, (id + 1) * dimensions * 4), used + word.length + 1);
    chunk[used + needed - 1] = LINE_FEED;
    used += needed;
  }
  yield chunk.subarray(0, used);
}

/**
 * GloVe's text format: as `writeWord2vecText` without the first line.
 *
 * @throws RangeError for a word with a space or line feed, which the format cannot hold
 */
export function writeGloveText(contents: ModelContents): Generator<Uint8Array> {
  return writeTextRows(contents);
}

/**
 * word2vec's text format: "words dimensions", then a line a word: the word and its values, parted by single
 * spaces. Values are written as the shortest decimal that reads back as the same float32.
 *
 * @throws RangeError for a word with a space or line feed, which the format cannot hold
 */
export function* writeWord2vecText(contents: ModelContents): Generator<Uint8Array> {
  yield new TextEncoder().encode(`${contents.words.length} ${contents.dimensions}\n`);
  yield* writeTextRows(contents);
}

function* writeTextRows({ words, dimensions, inputVectors }: ModelContents): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = '';
  for (let id = 0; id < words.length; id++) {
    checkWritable(words[id]);
    text += words[id];
    for (let i = id * dimensions; i < (id + 1) * dimensions; i++) text += ` ${shortestDecimal(inputVectors[i])}`;
    text += '\n';
    if (text.length < CHUNK_BYTES) continue;
    yield encoder.encode(text);
    text = '';
  }
  yield encoder.encode(text);
}

/** @throws ModelFormatError */
export async function readWord2vecBinary(
  file: ModelFile,
  { limit = Infinity }: ReadOptions = {},
): Promise<ModelContents> {
  const reader = new ByteReader(file);
  const { wordCount, dimensions } =
    parseHeader(await reader.until(LINE_FEED, LONGEST_WORD_BYTES)) ??
    fail(file, 'its first line must be "words dimensions"');
  checkPromise(file, wordCount, dimensions, reader.left, dimensions * 4 + 1);
  const rowBytes = dimensions * 4;
  // Where words take a small part of the file, it is read into the place of the matrix and the words are taken out of it.
  if (limit >= wordCount && reader.left < 1.05 * wordCount * rowBytes)
    return compactRows(file, reader.offset, wordCount, dimensions);
  const wanted = Math.min(wordCount, limit);
  const list = new WordList(wanted);
  const vectors = allocateFloats(file, wanted * dimensions);
  const target = new Uint8Array(vectors.buffer, vectors.byteOffset);
  for (let read = 0; read < wanted; ) {
    const window = await reader.window(LONGEST_WORD_BYTES + 1 + rowBytes);
    const { rows, end } = takeRows(window, 0, window.length, wanted - read, rowBytes, list, (begin, row) => {
      target.set(window.subarray(begin, begin + rowBytes), row * rowBytes);
    });
    if (rows === 0) fail(file, `it ends within word ${read + 1} of ${wordCount}`);
    read += rows;
    reader.advance(end);
  }
  return contentsOf(list, vectors, dimensions);
}

async function compactRows(
  file: ModelFile,
  offset: number,
  wordCount: number,
  dimensions: number,
): Promise<ModelContents> {
  const rowBytes = dimensions * 4;
  const list = new WordList(wordCount);
  const skipped = offset % 4; // where the file begins in the first number
  const vectors = allocateFloats(file, Math.ceil((file.byteLength - offset + skipped) / 4), offset);
  const matrix = new Uint8Array(vectors.buffer, vectors.byteOffset);
  const bytes = matrix.subarray(skipped, skipped + file.byteLength - offset);
  let read = 0;
  let at = 0;
  for await (const there of readAhead(file, offset, bytes)) {
    // A row moves to where there was only what has been used: at least its word and a space.
    const { rows, end } = takeRows(bytes, at, there, wordCount - read, rowBytes, list, (begin, row) => {
      matrix.copyWithin(row * rowBytes, skipped + begin, skipped + begin + rowBytes);
    });
    read += rows;
    at = end;
  }
  if (read < wordCount) fail(file, `it ends within word ${read + 1} of ${wordCount}`);
  return contentsOf(list, vectors, dimensions);
}

/** Takes whole rows from bytes at … there − 1, as many as wanted; of a word that is new, hands on where its values begin. */
function takeRows(
  bytes: Uint8Array,
  at: number,
  there: number,
  wanted: number,
  rowBytes: number,
  list: WordList,
  take: (begin: number, row: number) => void,
): { rows: number; end: number } {
  let rows = 0;
  for (; rows < wanted; rows++) {
    let begin = at;
    while (begin < there && bytes[begin] === LINE_FEED) begin++;
    // Most words are short; indexOf costs more than a step for each of their bytes.
    let space = begin;
    while (space < there && bytes[space] !== SPACE) space++;
    if (space + 1 + rowBytes > there || space - begin > LONGEST_WORD_BYTES) break;
    if (list.add(bytes, begin, space)) take(space + 1, list.size - 1);
    at = space + 1 + rowBytes;
  }
  return { rows, end: at };
}

/**
 * Reads word2vec's text format, and GloVe's, which has no first line. The last `dimensions` fields of a line
 * are its values; the word is what stands before, spaces and all.
 *
 * @throws ModelFormatError
 */
export async function readWord2vecText(
  file: ModelFile,
  { limit = Infinity }: ReadOptions = {},
): Promise<ModelContents> {
  const reader = new ByteReader(file);
  const decoder = new TextDecoder('latin1'); // numbers are ASCII; words are decoded from their bytes
  const start = await reader.window(LONGEST_WORD_BYTES);
  const headerEnd = start.indexOf(LINE_FEED);
  const header = headerEnd < 0 ? undefined : headerOf(start, headerEnd);
  if (header) reader.advance(headerEnd + 1);
  let lineNumber = header ? 2 : 1;
  const longest = header ? LONGEST_WORD_BYTES + 64 * header.dimensions : LONGEST_LINE_BYTES;
  let line = trimLineEnd(await reader.until(LINE_FEED, longest));
  if (!line) fail(file, reader.left > 0 ? `line ${lineNumber} is longer than ${longest} bytes` : 'it holds no words');
  const dimensions = header?.dimensions ?? countSpaces(line!);
  if (dimensions < 1) fail(file, `line ${lineNumber} must be a word and its values, parted by spaces`);
  if (header) checkPromise(file, header.wordCount, dimensions, reader.left + line!.length, dimensions * 2 + 1);
  const list = new WordList();
  // A row of values takes two bytes each, at least.
  const mostRows = Math.min(limit, header?.wordCount ?? Math.ceil(file.byteLength / (2 * dimensions)));
  let vectors = allocateFloats(file, (header ? mostRows : Math.min(1024, mostRows)) * dimensions);
  const row = new Float32Array(dimensions);
  let seen = 0;
  for (; line && seen < limit; line = trimLineEnd(await reader.until(LINE_FEED, longest)), lineNumber++) {
    if (line.length === 0) continue;
    const end = parseRow(line, row);
    if (end < 0) {
      const found = JSON.stringify(decoder.decode(line.subarray(0, 60)));
      fail(file, `line ${lineNumber} must be a word and ${dimensions} numbers, got ${found}`);
    }
    if (header && seen === header.wordCount)
      fail(file, `its first line promises ${header.wordCount} words, line ${lineNumber} is one more`);
    seen++;
    if (!list.add(line, 0, end)) continue;
    if (list.size * dimensions > vectors.length) {
      const larger = allocateFloats(file, Math.min(2 * vectors.length, mostRows * dimensions));
      larger.set(vectors);
      vectors = larger;
    }
    vectors.set(row, (list.size - 1) * dimensions);
  }
  if (seen < limit) {
    if (reader.left > 0) fail(file, `line ${lineNumber} is longer than ${longest} bytes`);
    if (header && seen < header.wordCount)
      fail(file, `its first line promises ${header.wordCount} words, it holds ${seen}; it may have been cut off`);
  }
  return contentsOf(list, vectors, dimensions);
}

/** Two numbers in the first line are a header if the next line has so many values; else a word that is a number. */
function headerOf(start: Uint8Array, end: number): { wordCount: number; dimensions: number } | undefined {
  const header = parseHeader(start.subarray(0, end));
  if (!header) return undefined;
  const nextEnd = start.indexOf(LINE_FEED, end + 1);
  if (nextEnd < 0) return header;
  return countSpaces(trimLineEnd(start.subarray(end + 1, nextEnd))!) === 1 && header.dimensions > 1
    ? undefined
    : header;
}

function countSpaces(line: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < line.length; i++) if (line[i] === SPACE) count++;
  return count;
}

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Fills `row` with the last fields of a line, and tells where the word before them ends; −1 if they are not so many
 * numbers. A decimal of up to 15 digits is a whole number divided by a power of ten, both exact, as Number() itself
 * computes it; a tenth of the time. Others go to Number().
 */
export function parseRow(line: Uint8Array, row: Float32Array, separator = SPACE): number {
  let end = line.length;
  for (let d = row.length - 1; d >= 0; d--) {
    let begin = end;
    while (begin > 0 && line[begin - 1] !== separator) begin--;
    if (begin === 0 || begin === end) return -1;
    let at = begin;
    const sign = line[at];
    if (sign === 45 || sign === 43) at++;
    let mantissa = 0;
    let digits = 0;
    let point = -1;
    for (; at < end; at++) {
      const digit = line[at] - 48;
      if (digit >= 0 && digit <= 9) {
        mantissa = 10 * mantissa + digit;
        digits++;
      } else if (line[at] === 46 && point < 0) point = digits;
      else break;
    }
    if (at === end && digits > 0 && digits <= 15) {
      const value = point < 0 ? mantissa : mantissa / POWERS_OF_TEN[digits - point];
      row[d] = sign === 45 ? -value : value;
    } else {
      const value = parseNumber(String.fromCharCode(...line.subarray(begin, Math.min(end, begin + 100))));
      if (value === undefined || end - begin > 100) return -1;
      row[d] = value;
    }
    end = begin - 1;
  }
  return end;
}

/** nan and inf are written in many ways. */
function parseNumber(text: string): number | undefined {
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (/^[-+]?nan$/i.test(text)) return Number.NaN;
  if (/^[-+]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return undefined;
}

/**
 * Whether the beginning of a file is word2vec or GloVe text: its first row ends with decimal numbers, as many as
 * the header says. A binary vector looks like that by accident about never.
 */
export function looksLikeText(start: Uint8Array): boolean {
  const headerEnd = start.indexOf(LINE_FEED);
  const header = headerEnd < 0 ? undefined : parseHeader(start.subarray(0, headerEnd));
  const row = start.subarray(header ? headerEnd + 1 : 0);
  const rowEnd = row.indexOf(LINE_FEED);
  const fields = new TextDecoder('latin1')
    .decode(rowEnd < 0 ? row : row.subarray(0, rowEnd))
    .replace(/[ \r]+$/, '')
    .split(' ');
  if (rowEnd < 0 && row.length > SHORTEST_SAMPLE_BYTES) fields.pop(); // it may be cut
  if (rowEnd >= 0 && header && fields.length <= header.dimensions) return false;
  const values = fields.slice(Math.max(1, fields.length - (header?.dimensions ?? Infinity)));
  return values.length > 0 && values.every((value) => /^[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+|nan|inf)$/i.test(value));
}

export function parseHeader(line: Uint8Array | undefined): { wordCount: number; dimensions: number } | undefined {
  if (!line || line.length > 60) return undefined;
  const [, wordCount, dimensions] = /^\s*(\d+)[ \t]+(\d+)\s*$/.exec(new TextDecoder('latin1').decode(line)) ?? [];
  return wordCount === undefined ? undefined : { wordCount: Number(wordCount), dimensions: Number(dimensions) };
}

function contentsOf(list: WordList, vectors: Float32Array<ArrayBuffer>, dimensions: number): ModelContents {
  const inputVectors = vectors.subarray(0, list.size * dimensions);
  if (list.isUtf8) return deferWords(list, { dimensions, inputVectors, warnings: list.warnings() });
  const { words, kept, warnings } = list.finish();
  return { words, dimensions, inputVectors: kept ? keepRows(vectors, dimensions, kept) : inputVectors, warnings };
}

/** Refuses a header that promises more than the file can hold, before memory is taken for it. */
function checkPromise(
  file: ModelFile,
  wordCount: number,
  dimensions: number,
  left: number,
  leastRowBytes: number,
): void {
  if (wordCount < 1 || dimensions < 1)
    fail(file, `its first line promises ${wordCount} words × ${dimensions} dimensions`);
  if (wordCount * leastRowBytes - 1 > left) {
    fail(
      file,
      `header promises ${wordCount} words × ${dimensions} dimensions (${formatBytes(wordCount * dimensions * 4)}), file has ${formatBytes(left)} left`,
    );
  }
}

function trimLineEnd(line: Uint8Array | undefined): Uint8Array | undefined {
  if (!line) return undefined;
  let end = line.length;
  while (end > 0 && (line[end - 1] === SPACE || line[end - 1] === 13)) end--;
  return line.subarray(0, end);
}

function checkWritable(word: string): void {
  if (/[ \n]/.test(word) || word === '') {
    throw new RangeError(
      `Cannot write word ${JSON.stringify(word)} in a word2vec format: it parts words with spaces; save as .safetensors instead`,
    );
  }
}

export function shortestDecimal(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

function fail(file: ModelFile, what: string): never {
  throw new ModelFormatError(`Cannot read model "${file.name}": ${what}`);
}
