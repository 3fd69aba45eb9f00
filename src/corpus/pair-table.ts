const SLOT_BYTES = 16;
const FIRST_SLOTS = 1 << 10;

/** A part of all pairs: those whose hash lies in it, both ends included. */
export interface HashRange {
  readonly first: number;
  readonly last: number;
}

export const ALL_HASHES: HashRange = { first: -(2 ** 31), last: 2 ** 31 - 1 };

/**
 * Numbers for pairs of word ids: open addressing over one buffer, a slot of 16 bytes a pair (two ids and a
 * float64), so that a look-up touches one cache line.
 *
 * A table that may not grow any more gives up the upper half of its hashes: what it still covers is exact, and what
 * follows `range.last` is left to another table.
 */
export class PairTable {
  readonly #maximumSlots: number;
  readonly #rangeFirst: number;
  #rangeLast: number;
  #ids!: Int32Array;
  #values!: Float64Array;
  #mask!: number;
  #size = 0;

  /** @param maximumByteLength - at any moment, also while the table grows; at least 32 KiB are taken */
  constructor(range = ALL_HASHES, maximumByteLength = Infinity) {
    this.#rangeFirst = range.first;
    this.#rangeLast = range.last;
    // While a table is rebuilt there are two of them.
    this.#maximumSlots = maximumByteLength / (2 * SLOT_BYTES);
    this.#allocate(FIRST_SLOTS);
  }

  /** The hashes that the table covers. */
  get range(): HashRange {
    return { first: this.#rangeFirst, last: this.#rangeLast };
  }

  /** The number of the pair, 0 if it has none. */
  get(first: number, second: number): number {
    const ids = this.#ids;
    const values = this.#values;
    const mask = this.#mask;
    for (let slot = hashPair(first, second) & mask; ; slot = (slot + 1) & mask) {
      const value = values[2 * slot + 1];
      if (value === 0 || (ids[4 * slot] === first && ids[4 * slot + 1] === second)) return value;
    }
  }

  /** Adds `value`, above 0, to the number of the pair, if its hash is covered. */
  add(first: number, second: number, value: number): void {
    const hash = hashPair(first, second);
    if (hash < this.#rangeFirst || hash > this.#rangeLast) return;
    const ids = this.#ids;
    const values = this.#values;
    const mask = this.#mask;
    let slot = hash & mask;
    while (values[2 * slot + 1] !== 0) {
      if (ids[4 * slot] === first && ids[4 * slot + 1] === second) {
        values[2 * slot + 1] += value;
        return;
      }
      slot = (slot + 1) & mask;
    }
    ids[4 * slot] = first;
    ids[4 * slot + 1] = second;
    values[2 * slot + 1] = value;
    if (++this.#size > 0.7 * (mask + 1)) this.#makeRoom();
  }

  /** Calls `visit` for each pair that has a number, in no order that means anything. */
  forEach(visit: (first: number, second: number, value: number) => void): void {
    const [ids, values] = [this.#ids, this.#values];
    for (let slot = 0; 2 * slot < values.length; slot++) {
      if (values[2 * slot + 1] !== 0) visit(ids[4 * slot], ids[4 * slot + 1], values[2 * slot + 1]);
    }
  }

  #makeRoom(): void {
    const slots = this.#mask + 1;
    const grows = 2 * slots <= this.#maximumSlots || this.#rangeFirst === this.#rangeLast;
    if (!grows) this.#rangeLast = Math.floor((this.#rangeFirst + this.#rangeLast) / 2);
    this.#rebuild(grows ? 2 * slots : slots);
  }

  #rebuild(slots: number): void {
    const [oldIds, oldValues] = [this.#ids, this.#values];
    this.#allocate(slots);
    const [ids, values, mask] = [this.#ids, this.#values, this.#mask];
    this.#size = 0;
    for (let from = 0; 2 * from < oldValues.length; from++) {
      if (oldValues[2 * from + 1] === 0) continue;
      const hash = hashPair(oldIds[4 * from], oldIds[4 * from + 1]);
      if (hash > this.#rangeLast) continue;
      let slot = hash & mask;
      while (values[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
      ids[4 * slot] = oldIds[4 * from];
      ids[4 * slot + 1] = oldIds[4 * from + 1];
      values[2 * slot + 1] = oldValues[2 * from + 1];
      this.#size++;
    }
    if (this.#size > 0.7 * slots) this.#makeRoom();
  }

  #allocate(slots: number): void {
    const buffer = new ArrayBuffer(slots * SLOT_BYTES);
    this.#ids = new Int32Array(buffer);
    this.#values = new Float64Array(buffer);
    this.#mask = slots - 1;
  }
}

/** 32 bits, signed. The low bits choose a slot and the high ones a range, so all must be mixed well. */
function hashPair(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return hash ^ (hash >>> 15);
}
