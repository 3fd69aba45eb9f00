import { PageError } from './page-error.ts';
import { checkText, jsonLines, readField, TableParser } from './wordkin.ts';

/** The page uses so much of a text: more would take minutes, and memory that a page may not have. */
export const MOST_BYTES = 32 * 2 ** 20;

/** What the reader gives: a text, or a file with the field or column that holds it. */
export type TextInput =
  | { readonly name: string; readonly text: string }
  | { readonly file: File; readonly field?: string | undefined };

export interface ReadText {
  readonly name: string;
  readonly byteLength: number;
  /** UTF-8, a sentence a line. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isCut: boolean;
  readonly isPlainFile: boolean;
  readonly field: string | undefined;
}

/** All of a text, or its beginning up to a line end before MOST_BYTES. */
export async function readText(input: TextInput): Promise<ReadText> {
  if ('text' in input) {
    const bytes = new TextEncoder().encode(input.text);
    const taken = await collect([bytes]);
    return check({ name: input.name, byteLength: bytes.length, ...taken, isPlainFile: false, field: undefined });
  }
  const { file, field = 'text' } = input;
  if (file.size === 0) throw new PageError('empty-text', { name: file.name });
  const plainName = file.name.replace(/\.gz$/i, '');
  const unpacked = await unpack(file);
  const isRecords = /\.(jsonl|ndjson|json|csv|tsv)$/i.test(plainName);
  const pieces = isRecords
    ? recordTexts(checked(unpacked, file.name), file.name, plainName, field)
    : checked(unpacked, file.name);
  const taken = await collect(pieces);
  return check({
    name: file.name,
    byteLength: file.size,
    ...taken,
    isPlainFile: !taken.isCut,
    field: isRecords ? field : undefined,
  });
}

function check(text: ReadText): ReadText {
  if (!/\S/.test(new TextDecoder().decode(text.bytes.subarray(0, 1 << 16))) && text.bytes.every((byte) => byte <= 32))
    throw new PageError('empty-text', { name: text.name });
  return text;
}

async function unpack(file: File): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const begin = new Uint8Array(await file.slice(0, 3).arrayBuffer());
  const packed = begin[0] === 0x1f && begin[1] === 0x8b && begin[2] === 8;
  return packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
}

/** The pieces of a file; the first tells whether it is text. */
async function* checked(stream: ReadableStream<Uint8Array<ArrayBuffer>>, name: string): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let first = true;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (first) {
        try {
          checkText(name, next.value);
        } catch (error) {
          throw new PageError('not-text', { name, detail: (error as Error).message });
        }
      }
      first = false;
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** The field of each record, a line each. */
async function* recordTexts(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  plainName: string,
  field: string,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const texts = /\.(csv|tsv)$/i.test(plainName)
    ? columnTexts(bytes, name, plainName, field)
    : fieldTexts(bytes, name, plainName, field);
  let found = false;
  for await (const text of texts) {
    found ||= text !== '';
    yield encoder.encode(`${text}\n`);
  }
  if (!found) throw new PageError('no-field', { name, field, fields: '' });
}

async function* fieldTexts(bytes: AsyncIterable<Uint8Array>, name: string, plainName: string, field: string) {
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  for await (const piece of jsonLines(bytes, name, /\.json$/i.test(plainName))) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield readField(line, field, name, ++number) ?? '';
  }
  if (rest.trim() !== '') yield readField(rest, field, name, ++number) ?? '';
}

async function* columnTexts(bytes: AsyncIterable<Uint8Array>, name: string, plainName: string, field: string) {
  const isComma = /\.csv$/i.test(plainName);
  const parser = new TableParser(isComma ? ',' : '\t', isComma);
  const decoder = new TextDecoder();
  let column: number | undefined;
  const take = (records: string[][]) => {
    let rows = records;
    if (column === undefined && rows.length > 0) {
      const [header] = rows;
      column = header.indexOf(field);
      if (column < 0) column = Number(field) - 1;
      if (!(column >= 0 && column < header.length))
        throw new PageError('no-field', { name, field, fields: header.join(', ').slice(0, 200) });
      rows = rows.slice(1);
    }
    return rows.map((row) => row[column ?? 0]?.replace(/\r?\n/g, ' ') ?? '');
  };
  for await (const piece of bytes) yield* take(parser.push(decoder.decode(piece, { stream: true })));
  yield* take(parser.end());
}

async function collect(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const parts: Uint8Array[] = [];
  let length = 0;
  let isCut = false;
  for await (const piece of pieces) {
    parts.push(piece);
    length += piece.length;
    if (length > MOST_BYTES) {
      isCut = true;
      break;
    }
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes: isCut ? bytes.subarray(0, bytes.lastIndexOf(10, MOST_BYTES - 1) + 1 || MOST_BYTES) : bytes, isCut };
}
