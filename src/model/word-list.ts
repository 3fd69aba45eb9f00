import { isUtf8 } from '../text/utf8.ts';

const PIECE_BYTES = 1 << 20;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Lists by the contents that they are the words of, and by the texts that were made of them, or they of these. */
const lists = new WeakMap<object, WordList>();

/** The contents with the words of the list, which become text when they are first asked for; for a million that takes .2 s. */
export function deferWords<T extends object>(list: WordList, contents: T): T & { readonly words: readonly string[] } {
  lists.set(contents, list);
  const words: PropertyDescriptor & { get(): readonly string[] } = { enumerable: true, get: () => list.words };
  return Object.defineProperty(contents, 'words', words) as T & { readonly words: readonly string[] };
}

/** The words of contents that `deferWords` made; of no others. */
export function deferredWords(contents: object): WordList | undefined {
  return lists.get(contents);
}

/** The list of these words, made once for each array. */
export function wordListOf(words: readonly string[]): WordList {
  return lists.get(words) ?? WordList.of(words);
}

/** So many words a Set looks through in a sixth of the time of a list, whose code is not compiled yet; a million takes it twice the time. */
const FEW_WORDS = 1 << 17;

/** Whether one of the words is there twice. */
export function hasDuplicates(words: readonly string[]): boolean {
  if (words.length <= FEW_WORDS && !lists.has(words)) return new Set(words).size < words.length;
  return wordListOf(words).hasDuplicates;
}

/** What a `WordList` is made of. */
export interface WordListParts {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  readonly tags: Uint8Array;
  readonly ids: Int32Array;
  readonly seed: number;
}

/**
 * Words as UTF-8, one after the other, and a table that finds them by open addressing. For a million words the table takes 8 MB
 * and .1 s; a Map takes 55 MB and .7 s, and finds no faster.
 */
export class WordList {
  #bytes: Uint8Array;
  #ends: Uint32Array;
  /** The words that hash here, by open addressing: 0 where there is none, else 128 and 7 bits more of the hash … */
  #tags: Uint8Array;
  /** … and the id. Few bytes are compared with those of another word, and few lines of memory are waited for. */
  #ids: Int32Array;
  /** Nobody can know which words will hash alike, so nobody can make a file that takes for ever. */
  #seed = Math.floor(Math.random() * 2 ** 32) | 1;
  /** All words as text, where they have been made. */
  #words: readonly string[] | undefined;
  size = 0;
  /** Words that were not added, as they were there. */
  duplicates = 0;
  /** One of an array is there twice. */
  hasDuplicates = false;
  /** Whether each word by itself is UTF-8, so that its text tells its bytes. */
  isUtf8 = true;

  /**
   * @param expected - so many words are to come; more or fewer may
   * @param bytes - where their bytes will lie, one after the other, if they do already; the list's own from now on
   */
  constructor(expected = 1 << 8, bytes = new Uint8Array(12 * expected)) {
    this.#bytes = bytes;
    this.#ends = new Uint32Array(expected);
    const slots = 2 ** Math.ceil(Math.log2(2 * expected + 2));
    this.#tags = new Uint8Array(slots);
    this.#ids = new Int32Array(slots);
  }

  /** The words of an array, each in its place. Of equal ones the first is found. */
  static of(words: readonly string[]): WordList {
    const list = new WordList(words.length);
    for (const word of words) {
      const length = encodeUnits(word);
      if (!list.add(units, 0, length)) list.#append(units, 0, length);
    }
    list.hasDuplicates = list.duplicates > 0;
    list.#words = words;
    lists.set(words, list);
    return list;
  }

  /** A list of the same words, which lie where they lie; nothing may be added to it. */
  static fromParts({ bytes, ends, tags, ids, seed }: WordListParts): WordList {
    const list = new WordList(0, new Uint8Array(0));
    list.#bytes = bytes;
    list.#ends = ends;
    list.#tags = tags;
    list.#ids = ids;
    list.#seed = seed;
    list.size = ends.length;
    return list;
  }

  /** What the list is made of: views, for `fromParts` of another thread. */
  get parts(): WordListParts {
    const ends = this.#ends.subarray(0, this.size);
    const bytes = this.#bytes.subarray(0, this.#start(this.size));
    return { bytes, ends, tags: this.#tags, ids: this.#ids, seed: this.#seed };
  }

  /** Adds the word in bytes begin … end − 1; false if it is there already: of a word that comes twice the first is kept, as gensim does. */
  add(source: Uint8Array, begin = 0, end = source.length): boolean {
    const hash = this.#hash(source, begin, end);
    const slot = this.#slot(hash, source, begin, end);
    if (this.#tags[slot] !== 0) {
      this.duplicates++;
      return false;
    }
    this.#tags[slot] = tagOf(hash);
    this.#ids[slot] = this.size;
    this.#append(source, begin, end - begin);
    if (2 * this.size > this.#tags.length) this.#grow();
    return true;
  }

  #append(source: Uint8Array, begin: number, length: number): void {
    const start = this.#start(this.size);
    if (start + length > this.#bytes.length) {
      if (start + length > 0xffff_ffff) throw new RangeError('Cannot hold words of more than 4 GiB');
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, start + length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const bytes = this.#bytes;
    const isThere = source === bytes && begin === start;
    let all = 0;
    for (let i = 0; i < length; i++) {
      const byte = source[begin + i];
      if (!isThere) bytes[start + i] = byte;
      all |= byte;
    }
    if (all >= 0x80) this.isUtf8 &&= isUtf8(source, begin, begin + length);
    if (this.size === this.#ends.length) {
      const larger = new Uint32Array(2 * this.size + 1);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.size++] = start + length;
  }

  #start(id: number): number {
    return id === 0 ? 0 : this.#ends[id - 1];
  }

  /** FNV-1a, of which the high bits are mixed into the low ones. */
  #hash(source: Uint8Array, begin: number, end: number): number {
    let hash = this.#seed;
    for (let i = begin; i < end; i++) hash = Math.imul(hash ^ source[i], 16777619);
    return hash ^ (hash >>> 15);
  }

