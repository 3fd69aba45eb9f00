import { isUtf8 } from '../../text/utf8.ts';
import type { ModelContents } from '../embedding-model.ts';
import { deferWords, keepRows, WordList } from '../word-list.ts';
import { allocateFloats } from './allocate-floats.ts';
import { ByteReader, readAhead } from './byte-reader.ts';
import { LONGEST_WORD_BYTES } from './check-words.ts';
import { bitsOf, brokenRows, EXPONENT_BITS, finiteContents, isLarge } from './finite-vectors.ts';
import { formatBytes, type ModelFile, type ReadOptions, refuse } from './model-file.ts';
import { checkPromise, parseHeader, type Word2vecHeader } from './word2vec-header.ts';

const LINE_FEED = 10;
const SPACE = 32;
/** Line feeds behind the last row. */
const LONGEST_END_BYTES = 2;
/**
 * A file of word2vec's binary format, see `word2vecBinary` of write-word2vec-binary.ts.
 *
 * @throws ModelFormatError
 */
export async function readWord2vecBinary(file: ModelFile, options: ReadOptions = {}): Promise<ModelContents> {
  const { limit = Infinity } = options;
  const reader = new ByteReader(file);
  const header =
    parseHeader(await reader.until(LINE_FEED, LONGEST_WORD_BYTES)) ??
    refuse(file, 'its first line must be "words dimensions"');
  const { wordCount, dimensions } = header;
  const wanted = checkPromise(file, header, limit, reader.left, dimensions * 4 + 1);
  const rowBytes = dimensions * 4;
  // Where words take a small part of the file, it is read into the place of the matrix and the words are taken out of it.
  if (wanted === wordCount && reader.left < 1.05 * wordCount * rowBytes)
    return compactRows(file, reader.offset, header, options);
  const vectors = allocateFloats(file, wanted * dimensions);
  const target = new Uint8Array(vectors.buffer, vectors.byteOffset);
  const rows = new RowTaker(file, header, wanted, vectors, options);
  while (rows.read < wanted) {
    const window = await reader.window(LONGEST_WORD_BYTES + 2 + rowBytes);
    const isAll = window.length === reader.left;
    const end = rows.take(window, 0, window.length, isAll, (begin, row) => {
      target.set(window.subarray(begin, begin + rowBytes), row * rowBytes);
    });
    if (end === 0) rows.refuseEnd();
    reader.advance(end);
  }
  if (wanted === wordCount) {
    refuseRest(file, header, await reader.window(LONGEST_END_BYTES), reader.left);
  }
  return rows.contents();
}

async function compactRows(
  file: ModelFile,
  offset: number,
  header: Word2vecHeader,
  options: ReadOptions,
): Promise<ModelContents> {
  const { wordCount, dimensions } = header;
  const rowBytes = dimensions * 4;
  const skipped = offset % 4; // where the file begins in the first number
  const vectors = allocateFloats(file, Math.ceil((file.byteLength - offset + skipped) / 4), offset);
  const matrix = new Uint8Array(vectors.buffer, vectors.byteOffset);
  const bytes = matrix.subarray(skipped, skipped + file.byteLength - offset);
  const rows = new RowTaker(file, header, wordCount, vectors, options);
  let at = 0;
  for await (const there of readAhead(file, offset, bytes)) {
    // A row moves to where there was only what has been used: at least its word and a space.
    at = rows.take(bytes, at, there, there === bytes.length, (begin, row) => {
      matrix.copyWithin(row * rowBytes, skipped + begin, skipped + begin + rowBytes);
    });
  }
  if (rows.read < wordCount) rows.refuseEnd();
  refuseRest(file, header, bytes.subarray(at), bytes.length - at);
  return rows.contents();
}

/** Refuses bytes behind the last row, but for line feeds: then the rows are others than the header says. */
function refuseRest(file: ModelFile, { wordCount, dimensions }: Word2vecHeader, rest: Uint8Array, left: number): void {
  if (left <= LONGEST_END_BYTES && rest.every((byte) => byte === LINE_FEED)) return;
  refuse(
    file,
    `${formatBytes(left)} are left behind the ${wordCount} words × ${dimensions} dimensions that its first line promises: it has more rows, words that hold spaces, or values of another size than float32`,
  );
}

