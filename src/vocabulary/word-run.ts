import type { WordTable } from './word-table.ts';

/**
 * A run: the words of one table in byte order, as one block of bytes that can wait on disk. A record is
 * uint32 number in its table, float64 count, uint32 length, then the word's bytes; little endian.
 */
export interface WordRun {
  /** Words in the table, so numbers are 0 … wordCount − 1. */
  readonly wordCount: number;
  readonly byteLength: number;
  /** Bytes [offset, offset + length), fewer at the end. */
  read(offset: number, length: number): Uint8Array;
}

const HEADER_BYTES = 16;
const READ_BYTES = 1 << 20;

export function writeRun(table: WordTable): Uint8Array<ArrayBuffer> {
  const order = table.sorted();
  let byteLength = 0;
  for (const number of order) byteLength += HEADER_BYTES + table.word(number).length;
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const number of order) {
    const word = table.word(number);
    view.setUint32(offset, number, true);
    view.setFloat64(offset + 4, table.count(number), true);
    view.setUint32(offset + 12, word.length, true);
    bytes.set(word, offset + HEADER_BYTES);
    offset += HEADER_BYTES + word.length;
  }
  return bytes;
}

/** A run that stays in memory. */
export function memoryRun(bytes: Uint8Array, wordCount: number): WordRun {
  return { wordCount, byteLength: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Reads a run record by record with a bounded buffer. */
export class RunReader {
  readonly #run: WordRun;
  #buffer: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #bufferStart = 0;
  #offset = 0;
  word: Uint8Array = new Uint8Array(0);
  number = 0;
  count = 0;

  constructor(run: WordRun) {
    this.#run = run;
  }

  /** Moves to the next record; false at the end. */
  next(): boolean {
    if (this.#offset >= this.#run.byteLength) return false;
    const header = this.#fill(HEADER_BYTES);
    this.number = this.#view.getUint32(header, true);
    this.count = this.#view.getFloat64(header + 4, true);
    const length = this.#view.getUint32(header + 12, true);
    const record = this.#fill(HEADER_BYTES + length);
    this.word = this.#buffer.subarray(record + HEADER_BYTES, record + HEADER_BYTES + length);
    this.#offset += HEADER_BYTES + length;
    return true;
  }

  /** Makes `length` bytes from the current offset available and returns where they begin in the buffer. */
  #fill(length: number): number {
    const start = this.#offset - this.#bufferStart;
    if (start + length <= this.#buffer.length) return start;
    this.#buffer = this.#run.read(this.#offset, Math.max(length, READ_BYTES));
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.byteLength);
    this.#bufferStart = this.#offset;
    return 0;
  }
}
