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
  const total = sumOf(weights);
  if (!(total > 0 && total < Infinity)) {
    throw new RangeError(`Cannot build an alias table: weights must have a positive finite sum, got ${total}`);
  }
  const scaled = new Float64Array(weights.length);
  const table = { thresholds: new Uint32Array(scaled.length), aliases: new Uint32Array(scaled.length) };
  // The small ones stand at the front, the large ones at the end.
  const columns = new Uint32Array(scaled.length);
  const smallCount = partColumns(weights, total, scaled, columns);
  fillColumns(scaled, columns, smallCount, table);
  return table;
}

// A function for each loop: they run once, and what is compiled while a loop runs is its function as a whole.

export function sumOf(weights: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i];
  return total;
}

/** Scales the weights so that a column holds 1; gives how many are smaller. */
function partColumns(weights: ArrayLike<number>, total: number, scaled: Float64Array, columns: Uint32Array): number {
  const count = scaled.length;
  let small = 0;
  let large = count;
  for (let i = 0; i < count; i++) {
    scaled[i] = (weights[i] / total) * count;
    // No branch: words come by their counts, and code that has met the large ones alone would be compiled again at the first small one.
    const isSmall = scaled[i] < 1 ? 1 : 0;
    columns[isSmall * small + (1 - isSmall) * (large - 1)] = i;
    small += isSmall;
    large -= 1 - isSmall;
  }
  return small;
}

/** Fills each small column up from a large one, which is a small one itself where it has too little left. */
function fillColumns(scaled: Float64Array, columns: Uint32Array, smallCount: number, table: AliasTable): void {
  const { thresholds, aliases } = table;
  let small = smallCount;
  let large = smallCount;
  while (small > 0 && large < columns.length) {
    const poor = columns[--small];
    const rich = columns[large];
    thresholds[poor] = toThreshold(scaled[poor]);
    aliases[poor] = rich;
    scaled[rich] -= 1 - scaled[poor];
    if (scaled[rich] < 1) {
      large++;
      columns[small++] = rich;
    }
  }
  // What is left has probability 1 up to rounding.
  for (const rest of [columns.subarray(0, small), columns.subarray(large)]) {
    for (const column of rest) {
      thresholds[column] = 0xffffffff;
      aliases[column] = column;
    }
  }
}

/** The 32-bit number that a uniform 32-bit draw does not exceed with the given probability. */
export function toThreshold(probability: number): number {
  return Math.max(0, Math.min(0xffffffff, Math.round(probability * 2 ** 32) - 1));
}
