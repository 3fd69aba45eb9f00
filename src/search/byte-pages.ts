/** Binary logarithm of the words of 32 bits that a page has: 64 kB. */
const PAGE_BITS = 14;
const PAGE_WORDS = 1 << PAGE_BITS;
/** The first page grows up to that size, so that little takes little. */
const FIRST_WORDS = 256;
/** Addresses stay below 2 ** 31. */
const MOST_PAGES = 2 ** (31 - PAGE_BITS);

interface Page {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

const pageOf = (wordCount: number): Page => {
  const words = new Uint32Array(wordCount);
  return { bytes: new Uint8Array(words.buffer), words };
};
const NO_PAGE = pageOf(0);

/**
 * Room for many small things, in pages of memory: none is ever copied to grow, and no more than a page is in vain. A place is told by an
 * address in words of 32 bits, up to 8 GiB.
 */
export class BytePages {
  readonly #pages: Page[] = [pageOf(FIRST_WORDS)];
  /** The first address that is not given away. */
  #end = 0;

  /** The next place for so many bytes, which lie in one page. */
  append(byteLength: number): number {
    const wordCount = Math.ceil(byteLength / 4);
    const last = this.#pages[this.#end >>> PAGE_BITS] ?? NO_PAGE;
    if (wordCount > last.words.length - wordIn(this.#end)) this.#makeRoom(wordCount);
    const address = this.#end;
    this.#end += wordCount;
    return address;
  }

  /** The page of an address, as bytes; the place begins at `byteIn(address)`. */
  bytes(address: number): Uint8Array {
    return this.#pages[address >>> PAGE_BITS].bytes;
  }

  /** The page of an address, as words of 32 bits; the place begins at `wordIn(address)`. */
  words(address: number): Uint32Array {
    return this.#pages[address >>> PAGE_BITS].words;
  }

  /** Words of 32 bits from the first place to the end of the last. */
  get wordCount(): number {
    return this.#end;
  }

  #makeRoom(wordCount: number): void {
    const needed = this.#end + wordCount;
    if (needed <= PAGE_WORDS) {
      const larger = pageOf(Math.min(PAGE_WORDS, 2 * Math.max(needed, this.#pages[0].words.length)));
      larger.words.set(this.#pages[0].words);
      this.#pages[0] = larger;
      return;
    }
    this.#end = this.#pages.length << PAGE_BITS;
    // What is larger than a page takes the numbers of several.
    const numbers = Math.max(1, Math.ceil(wordCount / PAGE_WORDS));
    if (this.#pages.length + numbers > MOST_PAGES)
      throw new RangeError(
        'Cannot hold more words of texts: they take 8 GiB; spread the texts over several collections',
      );
    this.#pages.push(pageOf(Math.max(PAGE_WORDS, wordCount)));
    for (let i = 1; i < numbers; i++) this.#pages.push(NO_PAGE);
  }
}

export const wordIn = (address: number): number => address & (PAGE_WORDS - 1);
export const byteIn = (address: number): number => (address & (PAGE_WORDS - 1)) << 2;
