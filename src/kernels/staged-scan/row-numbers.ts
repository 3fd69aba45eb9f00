import { CHUNK_BITS, CHUNK_ROWS, NO_ROW } from './constants.ts';
import type { RowNumbers } from './staged-scan.ts';

/** Where they are in the first chunk, how far it is to the next, and what the steps of errors are. */
export interface RowPlaces {
  readonly norms: number;
  readonly scales: number;
  readonly errors: number;
  readonly chunkBytes: number;
  readonly errorStep: number;
  readonly leastError: number;
}

const IN_CHUNK = CHUNK_ROWS - 1;

/** The numbers of rows in the memory of a scan. A class, whose calls are inlined: it is asked for each hit. */
export class ChunkedRowNumbers implements RowNumbers {
  readonly #places: RowPlaces;
  readonly #firstNorm: number;
  readonly #firstScale: number;
  readonly #floatsOfChunk: number;
  #floats: Float32Array = new Float32Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  #room = 0;

  constructor(places: RowPlaces) {
    this.#places = places;
    this.#firstNorm = places.norms / 4;
    this.#firstScale = places.scales / 4;
    this.#floatsOfChunk = places.chunkBytes / 4;
  }

  /** The memory is another one, with room for so many rows; those of a chunk that has come are none. */
  extend(buffer: ArrayBufferLike, room: number): void {
    const before = this.#room;
    this.#floats = new Float32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#room = room;
    for (let row = before; row < room; row++) this.delete(row);
  }

  norm(row: number): number {
    return row < this.#room ? this.#floats[this.#firstNorm + this.#floatOf(row)] : Number.NaN;
  }

  error(row: number): number {
    const steps = row < this.#room ? this.#bytes[this.#byteOf(row)] : NO_ROW;
    if (steps === NO_ROW) return -Infinity;
    const { errorStep, leastError } = this.#places;
    // As the kernel computes it.
    const product = Math.fround(steps * errorStep) * this.#floats[this.#firstScale + this.#floatOf(row)];
    return Math.fround(Math.fround(product) + leastError);
  }

  delete(row: number): void {
    if (row >= this.#room) return;
    this.#floats[this.#firstNorm + this.#floatOf(row)] = Number.NaN;
    this.#bytes[this.#byteOf(row)] = NO_ROW;
  }

  #floatOf(row: number): number {
    return (row >>> CHUNK_BITS) * this.#floatsOfChunk + (row & IN_CHUNK);
  }

  #byteOf(row: number): number {
    const { errors, chunkBytes } = this.#places;
    return errors + (row >>> CHUNK_BITS) * chunkBytes + (row & IN_CHUNK);
  }
}
