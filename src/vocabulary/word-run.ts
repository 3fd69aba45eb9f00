/**
 * A run: the words of one table in byte order, as one block of bytes that can wait on disk. A record is
 * uint32 number in its table, float64 count, uint32 length, then the word's bytes; little endian.
 */
export interface WordRun {
  /** Words in the table, so numbers are 0 … wordCount − 1. */
  readonly wordCount: number;
  readonly byteLength: number;
  /** Fills `target` with the bytes from `offset` on; the caller stays inside of the run. */
  read(offset: number, target: Uint8Array): void;
}

const HEADER_BYTES = 16;
const BUFFER_BYTES = 1 << 16;
/** Bytes of a word that are compared as one number. */
const PREFIX_BYTES = 6;

/** A run that stays in memory. */
export function memoryRun(bytes: Uint8Array, wordCount: number): WordRun {
  return {
    wordCount,
    byteLength: bytes.length,
    read: (offset, target) => target.set(bytes.subarray(offset, offset + target.length)),
  };
}

/** Reads a run record by record with a bounded buffer. */
export class RunReader {
  readonly #run: WordRun;
  #buffer = new Uint8Array(BUFFER_BYTES + PREFIX_BYTES);
  #view = new DataView(this.#buffer.buffer);
  /** Bytes of the run that are in the buffer, from #bufferStart on. */
  #filled = 0;
  #bufferStart = 0;
  /** The next record, in the buffer. */
  #at = 0;
  #wordAt = 0;
  #wordLength = 0;
  #prefix = 0;
  number = 0;
  count = 0;

  constructor(run: WordRun) {
    this.#run = run;
  }

  /** The word's bytes, a view until `next`. */
  get word(): Uint8Array {
    return this.#buffer.subarray(this.#wordAt, this.#wordAt + this.#wordLength);
  }

  /** Moves to the next record; false at the end. */
  next(): boolean {
    if (this.#at + HEADER_BYTES > this.#filled && !this.#fill(HEADER_BYTES)) return false;
    const length = this.#view.getUint32(this.#at + 12, true);
    if (this.#at + HEADER_BYTES + length > this.#filled) this.#fill(HEADER_BYTES + length);
    const at = this.#at;
    this.number = this.#view.getUint32(at, true);
    this.count = this.#view.getFloat64(at + 4, true);
    this.#wordAt = at + HEADER_BYTES;
    this.#wordLength = length;
    const buffer = this.#buffer;
    let prefix = 0;
    for (let i = 0; i < PREFIX_BYTES; i++) prefix = prefix * 256 + (i < length ? buffer[at + HEADER_BYTES + i] : 0);
    this.#prefix = prefix;
    this.#at = at + HEADER_BYTES + length;
    return true;
  }

  /** Order of the words' bytes: negative if this word comes first, 0 if both are the same. */
  compare(other: RunReader): number {
    if (this.#prefix !== other.#prefix) return this.#prefix - other.#prefix;
    const [a, b] = [this.#buffer, other.#buffer];
    const shorter = Math.min(this.#wordLength, other.#wordLength);
    for (let i = PREFIX_BYTES; i < shorter; i++) {
      const difference = a[this.#wordAt + i] - b[other.#wordAt + i];
      if (difference !== 0) return difference;
    }
    return this.#wordLength - other.#wordLength;
  }

  /** Copies the word to `target` at `at` and returns its length. */
  copyWord(target: Uint8Array, at: number): number {
    for (let i = 0; i < this.#wordLength; i++) target[at + i] = this.#buffer[this.#wordAt + i];
    return this.#wordLength;
  }

  get wordLength(): number {
    return this.#wordLength;
  }

  /** Makes `length` bytes from the next record on available; false at the end of the run. */
  #fill(length: number): boolean {
    const start = this.#bufferStart + this.#at;
    const left = this.#run.byteLength - start;
    if (left <= 0) return false;
    if (length > this.#buffer.length - PREFIX_BYTES) {
      this.#buffer = new Uint8Array(length + PREFIX_BYTES);
      this.#view = new DataView(this.#buffer.buffer);
    }
    this.#filled = Math.min(left, this.#buffer.length - PREFIX_BYTES);
    this.#run.read(start, this.#buffer.subarray(0, this.#filled));
    this.#bufferStart = start;
    this.#at = 0;
    return true;
  }
}

/** Memory that can be posted to other threads without a copy, where there is such a thing. */
export function sharedBuffer(byteLength: number): ArrayBuffer {
  // Typed arrays take both alike.
  return typeof SharedArrayBuffer === 'undefined'
    ? new ArrayBuffer(byteLength)
    : (new SharedArrayBuffer(byteLength) as unknown as ArrayBuffer);
}
