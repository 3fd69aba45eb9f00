/** A document that holds words of a question. */
export interface TermHit {
  /** Document of the index. */
  readonly row: number;
  /** More than 0. */
  readonly score: number;
}

/** How soon more occurrences of a word count no more, and how much a text's length counts. */
export const K1 = 1.2;
export const B = 0.75;

/** What a word weighs that is in `holding` of `texts` texts. */
export function inverseDocumentFrequency(texts: number, holding: number): number {
  return Math.log(1 + (texts - holding + 0.5) / (holding + 0.5));
}

/**
 * Okapi BM25 in memory (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework"): Σ idf · tf · (k1 + 1) /
 * (tf + k1 · (1 − b + b · length / mean length)), idf = ln(1 + (N − n + .5) / (n + .5)), k1 1.2, b .75.
 */
export class Bm25Index {
  readonly size: number;
  readonly #postings = new Map<string, { row: number; frequency: number }[]>();
  readonly #lengths: number[];
  readonly #meanLength: number;

  constructor(documents: Iterable<readonly string[]>) {
    this.#lengths = [];
    let row = 0;
    let total = 0;
    for (const tokens of documents) {
      const frequencies = new Map<string, number>();
      for (const token of tokens) frequencies.set(token, (frequencies.get(token) ?? 0) + 1);
      for (const [token, frequency] of frequencies) {
        const list = this.#postings.get(token);
        if (list) list.push({ row, frequency });
        else this.#postings.set(token, [{ row, frequency }]);
      }
      this.#lengths.push(tokens.length);
      total += tokens.length;
      row++;
    }
    this.size = row;
    this.#meanLength = total / Math.max(1, row);
  }

  /** The best documents that hold a word of the query, best first. */
  search(query: readonly string[], { count = 10 } = {}): TermHit[] {
    const scores = new Map<number, number>();
    for (const token of new Set(query)) {
      const list = this.#postings.get(token) ?? [];
      const idf = inverseDocumentFrequency(this.size, list.length);
      for (const { row, frequency } of list) {
        const length = this.#lengths[row] / this.#meanLength;
        const score = (idf * frequency * (K1 + 1)) / (frequency + K1 * (1 - B + B * length));
        scores.set(row, (scores.get(row) ?? 0) + score);
      }
    }
    return [...scores]
      .map(([row, score]) => ({ row, score }))
      .sort((a, b) => b.score - a.score || a.row - b.row)
      .slice(0, count);
  }
}
