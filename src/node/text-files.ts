import { createReadStream, statSync } from 'node:fs';
import { PassThrough, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { glob } from 'tinyglobby';
import { ZSTDDecoder } from 'zstddec/stream';
import { decodeZstd } from '../text/decode-zstd.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import type { TextFileOptions, TextFormat } from '../text/text-file-options.ts';
import type { TextSource } from '../text/text-source.ts';
import { explainReadError } from './read-error.ts';

const READ_BYTES = 1 << 20;
/** For what is not text as it stands: in small pieces, `onRead` keeps close to what has been given out. */
const SMALL_READ_BYTES = 1 << 16;

/** See src/environment/text-files.ts. */
export async function openTextFiles(
  files: string | readonly string[] | Iterable<File>,
  options: TextFileOptions = {},
): Promise<TextSource[]> {
  const sources: TextSource[] = [];
  for (const path of typeof files === 'string' ? [files] : files) {
    if (typeof path !== 'string') {
      throw new TypeError(`Cannot read ${describe(path)}: in Node, files are paths; other text is given as { texts }`);
    }
    if (path === '-') {
      sources.push(textSource('standard input', undefined, () => process.stdin, options));
      continue;
    }
    for (const file of await expand(path)) {
      const stats = statSync(file);
      const open = (highWaterMark: number) => createReadStream(file, { highWaterMark });
      // What is no file of a known length, such as a named pipe, can be read once and from the front only.
      const source = textSource(file, stats.size, open, options);
      const plain = stats.isFile() && stats.size > 0 && isPlainText(file, options);
      sources.push(plain ? { ...source, open: Object.assign(source.open, { file }) } : source);
    }
  }
  return sources;
}

function describe(value: unknown): string {
  return value instanceof Blob ? `a ${value.constructor.name}` : String(value);
}

async function expand(path: string): Promise<string[]> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isDirectory()) return [path];
  const files = await glob(stats ? '**/*' : path, {
    cwd: stats ? path : '.',
    absolute: stats !== undefined,
    expandDirectories: false,
  });
  if (files.length > 0) return files.sort();
  if (stats) throw new Error(`Cannot read "${path}": the folder holds no files`);
  if (/[*?[{]/.test(path)) throw new Error(`Cannot read "${path}": no file matches`);
  throw new Error(`Cannot read "${path}": there is no such file or folder`);
}

function isPlainText(name: string, options: TextFileOptions): boolean {
  return !/\.(gz|zst)$/i.test(name) && formatOf(name, options) === 'text';
}

function formatOf(plainName: string, { format }: TextFileOptions): TextFormat {
  return format && format !== 'auto' ? format : formatByName(plainName);
}

function textSource(
  name: string,
  byteLength: number | undefined,
  openFile: (readBytes: number) => NodeJS.ReadableStream,
  options: TextFileOptions,
): TextSource {
  const plainName = name.replace(/\.(gz|zst)$/i, '');
  const format = formatOf(plainName, options);
  const field = options.field ?? 'text';

  async function* open(onRead?: (byteLength: number) => void): AsyncGenerator<Uint8Array> {
    const table = format === 'csv' || format === 'tsv';
    let bytes: AsyncGenerator<Uint8Array>;
    if (/\.gz$/i.test(name)) bytes = gunzip(openFile(READ_BYTES), onRead);
    else if (/\.zst$/i.test(name)) bytes = unzstd(counted(openFile(SMALL_READ_BYTES), onRead));
    else bytes = counted(openFile(table ? SMALL_READ_BYTES : READ_BYTES), onRead);
    if (table) bytes = column(bytes, field, format === 'csv' ? ',' : '\t');
    try {
      yield* bytes;
    } catch (error) {
      throw explainReadError(error as NodeJS.ErrnoException, name);
    }
  }
  return { name, byteLength, open, jsonField: format === 'jsonl' ? field : undefined };
}

function formatByName(name: string): TextFormat {
  if (/\.(jsonl|ndjson)$/i.test(name)) return 'jsonl';
  if (/\.csv$/i.test(name)) return 'csv';
  if (/\.tsv$/i.test(name)) return 'tsv';
  return 'text';
}

async function* counted(
  stream: NodeJS.ReadableStream,
  onRead?: (byteLength: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    onRead?.((chunk as Buffer).length);
    yield chunk as Buffer;
  }
}

/** All members of the file, as gzip itself reads them. */
export async function* gunzip(
  bytes: NodeJS.ReadableStream,
  onRead?: (byteLength: number) => void,
): AsyncGenerator<Uint8Array> {
  const output = createGunzip({ chunkSize: READ_BYTES });
  const done = new Promise<Error | null | undefined>((resolve) => pipeline(bytes, output, resolve));
  let told = 0;
  for await (const chunk of output as AsyncIterable<Buffer>) {
    onRead?.(output.bytesWritten - told); // what has been unpacked, not what waits
    told = output.bytesWritten;
    yield chunk;
  }
  const error = await done;
  if (error) throw error;
}

/** All frames of the file. */
export async function* unzstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  yield* decodeZstd(decoder, bytes);
}

/** One column of a table, a line a row; line breaks inside of a value end sentences. */
async function* column(bytes: AsyncIterable<Uint8Array>, field: string, delimiter: string): AsyncGenerator<Uint8Array> {
  let index = -1;
  let lines: string[] = [];
  let length = 0;
  for await (const record of tableRecords(bytes, delimiter)) {
    if (index < 0) {
      // A number names a column of a table without a header, unless there is a header of that name.
      index = record.indexOf(field);
      if (index >= 0) continue;
      if (/^[1-9]\d*$/.test(field) && Number(field) <= record.length) index = Number(field) - 1;
      else {
        const nearest = nearestSpelling(field, record);
        throw new Error(
          `column "${field}" is not there, the first line has ${record.map((value) => value.slice(0, 40)).join(', ')}${nearest ? `; did you mean "${nearest}"?` : ''}`,
        );
      }
    }
    lines.push(record[index] ?? '');
    length += lines.at(-1)!.length + 1;
    if (length < READ_BYTES) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
    length = 0;
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}

/** The rows of a table with a header, by the names of its columns. */
export async function* tableRows(source: TextSource, delimiter: string): AsyncGenerator<Record<string, string>> {
  let header: string[] | undefined;
  for await (const record of tableRecords(source.open() as AsyncIterable<Uint8Array>, delimiter)) {
    if (header) yield Object.fromEntries(header.map((name, column) => [name, record[column] ?? '']));
    else header = record;
  }
}

function tableRecords(bytes: AsyncIterable<Uint8Array>, delimiter: string): AsyncIterable<string[]> {
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    ...(delimiter === '\t' && { quote: null }),
  });
  pipeline(bytes, new PassThrough(), parser, () => {}); // errors come out of the parser
  return parser as AsyncIterable<string[]>;
}
