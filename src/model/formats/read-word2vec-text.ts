import { counted } from '../../text/counted.ts';
import type { ModelContents } from '../embedding-model.ts';
import { deferWords, keepRows, WordList } from '../word-list.ts';
import { allocateFloats } from './allocate-floats.ts';
import { ByteReader } from './byte-reader.ts';
import { LONGEST_WORD_BYTES } from './check-words.ts';
import { areFinite, finiteContents } from './finite-vectors.ts';
import { gluedMarks } from './glued-marks.ts';
import { type ModelFile, type ReadOptions, refuse } from './model-file.ts';
import { countFields, isSeparator, parseNumber, parseRow, trimLineEnd } from './text-rows.ts';
import { checkPromise, type Word2vecHeader } from './word2vec-header.ts';
import { word2vecStart } from './word2vec-start.ts';

const LINE_FEED = 10;
const SAMPLE_BYTES = 1 << 16;
/** Of a file that does not say how many values a line has. */
const LONGEST_LINE_BYTES = 1 << 24;
/**
 * Reads word2vec's text format, and GloVe's, which has no first line. The last `dimensions` fields of a line, separated by spaces
 * or tabs, are its values; the word is what stands before, spaces within it and all.
 *
 * @throws ModelFormatError
 */
export async function readWord2vecText(
  file: ModelFile,
  { limit = Infinity }: ReadOptions = {},
): Promise<ModelContents> {
  const sample = new Uint8Array(Math.min(file.byteLength, SAMPLE_BYTES));
  await file.read(0, sample);
  const {
    header,
    rowsBegin,
    dimensions: found = 0,
  } = word2vecStart(sample, sample.length === file.byteLength) ?? {
    header: undefined,
    rowsBegin: 0,
  };
  const reader = new ByteReader(file, rowsBegin);
  const isWholeLine = sample.includes(LINE_FEED, rowsBegin);
  const dimensions = header?.dimensions ?? (isWholeLine ? found : await dimensionsOfFirstLine(reader, file));
  if (dimensions < 1) refuse(file, `line ${header ? 2 : 1} must be a word and its values, separated by spaces`);
  if (header) checkFirstRow(file, sample.subarray(rowsBegin), dimensions);
  const rows = new TextRows(file, reader, header, dimensions, limit);
  await rows.readAll();
  return rows.contents();
}

/** Refuses a first row of fewer numbers, before memory is taken for what the header promises. */
function checkFirstRow(file: ModelFile, sample: Uint8Array, dimensions: number): void {
  let lineNumber = 2;
  for (let begin = 0, end = sample.indexOf(LINE_FEED); end >= 0; end = sample.indexOf(LINE_FEED, begin), lineNumber++) {
    const line = trimLineEnd(sample.subarray(begin, end));
    begin = end + 1;
    if (line.length === 0) continue;
    const { fields, numbers } = countFields(new TextDecoder('latin1').decode(line));
    if (Math.min(numbers, fields - 1) < dimensions) refuseLine(file, lineNumber, line, dimensions);
    return;
  }
}

function refuseLine(file: ModelFile, lineNumber: number, line: Uint8Array, dimensions: number): never {
  const found = JSON.stringify(new TextDecoder().decode(line.subarray(0, 60)));
  const { fields, numbers } = countFields(new TextDecoder('latin1').decode(line));
  refuse(
    file,
    `line ${lineNumber} must be a word and ${dimensions} numbers, got ${found}${line.length > 60 ? ` … with ${Math.min(numbers, fields - 1)} numbers at its end` : ''}`,
  );
}

/** Of a line that is longer than the sample. */
async function dimensionsOfFirstLine(reader: ByteReader, file: ModelFile): Promise<number> {
  const window = await reader.window(Math.min(LONGEST_LINE_BYTES, reader.left));
  const end = window.indexOf(LINE_FEED);
  if (end < 0 && reader.left > LONGEST_LINE_BYTES) refuse(file, `line 1 is longer than ${LONGEST_LINE_BYTES} bytes`);
  const { fields, numbers } = countFields(
    new TextDecoder('latin1').decode(window.subarray(0, end < 0 ? window.length : end)),
  );
  return Math.min(numbers, fields - 1);
}

/** The rows of a text as they are read. */
class TextRows {
  readonly #file: ModelFile;
  readonly #reader: ByteReader;
  readonly #header: Word2vecHeader | undefined;
  readonly #dimensions: number;
  readonly #limit: number;
  readonly #list = new WordList();
  readonly #longest: number;
  /** A row of values takes two bytes each, at least. */
  readonly #mostRows: number;
  readonly #broken: number[] = [];
  #vectors: Float32Array<ArrayBuffer>;
  #seen = 0;
  #lineNumber: number;
  /** Rows whose word holds numbers, and the first of these words. */
  #numbered = 0;
  #firstNumbered = '';
  /** Whether the last row had a line feed behind it. */
  #isComplete = true;

