import { checkOptions, checkTexts } from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';
import { TERM_SEARCH_RULES, type TermHit, TermIndex, type TermSearchOptions } from './term-index.ts';
import { WordNumbers } from './word-numbers.ts';

/**
 * Okapi BM25 in memory (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework"): Σ idf · tf · (k1 + 1) /
 * (tf + k1 · (1 − b + b · length / mean length)), idf = ln(1 + (N − n + .5) / (n + .5)), k1 1.2, b .75. Documents can be added and
 * deleted; scores are at any time those of an index made anew.
 */
export class Bm25Index {
  readonly #terms = new TermIndex();
  readonly #numbers = new WordNumbers();
  readonly #freeRows: number[] = [];
  #rows = 0;

  constructor(documents: Iterable<readonly string[]> = []) {
    if (typeof documents !== 'object' || typeof documents?.[Symbol.iterator] !== 'function')
      throw new TypeError(`"documents" must be an array of arrays of words, got ${showValue(documents)}`);
    for (const tokens of documents) this.add(tokens);
  }

  /** Number of documents. */
  get size(): number {
    return this.#terms.size;
  }

  /** Returns the document's row: the next one, or that of a document that was deleted. */
  add(tokens: readonly string[]): number {
    checkTexts('tokens', tokens);
    const row = this.#freeRows.pop() ?? this.#rows++;
    const fresh = new Map<string, number>();
    this.#terms.set(
      row,
      this.#numbers.encode(tokens, fresh, () => true),
    );
    this.#numbers.add(fresh.keys());
    return row;
  }

  /** @throws RangeError for a row that is not there; nothing is changed then */
  delete(row: number): void {
    const { size } = this;
    if (typeof row === 'number') this.#terms.delete(row);
    if (this.size === size) throw new RangeError(`Cannot delete row ${showValue(row)}: there is none`);
    this.#freeRows.push(row);
  }

  /**
   * The best documents that hold a word of the query, best first; equal scores in the order of the rows, or by `compare`.
   *
   * @throws RangeError for options out of range; TypeError for a query that is no array of words
   */
  search(query: readonly string[], options: TermSearchOptions = {}): TermHit[] {
    checkTexts('query', query);
    checkOptions(options, TERM_SEARCH_RULES);
    return this.#terms.search(this.#numbers.find(query).values(), options);
  }
}
