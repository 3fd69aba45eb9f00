import { isAbsolute, relative, resolve } from 'node:path';
import type { RecordOptions, RecordProgress } from '../environment/text-files.ts';
import type { JsonValue, Metadata, TextRecord } from '../store/text-store.ts';
import { checkOptions, checkTextArray, NOT_EMPTY, type OptionRules, STRINGS } from '../text/check-options.ts';
import { type DataRecord, parseRecord, suggestField, suggestList, textOf, valueAt } from '../text/json-records.ts';
import { textLines } from '../text/text-lines.ts';
import { type InputFile, openInputFiles, SMALL_READ_BYTES } from './input-files.ts';
import { formatOf, recordLines, tableRows } from './text-files.ts';

const PARQUET = /\.parquet$/i;

const RULES: OptionRules<RecordOptions> = { id: NOT_EMPTY, text: NOT_EMPTY, metadata: STRINGS };

/** See src/environment/text-files.ts. */
export async function* openRecords(
  paths: readonly string[],
  options: RecordOptions = {},
  onRead?: (progress: RecordProgress) => void,
): AsyncGenerator<TextRecord> {
  checkTextArray('paths', paths);
  checkOptions(options, RULES);
  const files = await openInputFiles(paths);
  for (const name of ['id', 'text'] as const)
    if (options[name] !== undefined && files.every(isPlainText))
      throw new RangeError(
        `Cannot read "${files[0]?.name}" as records: it is plain text ("${name}" names the field of records); leave it out`,
      );
  const found: Found = { texts: 0, skipped: 0, leftOut: new Set() };
  let repairs = 0;
  const repair = (more: number) => {
    repairs += more;
  };
  const byteLength = files.reduce((sum, file) => sum + (file.byteLength ?? 0), 0);
  const position = new ReadingPosition((bytesRead) =>
    onRead?.({ bytesRead, byteLength, skippedRecords: found.skipped, fieldsLeftOut: [...found.leftOut], repairs }),
  );
  for (const file of files) {
    const path = pathOf(file.name);
    const format = formatOf(file);
    if (PARQUET.test(file.name)) {
      yield* named(parquetRows(file, position), path, options, found);
    } else if (format === 'text') {
      yield* paragraphs(file, path, position, repair);
    } else if (format === 'jsonl') {
      yield* named(jsonRows(file, position, repair), path, options, found);
    } else {
      const fields = [options.text ?? 'text', options.id ?? 'id', ...(options.metadata ?? [])];
      const rows = tableRows(file, format, fields, position.readNext, repair);
      yield* named(rows, path, options, found, true);
    }
    position.endFile();
  }
  if (found.texts === 0 && found.missing) throw found.missing;
  position.tell(); // what was skipped behind the last bytes, too
}

/** Where in the files the records are that were given out. Files are read some way ahead of them. */
class ReadingPosition {
  readonly #onMove: (byteLength: number) => void;
  /** Bytes of the files as they lie there: before what is being taken apart, and of that. */
  #before = 0;
  #read = 0;
  /** Bytes of text that were read of it, and those of them that were taken. */
  #plain = 0;
  #taken = 0;
  #told = 0;

  constructor(onMove: (byteLength: number) => void) {
    this.#onMove = onMove;
  }

  /** What is read next, when all that was read has been taken. */
  readonly readNext = (byteLength: number): void => {
    this.endFile();
    this.#read = byteLength;
  };

  /** What is read next, while text of before is being taken. */
  readonly readOn = (byteLength: number): void => {
    this.#read += byteLength;
  };

