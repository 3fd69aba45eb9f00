/** Frequencies are kept as bytes; this one stands for itself and all that are larger. */
export const MOST_FREQUENCY = 255;
/** A term of fewer documents is never kept as an array over all rows. */
const LEAST_DENSE = 256;
/** A term that is in more than one of so many rows is kept as an array over all rows, which is smaller then. */
const DENSE_SHARE = 6;

/** See `#rooms`. */
const DENSE = 255;

/** Rows that a room takes, of 1, 2, 3, 4, 6, 8, 12 and so on: with powers of two alone lists would take a fifth more. */
const roomSize = (room: number): number => (room === 1 ? 1 : (2 + (room & 1)) << ((room >> 1) - 1));

/**
 * For each term the rows that hold it, in their order, with its frequency in each: in one array for all terms, each with a room (see
 * `roomSize`); of frequent terms an array with the frequency in each row. 5 bytes a row that holds a term, and room to
 * grow; at most one byte a row.
 */
export class PostingLists {
  #rows = new Uint32Array(1024);
  #frequencies = new Uint8Array(1024);
  #end = 0;
  /** Places that are free again, by room. */
  readonly #free: number[][] = [];
  #starts = new Uint32Array(256);
  #sizes = new Uint32Array(256);
  /** The room of each term; 0 where it has none; `DENSE` where it has an array over all rows. */
  #rooms = new Uint8Array(256);
  #largest = new Uint8Array(256);
  readonly #dense = new Map<number, Uint8Array>();
  #rowRoom = 0;

  /** Rows that hold the term. */
  size(term: number): number {
    return this.#sizes[term] ?? 0;
  }

  /** At least the largest frequency of the term in a row. */
  largestFrequency(term: number): number {
    return this.#largest[term] ?? 0;
  }

  /** Frequencies by row, for frequent terms. */
  dense(term: number): Uint8Array | undefined {
    return this.#dense.get(term);
  }

  /** The rows of a term that has no array over all rows; views until the next change. */
  sparse(term: number): { rows: Uint32Array; frequencies: Uint8Array } {
    const begin = this.#starts[term];
    const end = begin + this.size(term);
    return { rows: this.#rows.subarray(begin, end), frequencies: this.#frequencies.subarray(begin, end) };
  }

  /** As the byte that is kept; 0 where the row does not hold the term. */
  frequency(term: number, row: number): number {
    const dense = this.#dense.get(term);
    if (dense) return dense[row] ?? 0;
    const at = this.#place(term, row);
    return at < this.#starts[term] + this.size(term) && this.#rows[at] === row ? this.#frequencies[at] : 0;
  }

  /** Room for rows 0 … rows − 1. */
  reserveRows(rows: number): void {
    if (rows <= this.#rowRoom) return;
    this.#rowRoom = Math.max(1024, rows, Math.ceil(1.25 * this.#rowRoom));
    for (const [term, values] of this.#dense) {
      if (this.#sizes[term] * 2 * DENSE_SHARE < this.#rowRoom) {
        this.#makeSparse(term, values);
        continue;
      }
      const larger = new Uint8Array(this.#rowRoom);
      larger.set(values);
      this.#dense.set(term, larger);
    }
  }

  /** @param row - holds the term not yet */
  add(term: number, row: number, frequency: number): void {
    this.#reserveTerm(term);
    const kept = Math.min(frequency, MOST_FREQUENCY);
    if (kept > this.#largest[term]) this.#largest[term] = kept;
    if (this.#rooms[term] === DENSE) {
      this.#dense.get(term)![row] = kept;
      this.#sizes[term]++;
      return;
    }
    const size = this.#sizes[term];
    if (size === 0 || size === roomSize(this.#rooms[term])) this.#enlarge(term);
    const end = this.#starts[term] + size;
    let at = end;
    if (size > 0 && this.#rows[end - 1] > row) {
      at = this.#place(term, row);
      this.#rows.copyWithin(at + 1, at, end);
      this.#frequencies.copyWithin(at + 1, at, end);
    }
    this.#rows[at] = row;
    this.#frequencies[at] = kept;
    this.#sizes[term] = size + 1;
    if (size >= LEAST_DENSE && size * DENSE_SHARE > this.#rowRoom) this.#makeDense(term);
  }

  /** @param row - holds the term */
  delete(term: number, row: number): void {
    const dense = this.#dense.get(term);
    if (dense) {
      dense[row] = 0;
      this.#sizes[term]--;
      return;
    }
    const at = this.#place(term, row);
    const end = this.#starts[term] + this.#sizes[term];
    this.#rows.copyWithin(at, at + 1, end);
    this.#frequencies.copyWithin(at, at + 1, end);
    if (--this.#sizes[term] === 0) this.#release(term);
  }

  /** Where the row stands in the list, or would. */
  #place(term: number, row: number): number {
    let begin = this.#starts[term];
    let end = begin + this.size(term);
    while (begin < end) {
      const middle = (begin + end) >>> 1;
      if (this.#rows[middle] < row) begin = middle + 1;
      else end = middle;
    }
    return begin;
  }

  #reserveTerm(term: number): void {
    if (term < this.#sizes.length) return;
    const length = Math.max(term + 1, 2 * this.#sizes.length);
    const enlarge = <Values extends Uint32Array | Uint8Array>(values: Values, larger: Values): Values => {
      larger.set(values);
      return larger;
    };
    this.#starts = enlarge(this.#starts, new Uint32Array(length));
    this.#sizes = enlarge(this.#sizes, new Uint32Array(length));
    this.#rooms = enlarge(this.#rooms, new Uint8Array(length));
    this.#largest = enlarge(this.#largest, new Uint8Array(length));
  }

  /** The next larger room, elsewhere. */
  #enlarge(term: number): void {
    const size = this.#sizes[term];
    const room = size === 0 ? 1 : this.#rooms[term] + 1;
    const start = this.#free[room]?.pop() ?? this.#append(roomSize(room));
    const from = this.#starts[term];
    this.#rows.copyWithin(start, from, from + size);
    this.#frequencies.copyWithin(start, from, from + size);
    if (size > 0) this.#release(term);
    this.#starts[term] = start;
    this.#rooms[term] = room;
  }

  #append(room: number): number {
    const start = this.#end;
    this.#end += room;
    if (this.#end > this.#rows.length) {
      const length = Math.ceil(1.25 * this.#end);
      const [rows, frequencies] = [new Uint32Array(length), new Uint8Array(length)];
      rows.set(this.#rows.subarray(0, start));
      frequencies.set(this.#frequencies.subarray(0, start));
      this.#rows = rows;
      this.#frequencies = frequencies;
    }
    return start;
  }

  #release(term: number): void {
    const room = this.#rooms[term];
    this.#free[room] ??= [];
    this.#free[room].push(this.#starts[term]);
    this.#rooms[term] = 0;
  }

  #makeDense(term: number): void {
    const { rows, frequencies } = this.sparse(term);
    const values = new Uint8Array(this.#rowRoom);
    for (let i = 0; i < rows.length; i++) values[rows[i]] = frequencies[i];
    this.#release(term);
    this.#rooms[term] = DENSE;
    this.#dense.set(term, values);
  }

  #makeSparse(term: number, values: Uint8Array): void {
    this.#dense.delete(term);
    this.#rooms[term] = 0;
    this.#sizes[term] = 0;
    for (let row = 0; row < values.length; row++) if (values[row] > 0) this.add(term, row, values[row]);
  }
}
