import type { ModelFile } from './model-file.ts';

const BUFFER_BYTES = 1 << 20;

/** Reads a file front to back with a bounded buffer, which is used again: views are good until the next call. */
export class ByteReader {
  /** Whether the last bytes that `until` returned had a delimiter behind them, and were not the rest of the file. */
  delimited = true;
  readonly #file: ModelFile;
  #memory = new Uint8Array(0);
  /** The part of the memory that holds bytes. */
  #buffer = new Uint8Array(0);
  #position = 0;
  #bufferStart: number;

  constructor(file: ModelFile, offset = 0) {
    this.#file = file;
    this.#bufferStart = offset;
  }

  /** Where the next byte lies in the file. */
  get offset(): number {
    return this.#bufferStart + this.#position;
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#file.byteLength - this.offset;
  }

  /** At least the next `byteLength` bytes, or all that are left; `advance` says how many of them have been used. */
  async window(byteLength: number): Promise<Uint8Array> {
    const wanted = Math.min(byteLength, this.left);
    if (this.#buffer.length - this.#position < wanted) await this.#refill(wanted);
    return this.#buffer.subarray(this.#position);
  }

  /** Goes on by `byteLength` bytes; the caller has checked `left`. */
  advance(byteLength: number): void {
    const position = this.#position + byteLength;
    if (position <= this.#buffer.length) {
      this.#position = position;
    } else {
      this.#bufferStart += position;
      this.#buffer = this.#buffer.subarray(0, 0);
      this.#position = 0;
    }
  }

  /** Fills `target`; the caller has checked `left`. */
  async fill(target: Uint8Array): Promise<void> {
    const buffered = Math.min(target.length, this.#buffer.length - this.#position);
    target.set(this.#buffer.subarray(this.#position, this.#position + buffered));
    this.advance(buffered);
    const rest = target.subarray(buffered);
    if (rest.length >= BUFFER_BYTES) {
      await readChunks(this.#file, this.offset, rest);
      this.advance(rest.length);
    } else if (rest.length > 0) {
      rest.set((await this.window(rest.length)).subarray(0, rest.length));
      this.advance(rest.length);
    }
  }

  /**
   * The bytes before the next `delimiter`, which is read, too; at the end of the file, all that is left.
   * Undefined if there is nothing left, or no delimiter within `limit` bytes.
   */
  async until(delimiter: number, limit: number): Promise<Uint8Array | undefined> {
    if (this.left === 0) return undefined;
    for (let wanted = 1, from = 0; ; ) {
      const window = await this.window(wanted);
      const found = window.indexOf(delimiter, from);
      const end = found < 0 ? window.length : found;
      if (end > limit) return undefined;
      if (found >= 0 || window.length === this.left) {
        this.advance(found < 0 ? end : end + 1);
        this.delimited = found >= 0;
        return window.subarray(0, end);
      }
      from = window.length;
      wanted = Math.min(2 * window.length, limit + 1);
    }
  }

  /** Moves what is left in the buffer to its front, and reads on until it holds `wanted` bytes or more. */
  async #refill(wanted: number): Promise<void> {
    const kept = this.#buffer.subarray(this.#position);
    const offset = this.offset;
    const length = Math.min(Math.max(BUFFER_BYTES, wanted), this.#file.byteLength - offset);
    if (this.#memory.length < length) {
      const larger = new Uint8Array(length);
      larger.set(kept);
      this.#memory = larger;
    } else this.#memory.copyWithin(0, kept.byteOffset, kept.byteOffset + kept.length);
    this.#buffer = this.#memory.subarray(0, length);
    await this.#file.read(offset + kept.length, this.#buffer.subarray(kept.length));
    this.#bufferStart = offset;
    this.#position = 0;
  }
}

/** From so many bytes on, files are read by larger pieces, which Node may read past the system's cache. */
export const LARGE_BYTES = 1 << 26;
const LARGE_PIECE_BYTES = 1 << 24;
/** So many bytes are used while the next ones are read; in one piece of 16 MB, a model of 17 MB takes a sixth longer. */
const PIECE_BYTES = 1 << 22;
const READS_AHEAD = 4;

/**
 * Fills a large `target` from `offset` on, several pieces at a time: the system finds memory for one while it copies another
 * (1.2 GB in 3.1 s in place of 4.6 s, one of two cores busy). Pieces end at multiples of their size in the file. Tells in order
 * how many of the bytes are there.
 */
export async function* readAhead(file: ModelFile, offset: number, target: Uint8Array): AsyncGenerator<number> {
  const pending: Promise<number>[] = [];
  const pieceBytes = target.length < LARGE_BYTES ? PIECE_BYTES : LARGE_PIECE_BYTES;
  let started = 0;
  const start = () => {
    const begin = started;
    started = Math.min(target.length, begin + pieceBytes - ((offset + begin) % pieceBytes));
    const end = started;
    const reading = file.read(offset + begin, target.subarray(begin, end)).then(() => end);
    reading.catch(() => {}); // it is thrown where it is awaited
    pending.push(reading);
  };
  while (started < target.length || pending.length > 0) {
    while (started < target.length && pending.length < READS_AHEAD) start();
    yield await pending.shift()!;
  }
}

/** As `readAhead`, until all is there. */
export async function readChunks(file: ModelFile, offset: number, target: Uint8Array): Promise<void> {
  for await (const _ of readAhead(file, offset, target));
}
