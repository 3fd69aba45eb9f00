const BLOCK_WORDS = 1 << 14;
const LANES = 4;
const MULTIPLIERS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f];

/**
 * A 64-bit hash of bytes, against damage, not against forgery. Each 32-bit word of the bytes goes into one of four lanes, each
 * step of which can be undone, so that a single changed word always changes the hash.
 */
export class ContentHash {
  readonly #lanes = Uint32Array.from(MULTIPLIERS);
  readonly #words = new Uint32Array(BLOCK_WORDS);
  readonly #block = new Uint8Array(this.#words.buffer);
  #used = 0;
  #byteLength = 0;

  update(bytes: Uint8Array): this {
    this.#byteLength += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + this.#block.length - this.#used);
      this.#block.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      if (this.#used === this.#block.length) this.#take();
    }
    return this;
  }

  /** 16 hexadecimal digits; the hash takes no more bytes afterwards. */
  digest(): string {
    this.#block.fill(0, this.#used);
    this.#take();
    const [a, b, c, d] = this.#lanes;
    const high = mixed(a ^ rotated(b, 13) ^ this.#byteLength);
    const low = mixed(c ^ rotated(d, 13) ^ Math.floor(this.#byteLength / 2 ** 32));
    return [high, low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }

  #take(): void {
    const words = this.#words;
    let [a, b, c, d] = this.#lanes;
    for (let i = 0; i < words.length; i += LANES) {
      a = Math.imul(rotated(a ^ words[i], 13), 0x85ebca77);
      b = Math.imul(rotated(b ^ words[i + 1], 13), 0xc2b2ae3d);
      c = Math.imul(rotated(c ^ words[i + 2], 13), 0x27d4eb2f);
      d = Math.imul(rotated(d ^ words[i + 3], 13), 0x9e3779b1);
    }
    this.#lanes.set([a, b, c, d]);
    this.#used = 0;
  }
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Each bit of the word changes about half of those of the result. */
function mixed(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
