import { COUNT, FUNCTION, OBJECT, type OptionRules } from '../text/check-options.ts';
import { BestRows } from './best-rows.ts';
import { MOST_FREQUENCY, PostingLists } from './posting-lists.ts';
import { TermVectorReader } from './term-vector.ts';

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
/** What rounding may take from a sum of bounds. */
const MARGIN = 1e-9;

/**
 * BM25 over documents whose words are numbers, see `Bm25Index`. Rows can be set and deleted; scores are at any time those of
 * an index made anew.
 *
 * The rarest word comes first, and every document that holds it gets its score. As soon as the words that are left cannot bring a
 * document among the best that holds none of those before (MaxScore, Turtle and Flood 1995), they are looked up only for
 * those that still can: most questions hold a rare word, and then the frequent ones are not gone through.
 */
export class TermIndex {
  readonly #lists = new PostingLists();
  /** Words of each row, as `encodeTermVector` makes them: where they begin in `bytes`, and how many bytes they are. */
  #begins = new Float64Array(0);
  #byteLengths = new Uint32Array(0);
  #bytes = new Uint8Array(1024);
  #byteLength = 0;
  #unusedBytes = 0;
  /** Tokens of each row. */
  #lengths = new Uint32Array(0);
  #isSet = new Uint8Array(0);
  #rowCount = 0;
  #size = 0;
  #totalLength = 0;
  /** Of one search, by row; zeros between searches. */
  #scores = new Float64Array(0);
  /** Rows that have a score, of one search. */
  #found = new Uint32Array(0);

  /** Number of documents. */
  get size(): number {
    return this.#size;
  }

  /** @param words - as `encodeTermVector` makes them; replaces those that the row has */
  set(row: number, words: Uint8Array): void {
    this.delete(row);
    this.#reserve(row + 1, words.length);
    const begin = this.#byteLength;
    this.#bytes.set(words, begin);
    this.#byteLength += words.length;
    this.#begins[row] = begin;
    this.#byteLengths[row] = words.length;
    this.#isSet[row] = 1;
    const reader = new TermVectorReader(words);
    let length = 0;
    while (reader.next()) {
      this.#lists.add(reader.term, row, reader.frequency);
      length += reader.frequency;
    }
    this.#lengths[row] = length;
    this.#totalLength += length;
    this.#size++;
  }

