/**
 * xoroshiro64** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018): 64 bits of
 * state, 32 bits a draw. Chosen because the compute kernels repeat it bit for bit in 32-bit arithmetic.
 */
export class Random {
  #state0: number;
  #state1: number;

  /** The two halves of the state, 32-bit each. The lowest bit of `seed0` is always taken as 1. */
  constructor(seed0: number, seed1 = 0) {
    this.#state0 = seed0 | 1;
    this.#state1 = seed1 | 0;
  }

  /** A uniform integer in [0, 2^32). */
  next(): number {
    const s0 = this.#state0;
    const product = Math.imul(s0, 0x9e3779bb);
    const result = Math.imul((product << 5) | (product >>> 27), 5) >>> 0;
    const s1 = this.#state1 ^ s0;
    this.#state0 = ((s0 << 26) | (s0 >>> 6)) ^ s1 ^ (s1 << 9);
    this.#state1 = (s1 << 13) | (s1 >>> 19);
    return result;
  }

  /** A uniform integer in [0, limit), `limit` at most 2^32; the bias is below limit / 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() * limit) / 2 ** 32);
  }

  /** A uniform number in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.next() / 2 ** 32;
  }

  /** Fills the values from `begin` to `end` with uniform numbers in [−limit, limit), faster than one by one: the state stays in registers. */
  fillUniform(values: Float32Array, begin: number, end: number, limit: number): void {
    let s0 = this.#state0;
    let s1 = this.#state1;
    for (let i = begin; i < end; i++) {
      const product = Math.imul(s0, 0x9e3779bb);
      const uniform = (Math.imul((product << 5) | (product >>> 27), 5) >>> 0) / 2 ** 32;
      const mixed = s1 ^ s0;
      s0 = ((s0 << 26) | (s0 >>> 6)) ^ mixed ^ (mixed << 9);
      s1 = (mixed << 13) | (mixed >>> 19);
      values[i] = (2 * uniform - 1) * limit;
    }
    this.#state0 = s0;
    this.#state1 = s1;
  }

  /** A number from the standard normal distribution (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/**
 * Mixes any number of integers into one 32-bit integer, so that streams keyed by (seed, epoch, block) are
 * unrelated: the finaliser of MurmurHash3, once for each key.
 */
export function mixKeys(...keys: number[]): number {
  let hash = 0x9e3779b9;
  for (const key of keys) {
    hash = Math.imul(hash ^ (key | 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
    hash = (hash + 0x9e3779b9) | 0;
  }
  return hash >>> 0;
}
