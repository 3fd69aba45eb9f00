import { allocateFloats } from './allocate-floats.ts';
import { ByteReader, readChunks } from './byte-reader.ts';
import { formatBytes, formatSizes, type ModelFile, refuse } from './model-file.ts';

/** Reads the little-endian numbers of a binary model file, one after the other, and refuses to read past its end. */
export class BinaryReader {
  readonly file: ModelFile;
  readonly #bytes: ByteReader;

  constructor(file: ModelFile, offset = 0) {
    this.file = file;
    this.#bytes = new ByteReader(file, offset);
  }

  get left(): number {
    return this.#bytes.left;
  }

  get offset(): number {
    return this.#bytes.offset;
  }

  fail(what: string): never {
    refuse(this.file, what);
  }

  /** Refuses what is longer than the rest of the file, before memory is taken for it. */
  expect(byteLength: number, what: string): void {
    if (!(byteLength >= 0 && byteLength <= this.left)) {
      const [needed, left] = formatSizes(byteLength, this.left);
      this.fail(`${what} needs ${needed}, file has ${left} left; it may have been cut off`);
    }
  }

  async uint8(what: string): Promise<number> {
    return (await this.#view(1, what)).getUint8(0);
  }

  async int32(what: string): Promise<number> {
    return (await this.#view(4, what)).getInt32(0, true);
  }

  async uint32(what: string): Promise<number> {
    return (await this.#view(4, what)).getUint32(0, true);
  }

  /** A number of things: 64 bits, none of them to spare. */
  async count(what: string): Promise<number> {
    const count = Number((await this.#view(8, what)).getBigInt64(0, true));
    if (!Number.isSafeInteger(count) || count < 0) this.fail(`${what} is ${count}`);
    return count;
  }

  async int64(what: string): Promise<number> {
    return Number((await this.#view(8, what)).getBigInt64(0, true));
  }

  async float64(what: string): Promise<number> {
    return (await this.#view(8, what)).getFloat64(0, true);
  }

  /** A copy of the next bytes. */
  async bytes(byteLength: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
    this.expect(byteLength, what);
    const bytes = new Uint8Array(byteLength);
    await this.#bytes.fill(bytes);
    return bytes;
  }

  /** The next `length` numbers, of which only the first `kept` are kept in memory; of a file that was cut off, these alone may be there. */
  async floats(length: number, what: string, kept = length): Promise<Float32Array<ArrayBuffer>> {
    this.expect(4 * kept, what);
    const values = allocateFloats(this.file, kept, this.offset);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (bytes.length > 0) await readChunks(this.file, this.offset, bytes);
    this.#bytes.advance(Math.min(4 * length, this.left));
    return values;
  }

  /** See `ByteReader.window`. */
  window(byteLength: number): Promise<Uint8Array> {
    return this.#bytes.window(byteLength);
  }

  advance(byteLength: number): void {
    this.#bytes.advance(byteLength);
  }

  skip(byteLength: number, what: string): void {
    this.expect(byteLength, what);
    this.#bytes.advance(byteLength);
  }

  /** Refuses bytes behind what has been read: they belong to nothing. */
  expectEnd(what: string): void {
    if (this.left > 0) this.fail(`${formatBytes(this.left)} are left behind ${what}`);
  }

  async #view(byteLength: number, what: string): Promise<DataView> {
    this.expect(byteLength, what);
    const { buffer, byteOffset } = await this.#bytes.window(byteLength);
    this.#bytes.advance(byteLength);
    return new DataView(buffer, byteOffset, byteLength);
  }
}
