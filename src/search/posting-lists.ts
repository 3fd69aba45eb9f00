import { byteIn, wordIn } from './byte-pages.ts';
import { ByteRooms, isSameRoom } from './byte-rooms.ts';
import { DenseList } from './dense-list.ts';
import {
  insertPair,
  MOST_PAIR_BYTES,
  type NumberList,
  numberList,
  pairBytes,
  readPairs,
  removePair,
  writePair,
  writePairs,
} from './number-list.ts';

/** What `#starts` tells of a term: nothing; its only row, which holds it once; where its last row and its only block stand; where its directory begins; nothing, as there is an array. */
const [NONE, SINGLE, SHORT, LONG, DENSE] = [0, 1, 2, 3, 4];

/** A term of fewer documents never has an array over all rows. */
const LEAST_DENSE = 256;
/** A term that is in more than one of so many rows has an array, where its frequency in any row is found at once. */
const DENSE_SHARE = 6;

/** A block is a byte that tells how many follow, and pairs of `number-list.ts`. */
const MOST_BLOCK_BYTES = 255;
const BLOCK_WORDS = 64;
/** A block has no more rows, also while one more is put in. */
export const ROWS_OF_BLOCK = 256;

// A directory, in words of 32 bits: these four, and for each block its first row and its address. The distances of a block are from
// its first row, those of the only block of a short list from row 0.
const [SIZE, LARGEST, LAST_ROW, BLOCKS] = [0, 1, 2, 3];
const HEADER_WORDS = 4;
const directoryWords = (blocks: number): number => HEADER_WORDS + 2 * blocks;

/** Of a short list: a word for its last row, and a block with so many bytes of pairs. */
const shortWords = (byteLength: number): number => 1 + ((byteLength + 4) >>> 2);

/**
 * For each term the rows that hold it, in their order, with its frequency in each. They are kept as distances in blocks of at most 256 bytes, 1 to 2
 * bytes a row of most; so a row can be put in and taken out at any place. Of a long list a directory tells the first row of each block. Of frequent
 * terms there is an array with the frequency in each row.
 */
export class PostingLists {
  readonly #pages = new ByteRooms();
  #starts = new Uint32Array(256);
  #kinds = new Uint8Array(256);
  readonly #dense = new Map<number, DenseList>();
  #rowRoom = 0;
  /** The block that is looked at. */
  readonly #block = numberList(ROWS_OF_BLOCK);
  readonly #bytes = new Uint8Array(MOST_BLOCK_BYTES + 2 * MOST_PAIR_BYTES);

  /** How many rows hold the term, and at least the largest of its frequencies. */
  summary(term: number): { readonly size: number; readonly largest: number } {
    switch (this.#kinds[term]) {
      case SINGLE:
        return { size: 1, largest: 1 };
      case SHORT: {
        this.#readShort(term);
        const { count, frequencies } = this.#block;
        return { size: count, largest: frequencies.subarray(0, count).reduce((most, each) => Math.max(most, each), 0) };
      }
      case LONG: {
        const { words, at } = this.#directory(term);
        return { size: words[at + SIZE], largest: words[at + LARGEST] };
      }
      case DENSE: {
        const { size, largest } = this.#dense.get(term)!;
        return { size, largest };
      }
      default:
        return { size: 0, largest: 0 };
    }
  }

  /** Frequencies by row, for frequent terms. */
  dense(term: number): DenseList | undefined {
    return this.#dense.get(term);
  }

