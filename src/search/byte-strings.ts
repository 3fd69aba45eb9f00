/** Binary logarithm of the bytes of a page. */
const PAGE_BITS = 16;
const PAGE_BYTES = 1 << PAGE_BITS;
/** The first page grows up to that size, so that little takes little. */
const FIRST_BYTES = 1024;
/** An address, plus one, fits in 32 bits. */
const MOST_PAGES = 2 ** (32 - PAGE_BITS) - 1;
const NO_PAGE = new Uint8Array(0);

/**
 * Many small things, one behind the other in pages of memory: none is ever copied to grow, and no more than a page is in vain. A place is told
 * by the address of its first byte, up to 4 GiB.
 */
export class ByteStrings {
  readonly #pages = [new Uint8Array(FIRST_BYTES)];
  /** The first address that is not given away. */
  #end = 0;

  /** Takes bytes begin … end − 1, which lie in one page from then on; returns their address. */
  append(from: Uint8Array, begin: number, end: number): number {
    const byteLength = end - begin;
    const last = this.#pages[this.#end >>> PAGE_BITS] ?? NO_PAGE;
    if (byteLength > last.length - byteIn(this.#end)) this.#makeRoom(byteLength);
    const address = this.#end;
    const bytes = this.bytes(address);
    for (let at = byteIn(address), i = begin; i < end; i++) bytes[at++] = from[i];
    this.#end += byteLength;
    return address;
  }

  /** The page of an address; the place begins at `byteIn(address)`. */
  bytes(address: number): Uint8Array {
    return this.#pages[address >>> PAGE_BITS];
  }

  /** From the first place to the end of the last. */
  get byteLength(): number {
    return this.#end;
  }

  #makeRoom(byteLength: number): void {
    const needed = this.#end + byteLength;
    if (needed <= PAGE_BYTES) {
      const larger = new Uint8Array(Math.min(PAGE_BYTES, 2 * needed));
      larger.set(this.#pages[0]);
      this.#pages[0] = larger;
      return;
    }
    this.#end = this.#pages.length * PAGE_BYTES;
    // What is larger than a page takes the numbers of several.
    const numbers = Math.max(1, Math.ceil(byteLength / PAGE_BYTES));
    if (this.#pages.length + numbers > MOST_PAGES)
      throw new RangeError(
        'Cannot hold more words of texts: they take 4 GiB; spread the texts over several collections',
      );
    this.#pages.push(new Uint8Array(Math.max(PAGE_BYTES, byteLength)));
    for (let i = 1; i < numbers; i++) this.#pages.push(NO_PAGE);
  }
}

export const byteIn = (address: number): number => address & (PAGE_BYTES - 1);
