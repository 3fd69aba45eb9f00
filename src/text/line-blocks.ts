import type { TextSource } from './text-source.ts';

/** Bytes read at a time: large enough that handing a block to a worker costs nothing beside reading it. */
export const BLOCK_BYTES = 1 << 20;

const LONGEST_RECORD_BYTES = 1 << 28;
const LINE_FEED = 10;

/**
 * Cuts a source into blocks at line ends. A line longer than a block is cut at a space, or where there is none
 * between two characters: a sentence goes on until a line feed, whatever the block, so nothing is lost but
 * that a tokenizer does not see across the cut. JSON lines are never cut. Every source ends with a line feed.
 *
 * @throws Error for text that is not UTF-8 text at all: UTF-16, or binary
 */
export async function* lineBlocks(
  source: TextSource,
  onRead?: (byteLength: number) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let buffer = new Uint8Array(BLOCK_BYTES);
  let used = 0;
  let first = true;
  let lineOpen = false; // the last block ended within a line
  for await (const chunk of source.open(onRead)) {
    let rest = chunk;
    if (first && rest.length > 0) {
      checkStart(source.name, rest);
      if (rest[0] === 0xef && rest[1] === 0xbb && rest[2] === 0xbf) rest = rest.subarray(3);
      first = false;
    }
    while (rest.length > 0) {
      const length = Math.min(rest.length, buffer.length - used);
      buffer.set(rest.subarray(0, length), used);
      used += length;
      rest = rest.subarray(length);
      if (used < buffer.length) continue;
      const end = cutPoint(buffer, used, source.jsonField !== undefined);
      if (end === 0) {
        if (used >= LONGEST_RECORD_BYTES) {
          throw new RangeError(
            `Cannot read "${source.name}": a JSON line is longer than ${LONGEST_RECORD_BYTES >> 20} MB`,
          );
        }
        const larger = new Uint8Array(2 * buffer.length);
        larger.set(buffer);
        buffer = larger;
        continue;
      }
      const tail = buffer.slice(end, used);
      lineOpen = buffer[end - 1] !== LINE_FEED;
      yield buffer.subarray(0, end);
      buffer = new Uint8Array(Math.max(BLOCK_BYTES, 2 * tail.length)); // the last one now belongs to its reader
      buffer.set(tail);
      used = tail.length;
    }
  }
  if (used === 0 ? lineOpen : buffer[used - 1] !== LINE_FEED) {
    const longer = new Uint8Array(used + 1);
    longer.set(buffer.subarray(0, used));
    longer[used++] = LINE_FEED;
    buffer = longer;
  }
  if (used > 0) yield buffer.subarray(0, used);
}

/** Where the block ends: after its last line feed, else after its last space, else between two characters. */
function cutPoint(bytes: Uint8Array, used: number, wholeLines: boolean): number {
  const lineEnd = bytes.lastIndexOf(LINE_FEED, used - 1) + 1;
  if (lineEnd > 0 || wholeLines) return lineEnd;
  const space = bytes.lastIndexOf(32, used - 1) + 1;
  if (space > used / 2) return space;
  let end = used;
  // The last character may be incomplete: step back over its continuation bytes and its first byte.
  while (end > used - 4 && (bytes[end - 1] & 0xc0) === 0x80) end--;
  return (bytes[end - 1] & 0x80) === 0 ? used : end - 1;
}

function checkStart(name: string, bytes: Uint8Array): void {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new Error(`Cannot read "${name}": it is UTF-16, convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)`);
  }
  const nul = bytes.subarray(0, 1 << 16).indexOf(0);
  if (nul >= 0) throw new Error(`Cannot read "${name}": it is not text, byte ${nul} is 0`);
}
