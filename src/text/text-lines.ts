import { readField } from './json-records.ts';
import { LONGEST_RECORD_BYTES, lineBlocks } from './line-blocks.ts';
import { showValue } from './show-value.ts';
import { isTextSource, type TextSource } from './text-source.ts';
import { countHalfPairs, decodeUtf8 } from './utf8.ts';

export interface Line {
  readonly text: string;
  /** Counted from 1, with all lines. */
  readonly number: number;
}

/**
 * The lines of a small file that hold something, without the byte order mark in front and the ends of lines, whatever system
 * wrote them.
 *
 * @param comments - leave out lines that begin with "#", too; elsewhere it is a character like any other
 */
export function* linesOf(text: string, { comments = false } = {}): Generator<Line> {
  let number = 0;
  for (const line of text.replace(/^\ufeff+/, '').split(text.includes('\n') ? /\r?\n/ : '\r')) {
    number++;
    if (line.trim() !== '' && !(comments && line.startsWith('#'))) yield { text: line, number };
  }
}

/**
 * The texts of a source, one a line; of records the text of the field.
 *
 * @param onRepairs - is told of malformed UTF-8 sequences that were replaced by U+FFFD
 * @throws Error for what is no text, or no JSON; RangeError for a line longer than 256 MB
 */
export async function* textLines(source: TextSource, onRepairs?: (count: number) => void): AsyncGenerator<string> {
  if (!isTextSource(source)) throw new TypeError(`"source" must be { name, open }, got ${showValue(source)}`);
  let number = 0;
  let first: string | undefined;
  for await (const line of wholeLines(source, onRepairs)) {
    number++;
    if (source.jsonField === undefined) {
      if (number === 1 && line.includes('\r')) {
        first = line; // of a file whose lines end with CR alone it is all
        continue;
      }
      if (first !== undefined) yield first;
      first = undefined;
      yield line;
      continue;
    }
    const text = line.trim() === '' ? undefined : readField(line, source.jsonField, source.name, number);
    if (text === undefined) continue;
    onRepairs?.(countHalfPairs(line, text));
    yield* text.split('\n');
  }
  if (first !== undefined) yield* first.split('\r');
}

/** Lines, however long. */
async function* wholeLines(source: TextSource, onRepairs?: (count: number) => void): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  for await (const { text, ends } of linePieces(source, onRepairs)) {
    if (ends && parts.length === 0) {
      yield text;
      continue;
    }
    parts.push(text);
    length += text.length;
    if (length > LONGEST_RECORD_BYTES)
      throw new RangeError(`Cannot read "${source.name}": a line is longer than ${LONGEST_RECORD_BYTES >> 20} MB`);
    if (!ends) continue;
    yield parts.join('').replace(/\r$/, '');
    parts = [];
    length = 0;
  }
}

/** The lines of a source; one longer than a megabyte may come in several pieces, of which the last one `ends` it. */
export async function* linePieces(
  source: TextSource,
  onRepairs?: (count: number) => void,
): AsyncGenerator<{ readonly text: string; readonly ends: boolean }> {
  for await (const block of lineBlocks(source)) {
    const { text: decoded, repairs } = decodeUtf8(block);
    if (repairs > 0) onRepairs?.(repairs);
    const lines = decoded.split('\n');
    const rest = lines.pop()!;
    for (const line of lines) yield { text: line.endsWith('\r') ? line.slice(0, -1) : line, ends: true };
    if (rest !== '') yield { text: rest, ends: false };
  }
}
