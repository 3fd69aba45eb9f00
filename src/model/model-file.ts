/** A file, URL or Blob that can be read in any place. */
export interface ModelFile {
  /** For messages. */
  readonly name: string;
  readonly byteLength: number;
  /** Fills `target` with the bytes from `offset` on; the caller stays inside of the file. */
  read(offset: number, target: Uint8Array): Promise<void>;
}

/** A model file that is wrong; the message says where and what to do. */
export class ModelFormatError extends Error {
  override readonly name = 'ModelFormatError';
}

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

/** Reads a file front to back with a bounded buffer. */
export class ByteReader {
  readonly #file: ModelFile;
  #buffer = new Uint8Array(0);
  #position = 0;
  #bufferStart = 0;

  constructor(file: ModelFile) {
    this.#file = file;
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#file.byteLength - this.#bufferStart - this.#position;
  }

  /** Fills `target`; the caller has checked `left`. */
  async fill(target: Uint8Array): Promise<void> {
    const buffered = Math.min(target.length, this.#buffer.length - this.#position);
    target.set(this.#buffer.subarray(this.#position, this.#position + buffered));
    this.#position += buffered;
    if (buffered === target.length) return;
    const rest = target.subarray(buffered);
    if (rest.length >= BUFFER_BYTES) {
      const offset = this.#bufferStart + this.#position;
      await this.#file.read(offset, rest);
      this.#buffer = new Uint8Array(0);
      this.#bufferStart = offset + rest.length;
      this.#position = 0;
    } else {
      await this.#refill();
      rest.set(this.#buffer.subarray(0, rest.length));
      this.#position = rest.length;
    }
  }

  /**
   * The bytes before the next `delimiter`, which is read, too; at the end of the file, all that is left.
   * Undefined if there is nothing left, or no delimiter within `limit` bytes.
   */
  async until(delimiter: number, limit: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (this.left > 0) {
      if (this.#position === this.#buffer.length) await this.#refill();
      const found = this.#buffer.indexOf(delimiter, this.#position);
      const end = found < 0 ? this.#buffer.length : found;
      const part = this.#buffer.subarray(this.#position, end);
      this.#position = found < 0 ? end : end + 1;
      length += part.length;
      if (length > limit) return undefined;
      if (found >= 0 && parts.length === 0) return part;
      parts.push(part);
      if (found >= 0) break;
    }
    if (parts.length === 0) return undefined;
    const joined = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  /** Reads the next buffer; what is left of this one must have been used. */
  async #refill(): Promise<void> {
    const offset = this.#bufferStart + this.#position;
    const buffer = new Uint8Array(Math.min(BUFFER_BYTES, this.#file.byteLength - offset));
    await this.#file.read(offset, buffer);
    this.#buffer = buffer;
    this.#bufferStart = offset;
    this.#position = 0;
  }
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
