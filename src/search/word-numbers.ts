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

  /** Gives the next numbers to words that have none. They are copied: a part of a text would keep the whole of it in memory. */
  add(words: Iterable<string>): void {
    for (const word of JSON.parse(JSON.stringify([...words])) as string[]) this.#numbers.set(word, this.#numbers.size);
  }

  /**
   * The words of a document as `encodeTermVector` makes them. Those that have no number get the next ones in `fresh`, and keep them if
   * they are given to `add`; those that are not taken are left out.
   */
  encode(words: readonly string[], fresh: Map<string, number>, isTaken: (word: string) => boolean): Uint8Array {
    if (words.length > this.#terms.length) this.#terms = new Uint32Array(2 * words.length);
    let length = 0;
    for (const word of words) {
      let number = this.#numbers.get(word) ?? fresh.get(word);
      if (number === undefined) {
        if (!isTaken(word)) continue;
        number = this.size + fresh.size;
        fresh.set(word, number);
      }
      this.#terms[length++] = number;
    }
    return encodeTermVector(this.#terms.subarray(0, length));
  }
}