  /** Room for rows 0 … rows − 1. */
  reserveRows(rows: number): void {
    if (rows <= this.#rowRoom) return;
    const before = this.#rowRoom;
    this.#rowRoom = Math.max(1024, rows, Math.ceil(1.25 * this.#rowRoom));
    for (const [term, list] of this.#dense) {
      if (list.size * 2 * DENSE_SHARE < this.#rowRoom) this.#makeSparse(term, list, before);
      else list.reserve(this.#rowRoom);
    }
  }

  /** Of a term without an array, the number of the block that holds a row, or that would. */
  blockOf(term: number, row: number): number {
    return this.#kinds[term] === LONG ? this.#blockOfLong(term, row) : 0;
  }

  /** Of a term without an array, reads the rows of a block: 0, 1, 2 and so on; false behind the last. */
  read(term: number, block: number, into: NumberList): boolean {
    const kind = this.#kinds[term];
    if (kind === LONG) {
      const { words, at } = this.#directory(term);
      if (block >= words[at + BLOCKS]) return false;
      const entry = at + directoryWords(block);
      this.#readBlock(words[entry + 1], words[entry], into);
      return true;
    }
    if (block > 0 || (kind !== SINGLE && kind !== SHORT)) return false; // of an array nothing is read
    if (kind === SHORT) this.#readBlock(this.#starts[term] + 1, 0, into);
    else {
      into.numbers[0] = this.#starts[term];
      into.frequencies[0] = 1;
      into.count = 1;
    }
    return true;
  }

  /** @param row - holds the term not yet; there must be room for it */
  add(term: number, row: number, frequency: number): void {
    this.#reserveTerm(term);
    const kind = this.#kinds[term];
    if (kind === LONG) this.#addToLong(term, row, frequency);
    else if (kind === DENSE) this.#dense.get(term)!.add(row, frequency);
    else if (kind === NONE && frequency === 1) {
      this.#kinds[term] = SINGLE;
      this.#starts[term] = row;
    } else if (kind !== SHORT || !this.#appendToShort(term, row, frequency)) {
      this.#readShort(term);
      insertPair(this.#block, row, frequency);
      this.#writeShort(term);
    }
  }

  /** @param row - holds the term */
  delete(term: number, row: number): void {
    const kind = this.#kinds[term];
    if (kind === LONG) this.#deleteFromLong(term, row);
    else if (kind === DENSE) this.#deleteFromDense(term, row);
    else {
      this.#readShort(term);
      removePair(this.#block, row);
      this.#writeShort(term);
    }
  }

  /** Reads the rows of a list that has no directory. */
  #readShort(term: number): void {
    if (!this.read(term, 0, this.#block)) this.#block.count = 0;
  }

  #readBlock(address: number, firstRow: number, into: NumberList): void {
    const [bytes, at] = [this.#pages.bytes(address), byteIn(address)];
    readPairs(bytes, at + 1, at + 1 + bytes[at], firstRow, into);
  }

  /** Most rows come behind all others: then nothing else is read. Returns false if this one does not, or if the block is full. */
  #appendToShort(term: number, row: number, frequency: number): boolean {
    const address = this.#starts[term];
    const lastRow = this.#pages.words(address)[wordIn(address)];
    if (row < lastRow) return false;
    const used = this.#pages.bytes(address + 1)[byteIn(address + 1)];
    const more = pairBytes(row - lastRow, frequency);
    if (used + more > MOST_BLOCK_BYTES) return false;
    this.#resizeShort(term, used, used + more);
    const start = this.#starts[term];
    this.#pages.words(start)[wordIn(start)] = row;
    return this.#appendTo(start + 1, row - lastRow, frequency);
  }

  /** Moves a short list where its room would be another one. */
  #resizeShort(term: number, before: number, after: number): void {
    if (isSameRoom(shortWords(before), shortWords(after))) return;
    const [address, moved] = [this.#starts[term], this.#pages.allocate(shortWords(after))];
    const [from, to] = [this.#pages.words(address), this.#pages.words(moved)];
    const end = wordIn(address) + shortWords(Math.min(before, after));
    for (let i = wordIn(address), at = wordIn(moved); i < end; i++) to[at++] = from[i];
    this.#starts[term] = moved;
    this.#pages.release(shortWords(before), address);
  }

  /** Makes the rows that have been read, one more or less than the list had, the whole of it. */
  #writeShort(term: number): void {
    const { count, numbers } = this.#block;
    const isThere = this.#kinds[term] === SHORT;
    const address = this.#starts[term];
    const before = isThere ? this.#pages.bytes(address + 1)[byteIn(address + 1)] : 0;
    const byteLength = writePairs(this.#bytes, 0, this.#block, 0, count, 0);
    const [isNone, isLong] = [count === 0, byteLength > MOST_BLOCK_BYTES];
    if (isThere && !isNone && !isLong) this.#resizeShort(term, before, byteLength);
    else if (isThere) this.#pages.release(shortWords(before), address);
    if (isLong) this.#makeLong(term);
    else this.#kinds[term] = isNone ? NONE : SHORT;
    if (isLong || isNone) return;
    if (!isThere) this.#starts[term] = this.#pages.allocate(shortWords(byteLength));
    const start = this.#starts[term];
    this.#pages.words(start)[wordIn(start)] = numbers[count - 1];
    this.#writeBlock(start + 1, byteLength);
  }

  /** Puts the first bytes of `#bytes` into a block. */
  #writeBlock(address: number, byteLength: number): void {
    const [bytes, at] = [this.#pages.bytes(address), byteIn(address)];
    bytes[at] = byteLength;
    for (let i = 0; i < byteLength; i++) bytes[at + 1 + i] = this.#bytes[i];
  }

  /** The rows that have been read no longer fit in one block: the last one begins another, or half of them do. */
  #makeLong(term: number): void {
    const { numbers, frequencies, count } = this.#block;
    const fits = writePairs(this.#bytes, 0, this.#block, 0, count - 1, numbers[0]) <= MOST_BLOCK_BYTES;
    const middle = fits ? count - 1 : count >> 1;
    const largest = frequencies.subarray(0, count).reduce((most, each) => Math.max(most, each), 0);
    const directory = this.#pages.allocate(directoryWords(2));
    this.#kinds[term] = LONG;
    this.#starts[term] = directory;
    const header = [count, largest, numbers[count - 1], 2];
    for (const [first, last] of [
      [0, middle],
      [middle, count],
    ])
      header.push(numbers[first], this.#newBlock(first, last));
    this.#pages.words(directory).set(header, wordIn(directory));
  }

  /** A block of some of the rows that have been read. */
  #newBlock(first: number, last: number): number {
    const address = this.#pages.allocate(BLOCK_WORDS);
    this.#writeBlock(address, writePairs(this.#bytes, 0, this.#block, first, last, this.#block.numbers[first]));
    return address;
  }

  #addToLong(term: number, row: number, frequency: number): void {
    const { words, at } = this.#directory(term);
    const blocks = words[at + BLOCKS];
    words[at + SIZE]++;
    if (frequency > words[at + LARGEST]) words[at + LARGEST] = frequency;
    if (row > words[at + LAST_ROW]) {
      const distance = row - words[at + LAST_ROW];
      words[at + LAST_ROW] = row;
      if (this.#appendTo(words[at + directoryWords(blocks) - 1], distance, frequency)) return;
      this.#block.count = 0;
      insertPair(this.#block, row, frequency);
      this.#insertBlock(term, blocks, row, this.#newBlock(0, 1));
      this.#makeDense(term);
      return;
    }
    const place = this.#blockOfLong(term, row);
    const entry = at + directoryWords(place);
    this.#readBlock(words[entry + 1], words[entry], this.#block);
    insertPair(this.#block, row, frequency);
    const { numbers, count } = this.#block;
    words[entry] = numbers[0];
    let byteLength = writePairs(this.#bytes, 0, this.#block, 0, count, numbers[0]);
    const half = byteLength > MOST_BLOCK_BYTES ? count >> 1 : count;
    if (half < count) byteLength = writePairs(this.#bytes, 0, this.#block, 0, half, numbers[0]);
    this.#writeBlock(words[entry + 1], byteLength);
    if (half < count) this.#insertBlock(term, place + 1, numbers[half], this.#newBlock(half, count));
  }

  /** Puts a pair behind those of a block. Returns false if it does not fit. */
  #appendTo(address: number, distance: number, frequency: number): boolean {
    const bytes = this.#pages.bytes(address);
    const at = byteIn(address);
    const used = bytes[at];
    if (used + pairBytes(distance, frequency) > MOST_BLOCK_BYTES) return false;
    bytes[at] = writePair(bytes, at + 1 + used, distance, frequency) - at - 1;
    return true;
  }

  #deleteFromLong(term: number, row: number): void {
    const { words, at } = this.#directory(term);
    const place = this.#blockOfLong(term, row);
    const entry = at + directoryWords(place);
    this.#readBlock(words[entry + 1], words[entry], this.#block);
    removePair(this.#block, row);
    words[at + SIZE]--;
    const { numbers, count } = this.#block;
    if (count === 0) {
      this.#removeBlock(term, place);
      return;
    }
    words[entry] = numbers[0];
    this.#writeBlock(words[entry + 1], writePairs(this.#bytes, 0, this.#block, 0, count, numbers[0]));
    if (row === words[at + LAST_ROW]) words[at + LAST_ROW] = numbers[count - 1];
  }

  /** Of a long list: good until the next room is allocated. */
  #directory(term: number): { words: Uint32Array; at: number } {
    const address = this.#starts[term];
    return { words: this.#pages.words(address), at: wordIn(address) };
  }

  /** The number of the last block of a long list that does not begin behind the row; 0 if all do. */
  #blockOfLong(term: number, row: number): number {
    const { words, at } = this.#directory(term);
    let [begin, end] = [1, words[at + BLOCKS]];
    while (begin < end) {
      const middle = (begin + end) >>> 1;
      if (words[at + directoryWords(middle)] <= row) begin = middle + 1;
      else end = middle;
    }
    return begin - 1;
  }

  #deleteFromDense(term: number, row: number): void {
    const list = this.#dense.get(term)!;
    list.delete(row);
    if (list.size > 0) return;
    this.#dense.delete(term);
    this.#kinds[term] = NONE;
  }

  /** Makes an array of a long list, if the term is frequent. */
  #makeDense(term: number): void {
    const { size } = this.summary(term);
    if (size < LEAST_DENSE || size * DENSE_SHARE <= this.#rowRoom) return;
    const list = new DenseList(this.#rowRoom);
    const { numbers, frequencies } = this.#block;
    for (let block = 0; this.read(term, block, this.#block); block++)
      for (let i = 0; i < this.#block.count; i++) list.add(numbers[i], frequencies[i]);
    const { words, at } = this.#directory(term);
    const blocks = words[at + BLOCKS];
    for (let block = 0; block < blocks; block++)
      this.#pages.release(BLOCK_WORDS, words[at + directoryWords(block) + 1]);
    this.#pages.release(directoryWords(blocks), this.#starts[term]);
    this.#dense.set(term, list);
    this.#kinds[term] = DENSE;
  }

  #makeSparse(term: number, list: DenseList, rows: number): void {
    this.#dense.delete(term);
    this.#kinds[term] = NONE;
    for (let row = 0; row < rows; row++) {
      const frequency = list.frequency(row);
      if (frequency > 0) this.add(term, row, frequency);
    }
  }

  #insertBlock(term: number, place: number, firstRow: number, address: number): void {
    const blocks = this.#resizeDirectory(term, 1);
    const { words, at } = this.#directory(term);
    const entry = at + directoryWords(place);
    words.copyWithin(entry + 2, entry, at + directoryWords(blocks - 1));
    words[entry] = firstRow;
    words[entry + 1] = address;
  }

  /** @param place - of a block without rows */
  #removeBlock(term: number, place: number): void {
    const { words, at } = this.#directory(term);
    const [entry, blocks] = [at + directoryWords(place), words[at + BLOCKS]];
    this.#pages.release(BLOCK_WORDS, words[entry + 1]);
    if (blocks === 1) {
      this.#pages.release(directoryWords(1), this.#starts[term]);
      this.#kinds[term] = NONE;
      return;
    }
    words.copyWithin(entry, entry + 2, at + directoryWords(blocks));
    if (place === blocks - 1) {
      this.#readBlock(words[entry - 1], words[entry - 2], this.#block);
      words[at + LAST_ROW] = this.#block.numbers[this.#block.count - 1];
    }
    this.#resizeDirectory(term, -1);
  }

  /** Returns how many blocks it has then. */
  #resizeDirectory(term: number, more: number): number {
    const directory = this.#starts[term];
    const { words, at } = this.#directory(term);
    const before = words[at + BLOCKS];
    const blocks = before + more;
    words[at + BLOCKS] = blocks;
    if (isSameRoom(directoryWords(before), directoryWords(blocks))) return blocks;
    const moved = this.#pages.allocate(directoryWords(blocks));
    this.#pages.words(moved).set(words.subarray(at, at + directoryWords(Math.min(before, blocks))), wordIn(moved));
    this.#starts[term] = moved;
    this.#pages.release(directoryWords(before), directory);
    return blocks;
  }

  #reserveTerm(term: number): void {
    if (term < this.#kinds.length) return;
    const length = Math.max(term + 1, Math.ceil(1.125 * this.#kinds.length));
    const [starts, kinds] = [new Uint32Array(length), new Uint8Array(length)];
    starts.set(this.#starts);
    kinds.set(this.#kinds);
    this.#starts = starts;
    this.#kinds = kinds;
  }
}
