/**
 * An alias table (Walker 1977, built as in Vose 1991): draws from any discrete distribution in constant time
 * and exactly, up to 2^-32. word2vec.c uses a table of 1e8 words instead, which rounds rare words to 1e-8.
 */
export interface AliasTable {
  /** A draw of column `i` gives word `i` if a second uniform 32-bit draw is at most `thresholds[i]`, … */
  readonly thresholds: Uint32Array;
  /** … otherwise word `aliases[i]`. */
  readonly aliases: Uint32Array;
}

/**
 * Builds the table for weights of any scale.
 *
 * @param weights - one weight a word, finite and not negative, at least one of them positive
 */
export function createAliasTable(weights: ArrayLike<number>): AliasTable {
  const count = weights.length;
  let total = 0;
  for (let i = 0; i < count; i++) total += weights[i];
  if (!(total > 0 && total < Infinity)) {
    throw new RangeError(`Cannot build an alias table: weights must have a positive finite sum, got ${total}`);
  }
  const thresholds = new Uint32Array(count);
  const aliases = new Uint32Array(count);
  const scaled = new Float64Array(count);
  const small = new Uint32Array(count);
  const large = new Uint32Array(count);
  let smallCount = 0;
  let largeCount = 0;
  for (let i = 0; i < count; i++) {
    scaled[i] = (weights[i] / total) * count;
    if (scaled[i] < 1) small[smallCount++] = i;
    else large[largeCount++] = i;
  }
  while (smallCount > 0 && largeCount > 0) {
    const poor = small[--smallCount];
    const rich = large[largeCount - 1];
    thresholds[poor] = toThreshold(scaled[poor]);
    aliases[poor] = rich;
    scaled[rich] -= 1 - scaled[poor];
    if (scaled[rich] < 1) {
      largeCount--;
      small[smallCount++] = rich;
    }
  }
  // What is left has probability 1 up to rounding.
  for (const [list, length] of [
    [small, smallCount],
    [large, largeCount],
  ] as const) {
    for (let i = 0; i < length; i++) {
      thresholds[list[i]] = 0xffffffff;
      aliases[list[i]] = list[i];
    }
  }
  return { thresholds, aliases };
}

/** The 32-bit number that a uniform 32-bit draw does not exceed with the given probability. */
export function toThreshold(probability: number): number {
  return Math.max(0, Math.min(0xffffffff, Math.round(probability * 2 ** 32) - 1));
}