/** Takes whole rows out of bytes as they come. */
class RowTaker {
  read = 0;
  readonly #file: ModelFile;
  readonly #options: ReadOptions;
  readonly #isThorough: boolean;
  readonly #wanted: number;
  readonly #dimensions: number;
  readonly #vectors: Float32Array<ArrayBuffer>;
  readonly #bits: Int32Array;
  readonly #list: WordList;
  readonly #broken: number[] = [];
  /** Whether rows end with a line feed; known from the second row on. */
  #lineFeeds: boolean | undefined;

  /** @param vectors - where `take` puts the values of row 0, 1, … */
  constructor(
    file: ModelFile,
    { dimensions }: Word2vecHeader,
    wanted: number,
    vectors: Float32Array<ArrayBuffer>,
    options: ReadOptions,
  ) {
    this.#file = file;
    this.#options = options;
    this.#isThorough = options.verify || !isLarge(wanted * dimensions);
    this.#wanted = wanted;
    this.#dimensions = dimensions;
    this.#vectors = vectors;
    this.#bits = bitsOf(vectors);
    this.#list = new WordList(wanted);
  }

  /**
   * Takes the whole rows in bytes at … there − 1; of a word that is new, hands on where its values begin. Tells where it ended.
   *
   * @param isAll - nothing comes behind these bytes
   */
  take(
    bytes: Uint8Array,
    at: number,
    there: number,
    isAll: boolean,
    take: (begin: number, row: number) => void,
  ): number {
    const list = this.#list;
    const dimensions = this.#dimensions;
    const rowBytes = 4 * dimensions;
    const wanted = this.#wanted;
    const firstRow = list.size;
    // The first and the last value of each row are looked at while they are in the cache.
    const bits = this.#bits;
    let hasBroken = false;
    let { read } = this;
    let lineFeeds = this.#lineFeeds;
    let end = at;
    for (; read < wanted; read++) {
      let begin = end;
      if (begin < there && bytes[begin] === LINE_FEED) begin++;
      // Most words are short; indexOf costs more than a step for each of their bytes.
      let space = begin;
      while (space < there && bytes[space] > SPACE) space++;
      if (space < there && bytes[space] !== SPACE) space = this.#endOfOddWord(read, bytes, begin, there);
      const mayHoldSpace = dimensions >= FEWEST_TELLING && space + 1 + rowBytes <= there;
      if (mayHoldSpace && this.#looksShifted(bytes, space + 1))
        space += restOfWord(bytes.subarray(space + 1, there), dimensions, isAll);
      if (space + 1 + rowBytes > there || space - begin > LONGEST_WORD_BYTES) break;
      if (begin > end !== lineFeeds) lineFeeds = this.#checkLineFeed(read, begin > end);
      if (list.add(bytes, begin, space)) {
        const row = list.size - 1;
        take(space + 1, row);
        // Written out: calls are slow where code is not compiled yet.
        const first = bits[row * dimensions] & EXPONENT_BITS;
        const last = bits[row * dimensions + dimensions - 1] & EXPONENT_BITS;
        if (first === EXPONENT_BITS || last === EXPONENT_BITS) hasBroken = true;
      }
      end = space + 1 + rowBytes;
    }
    this.read = read;
    if (this.#isThorough || hasBroken) this.#look(firstRow, list.size);
    return end;
  }

  /** Notes rows first … end − 1 that hold NaN or infinity. */
  #look(first: number, end: number): void {
    const dimensions = this.#dimensions;
    const rows = this.#vectors.subarray(first * dimensions, end * dimensions);
    for (const row of brokenRows(rows, dimensions, true)) this.#broken.push(first + row);
  }

  /** Whether the values that begin here may begin with the rest of a word that holds a space; of a large matrix five are looked at. */
  #looksShifted(bytes: Uint8Array, begin: number): boolean {
    const dimensions = this.#dimensions;
    const parts = this.#isThorough ? dimensions : Math.min(4, dimensions);
    for (let part = 0; part < parts; part++) {
      if (!isUsualByte(bytes[begin + 4 * Math.floor((part * dimensions) / parts) + 3])) return true;
    }
    return !isUsualByte(bytes[begin + 4 * dimensions - 1]);
  }