  constructor(
    file: ModelFile,
    reader: ByteReader,
    header: Word2vecHeader | undefined,
    dimensions: number,
    limit: number,
  ) {
    this.#file = file;
    this.#reader = reader;
    this.#header = header;
    this.#dimensions = dimensions;
    this.#limit = limit;
    this.#longest = header ? LONGEST_WORD_BYTES + 64 * dimensions : LONGEST_LINE_BYTES;
    this.#mostRows = header
      ? checkPromise(file, header, limit, reader.left, dimensions * 2 + 1)
      : Math.min(limit, Math.ceil(file.byteLength / (2 * dimensions)));
    this.#vectors = allocateFloats(file, (header ? this.#mostRows : Math.min(1024, this.#mostRows)) * dimensions);
    this.#lineNumber = header ? 2 : 1;
  }

  async readAll(): Promise<void> {
    const file = this.#file;
    const reader = this.#reader;
    const header = this.#header;
    const row = new Float32Array(this.#dimensions);
    for (; this.#seen < this.#limit; this.#lineNumber++) {
      const whole = await reader.until(LINE_FEED, this.#longest);
      if (!whole) break;
      const line = trimLineEnd(whole);
      if (line.length === 0) continue;
      this.#isComplete = reader.delimited;
      this.#takeLine(line, row);
    }
    if (this.#seen < this.#limit) {
      if (reader.left > 0) refuse(file, `line ${this.#lineNumber} is longer than ${this.#longest} bytes`);
      if (header && this.#seen < header.wordCount)
        refuse(
          file,
          `its first line promises ${header.wordCount} words, it holds ${this.#seen}; it may have been cut off`,
        );
    }
    if (2 * this.#numbered > this.#seen)
      refuse(
        file,
        `its first line promises ${this.#dimensions} dimensions, ${this.#numbered} of ${this.#seen} lines hold more numbers`,
      );
  }

  #takeLine(line: Uint8Array, row: Float32Array): void {
    const dimensions = this.#dimensions;
    const header = this.#header;
    const end = parseRow(line, row);
    let begin = 0;
    while (begin < end && isSeparator(line[begin])) begin++;
    if (end < 0 || begin === end) refuseLine(this.#file, this.#lineNumber, line, dimensions);
    if (!header && this.#seen === 0 && numbersColumns(row))
      refuse(
        this.#file,
        `line ${this.#lineNumber} numbers the columns of a table, ${row[0]} to ${row.at(-1)}; take it out`,
      );
    if (header && this.#seen === header.wordCount)
      refuse(this.#file, `its first line promises ${header.wordCount} words, line ${this.#lineNumber} is one more`);
    this.#seen++;
    for (let at = begin; at < end; at++) {
      if (!isSeparator(line[at])) continue;
      this.#noteNumbers(line.subarray(begin, end));
      break;
    }
    if (!this.#list.add(line, begin, end)) return;
    const id = this.#list.size - 1;
    if (this.#list.size * dimensions > this.#vectors.length) {
      const larger = allocateFloats(this.#file, Math.min(2 * this.#vectors.length, this.#mostRows * dimensions));
      larger.set(this.#vectors);
      this.#vectors = larger;
    }
    this.#vectors.set(row, id * dimensions);
    if (!areFinite(row, 0, dimensions)) this.#broken.push(id);
  }

  /** A word with spaces whose later parts are numbers may be a word and values too many, or two lines in one. */
  #noteNumbers(bytes: Uint8Array): void {
    const word = new TextDecoder().decode(bytes);
    const [, ...parts] = word.split(/[ \t]+/);
    if (parts.every((part) => parseNumber(part) === undefined)) return;
    if (this.#numbered++ === 0) this.#firstNumbered = word;
  }

  contents(): ModelContents {
    const list = this.#list;
    const dimensions = this.#dimensions;
    const more: string[] = [];
    if (!this.#isComplete && this.#seen < this.#limit)
      more.push('its last line has no line feed at its end: if the file was cut off there, its last number is another');
    if (this.#numbered > 0)
      more.push(
        `${counted(this.#numbered, 'word holds', 'words hold')} a number behind a space, the first is ${JSON.stringify(this.#firstNumbered.slice(0, 60))}: their lines may hold values too many`,
      );
    if (!this.#header && dimensions === 1)
      more.push('its lines hold one number each: it may be a list of counts and no vectors');
    more.push(...gluedMarks(list));
    const inputVectors = this.#vectors.subarray(0, list.size * dimensions);
    if (list.isUtf8) {
      const contents = deferWords(list, { dimensions, inputVectors, warnings: [...list.warnings(), ...more] });
      return finiteContents(this.#file, contents, { broken: this.#broken });
    }
    const { words, kept, warnings } = list.finish();
    const vectors = kept ? keepRows(this.#vectors, dimensions, kept) : inputVectors;
    const contents = { words, dimensions, inputVectors: vectors, warnings: [...warnings, ...more] };
    return finiteContents(this.#file, contents, { verify: true });
  }
}

/** Fewer numbers in a row, one more each, may be a vector. */
const CLEARLY_COLUMNS = 4;

function numbersColumns(row: Float32Array): boolean {
  const isFirst = row[0] === 0 || row[0] === 1;
  return row.length >= CLEARLY_COLUMNS && isFirst && row.every((value, column) => value === row[0] + column);
}
