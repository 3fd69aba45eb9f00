const PIECE_BYTES = 1 << 20;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The words of a file, kept as bytes while it is read: a string for each as it comes would take twice the time of all
 * at once. Of a word that comes twice the first is kept, as gensim does.
 */
export class WordList {
  #bytes: Uint8Array<ArrayBuffer>;
  #ends: Uint32Array<ArrayBuffer>;
  /** Open addressing: id + 1 of the word that hashes here, or 0. */
  #table: Int32Array<ArrayBuffer>;
  /** Nobody can know which words will hash alike, so nobody can make a file that takes for ever. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 1;
  size = 0;
  duplicates = 0;

  /** @param expected - so many words are to come; more or fewer may */
  constructor(expected = 1 << 8) {
    this.#bytes = new Uint8Array(12 * expected);
    this.#ends = new Uint32Array(expected);
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(2 * expected + 2)));
  }

  /** Adds the word in bytes begin … end − 1; false if it is there already. */
  add(source: Uint8Array, begin = 0, end = source.length): boolean {
    const length = end - begin;
    const start = this.size === 0 ? 0 : this.#ends[this.size - 1];
    const slot = this.#slot(source, begin, length);
    if (this.#table[slot] !== 0) {
      this.duplicates++;
      return false;
    }
    if (start + length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, start + length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    for (let i = 0; i < length; i++) this.#bytes[start + i] = source[begin + i];
    if (this.size === this.#ends.length) {
      const larger = new Uint32Array(2 * this.size + 1);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.size++] = start + length;
    this.#table[slot] = this.size;
    if (2 * this.size > this.#table.length) this.#grow();
    return true;
  }

  /** Where the word is in the table, or the free place for it. */
  #slot(source: Uint8Array, begin: number, length: number): number {
    let hash = this.#seed;
    for (let i = begin; i < begin + length; i++) hash = Math.imul(hash ^ source[i], 16777619);
    const mask = this.#table.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const id = this.#table[slot] - 1;
      if (id < 0) return slot;
      const start = id === 0 ? 0 : this.#ends[id - 1];
      if (this.#ends[id] - start !== length) continue;
      let i = 0;
      while (i < length && this.#bytes[start + i] === source[begin + i]) i++;
      if (i === length) return slot;
    }
  }

  #grow(): void {
    this.#table = new Int32Array(2 * this.#table.length);
    for (let id = 0, start = 0; id < this.size; start = this.#ends[id++]) {
      this.#table[this.#slot(this.#bytes, start, this.#ends[id] - start)] = id + 1;
    }
  }

  /** The bytes of word `id`, a view. */
  bytesOf(id: number): Uint8Array {
    return this.#bytes.subarray(id === 0 ? 0 : this.#ends[id - 1], this.#ends[id]);
  }

  /**
   * All words as text. Two that differ only in bytes that are not UTF-8 become the same text: then `kept` holds the
   * rows of those that stay.
   */
  finish(): { words: string[]; kept: Uint32Array | undefined; warnings: string[] } {
    const words: string[] = [];
    for (let first = 0; first < this.size; ) {
      const start = first === 0 ? 0 : this.#ends[first - 1];
      let last = first + 1;
      while (last < this.size && this.#ends[last] - start <= PIECE_BYTES) last++;
      decodeWords(this.#bytes.subarray(start, this.#ends[last - 1]), start, this.#ends.subarray(first, last), words);
      first = last;
    }
    const warnings: string[] = [];
    const repaired = new Set<string>();
    let repairs = 0;
    const dropped = new Set<number>();
    for (let id = 0; id < words.length; id++) {
      if (!words[id].includes('\ufffd')) continue;
      if (!hasReplacementCharacter(this.bytesOf(id))) repairs++;
      if (repaired.has(words[id])) dropped.add(id);
      repaired.add(words[id]);
    }
    const duplicates = this.duplicates + dropped.size;
    if (duplicates > 0) warnings.push(`${duplicates} words came twice, the first was kept`);
    if (repairs > 0) warnings.push(`${repairs} words are not UTF-8 and were repaired`);
    if (dropped.size === 0) return { words, kept: undefined, warnings };
    const kept = Uint32Array.from(words.keys()).filter((id) => !dropped.has(id));
    return { words: words.filter((_, id) => !dropped.has(id)), kept, warnings };
  }
}

/** The rows that stay, moved together in place. */
export function keepRows<T extends Float32Array | Float64Array>(values: T, width: number, kept: Uint32Array): T {
  kept.forEach((from, to) => values.copyWithin(to * width, from * width, (from + 1) * width));
  return values.subarray(0, kept.length * width) as T;
}

/** The words that end at `ends` (counted from `start`), decoded together where they are valid. */
export function decodeWords(bytes: Uint8Array, start: number, ends: ArrayLike<number>, words: string[]): void {
  let high = 0;
  for (let i = 0; i < bytes.length; i++) high |= bytes[i];
  const text = utf8.decode(bytes);
  if (high < 128) {
    for (let i = 0, begin = 0; i < ends.length; i++) {
      words.push(text.slice(begin, ends[i] - start));
      begin = ends[i] - start;
    }
    return;
  }
  if (!text.includes('\ufffd')) {
    for (let i = 0, at = 0, begin = 0, unit = 0; i < ends.length; i++) {
      // A character is as many UTF-16 units as it has first bytes, and one more if it is of four.
      for (; at < ends[i] - start; at++) unit += (bytes[at] & 0xc0) === 0x80 ? 0 : bytes[at] >= 0xf0 ? 2 : 1;
      // A word may end within a character that the next one completes: then each is repaired for itself, below.
      if (at < bytes.length && (bytes[at] & 0xc0) === 0x80) {
        words.length -= i;
        decodeSingly(bytes, start, ends, words);
        return;
      }
      words.push(text.slice(begin, unit));
      begin = unit;
    }
    return;
  }
  decodeSingly(bytes, start, ends, words);
}

function decodeSingly(bytes: Uint8Array, start: number, ends: ArrayLike<number>, words: string[]): void {
  for (let i = 0, begin = 0; i < ends.length; i++) {
    words.push(utf8.decode(bytes.subarray(begin, ends[i] - start)));
    begin = ends[i] - start;
  }
}

function hasReplacementCharacter(bytes: Uint8Array): boolean {
  for (let i = bytes.indexOf(0xef); i >= 0; i = bytes.indexOf(0xef, i + 1)) {
    if (bytes[i + 1] === 0xbf && bytes[i + 2] === 0xbd) return true;
  }
  return false;
}
