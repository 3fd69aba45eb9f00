import { type WholeNumbers, withRoomFor } from '../math/whole-numbers.ts';
import { COUNT, FUNCTION, OBJECT, type OptionRules } from '../text/check-options.ts';
import { BestRows } from './best-rows.ts';
import { numberList } from './number-list.ts';
import { PostingLists, ROWS_OF_BLOCK } from './posting-lists.ts';
import { RowWords } from './row-words.ts';
import { readTermVector } from './term-vector.ts';

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
  /** Order of documents of the same score; that of their rows if omitted. */
  readonly compare?: ((a: number, b: number) => number) | undefined;
}

export const TERM_SEARCH_RULES: OptionRules<TermSearchOptions> = { count: COUNT, rows: OBJECT, compare: FUNCTION };

/** BM25's k1 (saturation of term frequency) and b (length normalisation). */
export const K1 = 1.2;
export const B = 0.75;

/** Inverse document frequency of a word found in `holding` of `texts` texts. */
export function inverseDocumentFrequency(texts: number, holding: number): number {
  return Math.log(1 + (texts - holding + 0.5) / (holding + 0.5));
}

/** Before a term of fewer documents it is not asked whether it can bring a document to the front. */
const WORTH_A_LOOK = 512;
/** To look into the words of a row takes as long as to go through so many rows of a list. */
const WORTH_A_ROW = 128;
/** What rounding may take from a sum of bounds. */
const MARGIN = 1e-9;
/** So many rows are scored at once: their scores take little room, however many rows there are, and stay in the cache. */
const RANGE_ROWS = 1 << 17;

/** Rows begin … end − 1, whose scores are computed. */
interface RowRange {
  readonly begin: number;
  readonly end: number;
}

interface WeighedTerm {
  readonly number: number;
  /** So many documents hold it. */
  readonly size: number;
  readonly weight: number;
  /** The most that it and the terms behind it can give. */
  rest: number;
}

/**
 * BM25 over documents whose words are numbers, see `Bm25Index`. Rows can be set and deleted; scores are at any time those of
 * an index made anew.
 *
 * The rarest word comes first, and every document that holds it gets its score. As soon as the words that are left cannot bring a
 * document among the best that holds none of those before (MaxScore, Turtle and Flood 1995), they are looked up only for those that
 * still can: most questions hold a rare word, and then the lists of frequent ones are not gone through.
 */
export class TermIndex {
  readonly #lists = new PostingLists();
  readonly #words = new RowWords();
  /** Tokens of each row. */
  #lengths: WholeNumbers = new Uint8Array(0);
  #rowCount = 0;
  #size = 0;
  #totalLength = 0;
  /** Of the rows of a range, from its first on; zeros between ranges. */
  #scores = new Float64Array(0);
  /** Rows of a range that have a score. */
  #found = new Uint32Array(0);
  /** The block that is gone through. */
  readonly #block = numberList(ROWS_OF_BLOCK);
  /** The first of its rows that is in the range, and the first one behind the range. */
  #blockBegin = 0;
  #blockEnd = 0;
  /** The words of the row that is looked at. */
  readonly #row = numberList(64);
  /** The words of a row that is set. */
  readonly #fresh = numberList(64);

  /** Number of documents. */
  get size(): number {
    return this.#size;
  }

