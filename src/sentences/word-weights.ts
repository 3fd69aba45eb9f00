/** Weights of the words in a sentence: one a word of the model, and that of a word that the corpus did not have. */
export interface WordWeights {
  readonly weights: Float32Array;
  readonly unknownWeight: number;
  readonly smoothing?: number;
}

/** a of SIF where none is given (Arora et al. 2017, section 4.1.1). */
export const SIF_SMOOTHING = 1e-3;

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
