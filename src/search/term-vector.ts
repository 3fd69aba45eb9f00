// The words of a document as bytes: in the order of their numbers, each as its distance to the one before and its frequency, both
// in groups of seven bits, the lowest first, the highest bit telling that another group follows (LEB128). 2 to 4 bytes a word.

/** Numbers of words with how often each occurs, as bytes. */
export function encodeTermVector(frequencies: ReadonlyMap<number, number>): Uint8Array {
  const terms = Uint32Array.from(frequencies.keys()).sort();
  const bytes = new Uint8Array(10 * terms.length);
  let at = 0;
  const write = (value: number) => {
    for (; value > 0x7f; value >>>= 7) bytes[at++] = (value & 0x7f) | 0x80;
    bytes[at++] = value;
  };
  let before = 0;
  for (const term of terms) {
    write(term - before);
    write(frequencies.get(term)!);
    before = term;
  }
  return bytes.slice(0, at);
}

/** Reads them one after the other. */
export class TermVectorReader {
  /** Number of the word that was read last. */
  term = 0;
  frequency = 0;
  #bytes: Uint8Array;
  #at: number;
  #end: number;

  /** Bytes begin … end − 1. */
  constructor(bytes: Uint8Array, begin = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = begin;
    this.#end = end;
  }

  /** @throws RangeError for bytes that are none of `encodeTermVector` */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.term += this.#read();
    this.frequency = this.#read();
    return true;
  }

  #read(): number {
    const bytes = this.#bytes;
    let byte = this.#at < this.#end ? bytes[this.#at++] : 0x100;
    let value = byte & 0x7f;
    for (let shift = 7; byte & 0x80; shift += 7) {
      byte = this.#at < this.#end ? bytes[this.#at++] : 0x100;
      value = (value | ((byte & 0x7f) << shift)) >>> 0;
    }
    if (byte === 0x100)
      throw new RangeError('Cannot read the words of a text: their bytes end in the middle of a number');
    return value;
  }
}

/** How often each occurs. */
export function countEach<T>(items: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
