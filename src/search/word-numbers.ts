import { hashBytes } from '../math/hash-bytes.ts';
import { writeGroups } from './number-list.ts';
import { encodeTermVector } from './term-vector.ts';

const MOST_BYTES = 2 ** 32 - 1;
/** A unit of UTF-16 takes so many bytes at most. */
const MOST_UNIT_BYTES = 3;
/** Of the slots at most so many are filled. */
const MOST_FILLED = 0.8;
/** What no longer fits moves to so many times the room. */
const GROWTH = 1.125;
/** Then all words are hashed anew, which is worth more room. */
const SLOT_GROWTH = 1.5;

/** The word that is looked for, or added: its bytes. */
let room = new Uint8Array(1024);

/**
 * Numbers of words, in the order in which they came: 0, 1, 2, … The bytes of all lie in one array, some 20 a word with all that finds them; as
 * strings in a `Map` they would take 57.
 */
export class WordNumbers {
  #size = 0;
  /** Of each word the units of UTF-16, each in groups of seven bits: so halves of characters, which UTF-8 cannot hold, are told apart, too. */
  #bytes = new Uint8Array(4096);
  /** Where the bytes of each word end, and those of the next begin. */
  #ends = new Uint32Array(512);
  /** Numbers plus one, each at the slot that the hash of its word tells, or at the next that was free; 0 where there is none. */
  #slots = new Uint32Array(1024);
  /** Nobody can know which words will hash alike, so nobody can make texts whose words are looked for for ever. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);
  #terms = new Uint32Array(1024);

  get size(): number {
    return this.#size;
  }

  has(word: string): boolean {
    return this.#number(word) !== undefined;
  }

  /** Those of the words that have a number. */
  find(words: Iterable<string>): Map<string, number> {
    const found = new Map<string, number>();
    for (const word of words) {
      const number = this.#number(word);
      if (number !== undefined) found.set(word, number);
    }
    return found;
  }

  /** Gives the next numbers to words that have none. */
  add(words: Iterable<string>): void {
    for (const word of words) {
      const byteLength = encodeWord(word);
      this.#reserve(byteLength);
      this.#slots[this.#freeSlot(hashBytes(room, 0, byteLength, this.#seed))] = this.#size + 1;
      const begin = this.#begin(this.#size);
      for (let i = 0; i < byteLength; i++) this.#bytes[begin + i] = room[i];
      this.#ends[this.#size++] = begin + byteLength;
    }
  }

  /**
   * The words of a document as `encodeTermVector` makes them. Those that have no number get the next ones in `fresh`, and keep them if
   * they are given to `add`; those that are not taken are left out.
   */
  encode(words: readonly string[], fresh: Map<string, number>, isTaken: (word: string) => boolean): Uint8Array {
    if (words.length > this.#terms.length) this.#terms = new Uint32Array(2 * words.length);
    let length = 0;
    for (const word of words) {
      let number = this.#number(word) ?? fresh.get(word);
      if (number === undefined) {
        if (!isTaken(word)) continue;
        number = this.size + fresh.size;
        fresh.set(word, number);
      }
      this.#terms[length++] = number;
    }
    return encodeTermVector(this.#terms.subarray(0, length));
  }

  #number(word: string): number | undefined {
    const byteLength = encodeWord(word);
    const slots = this.#slots;
    let slot = this.#firstSlot(hashBytes(room, 0, byteLength, this.#seed));
    for (; slots[slot] !== 0; slot = this.#nextSlot(slot))
      if (this.#isInRoom(slots[slot] - 1, byteLength)) return slots[slot] - 1;
    return undefined;
  }

  #begin(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1];
  }

  /** Whether the word in `room` is that of a number. */
  #isInRoom(number: number, byteLength: number): boolean {
    const begin = this.#begin(number);
    if (this.#ends[number] - begin !== byteLength) return false;
    for (let i = 0; i < byteLength; i++) if (this.#bytes[begin + i] !== room[i]) return false;
    return true;
  }

  #freeSlot(hash: number): number {
    let slot = this.#firstSlot(hash);
    while (this.#slots[slot] !== 0) slot = this.#nextSlot(slot);
    return slot;
  }

  #firstSlot(hash: number): number {
    return Math.floor((hash >>> 0) * (this.#slots.length / 2 ** 32));
  }

  #nextSlot(slot: number): number {
    return slot + 1 < this.#slots.length ? slot + 1 : 0;
  }

  /** Makes room for one more word of so many bytes. */
  #reserve(byteLength: number): void {
    const end = this.#begin(this.#size) + byteLength;
    if (end > MOST_BYTES) throw new RangeError('Cannot hold more words of texts: they take 4 GiB');
    if (end > this.#bytes.length) {
      const bytes = new Uint8Array(Math.min(MOST_BYTES, Math.ceil(GROWTH * end)));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    if (this.#size === this.#ends.length) {
      const ends = new Uint32Array(Math.ceil(GROWTH * this.#size));
      ends.set(this.#ends);
      this.#ends = ends;
    }
    if (this.#size < MOST_FILLED * this.#slots.length) return;
    this.#slots = new Uint32Array(Math.ceil(SLOT_GROWTH * this.#slots.length));
    for (let number = 0; number < this.#size; number++)
      this.#slots[this.#freeSlot(hashBytes(this.#bytes, this.#begin(number), this.#ends[number], this.#seed))] =
        number + 1;
  }
}

/** Puts the bytes of a word into `room`; returns how many they are. */
function encodeWord(word: string): number {
  if (MOST_UNIT_BYTES * word.length > room.length) room = new Uint8Array(MOST_UNIT_BYTES * word.length);
  let at = 0;
  for (let i = 0; i < word.length; i++) {
    const unit = word.charCodeAt(i);
    if (unit < 0x80) room[at++] = unit;
    else at = writeGroups(room, at, unit);
  }
  return at;
}
