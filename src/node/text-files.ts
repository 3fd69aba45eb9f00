import { checkOptions } from '../text/check-options.ts';
import { checkText } from '../text/foreign-content.ts';
import { jsonLines } from '../text/json-lines.ts';
import { type DataRecord, suggestField } from '../text/json-records.ts';
import { showValue } from '../text/show-value.ts';
import { TableParser, tableLayout } from '../text/table-parser.ts';
import { TEXT_FILE_RULES, type TextFileOptions, type TextFormat } from '../text/text-file-options.ts';
import type { TextSource } from '../text/text-source.ts';
import { decodeUtf8 } from '../text/utf8.ts';
import { type InputFile, openInputFiles, SMALL_READ_BYTES } from './input-files.ts';
import { explainReadError } from './read-error.ts';

export { gunzip, unzstd } from './input-files.ts';

const READ_BYTES = 1 << 20;

/** See src/environment/text-files.ts. */
export async function openTextFiles(
  files: string | readonly string[] | Iterable<File>,
  options: TextFileOptions = {},
): Promise<TextSource[]> {
  checkOptions(options, TEXT_FILE_RULES);
  if (typeof files !== 'string' && typeof files?.[Symbol.iterator] !== 'function')
    throw new TypeError(`"files" must be a path or an array of paths, got ${showValue(files)}`);
  const paths = Array.from<unknown, string>(typeof files === 'string' ? [files] : files, (path) => {
    if (typeof path === 'string') return path;
    const found = path instanceof Blob ? `a ${path.constructor.name}` : showValue(path);
    throw new TypeError(`Cannot read ${found}: in Node, files are paths; other text is given as { texts }`);
  });
  const opened = await openInputFiles(paths);
  const { format = 'auto', field } = options;
  const isText = (file: InputFile) => (format === 'auto' ? formatOf(file) : format) === 'text';
  if (field !== undefined && opened.length > 0 && opened.every(isText))
    throw new RangeError(
      `"field" is for records: "${opened[0].name}" is read as plain text; leave it out, or give the "format"`,
    );
  warnOfFilesTwice(opened);
  return opened.map((file) => textSource(file, options));
}

/** A file may be meant to count twice; more often two patterns, or a folder and a file in it, were given. */
function warnOfFilesTwice(files: readonly InputFile[]): void {
  const names = new Map<string, string>();
  const again: InputFile[] = [];
  for (const file of files) {
    if (file.identity === undefined) continue;
    if (names.has(file.identity)) again.push(file);
    else names.set(file.identity, file.name);
  }
  if (again.length === 0) return;
  const [{ name, identity }] = again;
  const first = names.get(identity!)!;
  const same = first === name ? 'is given more than once' : `is the same file as "${first}"`;
  const others = again.length > 1 ? `, and ${again.length - 1} more of the files are there again` : '';
  process.emitWarning(
    `"${name}" ${same}${others}: it is read each time, so that its text counts as often; give each file once`,
    'WordkinWarning',
  );
}

function textSource(file: InputFile, { format: wanted = 'auto', field = 'text' }: TextFileOptions): TextSource {
  const { name, byteLength } = file;
  const format = wanted === 'auto' ? formatOf(file) : wanted;
  if (format === 'csv' || format === 'tsv') {
    const open = async function* (onRead?: (byteLength: number) => void): AsyncGenerator<Uint8Array> {
      yield* column(file, format, field, onRead);
    };
    return { name, byteLength, open };
  }
  if (format === 'jsonl') return { name, byteLength, open: (onRead) => recordLines(file, onRead), jsonField: field };
  const open = (onRead?: (byteLength: number) => void) => file.open(READ_BYTES, onRead);
  return { name, byteLength, open: file.readable ? Object.assign(open, { file: name }) : open };
}

