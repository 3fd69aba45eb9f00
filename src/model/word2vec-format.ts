import type { ModelContents } from './embedding-model.ts';
import { ByteReader, formatBytes, type ModelFile, ModelFormatError } from './model-file.ts';

const LINE_FEED = 10;
const SPACE = 32;
/** Longest word or line accepted. word2vec.c cuts words at 98 bytes; others do not. */
const LONGEST_WORD_BYTES = 1 << 16;
const LONGEST_LINE_BYTES = 1 << 20;
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
 * word2vec's text format: "words dimensions", then a line a word: the word and its values, parted by single
 * spaces. Values are written as the shortest decimal that reads back as the same float32.
 *
 * @throws RangeError for a word with a space or line feed, which the format cannot hold
 */
export function* writeWord2vecText(contents: ModelContents): Generator<Uint8Array> {
  const { words, dimensions, inputVectors } = contents;
  const encoder = new TextEncoder();
  let text = `${words.length} ${dimensions}\n`;
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
export async function readWord2vecBinary(file: ModelFile): Promise<ModelContents> {
  const reader = new ByteReader(file);
  const { wordCount, dimensions } =
    parseHeader(await reader.until(LINE_FEED, LONGEST_WORD_BYTES)) ??
    fail(file, 'its first line must be "words dimensions"');
  checkPromise(file, wordCount, dimensions, reader.left, dimensions * 4 + 1);
  const vectors = new WordVectors(wordCount, dimensions);
  const row = new Float32Array(dimensions);
  const rowBytes = new Uint8Array(row.buffer);
  for (let id = 0; id < wordCount; id++) {
    const word = await reader.until(SPACE, LONGEST_WORD_BYTES);
    if (!word || reader.left < rowBytes.length) fail(file, `it ends within word ${id + 1} of ${wordCount}`);
    await reader.fill(rowBytes);
    let begin = 0;
    while (word![begin] === LINE_FEED) begin++;
    vectors.add(word!.subarray(begin), row);
  }
  return vectors.contents();
}

/**
 * Reads word2vec's text format, and GloVe's, which has no first line. The last `dimensions` fields of a line
 * are its values; the word is what stands before, spaces and all.
 *
 * @throws ModelFormatError
 */
export async function readWord2vecText(file: ModelFile): Promise<ModelContents> {
  const reader = new ByteReader(file);
  const decoder = new TextDecoder('latin1'); // numbers are ASCII; words are decoded from their bytes
  let line = trimLineEnd(await reader.until(LINE_FEED, LONGEST_LINE_BYTES));
  const header = line && parseHeader(line);
  let lineNumber = 1;
  if (header) {
    line = trimLineEnd(await reader.until(LINE_FEED, LONGEST_LINE_BYTES));
    lineNumber++;
  }
  if (!line) fail(file, 'it holds no words');
  const dimensions = header?.dimensions ?? decoder.decode(line).split(' ').length - 1;
  if (dimensions < 1) fail(file, `line ${lineNumber} must be a word and its values, parted by spaces`);
  if (header) checkPromise(file, header.wordCount, dimensions, reader.left + line!.length, dimensions * 2 + 1);
  const vectors = new WordVectors(header?.wordCount, dimensions);
  const row = new Float32Array(dimensions);
  for (; line; line = trimLineEnd(await reader.until(LINE_FEED, LONGEST_LINE_BYTES)), lineNumber++) {
    if (line.length === 0) continue;
    let end = line.length;
    for (let d = dimensions - 1; d >= 0; d--) {
      const space = line.lastIndexOf(SPACE, end - 1);
      const text = decoder.decode(line.subarray(space + 1, end));
      row[d] = Number(text);
      if (space < 0 || text === '' || (Number.isNaN(row[d]) && !/^[-+]?nan$/i.test(text))) {
        fail(
          file,
          `line ${lineNumber} must be a word and ${dimensions} numbers, got ${JSON.stringify(decoder.decode(line.subarray(0, 60)))}`,
        );
      }
      end = space;
    }
    if (header && vectors.seen === header.wordCount)
      fail(file, `its first line promises ${header.wordCount} words, line ${lineNumber} is one more`);
    vectors.add(line.subarray(0, end), row);
  }
  if (reader.left > 0) fail(file, `line ${lineNumber} is longer than ${LONGEST_LINE_BYTES} bytes`);
  if (header && vectors.seen < header.wordCount)
    fail(file, `its first line promises ${header.wordCount} words, it holds ${vectors.seen}; it may have been cut off`);
  return vectors.contents();
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

/** Collects rows; of a word that comes twice the first is kept, as gensim does. */
class WordVectors {
  readonly #dimensions: number;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #words: string[] = [];
  readonly #known = new Set<string>();
  #values: Float32Array<ArrayBuffer>;
  #duplicates = 0;
  #repaired = 0;
  seen = 0;

  constructor(wordCount: number | undefined, dimensions: number) {
    this.#dimensions = dimensions;
    this.#values = new Float32Array((wordCount ?? 1024) * dimensions);
  }

  add(wordBytes: Uint8Array, row: Float32Array): void {
    this.seen++;
    const word = this.#decoder.decode(wordBytes);
    if (word.includes('\ufffd')) this.#repaired++;
    if (this.#known.has(word)) {
      this.#duplicates++;
      return;
    }
    this.#known.add(word);
    const start = this.#words.push(word) * this.#dimensions - this.#dimensions;
    if (start + row.length > this.#values.length) {
      const larger = new Float32Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values.set(row, start);
  }

  contents(): ModelContents {
    const warnings: string[] = [];
    if (this.#duplicates > 0) warnings.push(`${this.#duplicates} words came twice, the first was kept`);
    if (this.#repaired > 0) warnings.push(`${this.#repaired} words are not UTF-8 and were repaired`);
    const inputVectors = this.#values.subarray(0, this.#words.length * this.#dimensions);
    return { words: this.#words, dimensions: this.#dimensions, inputVectors, warnings };
  }
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

function shortestDecimal(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

function fail(file: ModelFile, what: string): never {
  throw new ModelFormatError(`Cannot read model "${file.name}": ${what}`);
}