  delete(row: number): void {
    if (this.#isSet[row] !== 1) return;
    const reader = this.#reader(row);
    while (reader.next()) this.#lists.delete(reader.term, row);
    this.#isSet[row] = 0;
    this.#totalLength -= this.#lengths[row];
    this.#size--;
    this.#unusedBytes += this.#byteLengths[row];
    if (this.#unusedBytes > 1 << 20 && 2 * this.#unusedBytes > this.#byteLength) this.#compact();
  }

  /** The best documents that hold one of the terms, best first. */
  search(query: Iterable<number>, { count = 10, rows, compare }: TermSearchOptions = {}): TermHit[] {
    const terms = this.#weigh(query);
    if (terms.length === 0 || count < 1) return [];
    if (this.#scores.length < this.#isSet.length) this.#scores = new Float64Array(this.#isSet.length);
    if (this.#found.length < this.#isSet.length) this.#found = new Uint32Array(this.#isSet.length);
    let found = this.#found.subarray(0, 0);
    let candidates: Uint32Array | undefined;
    for (const { term, weight, rest } of terms) {
      if (!candidates && term.size >= WORTH_A_LOOK) {
        const least = this.#leastOfBest(found, count) * (1 - MARGIN);
        if (rest < least) candidates = found.filter((row) => this.#scores[row] + rest >= least);
      }
      if (candidates) this.#addTo(candidates, term.number, weight);
      else found = this.#found.subarray(0, this.#addAll(term.number, weight, rows, found.length));
    }
    const best = this.#best(candidates ?? found, count, compare).sorted();
    for (let i = 0; i < found.length; i++) this.#scores[found[i]] = 0;
    return best;
  }

  /** What each of the terms gives to the score of a row; 0 for those that it does not hold. */
  explain(row: number, query: readonly number[]): number[] {
    return query.map((term) => {
      if (this.#isSet[row] !== 1 || this.#lists.size(term) === 0) return 0;
      return this.#part(inverseDocumentFrequency(this.size, this.#lists.size(term)) * (K1 + 1), term, row);
    });
  }

  /** The terms that are held, the rarest first, each with the most that it and those behind it can give. */
  #weigh(query: Iterable<number>) {
    const terms = [...new Set(query)]
      .map((number) => ({ number, size: this.#lists.size(number) }))
      .filter(({ size }) => size > 0)
      .sort((a, b) => a.size - b.size || a.number - b.number)
      .map((term) => {
        const weight = inverseDocumentFrequency(this.size, term.size) * (K1 + 1);
        const largest = this.#lists.largestFrequency(term.number);
        return {
          term,
          weight,
          rest: largest < MOST_FREQUENCY ? (weight * largest) / (largest + K1 * (1 - B)) : weight,
        };
      });
    for (let i = terms.length - 2; i >= 0; i--) terms[i].rest += terms[i + 1].rest;
    return terms;
  }

  /** The score that the last of the best `count` rows has so far; 0 if there are fewer. */
  #leastOfBest(rows: Uint32Array, count: number): number {
    return rows.length < count ? 0 : this.#best(rows, count).threshold;
  }

  #best(rows: Uint32Array, count: number, compare?: (a: number, b: number) => number): BestRows {
    const scores = this.#scores;
    const best = new BestRows(count, compare);
    let { threshold } = best;
    for (let i = 0; i < rows.length; i++) {
      if (scores[rows[i]] < threshold) continue;
      best.add(rows[i], scores[rows[i]]);
      threshold = best.threshold;
    }
    return best;
  }

  /** Adds to the scores of all rows that hold the term; returns how many rows have a score now. */
  #addAll(term: number, weight: number, only: TermSearchOptions['rows'], foundBefore: number): number {
    const [scores, lengths, found] = [this.#scores, this.#lengths, this.#found];
    const { constant, perToken } = this.#lengthNorm();
    const dense = this.#lists.dense(term);
    const sparse = dense ? undefined : this.#lists.sparse(term);
    const frequencies = dense ?? sparse!.frequencies;
    const rows = sparse?.rows;
    const end = rows ? rows.length : this.#rowCount;
    let count = foundBefore;
    for (let i = 0; i < end; i++) {
      let frequency = frequencies[i];
      if (frequency === 0) continue;
      const row = rows === undefined ? i : rows[i];
      const before = scores[row];
      if (before === 0) {
        if (only !== undefined && !only.has(row)) continue;
        found[count++] = row;
      }
      if (frequency === MOST_FREQUENCY) frequency = this.#exactFrequency(term, row);
      scores[row] = before + (weight * frequency) / (frequency + constant + perToken * lengths[row]);
    }
    return count;
  }

  #addTo(candidates: Uint32Array, term: number, weight: number): void {
    for (let i = 0; i < candidates.length; i++) this.#scores[candidates[i]] += this.#part(weight, term, candidates[i]);
  }

  #part(weight: number, term: number, row: number): number {
    const kept = this.#lists.frequency(term, row);
    const frequency = kept === MOST_FREQUENCY ? this.#exactFrequency(term, row) : kept;
    const { constant, perToken } = this.#lengthNorm();
    return (weight * frequency) / (frequency + constant + perToken * this.#lengths[row]);
  }

  /** K1 · (1 − b + b · length / mean length) as `constant + perToken · length`. */
  #lengthNorm(): { constant: number; perToken: number } {
    return { constant: K1 * (1 - B), perToken: this.#totalLength > 0 ? (K1 * B * this.#size) / this.#totalLength : 0 };
  }

  #exactFrequency(term: number, row: number): number {
    const reader = this.#reader(row);
    while (reader.next()) if (reader.term === term) return reader.frequency;
    return 0;
  }

  #reader(row: number): TermVectorReader {
    return new TermVectorReader(this.#bytes, this.#begins[row], this.#begins[row] + this.#byteLengths[row]);
  }

  #reserve(rows: number, bytes: number): void {
    this.#rowCount = Math.max(this.#rowCount, rows);
    if (rows > this.#isSet.length) {
      const length = Math.max(1024, rows, Math.ceil(1.25 * this.#isSet.length));
      const larger = <Values extends Float64Array | Uint32Array | Uint8Array>(values: Values, into: Values): Values => {
        into.set(values);
        return into;
      };
      this.#begins = larger(this.#begins, new Float64Array(length));
      this.#byteLengths = larger(this.#byteLengths, new Uint32Array(length));
      this.#lengths = larger(this.#lengths, new Uint32Array(length));
      this.#isSet = larger(this.#isSet, new Uint8Array(length));
      this.#lists.reserveRows(length);
    }
    if (this.#byteLength + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.ceil(1.25 * (this.#byteLength + bytes)));
    larger.set(this.#bytes.subarray(0, this.#byteLength));
    this.#bytes = larger;
  }

  /** Leaves out the words of rows that are deleted. */
  #compact(): void {
    const bytes = new Uint8Array(Math.ceil(1.25 * (this.#byteLength - this.#unusedBytes)));
    let at = 0;
    for (let row = 0; row < this.#rowCount; row++) {
      if (this.#isSet[row] !== 1) continue;
      bytes.set(this.#bytes.subarray(this.#begins[row], this.#begins[row] + this.#byteLengths[row]), at);
      this.#begins[row] = at;
      at += this.#byteLengths[row];
    }
    this.#bytes = bytes;
    this.#byteLength = at;
    this.#unusedBytes = 0;
  }
}