/** How records are written, by the name of the file. */
export function formatOf({ plainName }: InputFile): Exclude<TextFormat, 'auto'> {
  if (/\.(jsonl|ndjson|json)$/i.test(plainName)) return 'jsonl';
  if (/\.csv$/i.test(plainName)) return 'csv';
  if (/\.tsv$/i.test(plainName)) return 'tsv';
  return 'text';
}

/** The records of a JSON file, one a line. */
export function recordLines(file: InputFile, onRead?: (byteLength: number) => void): AsyncGenerator<Uint8Array> {
  return jsonLines(checked(file, READ_BYTES, onRead), file.name, /\.json$/i.test(file.plainName));
}

/** The bytes of a file whose records are taken apart before anybody looks whether it is text. */
async function* checked(file: InputFile, readBytes: number, onRead?: (byteLength: number) => void) {
  let first = true;
  for await (const bytes of file.open(readBytes, onRead)) {
    if (first) checkText(file.name, bytes);
    first = false;
    yield bytes;
  }
}

type TableFormat = 'csv' | 'tsv';

/**
 * The cells are bytes as Latin-1, so that what is malformed in them is found where they are read.
 *
 * @param field - the column that must be there
 */
async function* tableRecords(
  file: InputFile,
  format: TableFormat,
  field: string,
  onRead?: (byteLength: number) => void,
): AsyncGenerator<string[]> {
  let start = ''; // until it tells the layout
  let parser: TableParser | undefined;
  const begin = (): string[][] => {
    const text = start.replace(/^(\xef\xbb\xbf)+/, '');
    const fits = (records: readonly (readonly string[])[]) => hasColumn(records, field);
    const { delimiter, quotes, headerAt } = tableLayout(text, format === 'csv' ? ',' : '\t', fits);
    parser = new TableParser(delimiter, quotes);
    return parser.push(text.slice(headerAt));
  };
  try {
    for await (const bytes of checked(file, SMALL_READ_BYTES, onRead)) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      if (parser) {
        yield* parser.push(text);
        continue;
      }
      start += text;
      // Of TSV more is looked at: whether quotes enclose cells, a few lines do not tell.
      const isEnough = start.length >= SMALL_READ_BYTES || (format === 'csv' && /[\r\n].*[\r\n]/s.test(start));
      if (isEnough) yield* begin();
    }
    if (!parser) yield* begin();
    yield* parser!.end();
    if (parser!.looseQuoteLine !== undefined)
      process.emitWarning(
        `"${file.name}": the quote that begins a cell in line ${parser!.looseQuoteLine} ends in a later line, with text behind it: it was most likely not closed, so that two records became one, here and in others like it`,
        'WordkinWarning',
      );
  } catch (error) {
    throw explainReadError(error as NodeJS.ErrnoException, file.name);
  }
}

/** Whether the first record names the column; or, for a number, whether all have so many cells, and equally many. */
function hasColumn(records: readonly (readonly string[])[], field: string): boolean {
  const [first = []] = records;
  if (first.some((cell) => fromLatin1(cell) === field)) return true;
  if (!COLUMN_NUMBER.test(field)) return false;
  return first.length >= Math.max(2, Number(field)) && records.every(({ length }) => length === first.length);
}

const COLUMN_NUMBER = /^[1-9]\d*$/;

