// The words of a document as bytes: in the order of their numbers, each as its distance to the one before and its frequency, both
// in groups of seven bits, the lowest first, the highest bit telling that another group follows (LEB128). 2 to 4 bytes a word.

import { type NumberList, reserveNumbers, writeGroups } from './number-list.ts';

/**
 * The words of a document as bytes.
 *
 * @param terms - their numbers, each as often as it occurs, in any order; sorted by this call
 */
export function encodeTermVector(terms: Uint32Array): Uint8Array {
  terms.sort();
  const bytes = new Uint8Array(10 * terms.length);
  let at = 0;
  let before = 0;
  for (let i = 0, next = 0; i < terms.length; i = next) {
    while (next < terms.length && terms[next] === terms[i]) next++;
    at = writeGroups(bytes, at, terms[i] - before);
    at = writeGroups(bytes, at, next - i);
    before = terms[i];
  }
  return bytes.slice(0, at);
}

/**
 * Reads all of them.
 *
 * @returns the number of tokens
 * @throws RangeError for bytes that are none of `encodeTermVector`
 */
export function readTermVector(bytes: Uint8Array, into: NumberList): number {
  reserveNumbers(into, bytes.length);
  const reader = new TermVectorReader(bytes);
  let length = 0;
  for (into.count = 0; reader.next(); into.count++) {
    into.numbers[into.count] = reader.term;
    into.frequencies[into.count] = reader.frequency;
    length += reader.frequency;
  }
  return length;
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
