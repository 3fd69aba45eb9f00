import { encodeTermVector } from './term-vector.ts';

/** Numbers of words, in the order in which they came: 0, 1, 2, … */
export class WordNumbers {
  readonly #numbers = new Map<string, number>();
  #terms = new Uint32Array(1024);

  get size(): number {
    return this.#numbers.size;
  }

  has(word: string): boolean {
    return this.#numbers.has(word);
  }

  /** Those of the words that have a number. */
  find(words: Iterable<string>): Map<string, number> {
    const found = new Map<string, number>();
    for (const word of words) {
      const number = this.#numbers.get(word);
      if (number !== undefined) found.set(word, number);
    }
    return found;
  }

  /** Adds to `into` the words that have no number. */
  collectMissing(words: readonly string[], into: Set<string>): void {
    for (const word of words) if (!this.#numbers.has(word)) into.add(word);
  }

  /** Gives the next numbers to words that have none. They are copied: a part of a text would keep the whole of it in memory. */
  add(words: readonly string[]): void {
    if (words.length === 0) return;
    for (const word of JSON.parse(JSON.stringify(words)) as string[]) this.#numbers.set(word, this.#numbers.size);
  }

  /** The words of a document as `encodeTermVector` makes them, without those that have no number. */
  encode(words: readonly string[]): Uint8Array {
    if (words.length > this.#terms.length) this.#terms = new Uint32Array(2 * words.length);
    let length = 0;
    for (const word of words) {
      const number = this.#numbers.get(word);
      if (number !== undefined) this.#terms[length++] = number;
    }
    return encodeTermVector(this.#terms.subarray(0, length));
  }
}
