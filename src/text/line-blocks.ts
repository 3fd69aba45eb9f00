import { checkText } from './foreign-content.ts';
import { openChunks, type TextSource } from './text-source.ts';

/** Text is cut at each multiple of this, so blocks are the same however it is read; see `cutPoint`. */
export const BLOCK_BYTES = 1 << 20;

/** A longer JSON line, or a longer line that is wanted whole, is refused. */
export const LONGEST_RECORD_BYTES = 1 << 28;
const LINE_FEED = 10;
/** In most text a line ends in so many bytes. */
const LINE_BYTES = 1 << 16;

/**
 * Cuts a source into blocks at line ends. A line longer than a block is cut at a space, or where there is none
 * between two characters: a sentence goes on until a line feed, whatever the block, so nothing is lost but
 * that a tokenizer does not see across the cut. JSON lines are never cut. Every source ends with a line feed.
 *
 * @param spare - memory of blocks that are of no more use, which is used again: new memory is slow where it is first written
 * @throws Error for what is no text in UTF-8 at all, see `foreignContent`
 */
export async function* lineBlocks(
  source: TextSource,
  onRead?: (byteLength: number) => void,
  spare: ArrayBuffer[] = [],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const wholeLines = source.jsonField !== undefined;
  let buffer = roomFor(BLOCK_BYTES, spare);
  let used = 0;
  let left = BLOCK_BYTES; // to the next multiple
  let searched = 0; // there is no line feed before
  let first = true;
  let lineOpen = false; // the last block ended within a line
  for await (const chunk of openChunks(source, onRead)) {
    let rest = chunk;
    while (rest.length > 0) {
      // Only now that more comes: a source that ends at a multiple ends with the block before it.
      if (left === 0) {
        if (first) used = beginText(source.name, buffer, used);
        first = false;
        left = BLOCK_BYTES;
        const end = wholeLines ? lastLineEnd(buffer, searched, used) : cutPoint(buffer, used);
        searched = end > 0 ? 0 : used;
        if (end > 0) {
          const tail = buffer.slice(end, used);
          lineOpen = buffer[end - 1] !== LINE_FEED;
          yield buffer.subarray(0, end);
          buffer = roomFor(tail.length + BLOCK_BYTES, spare); // the last one now belongs to its reader
          buffer.set(tail);
          used = tail.length;
        } else if (used >= LONGEST_RECORD_BYTES) {
          throw new RangeError(
            `Cannot read "${source.name}": a JSON line is longer than ${LONGEST_RECORD_BYTES >> 20} MB`,
          );
        }
      }
      const length = Math.min(rest.length, left);
      if (used + length > buffer.length) buffer = longer(buffer, Math.max(used + left, wholeLines ? 2 * used : 0));
      buffer.set(rest.subarray(0, length), used);
      used += length;
      left -= length;
      rest = rest.subarray(length);
    }
  }
  if (first) used = beginText(source.name, buffer, used);
  if (used === 0 ? lineOpen : buffer[used - 1] !== LINE_FEED) {
    if (used === buffer.length) buffer = longer(buffer, used + 1);
    buffer[used++] = LINE_FEED;
  }
  if (used > 0) yield buffer.subarray(0, used);
}

/** A block of a file of plain text, to be read by whoever encodes it: the one that `lineBlocks` would make. */
export interface FileBlock {
  readonly path: string;
  /** Counted from 0. */
  readonly index: number;
  /** Length of the file. */
  readonly fileByteLength: number;
}

/** Fills `target` with the bytes from `position` on. */
export type ReadFile = (path: string, position: number, target: Uint8Array) => void;

/**
 * Reads a block of a file.
 *
 * @param room - gives a place for so many bytes
 * @returns its length; it stands at the beginning of the room
 */
export function readFileBlock(
  { path, index, fileByteLength }: FileBlock,
  read: ReadFile,
  room: (byteLength: number) => Uint8Array,
): number {
  const begin = index === 0 ? 0 : index * BLOCK_BYTES - tailBytes(path, index * BLOCK_BYTES, read, room);
  const last = (index + 1) * BLOCK_BYTES >= fileByteLength;
  const length = (last ? fileByteLength : (index + 1) * BLOCK_BYTES) - begin;
  const bytes = room(length + 1); // one for a line feed
  read(path, begin, bytes.subarray(0, length));
  let end = last ? length : cutPoint(bytes, length);
  if (index === 0) end = beginText(path, bytes, end);
  if (last && end > 0 && bytes[end - 1] !== LINE_FEED) bytes[end++] = LINE_FEED;
  return end;
}

/** Bytes before a multiple of BLOCK_BYTES that belong to the block behind it. */
function tailBytes(path: string, position: number, read: ReadFile, room: (byteLength: number) => Uint8Array): number {
  for (const byteLength of [LINE_BYTES, BLOCK_BYTES]) {
    const bytes = room(byteLength).subarray(0, byteLength);
    read(path, position - byteLength, bytes);
    const lineEnd = bytes.lastIndexOf(LINE_FEED) + 1;
    if (lineEnd > 0) return byteLength - lineEnd;
    if (byteLength === BLOCK_BYTES) return byteLength - cutPoint(bytes, byteLength);
  }
  return 0;
}

/**
 * Where a block ends whose bytes go up to a multiple of BLOCK_BYTES: within the BLOCK_BYTES before it after the last line
 * feed, else after the last space of their second half, else between two characters. So it can be found without what comes
 * before.
 */
function cutPoint(bytes: Uint8Array, used: number): number {
  const window = bytes.subarray(Math.max(0, used - BLOCK_BYTES), used);
  const begin = used - window.length;
  const lineEnd = window.lastIndexOf(LINE_FEED) + 1;
  if (lineEnd > 0) return begin + lineEnd;
  const space = window.lastIndexOf(32) + 1;
  if (space > 0 && window.length - space < BLOCK_BYTES / 2) return begin + space;
  let end = window.length;
  // The last character may be incomplete: step back over its continuation bytes and its first byte.
  while (end > window.length - 4 && (window[end - 1] & 0xc0) === 0x80) end--;
  return (window[end - 1] & 0x80) === 0 ? used : begin + end - 1;
}

/** So many bytes, in spare memory if there is enough; what has been there before may still be. */
function roomFor(byteLength: number, spare: ArrayBuffer[]): Uint8Array<ArrayBuffer> {
  const memory = spare.pop();
  if (memory && memory.byteLength >= byteLength) return new Uint8Array(memory);
  return new Uint8Array(Math.max(byteLength, BLOCK_BYTES + LINE_BYTES));
}

function longer(bytes: Uint8Array<ArrayBuffer>, byteLength: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(byteLength);
  result.set(bytes);
  return result;
}

/** Checks the beginning of a text and takes byte order marks away from it; returns how many bytes are left. */
function beginText(name: string, bytes: Uint8Array, length: number): number {
  checkText(name, bytes.subarray(0, length));
  let marks = 0; // more than one, where programs have added their own
  while (bytes[marks] === 0xef && bytes[marks + 1] === 0xbb && bytes[marks + 2] === 0xbf && marks + 3 <= length)
    marks += 3;
  if (marks > 0) bytes.copyWithin(0, marks, length);
  return length - marks;
}

/** Behind the last line feed of the bytes begin … end − 1; 0 if there is none. */
function lastLineEnd(bytes: Uint8Array, begin: number, end: number): number {
  const found = bytes.subarray(begin, end).lastIndexOf(LINE_FEED);
  return found < 0 ? 0 : begin + found + 1;
}
