import { statSync } from 'node:fs';
import { relative } from 'node:path';
import type { JsonValue, Metadata, TextRecord } from '../store/text-store.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { textLines } from '../text/text-lines.ts';
import { openTextFiles, tableRows } from './text-files.ts';

export interface RecordOptions {
  /** Field or column of the id; if absent "id" or "_id" where there is one, otherwise file and row. */
  readonly id?: string | undefined;
  /** Field or column of the text; "text" if absent. */
  readonly text?: string | undefined;
  /** Fields or columns that are kept with the text. */
  readonly metadata?: readonly string[] | undefined;
}

export interface RecordProgress {
  /** Bytes read of all files. */
  readonly bytesRead: number;
  readonly byteLength: number;
}

const TABLES = /\.(jsonl|ndjson|csv|tsv)(\.gz|\.zst)?$/i;
const PARQUET = /\.parquet$/i;

/**
 * Texts with ids from files, folders and globs: a record of JSONL, CSV, TSV or Parquet is a text; any other file is cut into its
 * paragraphs, with the id path#number and the metadata path and paragraph. One at a time, whatever the size.
 *
 * @throws Error for a path that is not there, a field that no record has, a record that is not one
 */
export async function* openRecords(
  paths: readonly string[],
  options: RecordOptions = {},
  onRead?: (progress: RecordProgress) => void,
): AsyncGenerator<TextRecord> {
  const sources = await openTextFiles(paths, { format: 'text' });
  const byteLength = sources.reduce((sum, source) => sum + (source.byteLength ?? 0), 0);
  let bytesRead = 0;
  const count = (bytes: number) => {
    bytesRead += bytes;
    onRead?.({ bytesRead, byteLength });
  };
  for (const source of sources) {
    const { name } = source;
    const shown = name.startsWith('/') ? relative(rootOf(paths, name), name) || name : name;
    if (PARQUET.test(name)) {
      yield* named(parquetRows(name), shown, options);
      count(source.byteLength ?? 0);
    } else if (TABLES.test(name)) {
      const json = /\.(jsonl|ndjson)(\.gz|\.zst)?$/i.test(name);
      const counted = { ...source, open: () => source.open(count) };
      const delimiter = /\.tsv(\.gz|\.zst)?$/i.test(name) ? '\t' : ',';
      yield* named(json ? jsonRows(counted) : tableRows(counted, delimiter), shown, options, !json);
    } else {
      yield* paragraphs({ ...source, open: () => source.open(count) }, shown);
    }
  }
}

type Source = Awaited<ReturnType<typeof openTextFiles>>[number];
type Row = { readonly [field: string]: unknown };

/** The folder that was given, so that ids do not depend on where it lies. */
function rootOf(paths: readonly string[], file: string): string {
  const root = paths.find((path) => file.startsWith(path) && statSync(path, { throwIfNoEntry: false })?.isDirectory());
  return root ?? process.cwd();
}

async function* jsonRows(source: Source): AsyncGenerator<Row> {
  let number = 0;
  for await (const line of textLines({ ...source, jsonField: undefined })) {
    number++;
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new SyntaxError(`Cannot read "${source.name}": line ${number} is not JSON: ${line.slice(0, 60)}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new SyntaxError(
        `Cannot read "${source.name}": line ${number} must be a JSON object, got ${line.slice(0, 60)}`,
      );
    yield value as Row;
  }
}

async function* parquetRows(path: string): AsyncGenerator<Row> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      yield* (await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd })) as Row[];
      rowStart = rowEnd;
    }
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${(error as Error).message}`, { cause: error });
  }
}

async function* named(
  rows: AsyncIterable<Row>,
  file: string,
  options: RecordOptions,
  table = false,
): AsyncGenerator<TextRecord> {
  const { text: textField = 'text', metadata: fields = [] } = options;
  let number = 0;
  for await (const row of rows) {
    number++;
    const idField = options.id ?? ['id', '_id'].find((field) => valueAt(row, field) !== undefined);
    const text = valueAt(row, textField);
    if (typeof text !== 'string') {
      const names = Object.keys(row);
      const nearest = nearestSpelling(textField, names);
      throw new Error(
        `Cannot read "${file}": record ${number} has no text in the field "${textField}", it has ${names.slice(0, 20).join(', ')}${nearest ? `; did you mean "${nearest}"?` : ''} (--text names the field)`,
      );
    }
    const id = idField === undefined ? `${file}#${number}` : valueAt(row, idField);
    if (id === undefined || id === null || typeof id === 'object')
      throw new Error(`Cannot read "${file}": record ${number} has no id in the field "${idField}"`);
    const metadata: Record<string, JsonValue> = {};
    for (const field of fields) {
      const value = valueAt(row, field);
      if (value !== undefined) metadata[field] = table ? cellValue(value as string) : toJson(value);
    }
    yield { id: String(id), text, metadata };
  }
}

function valueAt(row: Row, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path];
  let value: unknown = row;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Row)[key];
  }
  return value;
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
async function* paragraphs(source: Source, path: string): AsyncGenerator<TextRecord> {
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
  for await (const line of textLines(source)) {
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
