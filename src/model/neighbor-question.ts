import { vectorNorm } from '../math/vector-operations.ts';
import { ARRAY, COUNT, checkText, type OptionRules, oneOf } from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';

/** A word, or a word with the weight that it has in a sum. */
export type WeightedWord = string | readonly [word: string, weight: number];

/** How neighbors are looked for. */
export interface NeighborOptions {
  /** Most neighbors wanted; 10 if omitted. */
  readonly count?: number;
  /** Words to go away from. */
  readonly minus?: readonly WeightedWord[];
  /**
   * How several words are joined: `3CosAdd` (if omitted) adds the cosine similarities; `3CosMul` multiplies them, so
   * that none outweighs the others (Levy and Goldberg 2014, "Linguistic Regularities", section 3.3), without weights.
   */
  readonly method?: '3CosAdd' | '3CosMul';
  /** Only the first so many words of the model, as a rule the most frequent ones. */
  readonly limit?: number;
}

export const ANALOGY_RULES: OptionRules<Omit<NeighborOptions, 'minus'>> = {
  count: COUNT,
  method: oneOf(['3CosAdd', '3CosMul']),
  limit: COUNT,
};
export const NEIGHBOR_RULES: OptionRules<NeighborOptions> = { ...ANALOGY_RULES, minus: ARRAY };
/** A word of a question, with its sign and weight. */
export interface Term {
  readonly word: string;
  readonly factor: number;
  readonly hasWeight: boolean;
}

/** Float32 rows are wrong by 6e-8 of their size; that much of a sum is nothing. */
export const SUM_ROUNDING = 1e-6;

export function signed(words: readonly WeightedWord[], sign: 1 | -1): Term[] {
  if (!Array.isArray(words)) {
    throw new TypeError(
      `Cannot find neighbors: give a word, an array of words or a Float32Array, got ${showValue(words)}`,
    );
  }
  return words.map((entry: WeightedWord) => {
    const [word, weight] = Array.isArray(entry) ? entry : [entry, 1];
    if (typeof word === 'number')
      throw new TypeError('Cannot find neighbors of plain numbers: make them a vector by Float32Array.from(numbers)');
    checkText('word', word);
    if (!Number.isFinite(weight))
      throw new RangeError(`The weight of "${word}" must be a number, got ${showValue(weight)}`);
    return { word, factor: sign * weight, hasWeight: Array.isArray(entry) };
  });
}

export function notFinite(what: string): Error {
  return new RangeError(`Cannot use ${what}: it holds NaN or infinity, so nothing can be compared with it`);
}

export function checkDirection(norm: number, what: string): void {
  if (!Number.isFinite(norm)) throw notFinite(what);
  if (norm === 0) throw new RangeError(`Cannot find neighbors: ${what} is zero and has no direction`);
}

/** sum += factor × vector, that at length 1 */
export function addUnit(sum: Float64Array, vector: Float32Array, factor: number): void {
  const norm = vectorNorm(vector);
  const scale = norm > 0 ? factor / norm : 0;
  for (let d = 0; d < sum.length; d++) sum[d] += vector[d] * scale;
}