  /** The end of a word with control characters; a zero byte is part of a vector that is taken for a word. */
  #endOfOddWord(read: number, bytes: Uint8Array, begin: number, there: number): number {
    let space = begin;
    for (; space < there && bytes[space] !== SPACE; space++) {
      if (bytes[space] === 0 || bytes[space] === LINE_FEED)
        refuse(
          this.#file,
          `word ${read + 1} holds a ${bytes[space] === 0 ? 'zero byte' : 'line feed'}: rows do not lie where they should; a word before it may hold a space, or values be longer than float32, as float64 are`,
        );
    }
    return space;
  }

  /** All rows but the last end with a line feed, or none does. A row that differs is longer or shorter than the others. */
  #checkLineFeed(read: number, found: boolean): boolean | undefined {
    if (read === 0) return undefined;
    this.#lineFeeds ??= found;
    if (found !== this.#lineFeeds)
      refuse(
        this.#file,
        `row ${read} ends ${found ? 'with' : 'without'} a line feed, the rows before do${found ? ' not' : ''}: it has more or fewer bytes than its ${this.#dimensions} values take`,
      );
    return found;
  }

  refuseEnd(): never {
    refuse(this.#file, `it ends within word ${this.read + 1} of ${this.#wanted}`);
  }

  contents(): ModelContents {
    const list = this.#list;
    const dimensions = this.#dimensions;
    const inputVectors = this.#vectors.subarray(0, list.size * dimensions);
    const odd = areMagnitudesUsual(inputVectors)
      ? []
      : ['most of its values are next to nothing or beyond 1e15, as where the highest byte of each comes first'];
    if (list.isUtf8) {
      const contents = deferWords(list, { dimensions, inputVectors, warnings: [...list.warnings(), ...odd] });
      return this.#broken.length > 0 ? finiteContents(this.#file, contents, { broken: this.#broken }) : contents;
    }
    const { words, kept, warnings } = list.finish();
    const vectors = kept ? keepRows(this.#vectors, dimensions, kept) : inputVectors;
    return finiteContents(
      this.#file,
      { words, dimensions, inputVectors: vectors, warnings: [...warnings, ...odd] },
      this.#options,
    );
  }
}

/** Fewer values may all be usual, or odd, by chance: then words end at their first space. */
const FEWEST_TELLING = 16;
/** The rest of a word behind its first space. */
const LONGEST_REST_BYTES = 256;

/** Whether a value with this highest byte is 0 or from 2^-51 to 2^51, as coordinates are. Letters and spaces are no such bytes. */
function isUsualByte(highest: number): boolean {
  const exponent = highest & 0x7f;
  return exponent === 0 || (exponent >= 38 && exponent <= 88);
}

/**
 * How many of these bytes are the rest of a word that holds spaces, with the space behind it: behind them all values are usual.
 * gensim writes such words, which its own reader takes for others. 0 if there is no such place. Where bytes lack to tell, more are asked for.
 *
 * @param isAll - nothing comes behind these bytes
 */
function restOfWord(bytes: Uint8Array, dimensions: number, isAll: boolean): number {
  for (let end = 0; end < LONGEST_REST_BYTES && bytes[end] >= SPACE; end++) {
    if (bytes[end] !== SPACE) continue;
    const values = bytes.subarray(end + 1, end + 1 + 4 * dimensions);
    if (values.length < 4 * dimensions && isAll) return 0;
    if (values.every((byte, at) => at % 4 < 3 || isUsualByte(byte)) && isUtf8(bytes, 0, end)) return end + 1;
  }
  return 0;
}

const LOOKED_AT = 512;
/** Fewer values may be anything. */
const FEW = 200;

/**
 * Whether values look like coordinates: bytes in another order, or of another type, give every exponent as often. Of few values the
 * other order must make coordinates, too.
 */
function areMagnitudesUsual(values: Float32Array): boolean {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const isUsual = (value: number) => Math.abs(value) > 1e-15 && Math.abs(value) < 1e15;
  let [seen, odd, swapped] = [0, 0, 0];
  for (let i = 0; i < values.length; i += Math.max(1, Math.floor(values.length / LOOKED_AT))) {
    if (values[i] === 0) continue;
    seen++;
    if (!isUsual(values[i])) odd++;
    if (isUsual(view.getFloat32(4 * i, false))) swapped++;
  }
  return odd < 0.5 * seen || seen === 0 || (seen < FEW && swapped < seen);
}
