import { hashBytes } from '../math/hash-bytes.ts';
import { writeGroups } from '../search/number-list.ts';
import { textProblem } from './metadata.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** No store has ids of more than some 2,000 bytes. */
const LONGEST_ID = 2 ** 16 - 1;
/** Each id stands behind its length in groups of seven bits: one byte for most. */
const lengthBytes = (byteLength: number): number => (byteLength < 2 ** 7 ? 1 : byteLength < 2 ** 14 ? 2 : 3);
const MOST_BYTES = 2 ** 32 - 1;
const FIRST_SLOTS = 1024;
/** Of the slots at most so many are filled. */
const MOST_FILLED = 0.8;
/** What is full moves to so many times the room. */
const GROWTH = 1.125;
/** Then all ids are hashed anew, which is worth more room. */
const SLOT_GROWTH = 1.25;
/** Bytes of deleted ids are given back once there are so many, and they are half of all. */
const LEAST_UNUSED = 1 << 16;

/** The id that is looked for, or added: its bytes. */
let room = new Uint8Array(2_000);

/**
 * Ids of texts by row, and rows by id: the bytes of all lie in one array. Some 12 bytes a text beside those of its id; as strings in a `Map`
 * they would take 55.
 */
export class TextIds {
  #bytes = new Uint8Array(1024);
  #end = 0;
  #unused = 0;
  /** Where the id of each row begins, plus one; 0 where there is none. */
  #begins = new Uint32Array(256);
  /** Rows plus one, each at the slot that the hash of its id tells, or at the next that was free; 0 where there is none. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #size = 0;
  /** Nobody can know which ids will hash alike, so nobody can make texts whose ids are looked for for ever. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);

  /** Number of ids. */
  get size(): number {
    return this.#size;
  }

  /** The row of an id. */
  row(id: string): number | undefined {
    if (id.length > LONGEST_ID || textProblem(id)) return undefined;
    const row = this.#slots[this.#slotOf(encodeId(id))];
    return row === 0 ? undefined : row - 1;
  }

  has(row: number): boolean {
    return this.#begins[row] > 0;
  }

