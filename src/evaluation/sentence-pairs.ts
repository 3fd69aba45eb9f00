import { cosineSimilarity } from '../math/vector-operations.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { pearsonCorrelation, ranks } from './word-pairs.ts';

/** Two sentences, and how similar people find them. */
export interface SentencePair {
  readonly first: string;
  readonly second: string;
  /** Human score of their similarity, on any scale. */
  readonly score: number;
}

/** How similarities of sentences go together with what people say. */
export interface SentencePairResult {
  /** Rank correlation of cosine similarity and human score. */
  readonly spearman: number;
  readonly pearson: number;
  readonly pairs: number;
  /** Share of the pairs of which both sentences hold a known word; the others count with the similarity 0. */
  readonly coverage: number;
}

/** Compares the similarity of sentences with human scores (semantic textual similarity). */
export function evaluateSentencePairs(encoder: SentenceEncoder, pairs: readonly SentencePair[]): SentencePairResult {
  let covered = 0;
  const similarities = pairs.map(({ first, second }) => {
    const [a, b] = [encoder.encode(first), encoder.encode(second)];
    if (a.knownTokens > 0 && b.knownTokens > 0) covered++;
    return cosineSimilarity(a.vector, b.vector);
  });
  const scores = pairs.map(({ score }) => score);
  return {
    spearman: pearsonCorrelation(ranks(similarities), ranks(scores)),
    pearson: pearsonCorrelation(similarities, scores),
    pairs: pairs.length,
    coverage: pairs.length === 0 ? 0 : covered / pairs.length,
  };
}

/**
 * Sentence pairs of a table: the last column of numbers is the score, the first two columns of text are the sentences. So the
 * STS benchmark, SICK and their likes are read as they are; a header is left out.
 *
 * @throws SyntaxError if there are no such columns
 */
export function sentencePairsOf(rows: readonly (readonly string[])[], name = 'sentence pairs'): SentencePair[] {
  const isNumber = (cell: string | undefined) =>
    cell !== undefined && cell.trim() !== '' && !Number.isNaN(Number(cell));
  const body = rows.length > 1 && !rows[0].some(isNumber) ? rows.slice(1) : rows;
  const sample = body.slice(0, 100);
  const columns = (sample[0] ?? []).map((_, column) => column);
  const numeric = columns.filter((column) => sample.every((row) => isNumber(row[column])));
  const text = columns.filter((column) => !numeric.includes(column));
  const score = numeric.at(-1);
  if (score === undefined || text.length < 2) {
    throw new SyntaxError(
      `Cannot read ${name}: it needs two columns of text and one of numbers, the first row has ${JSON.stringify(rows[0] ?? []).slice(0, 80)}`,
    );
  }
  return body.map((row, index) => {
    if (!isNumber(row[score]) || row[text[0]] === undefined || row[text[1]] === undefined) {
      throw new SyntaxError(
        `Cannot read ${name}: row ${index + 1} has no number in column ${score + 1}: ${JSON.stringify(row).slice(0, 80)}`,
      );
    }
    return { first: row[text[0]], second: row[text[1]], score: Number(row[score]) };
  });
}
