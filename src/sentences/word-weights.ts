/** Weights of the words in a sentence: one a word of the model, and that of a word that the corpus did not have. */
export interface WordWeights {
  readonly weights: Float32Array;
  readonly unknownWeight: number;
  readonly smoothing?: number;
}

/** a of SIF where none is given (Arora et al. 2017, section 4.1.1). */
export const SIF_SMOOTHING = 1e-3;

/** a of icf where none is given (docs/experiments.md, "Negations and a of icf"). */
export const ICF_SMOOTHING = 0.03;

/**
 * Inverse collection frequency, ln(1 + a / p(w)), p the share of a word in all occurrences: what idf would be if every sentence had 1 / a
 * words and none twice, so that it needs no corpus. A word that is made of its n-grams weighs as much as the rarest.
 */
export function icfWeights(counts: ArrayLike<number>, smoothing = ICF_SMOOTHING): WordWeights {
  // A count of 0, as a given vocabulary may have it, or one that is no count (below 0, NaN) is a word that is rare.
  const total = sum(Float64Array.from(counts, (count) => (count > 0 ? count : 0))) || counts.length;
  // In this order, .05 gives the weights of the default before to the last bit: collections are told by a hash of them.
  const sentenceLength = 1 / smoothing;
  const weight = (count: number) => Math.log1p(total / (sentenceLength * (count > 1 ? count : 1)));
  const weights = Float32Array.from(counts, weight);
  return { weights, unknownWeight: weights.reduce((most, value) => Math.max(most, value), 0) };
}

/** Fewer words are no language whose frequencies Zipf's law would tell. */
const FEWEST_RANKED = 100;
/** So many words show whether they are in the order of the alphabet. */
const ORDER_SAMPLE = 1000;

/**
 * Counts for a model that has none, as other tools write it: its words are in the order of their frequency as a rule, and the word at
 * rank r occurs V / r times (Zipf 1949), the last of V words once. Undefined for less than 100 words, and where they are in
 * the order of the alphabet.
 */
export function countsByRank(size: number, word: (id: number) => string): Float64Array | undefined {
  if (size < FEWEST_RANKED) return undefined;
  const sample = Math.min(size, ORDER_SAMPLE);
  let rising = 0;
  for (let id = 1; id < sample; id++) if (word(id - 1) < word(id)) rising++;
  if (rising > 0.9 * (sample - 1)) return undefined;
  return Float64Array.from({ length: size }, (_, id) => size / (id + 1));
}

/** Smooth inverse frequency, a / (a + p(w)) (Arora et al. 2017, "A Simple but Tough-to-Beat Baseline"). */
export function sifWeights(counts: ArrayLike<number>, smoothing = SIF_SMOOTHING): WordWeights {
  const total = sum(counts);
  return {
    weights: Float32Array.from(counts, (count) => smoothing / (smoothing + count / total)),
    unknownWeight: 1,
    smoothing,
  };
}

/**
 * Unsupervised SIF, a / (a/2 + p(w)), a from the vocabulary and the mean length of a sentence (Ethayarajh 2018,
 * "Unsupervised Random Walk Sentence Embeddings", section 3.2).
 *
 * @param meanLength - words in a sentence
 */
export function usifWeights(counts: ArrayLike<number>, meanLength: number): WordWeights {
  const total = sum(counts);
  const words = counts.length;
  const threshold = 1 - (1 - 1 / words) ** meanLength;
  let frequent = 0;
  let least = Infinity;
  for (let word = 0; word < words; word++) {
    const p = counts[word] / total;
    if (p > threshold) frequent++;
    if (p < least) least = p;
  }
  const share = frequent / words;
  const a = (1 - share) / Math.max((share * words) / 2, Number.MIN_VALUE);
  // All words rare: a is infinite, and the weights are all 2.
  const weight = (p: number) => (share > 0 ? a / (a / 2 + p) : 2);
  return {
    weights: Float32Array.from(counts, (count) => weight(count / total)),
    unknownWeight: weight(least),
    ...(share > 0 && { smoothing: a }),
  };
}

/**
 * Inverse document frequency, ln((1 + N) / (1 + n(w))) + 1, n the sentences of N that hold the word: as scikit-learn's, so
 * that no word has the weight 0.
 */
export function idfWeights(documentCounts: ArrayLike<number>, documents: number): WordWeights {
  const idf = (count: number) => Math.log((1 + documents) / (1 + count)) + 1;
  return { weights: Float32Array.from(documentCounts, idf), unknownWeight: idf(0) };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
