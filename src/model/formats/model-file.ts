/** A file, URL or Blob that can be read in any place. */
export interface ModelFile {
  /** For messages. */
  readonly name: string;
  readonly byteLength: number;
  /** Fills `target` with the bytes from `offset` on; the caller stays inside of the file. */
  read(offset: number, target: Uint8Array): Promise<void>;
}

/** A folder of files, or a place on the web with files beside each other. */
export interface ModelFolder {
  /** For messages. */
  readonly name: string;
  /** A file by its name, which may have a path such as "0_StaticEmbedding/model.safetensors"; undefined if there is none. */
  open(name: string): Promise<ModelFile | undefined>;
}

/** What is read of a model. */
export interface ReadOptions {
  /** Only the first so many words, as a rule the most frequent ones. */
  readonly limit?: number | undefined;
}

/** A model file that is wrong; the message says where and what to do. */
export class ModelFormatError extends Error {
  override readonly name = 'ModelFormatError';
}

/**
 * Bytes as a file to read a model from.
 *
 * @param name - for messages
 */
export function memoryFile(bytes: Uint8Array, name = 'bytes'): ModelFile {
  return {
    name,
    byteLength: bytes.length,
    async read(offset, target) {
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

const BUFFER_BYTES = 1 << 20;

/** Reads a file front to back with a bounded buffer, which is used again: views are good until the next call. */
export class ByteReader {
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

const READ_BYTES = 1 << 24;
const READS_AHEAD = 4;

/**
 * Fills a large `target` from `offset` on, several pieces at a time: the system finds memory for one while it copies another
 * (1.2 GB in 3.1 s in place of 4.6 s, one of two cores busy). Pieces end at multiples of their size in the file. Tells in order
 * how many of the bytes are there.
 */
export async function* readAhead(file: ModelFile, offset: number, target: Uint8Array): AsyncGenerator<number> {
  const pending: Promise<number>[] = [];
  let started = 0;
  const start = () => {
    const begin = started;
    started = Math.min(target.length, begin + READ_BYTES - ((offset + begin) % READ_BYTES));
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

const PAGE_BYTES = 4096;
/** Where a large array begins in its page: glibc and musl keep so much before it. */
const ARRAY_BEGIN = 16;

/**
 * Memory for what lies in a file from `offset` on. A large one has the place in its pages that the bytes have in those of the
 * file, so that a disk can write to it without a copy; elsewhere, and where arrays begin otherwise, that does no harm.
 */
export function allocateAlike(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
  const shift = byteLength < READ_BYTES ? 0 : (offset + PAGE_BYTES - ARRAY_BEGIN) % PAGE_BYTES;
  return new Uint8Array(new ArrayBuffer(shift + byteLength), shift);
}

/**
 * `length` numbers for what a file of `file.byteLength` bytes describes. Formats that pack vectors may promise any size
 * in a few bytes; more than 64 times the file is taken for damage.
 *
 * @param offset - where they lie in the file, if they do, see `allocateAlike`
 * @throws ModelFormatError
 */
export function allocateFloats(file: ModelFile, length: number, offset = 0): Float32Array<ArrayBuffer> {
  const byteLength = 4 * length;
  if (byteLength <= Math.max(2 ** 26, 64 * file.byteLength)) {
    try {
      const { buffer, byteOffset } = allocateAlike(offset - (offset % 4), byteLength);
      return new Float32Array(buffer, byteOffset, length);
    } catch {
      // said below
    }
  }
  throw new ModelFormatError(
    `Cannot read model "${file.name}": it promises vectors of ${formatBytes(byteLength)} in a file of ${formatBytes(file.byteLength)}, more than can be held in memory`,
  );
}

/** 28.8 MB, 1.2 kB: decimal units as file managers show them. */
export function formatBytes(byteLength: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = byteLength;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