/** One column of a table, a line a row; line breaks inside of a value end sentences. */
async function* column(
  file: InputFile,
  format: TableFormat,
  field: string,
  onRead?: (byteLength: number) => void,
): AsyncGenerator<Uint8Array> {
  let index = -1;
  let rows: RowsBelow | undefined;
  let lines: string[] = [];
  let length = 0;
  for await (const record of tableRecords(file, format, field, onRead)) {
    if (index < 0) {
      const header = record.map((cell) => fromLatin1(cell));
      index = columnOf(field, header, file.name, 'field');
      if (header[index] === field) {
        refuseTwice(header, [field], file.name);
        rows = new RowsBelow(file.name, record);
        continue;
      }
    }
    if (rows?.isRow(record) === false) continue;
    lines.push(record[index] ?? '');
    length += lines.at(-1)!.length + 1;
    if (length < READ_BYTES) continue;
    yield Buffer.from(`${lines.join('\n')}\n`, 'latin1');
    lines = [];
    length = 0;
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`, 'latin1');
}

/** A number names a column of a table without a header, unless there is a header of that name. */
function columnOf(field: string, header: readonly string[], name: string, option: 'field' | 'text'): number {
  const index = header.indexOf(field);
  if (index >= 0) return index;
  if (COLUMN_NUMBER.test(field) && Number(field) <= header.length) return Number(field) - 1;
  const shown = header.map((value) => value.slice(0, 40)).join(', ');
  throw new Error(
    `Cannot read "${name}": column "${field}" is not there, the first line has ${shown}${suggestField(field, header)} ("${option}" names the column${option === 'field' ? ', or gives its number' : ''})`,
  );
}

/**
 * The rows of a table with a header, by the names of its columns; a row that is shorter does not have the last ones.
 *
 * @param fields - columns that are asked for; the first must be there
 */
export async function* tableRows(
  file: InputFile,
  format: TableFormat,
  fields: readonly string[],
  onRead?: (byteLength: number) => void,
  onRepairs?: (count: number) => void,
): AsyncGenerator<DataRecord> {
  let header: string[] | undefined;
  let rows: RowsBelow | undefined;
  for await (const record of tableRecords(file, format, fields[0], onRead)) {
    if (rows?.isRow(record) === false) continue;
    const cells = record.map((cell) => fromLatin1(cell, onRepairs));
    if (header) {
      const names = header.slice(0, cells.length);
      yield Object.fromEntries(names.map((name, column) => [name, cells[column]]));
    } else {
      header = cells;
      if (!header.includes(fields[0])) columnOf(fields[0], header, file.name, 'text');
      refuseTwice(header, fields, file.name);
      rows = new RowsBelow(file.name, record);
    }
  }
}

/** @throws Error where nobody can tell which of two columns is meant */
function refuseTwice(header: readonly string[], fields: readonly string[], name: string): void {
  const twice = fields.find((field) => header.indexOf(field) !== header.lastIndexOf(field));
  if (twice !== undefined)
    throw new Error(`Cannot read "${name}": two columns are named "${twice}"; rename one of them`);
}

/** What stands below a header: tells, once each, of a row that holds more than the header names, and of the header again. */
class RowsBelow {
  readonly #name: string;
  readonly #header: readonly string[];
  #row = 0;
  readonly #told = new Set<string>();

  constructor(name: string, header: readonly string[]) {
    this.#name = name;
    this.#header = header;
  }

  /** False for the header of a table that was put behind another one. A single column may hold its own name. */
  isRow(cells: readonly string[]): boolean {
    this.#row++;
    const columns = this.#header.length;
    if (columns > 1 && cells.length === columns && cells.every((cell, i) => cell === this.#header[i])) {
      this.#tell(
        'header',
        `record ${this.#row} is the header again, as where files were joined: it is passed over, here and where it comes again`,
      );
      return false;
    }
    if (cells.length > columns && cells.slice(columns).some((cell) => cell !== ''))
      this.#tell(
        'width',
        `record ${this.#row} has ${cells.length} cells, more than the ${columns} that the header names: what is beyond is left out, here and in others like it; a separator within a text must stand in quotes`,
      );
    return true;
  }

  #tell(subject: string, message: string): void {
    if (this.#told.has(subject)) return;
    this.#told.add(subject);
    process.emitWarning(`"${this.#name}": ${message}`, 'WordkinWarning');
  }
}

function fromLatin1(cell: string, onRepairs?: (count: number) => void): string {
  const bytes = Buffer.from(cell, 'latin1');
  const text = bytes.toString();
  if (onRepairs && text.includes('\ufffd')) onRepairs(decodeUtf8(bytes).repairs);
  return text;
}