  /** The id of a row that has one. */
  id(row: number): string {
    return decoder.decode(this.#idBytes(row));
  }

  /** All, in the order of the rows. */
  *ids(): Iterable<string> {
    for (let row = 0; row < this.#begins.length; row++) if (this.has(row)) yield this.id(row);
  }

  /** The order of the bytes of the ids of two rows, which is that of `compareUtf8`. */
  compare(a: number, b: number): number {
    const [first, second] = [this.#idBytes(a), this.#idBytes(b)];
    const shorter = Math.min(first.length, second.length);
    for (let i = 0; i < shorter; i++) if (first[i] !== second[i]) return first[i] - second[i];
    return first.length - second.length;
  }

  /**
   * @param id - not there yet
   * @param row - without an id
   */
  add(id: string, row: number): void {
    const byteLength = encodeId(id);
    if (byteLength > LONGEST_ID)
      throw new RangeError(`Cannot hold an id of ${byteLength} bytes, at most ${LONGEST_ID}`);
    if ((this.#size + 1) / this.#slots.length > MOST_FILLED) this.#enlargeSlots();
    this.#reserve(row, lengthBytes(byteLength) + byteLength);
    this.#slots[this.#slotOf(byteLength)] = row + 1;
    this.#begins[row] = this.#end + 1;
    this.#end = writeGroups(this.#bytes, this.#end, byteLength);
    this.#bytes.set(room.subarray(0, byteLength), this.#end);
    this.#end += byteLength;
    this.#size++;
  }

  /** @param row - with an id */
  delete(row: number): void {
    const slots = this.#slots;
    let free = this.#firstSlot(this.#idBytes(row));
    while (slots[free] !== row + 1) free = this.#nextSlot(free);
    // What was put behind it because it was in the way moves up, so that no gap lies before it.
    const distance = (from: number, to: number) => (to >= from ? to - from : to - from + slots.length);
    for (let at = this.#nextSlot(free); slots[at] !== 0; at = this.#nextSlot(at)) {
      const wanted = this.#firstSlot(this.#idBytes(slots[at] - 1));
      if (distance(wanted, at) < distance(free, at)) continue;
      slots[free] = slots[at];
      free = at;
    }
    slots[free] = 0;
    this.#unused += this.#wholeBytes(row).length;
    this.#begins[row] = 0;
    this.#size--;
    if (this.#unused > LEAST_UNUSED && 2 * this.#unused > this.#end) this.#compact();
  }

  #idBytes(row: number): Uint8Array {
    const bytes = this.#bytes;
    let begin = this.#begins[row] - 1;
    let byteLength = bytes[begin] & 0x7f;
    for (let shift = 7; bytes[begin++] > 0x7f; shift += 7) byteLength |= (bytes[begin] & 0x7f) << shift;
    return bytes.subarray(begin, begin + byteLength);
  }

  /** The bytes of its length, and those of the id. */
  #wholeBytes(row: number): Uint8Array {
    const id = this.#idBytes(row);
    return this.#bytes.subarray(this.#begins[row] - 1, id.byteOffset + id.length);
  }

  /** The slot of the id in `room`, or the free one where it belongs. */
  #slotOf(byteLength: number): number {
    const wanted = room.subarray(0, byteLength);
    let slot = this.#firstSlot(wanted);
    while (this.#slots[slot] !== 0 && !areSame(this.#idBytes(this.#slots[slot] - 1), wanted))
      slot = this.#nextSlot(slot);
    return slot;
  }

  #firstSlot(id: Uint8Array): number {
    const hash = hashBytes(id, 0, id.length, this.#seed) >>> 0;
    return Math.floor(hash * (this.#slots.length / 2 ** 32));
  }

  #nextSlot(slot: number): number {
    return slot + 1 < this.#slots.length ? slot + 1 : 0;
  }

  #enlargeSlots(): void {
    const rows = this.#slots.filter((row) => row !== 0);
    this.#slots = new Uint32Array(Math.ceil(SLOT_GROWTH * this.#slots.length));
    for (const row of rows) {
      let slot = this.#firstSlot(this.#idBytes(row - 1));
      while (this.#slots[slot] !== 0) slot = this.#nextSlot(slot);
      this.#slots[slot] = row;
    }
  }

  #reserve(row: number, byteLength: number): void {
    if (this.#end + byteLength > MOST_BYTES) throw new RangeError('Cannot hold more ids of texts: they take 4 GiB');
    if (row >= this.#begins.length) {
      const larger = new Uint32Array(Math.max(row + 1, Math.ceil(GROWTH * this.#begins.length)));
      larger.set(this.#begins);
      this.#begins = larger;
    }
    if (this.#end + byteLength > this.#bytes.length) this.#moveBytes(Math.ceil(GROWTH * (this.#end + byteLength)));
  }

  #moveBytes(length: number): void {
    const bytes = new Uint8Array(Math.min(length, MOST_BYTES));
    bytes.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = bytes;
  }

  /** Leaves out the ids that are deleted. */
  #compact(): void {
    const bytes = new Uint8Array(Math.ceil(GROWTH * (this.#end - this.#unused)) + 1);
    let end = 0;
    for (let row = 0; row < this.#begins.length; row++) {
      if (!this.has(row)) continue;
      const whole = this.#wholeBytes(row);
      bytes.set(whole, end);
      this.#begins[row] = end + 1;
      end += whole.length;
    }
    this.#bytes = bytes;
    this.#end = end;
    this.#unused = 0;
  }
}

/** Puts the bytes of an id into `room`; returns how many they are. */
function encodeId(id: string): number {
  if (3 * id.length > room.length) room = new Uint8Array(3 * id.length);
  return encoder.encodeInto(id, room).written;
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