  /** Text as it is read. */
  async *watch(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.#plain += chunk.length;
      yield chunk;
    }
  }

  /** A line of the text has been taken. */
  take(line: string): void {
    this.#taken += Buffer.byteLength(line) + 1;
    if (this.#taken - this.#told >= SMALL_READ_BYTES) this.tell();
  }

  endFile(): void {
    this.#before += this.#read;
    [this.#read, this.#plain, this.#taken, this.#told] = [0, 0, 0, 0];
    this.tell();
  }

  tell(): void {
    this.#told = this.#taken;
    const share = this.#plain > 0 ? Math.min(1, this.#taken / this.#plain) : 0;
    this.#onMove(this.#before + Math.floor(share * this.#read));
  }
}

/** A file that `openRecords` reads. */
export interface RecordFile {
  readonly name: string;
  /** As it stands in the ids and metadata of what is read of it. */
  readonly path: string;
  /** It is cut at its empty lines, and holds no records. */
  readonly isPlainText: boolean;
}

/** The files that `openRecords` reads, whether anything is in them or not. */
export async function findRecordFiles(paths: readonly string[]): Promise<RecordFile[]> {
  const files = await openInputFiles(paths);
  return files.map((file) => ({ name: file.name, path: pathOf(file.name), isPlainText: isPlainText(file) }));
}

function isPlainText(file: InputFile): boolean {
  return formatOf(file) === 'text' && !PARQUET.test(file.name);
}

/** What has been found in the records of all files. */
interface Found {
  texts: number;
  skipped: number;
  /** Fields that are not kept. */
  readonly leftOut: Set<string>;
  /** For the first of the skipped ones, in case there are no others. */
  missing?: Error;
}

/** From the current folder, so that files of one name in two folders are two; elsewhere the whole path. */
export function pathOf(name: string): string {
  const path = relative(process.cwd(), resolve(name));
  const outside = /^\.\.([\\/]|$)/.test(path) || isAbsolute(path);
  return (outside ? resolve(name) : path).replaceAll('\\', '/');
}

async function* jsonRows(
  file: InputFile,
  position: ReadingPosition,
  onRepairs: (count: number) => void,
): AsyncGenerator<DataRecord> {
  const { name } = file;
  let number = 0;
  const open = () => position.watch(recordLines(file, position.readOn));
  for await (const line of textLines({ name, open }, onRepairs)) {
    number++;
    position.take(line);
    if (line.trim() !== '') yield parseRecord(line, name, number);
  }
}

async function* parquetRows(
  { name: path, byteLength = 0 }: InputFile,
  position: ReadingPosition,
): AsyncGenerator<DataRecord> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      position.readNext((byteLength * Number(group.num_rows)) / Number(metadata.num_rows));
      yield* (await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd })) as DataRecord[];
      rowStart = rowEnd;
    }
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${(error as Error).message}`, { cause: error });
  }
}

async function* named(
  rows: AsyncIterable<DataRecord>,
  file: string,
  options: RecordOptions,
  found: Found,
  table = false,
): AsyncGenerator<TextRecord> {
  const { text: textField = 'text', metadata: fields = [] } = options;
  let number = 0;
  for await (const row of rows) {
    number++;
    const text = textOf(row, textField, file, `record ${number}`);
    if (text === undefined) {
      found.skipped++;
      found.missing ??= missingField(file, number, textField, row);
      continue;
    }
    found.texts++;
    const idField = options.id ?? ['id', '_id'].find((field) => valueAt(row, field) !== undefined);
    const id = idField === undefined ? `${file}#${number}` : valueAt(row, idField);
    if (id === undefined || id === null || id === '' || typeof id === 'object')
      throw new Error(`Cannot read "${file}": record ${number} has no id in the field "${idField}"`);
    const metadata: [string, JsonValue][] = [];
    for (const field of fields) {
      const value = valueAt(row, field);
      if (value === undefined) continue;
      if (value === Infinity || value === -Infinity)
        throw new RangeError(`Cannot read "${file}": record ${number} has a number in "${field}" that is too large`);
      metadata.push([field, table ? cellValue(value as string) : toJson(value)]);
    }
    noteLeftOut(row, [textField, idField ?? '', ...fields], found.leftOut);
    yield { id: String(id), text, metadata: Object.fromEntries(metadata) };
  }
}

const MOST_LEFT_OUT = 20;

/** @param taken - fields, or paths of fields in fields */
function noteLeftOut(row: DataRecord, taken: readonly string[], leftOut: Set<string>): void {
  for (const field of Object.keys(row)) {
    if (leftOut.size >= MOST_LEFT_OUT) return;
    if (!taken.some((path) => path === field || path.startsWith(`${field}.`))) leftOut.add(field);
  }
}

function missingField(file: string, number: number, field: string, record: DataRecord): Error {
  const names = Object.keys(record);
  const shown = names.slice(0, 20).join(', ');
  return new Error(
    `Cannot read "${file}": record ${number} has no text in the field "${field}", it has ${shown}${suggestList(record) || suggestField(field, names)}; nor has any other record ("text" names the field)`,
  );
}

/** A cell of CSV: what is written as a number is one, so that filters compare it by size; 007 and +49 are text. */
function cellValue(cell: string): JsonValue {
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(cell) ? Number(cell) : cell;
}

/** A value of Parquet as JSON has it. */
function toJson(value: unknown): JsonValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  let infinite = false;
  const text = JSON.stringify(value, (_, part) => {
    infinite ||= typeof part === 'number' && !Number.isFinite(part);
    return typeof part === 'bigint' ? String(part) : part;
  });
  return (infinite ? value : JSON.parse(text)) as JsonValue; // JSON would make null of it: the store refuses it by its text
}

/** Lines up to an empty one. */
async function* paragraphs(
  file: InputFile,
  path: string,
  position: ReadingPosition,
  onRepairs: (count: number) => void,
): AsyncGenerator<TextRecord> {
  let number = 0;
  let lines: string[] = [];
  let characters = 0;
  const take = (): TextRecord => {
    const text = lines.join('\n').trim();
    lines = [];
    characters = 0;
    number++;
    const metadata: Metadata = { path, paragraph: number };
    return { id: `${path}#${number}`, text, metadata };
  };
  const open = () => position.watch(file.open(SMALL_READ_BYTES, position.readOn));
  for await (const line of textLines({ name: file.name, open }, onRepairs)) {
    position.take(line);
    if (line.trim() === '' || characters > LONGEST_PARAGRAPH) {
      if (lines.length > 0) yield take();
      if (line.trim() === '') continue;
    }
    lines.push(line);
    characters += line.length;
  }
  if (lines.length > 0) yield take();
}

/** Characters; what is longer is cut at a line end: it is a list or a table, not a paragraph. */
const LONGEST_PARAGRAPH = 2_000;