  /**
   * @param words - as `encodeTermVector` makes them; replaces those that the row has
   * @throws RangeError for other bytes; nothing is changed then
   */
  set(row: number, words: Uint8Array): void {
    const length = readTermVector(words, this.#fresh);
    this.delete(row);
    this.#lengths = withRoomFor(this.#lengths, row, length);
    this.#lists.reserveRows(this.#lengths.length);
    this.#rowCount = Math.max(this.#rowCount, row + 1);
    this.#words.set(row, this.#fresh);
    const { numbers, frequencies, count } = this.#fresh;
    for (let i = 0; i < count; i++) this.#lists.add(numbers[i], row, frequencies[i]);
    this.#lengths[row] = length;
    this.#totalLength += length;
    this.#size++;
  }

  delete(row: number): void {
    if (!this.#words.has(row)) return;
    this.#words.read(row, this.#row);
    this.#words.delete(row);
    const { numbers, count } = this.#row;
    for (let i = 0; i < count; i++) this.#lists.delete(numbers[i], row);
    this.#totalLength -= this.#lengths[row];
    this.#size--;
  }

  /** The best documents that hold one of the terms, best first. */
  search(query: Iterable<number>, { count = 10, rows, compare }: TermSearchOptions = {}): TermHit[] {
    const terms = count < 1 ? [] : this.#weigh(query);
    const best = new BestRows(count, compare);
    if (terms.length === 0) return [];
    if (this.#scores.length < Math.min(RANGE_ROWS, this.#rowCount)) {
      const length = Math.min(RANGE_ROWS, this.#lengths.length);
      this.#scores = new Float64Array(length);
      this.#found = new Uint32Array(length);
    }
    for (let begin = 0; begin < this.#rowCount; begin += RANGE_ROWS)
      this.#searchRange({ begin, end: Math.min(this.#rowCount, begin + RANGE_ROWS) }, terms, rows, best);
    return best.sorted();
  }

  /** Adds the rows of a range to the best ones, as far as they may be among them. */
  #searchRange(range: RowRange, terms: readonly WeighedTerm[], only: TermSearchOptions['rows'], best: BestRows): void {
    let found = this.#found.subarray(0, 0);
    let candidates: Uint32Array | undefined;
    for (const term of terms) {
      const asked = candidates ?? found;
      const isWorthALook = best.threshold === -Infinity && term.size >= WORTH_A_LOOK;
      const least = (isWorthALook ? this.#leastOfBest(range, asked, best) : best.threshold) * (1 - MARGIN);
      if (term.rest < least) candidates = asked.filter((row) => this.#scores[row - range.begin] + term.rest >= least);
      if (candidates) this.#addTo(range, candidates, term);
      else found = this.#found.subarray(0, this.#addAll(range, term, only, found.length));
    }
    this.#addBest(range, candidates ?? found, best);
    for (let i = 0; i < found.length; i++) this.#scores[found[i] - range.begin] = 0;
  }

  /** What each of the terms gives to the score of a row; 0 for those that it does not hold. */
  explain(row: number, query: readonly number[]): number[] {
    if (!this.#words.has(row)) return query.map(() => 0);
    this.#words.read(row, this.#row);
    const { numbers, frequencies, count } = this.#row;
    return query.map((number) => {
      const at = numbers.subarray(0, count).indexOf(number);
      return at < 0 ? 0 : this.#part(this.#weight(this.#lists.summary(number).size), frequencies[at], row);
    });
  }

  /** The terms that are held, the rarest first, each with the most that it and those behind it can give. */
  #weigh(query: Iterable<number>): WeighedTerm[] {
    const terms = [...new Set(query)]
      .map((number) => ({ number, ...this.#lists.summary(number) }))
      .filter(({ size }) => size > 0)
      .sort((a, b) => a.size - b.size || a.number - b.number)
      .map(({ number, size, largest }) => {
        const weight = this.#weight(size);
        return { number, size, weight, rest: (weight * largest) / (largest + K1 * (1 - B)) };
      });
    for (let i = terms.length - 2; i >= 0; i--) terms[i].rest += terms[i + 1].rest;
    return terms;
  }

  /** @param holding - so many documents hold the term */
  #weight(holding: number): number {
    return inverseDocumentFrequency(this.size, holding) * (K1 + 1);
  }

  /** The score that the last of the best rows of a range has so far; −Infinity if there are fewer than are wanted. */
  #leastOfBest(range: RowRange, rows: Uint32Array, { count }: BestRows): number {
    if (rows.length < count) return -Infinity;
    const best = new BestRows(count);
    this.#addBest(range, rows, best);
    return best.threshold;
  }

  #addBest({ begin }: RowRange, rows: Uint32Array, best: BestRows): void {
    const scores = this.#scores;
    let { threshold } = best;
    for (let i = 0; i < rows.length; i++) {
      const score = scores[rows[i] - begin];
      if (score < threshold) continue;
      best.add(rows[i], score);
      threshold = best.threshold;
    }
  }

  /** Adds to the scores of all rows of a range that hold the term; returns how many of them have a score now. */
  #addAll(
    range: RowRange,
    { number, weight }: WeighedTerm,
    only: TermSearchOptions['rows'],
    foundBefore: number,
  ): number {
    const [scores, lengths, found] = [this.#scores, this.#lengths, this.#found];
    const { constant, perToken } = this.#lengthNorm();
    const base = range.begin;
    const dense = this.#lists.dense(number);
    const { numbers, frequencies } = this.#block;
    let count = foundBefore;
    const first = dense ? 0 : this.#lists.blockOf(number, range.begin);
    for (let block = first; dense ? block === first : this.#readBlock(number, block, range); block++) {
      const end = dense ? range.end : this.#blockEnd;
      for (let i = dense ? base : this.#blockBegin; i < end; i++) {
        const frequency = dense ? dense.frequency(i) : frequencies[i];
        if (frequency === 0) continue;
        const row = dense ? i : numbers[i];
        const before = scores[row - base];
        if (before === 0) {
          if (only !== undefined && !only.has(row)) continue;
          found[count++] = row;
        }
        scores[row - base] = before + (weight * frequency) / (frequency + constant + perToken * lengths[row]);
      }
    }
    return count;
  }

  /** Adds what the term gives to the scores of some rows of a range; to those of its other rows it may, too. */
  #addTo(range: RowRange, candidates: Uint32Array, { number, size, weight }: WeighedTerm): void {
    const [scores, lengths] = [this.#scores, this.#lengths];
    const { constant, perToken } = this.#lengthNorm();
    const base = range.begin;
    const dense = this.#lists.dense(number);
    const sizeInRange = (size * (range.end - range.begin)) / this.#rowCount;
    if (dense || candidates.length * WORTH_A_ROW < sizeInRange) {
      for (let i = 0; i < candidates.length; i++) {
        const row = candidates[i];
        const frequency = dense ? dense.frequency(row) : this.#frequency(number, row);
        if (frequency > 0)
          scores[row - base] += (weight * frequency) / (frequency + constant + perToken * lengths[row]);
      }
      return;
    }
    const { numbers, frequencies } = this.#block;
    for (let block = this.#lists.blockOf(number, range.begin); this.#readBlock(number, block, range); block++)
      for (let i = this.#blockBegin, end = this.#blockEnd; i < end; i++) {
        const row = numbers[i];
        const before = scores[row - base];
        if (before === 0) continue;
        scores[row - base] = before + (weight * frequencies[i]) / (frequencies[i] + constant + perToken * lengths[row]);
      }
  }

  /** Reads a block of a term, and where its rows of the range begin and end; false if it is behind the last that has any. */
  #readBlock(term: number, block: number, range: RowRange): boolean {
    if (!this.#lists.read(term, block, this.#block)) return false;
    const { numbers, count } = this.#block;
    if (numbers[0] >= range.end) return false;
    let [begin, end] = [0, count];
    while (begin < end && numbers[begin] < range.begin) begin++;
    while (end > begin && numbers[end - 1] >= range.end) end--;
    this.#blockBegin = begin;
    this.#blockEnd = end;
    return true;
  }

  /** How often a row holds a term, by the words of the row. */
  #frequency(term: number, row: number): number {
    this.#words.read(row, this.#row);
    const { numbers, frequencies, count } = this.#row;
    for (let i = 0; i < count; i++) if (numbers[i] === term) return frequencies[i];
    return 0;
  }

  #part(weight: number, frequency: number, row: number): number {
    const { constant, perToken } = this.#lengthNorm();
    return (weight * frequency) / (frequency + constant + perToken * this.#lengths[row]);
  }

  /** K1 · (1 − b + b · length / mean length) as `constant + perToken · length`. */
  #lengthNorm(): { constant: number; perToken: number } {
    return { constant: K1 * (1 - B), perToken: this.#totalLength > 0 ? (K1 * B * this.#size) / this.#totalLength : 0 };
  }
}