  /** Where the word is in the table, or the free place for it. */
  #slot(hash: number, source: Uint8Array, begin: number, end: number): number {
    const tags = this.#tags;
    const mask = tags.length - 1;
    const wanted = tagOf(hash);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const tag = tags[slot];
      if (tag === 0 || (tag === wanted && this.#equals(this.#ids[slot], source, begin, end))) return slot;
    }
  }

  #equals(id: number, source: Uint8Array, begin: number, end: number): boolean {
    const bytes = this.#bytes;
    const start = this.#start(id);
    const length = end - begin;
    if (this.#ends[id] - start !== length) return false;
    let i = 0;
    while (i < length && bytes[start + i] === source[begin + i]) i++;
    return i === length;
  }

  #grow(): void {
    const ids = this.#ids.filter((_, slot) => this.#tags[slot] !== 0);
    this.#tags = new Uint8Array(2 * this.#tags.length);
    this.#ids = new Int32Array(this.#tags.length);
    for (const id of ids) {
      const [start, end] = [this.#start(id), this.#ends[id]];
      const hash = this.#hash(this.#bytes, start, end);
      const slot = this.#slot(hash, this.#bytes, start, end);
      this.#tags[slot] = tagOf(hash);
      this.#ids[slot] = id;
    }
  }

  /** Place of the word, or undefined. */
  find(word: string): number | undefined {
    const end = encodeUnits(word);
    const slot = this.#slot(this.#hash(units, 0, end), units, 0, end);
    return this.#tags[slot] === 0 ? undefined : this.#ids[slot];
  }

  /** Word `id` as text. */
  word(id: number): string {
    return this.#words?.[id] ?? utf8.decode(this.bytesOf(id));
  }

  /** The bytes of word `id`, a view. */
  bytesOf(id: number): Uint8Array {
    return this.#bytes.subarray(this.#start(id), this.#ends[id]);
  }

  /**
   * All words as text, where all are UTF-8; the same array at each call. A string for each as it comes would take twice the time
   * of all at once.
   */
  get words(): readonly string[] {
    this.#words ??= this.#decode();
    lists.set(this.#words, this);
    return this.#words;
  }

  #decode(): string[] {
    const words: string[] = [];
    for (let first = 0; first < this.size; ) {
      const start = this.#start(first);
      let last = first + 1;
      while (last < this.size && this.#ends[last] - start <= PIECE_BYTES) last++;
      decodeWords(this.#bytes.subarray(start, this.#ends[last - 1]), start, this.#ends.subarray(first, last), words);
      first = last;
    }
    return words;
  }

  /** What a user should know of words that came twice, with `more` beside those that were not added. */
  warnings(more = 0): string[] {
    const duplicates = this.duplicates + more;
    return duplicates > 0 ? [`${someWords(duplicates)} came twice, the first was kept`] : [];
  }

  /**
   * All words as text, also where some are not UTF-8. Two that differ only in bytes that are not become the same text: then `kept`
   * holds the rows of those that stay.
   */
  finish(): { words: readonly string[]; kept: Uint32Array | undefined; warnings: string[] } {
    if (this.isUtf8) return { words: this.words, kept: undefined, warnings: this.warnings() };
    const words = this.#decode();
    const repaired = new Set<string>();
    let repairs = 0;
    const dropped = new Set<number>();
    for (let id = 0; id < words.length; id++) {
      if (!words[id].includes('\ufffd')) continue;
      if (!hasReplacementCharacter(this.bytesOf(id))) repairs++;
      if (repaired.has(words[id])) dropped.add(id);
      repaired.add(words[id]);
    }
    const warnings = this.warnings(dropped.size);
    if (repairs > 0) warnings.push(`${someWords(repairs)} repaired: not UTF-8`);
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
function decodeWords(bytes: Uint8Array, start: number, ends: ArrayLike<number>, words: string[]): void {
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

/** 128 and the highest bits, which have no part in the choice of a slot up to 16 million words. */
function tagOf(hash: number): number {
  return 128 | (hash >>> 25);
}

let units = new Uint8Array(256);

/** Puts the word into `units` as UTF-8 and tells its length. Half of a character beyond 16 bits stays by itself, so that no two words are one. */
function encodeUnits(word: string): number {
  if (units.length < 3 * word.length) units = new Uint8Array(6 * word.length);
  let length = 0;
  for (let i = 0; i < word.length; i++) {
    let unit = word.charCodeAt(i);
    if (unit < 0x80) {
      units[length++] = unit;
      continue;
    }
    if (unit < 0x800) units[length++] = 0xc0 | (unit >> 6);
    else {
      if ((unit & 0xfc00) === 0xd800 && (word.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
        unit = 0x10000 + ((unit & 0x3ff) << 10) + (word.charCodeAt(++i) & 0x3ff);
        units[length++] = 0xf0 | (unit >> 18);
        units[length++] = 0x80 | ((unit >> 12) & 0x3f);
      } else units[length++] = 0xe0 | (unit >> 12);
      units[length++] = 0x80 | ((unit >> 6) & 0x3f);
    }
    units[length++] = 0x80 | (unit & 0x3f);
  }
  return length;
}

/** As `counted`, which a page that reads a model need not load. */
function someWords(count: number): string {
  return `${count} word${count === 1 ? '' : 's'}`;
}
