import { dotProduct, vectorNorm } from '../math/vector-operations.ts';
import { checkEncoder, type SentenceEncoder } from './sentence-encoder.ts';

/** What one word gives to it. */
export interface WordContribution {
  readonly word: string;
  /** Times that it occurs in the text. */
  readonly occurrences: number;
  /** What it adds to the cosine similarity; the contributions of a text add up to it. */
  readonly contribution: number;
  /** The words of the model that stand for it, where it does not hold the word itself. */
  readonly standIns?: readonly string[] | undefined;
}

/** What each word gives to the similarity of two sentences. */
export interface SimilarityExplanation {
  readonly cosine: number;
  /** Words of the first text, largest contribution first; words for which the model has no vector are left out. */
  readonly first: readonly WordContribution[];
  readonly second: readonly WordContribution[];
}

/**
 * Why two texts are as similar as they are: a sentence vector is a linear map of Σ weight · word vector, so the cosine
 * similarity is a sum over the words of either text.
 */
export function explainSimilarity(encoder: SentenceEncoder, first: string, second: string): SimilarityExplanation {
  checkEncoder(encoder);
  const [a, b] = [first, second].map((text) => encoder.encode(text).vector);
  const norms = vectorNorm(a) * vectorNorm(b);
  return {
    cosine: norms === 0 ? 0 : dotProduct(a, b) / norms,
    first: contributions(encoder, first, b),
    second: contributions(encoder, second, a),
  };
}

function contributions(encoder: SentenceEncoder, text: string, other: Float32Array): WordContribution[] {
  const words = encoder.wordShares(text).map(({ token, weight, vector, standIns }) => ({
    token,
    standIns,
    vector: encoder.transform(Float64Array.from(vector, (value) => value * weight)),
  }));
  const sum = new Float64Array(encoder.dimensions);
  for (const { vector } of words) vector.forEach((value, d) => (sum[d] += value));
  const norms = vectorNorm(sum) * vectorNorm(other);
  const byWord = new Map<string, { occurrences: number; contribution: number; standIns?: readonly string[] }>();
  for (const { token, vector, standIns } of words) {
    const entry = byWord.get(token) ?? { occurrences: 0, contribution: 0, ...(standIns && { standIns }) };
    entry.occurrences++;
    if (norms > 0) entry.contribution += dotProduct(vector, other) / norms;
    byWord.set(token, entry);
  }
  return [...byWord]
    .map(([word, entry]) => ({ word, ...entry }))
    .sort((x, y) => y.contribution - x.contribution || (x.word < y.word ? -1 : 1));
}
