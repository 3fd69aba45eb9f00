import { COUNT, checkOptions, checkTexts, OBJECT, type OptionRules } from '../text/check-options.ts';
import { BestRows } from './best-rows.ts';

/** A document that holds words of a question. */
export interface TermHit {
  /** Document of the index. */
  readonly row: number;
  /** More than 0. */
  readonly score: number;
}

/** How documents are looked for. */
export interface TermSearchOptions {
  /** Most hits wanted; 10 if omitted. */
  readonly count?: number | undefined;
  /** Only these rows; all if omitted. */
  readonly rows?: { has(row: number): boolean } | undefined;
}

const SEARCH_RULES: OptionRules<TermSearchOptions> = { count: COUNT, rows: OBJECT };

/** BM25's k1 (saturation of term frequency) and b (length normalisation). */
export const K1 = 1.2;
export const B = 0.75;

/** Inverse document frequency of a word found in `holding` of `texts` texts. */
export function inverseDocumentFrequency(texts: number, holding: number): number {
  return Math.log(1 + (texts - holding + 0.5) / (holding + 0.5));
}

/**
 * Okapi BM25 in memory (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework"): Σ idf · tf · (k1 + 1) /
 * (tf + k1 · (1 − b + b · length / mean length)), idf = ln(1 + (N − n + .5) / (n + .5)), k1 1.2, b .75. Documents can be added and
 * deleted; scores are at any time those of an index made anew.
 */
export class Bm25Index {
  readonly #postings = new Map<string, Postings>();
  /** Tokens of each row. */
  readonly #lengths: number[] = [];
  readonly #freeRows: number[] = [];
  #totalLength = 0;
  /** Of one search, by row; zeros between searches. */
  #scores = new Float64Array(0);

  constructor(documents: Iterable<readonly string[]> = []) {
    for (const tokens of documents) this.add(tokens);
  }

  /** Number of documents. */
  get size(): number {
    return this.#lengths.length - this.#freeRows.length;
  }

  /** Returns the document's row: the next one, or that of a document that was deleted. */
  add(tokens: readonly string[]): number {
    checkTexts('tokens', tokens);
    const row = this.#freeRows.pop() ?? this.#lengths.length;
    for (const [token, frequency] of frequenciesOf(tokens)) {
      const postings = this.#postings.get(token) ?? new Postings();
      if (postings.size === 0) this.#postings.set(token, postings);
      postings.add(row, frequency);
    }
    this.#lengths[row] = tokens.length;
    this.#totalLength += tokens.length;
    return row;
  }

  /**
   * @param tokens - those with which the row was added
   * @throws RangeError for a row that is not there, or has other tokens; nothing is changed then
   */
  delete(row: number, tokens: readonly string[]): void {
    checkTexts('tokens', tokens);
    const words = new Set(tokens);
    if (this.#lengths[row] !== tokens.length || [...words].some((token) => !this.#postings.get(token)?.has(row)))
      throw new RangeError(`Cannot delete row ${row}: there is none of these ${tokens.length} tokens`);
    for (const token of words) {
      const postings = this.#postings.get(token);
      postings?.delete(row);
      if (postings?.size === 0) this.#postings.delete(token);
    }
    this.#totalLength -= this.#lengths[row];
    this.#lengths[row] = -1; // free
    this.#freeRows.push(row);
  }

  /**
   * The best documents that hold a word of the query, best first; equal scores in the order of the rows.
   *
   * @throws RangeError for options out of range; TypeError for a query that is no array of words
   */
  search(query: readonly string[], options: TermSearchOptions = {}): TermHit[] {
    checkTexts('query', query);
    checkOptions(options, SEARCH_RULES);
    const { count = 10, rows } = options;
    if (this.#scores.length < this.#lengths.length)
      this.#scores = new Float64Array(Math.max(64, 2 * this.#lengths.length));
    const scores = this.#scores;
    const meanLength = this.#totalLength / Math.max(1, this.size);
    const found: number[] = [];
    for (const token of new Set(query)) {
      const postings = this.#postings.get(token);
      if (!postings) continue;
      const idf = inverseDocumentFrequency(this.size, postings.size);
      for (let i = 0; i < postings.size; i++) {
        const row = postings.rows[i];
        if (scores[row] === 0) {
          if (rows && !rows.has(row)) continue;
          found.push(row);
        }
        const frequency = postings.frequencies[i];
        const length = this.#lengths[row] / meanLength;
        scores[row] += (idf * frequency * (K1 + 1)) / (frequency + K1 * (1 - B + B * length));
      }
    }
    const best = new BestRows(count);
    for (const row of found) {
      best.add(row, scores[row]);
      scores[row] = 0;
    }
    return best.sorted();
  }
}

/** The documents that hold one word, in any order. */
class Postings {
  rows = new Uint32Array(2);
  frequencies = new Uint32Array(2);
  size = 0;

  add(row: number, frequency: number): void {
    if (this.size === this.rows.length) {
      this.rows = grown(this.rows);
      this.frequencies = grown(this.frequencies);
    }
    this.rows[this.size] = row;
    this.frequencies[this.size++] = frequency;
  }

  has(row: number): boolean {
    return this.rows.subarray(0, this.size).includes(row);
  }

  delete(row: number): void {
    const at = this.rows.subarray(0, this.size).indexOf(row);
    if (at < 0) return;
    this.size--;
    this.rows[at] = this.rows[this.size];
    this.frequencies[at] = this.frequencies[this.size];
  }
}

function grown(values: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * values.length);
  larger.set(values);
  return larger;
}

function frequenciesOf(tokens: readonly string[]): Map<string, number> {
  const frequencies = new Map<string, number>();
  for (const token of tokens) frequencies.set(token, (frequencies.get(token) ?? 0) + 1);
  return frequencies;
}
