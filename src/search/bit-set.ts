/** A set of rows: a bit each. */
export class BitSet {
  readonly #words: Uint32Array;
  readonly #size: number;

  /** @param size - rows 0 … size − 1 may be in it; empty at first */
  constructor(size: number) {
    this.#size = size;
    this.#words = new Uint32Array((size + 31) >>> 5);
  }

  has(row: number): boolean {
    return ((this.#words[row >>> 5] >>> (row & 31)) & 1) === 1;
  }

  add(row: number): void {
    this.#words[row >>> 5] |= 1 << (row & 31);
  }

  /** Leaves only those that are in the other, too. */
  and(other: BitSet): this {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] &= other.#words[i];
    return this;
  }

  or(other: BitSet): this {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] |= other.#words[i];
    return this;
  }

  /** Makes it the set of all rows that were not in it. */
  not(): this {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = ~this.#words[i];
    if (this.#size % 32 !== 0) this.#words[this.#words.length - 1] &= 2 ** (this.#size % 32) - 1;
    return this;
  }

  /** Number of rows in it. */
  get count(): number {
    let count = 0;
    for (let bits of this.#words) {
      bits -= (bits >>> 1) & 0x55555555;
      bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
      count += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
    }
    return count;
  }

  /** Its rows, in their order. */
  *rows(): Iterable<number> {
    for (let i = 0; i < this.#words.length; i++)
      for (let bits = this.#words[i]; bits !== 0; bits &= bits - 1) yield 32 * i + 31 - Math.clz32(bits & -bits);
  }
}
