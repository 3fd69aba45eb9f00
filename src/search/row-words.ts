import { type WholeNumbers, withRoomFor } from '../math/whole-numbers.ts';
import { ByteStrings, byteIn } from './byte-strings.ts';
import { MOST_PAIR_BYTES, type NumberList, readPairs, reserveNumbers, writeGroups, writePairs } from './number-list.ts';

/** Words of rows that are deleted are left out once they are so many bytes, and half of all. */
const LEAST_UNUSED = 1 << 20;
/** The length of a row's pairs takes so many bytes at most. */
const MOST_LENGTH_BYTES = 5;

/** The numbers and frequencies of the words of each row: the byte length, and pairs of `number-list.ts`. */
export class RowWords {
  #strings = new ByteStrings();
  /** Where each row begins, plus one; 0 where there is none. */
  #begins: WholeNumbers = new Uint32Array(0);
  #unusedBytes = 0;
  #bytes = new Uint8Array(1024);

  has(row: number): boolean {
    return this.#begins[row] > 0;
  }

  /** @param row - has words */
  read(row: number, into: NumberList): void {
    const { bytes, begin, end } = this.#pairs(this.#begins[row] - 1);
    reserveNumbers(into, end - begin);
    readPairs(bytes, begin, end, 0, into);
  }

  /** @param row - has none yet */
  set(row: number, words: NumberList): void {
    const most = MOST_LENGTH_BYTES + MOST_PAIR_BYTES * words.count;
    if (most > this.#bytes.length) this.#bytes = new Uint8Array(2 * most);
    const end = writePairs(this.#bytes, MOST_LENGTH_BYTES, words, 0, words.count, 0);
    const begin = writeGroups(this.#bytes, 0, end - MOST_LENGTH_BYTES);
    this.#bytes.copyWithin(begin, MOST_LENGTH_BYTES, end);
    this.#append(row, this.#bytes, 0, begin + end - MOST_LENGTH_BYTES);
  }

  /** @param row - has words */
  delete(row: number): void {
    const address = this.#begins[row] - 1;
    this.#unusedBytes += this.#pairs(address).end - byteIn(address);
    this.#begins[row] = 0;
    if (this.#unusedBytes > LEAST_UNUSED && this.#unusedBytes > 0.5 * this.#strings.byteLength) this.#compact();
  }

  /** Where the pairs of a row lie. */
  #pairs(address: number): { bytes: Uint8Array; begin: number; end: number } {
    const bytes = this.#strings.bytes(address);
    let at = byteIn(address);
    let length = bytes[at] & 0x7f;
    for (let shift = 7; bytes[at++] > 0x7f; shift += 7) length |= (bytes[at] & 0x7f) << shift;
    return { bytes, begin: at, end: at + length };
  }

  #append(row: number, from: Uint8Array, begin: number, end: number): void {
    const place = this.#strings.append(from, begin, end) + 1;
    this.#begins = withRoomFor(this.#begins, row, place);
    this.#begins[row] = place;
  }

  #compact(): void {
    const before = this.#strings;
    const places = this.#begins.map((begin) => (begin === 0 ? 0 : this.#pairs(begin - 1).end));
    this.#strings = new ByteStrings();
    for (let row = 0; row < places.length; row++) {
      if (places[row] === 0) continue;
      const address = this.#begins[row] - 1;
      this.#append(row, before.bytes(address), byteIn(address), places[row]);
    }
    this.#unusedBytes = 0;
  }
}
