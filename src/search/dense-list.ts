/** A byte tells frequencies below this one. */
const MOST_OF_BYTE = 255;

/** How often each row holds a frequent term: a byte a row. The few frequencies that a byte cannot tell stand beside, so that each is exact. */
export class DenseList {
  #bytes: Uint8Array;
  readonly #larger = new Map<number, number>();
  #size = 0;
  #largest = 0;

  /** Of rows 0 … rows − 1. */
  constructor(rows: number) {
    this.#bytes = new Uint8Array(rows);
  }

  /** So many rows hold the term. */
  get size(): number {
    return this.#size;
  }

  /** At least the largest frequency. */
  get largest(): number {
    return this.#largest;
  }

  /** 0 where the row does not hold the term. */
  frequency(row: number): number {
    const frequency = this.#bytes[row];
    return frequency < MOST_OF_BYTE ? frequency : this.#larger.get(row)!;
  }

  /** @param row - holds the term not yet */
  add(row: number, frequency: number): void {
    if (frequency >= MOST_OF_BYTE) this.#larger.set(row, frequency);
    this.#bytes[row] = Math.min(frequency, MOST_OF_BYTE);
    this.#size++;
    this.#largest = Math.max(this.#largest, frequency);
  }

  /** @param row - holds the term */
  delete(row: number): void {
    this.#larger.delete(row);
    this.#bytes[row] = 0;
    this.#size--;
  }

  /** Makes room for so many rows. */
  reserve(rows: number): void {
    const larger = new Uint8Array(rows);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
