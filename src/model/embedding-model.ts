import { cosineSimilarity, vectorNorm } from '../math/vector-operations.ts';
import { ExactIndex, type SearchOptions, type VectorRows } from '../search/exact-index.ts';
import { checkOptions, checkText, checkTexts } from '../text/check-options.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { showValue } from '../text/show-value.ts';
import { bucketsOf, findBucket } from '../text/subwords.ts';
import { checkContents } from './check-contents.ts';
import type { ModelContents } from './model-contents.ts';
import { describeModel, type ModelDescription } from './model-description.ts';
import {
  ANALOGY_RULES,
  addUnit,
  checkDirection,
  NEIGHBOR_RULES,
  type NeighborOptions,
  notFinite,
  SUM_ROUNDING,
  signed,
  type Term,
  type WeightedWord,
} from './neighbor-question.ts';
import { predictContext } from './predict-context.ts';
import { floatVectors, type Vectors, vectorRows } from './quantized-vectors.ts';
import { deferredWords, type WordList, wordListOf } from './word-list.ts';
import { createSpellings } from './word-spellings.ts';

export type { ModelContents, SubwordVectors } from './model-contents.ts';

/** A word, and how near it is. */
export interface Neighbor {
  readonly word: string;
  /** Cosine similarity, −1 to 1; with 3CosMul the quotient of the products, 0 or more. */
  readonly similarity: number;
}

/** A word that the model does not know; `suggestion` is the nearest spelling, if one is near. */
export class WordNotFoundError extends Error {
  override readonly name = 'WordNotFoundError';
  readonly word: string;
  readonly suggestion: string | undefined;

  constructor(word: string, wordCount: number, suggestion: string | undefined) {
    super(
      `Cannot find word ${showValue(word)} in the vocabulary of ${wordCount} words${suggestion === undefined ? '' : `: nearest spelling is ${showValue(suggestion)}`}`,
    );
    this.word = word;
    this.suggestion = suggestion;
  }
}

/** Words and their vectors, and what can be asked of them. */
export class EmbeddingModel {
  readonly dimensions: number;
  readonly contents: ModelContents<Vectors>;
  /** Number of words. */
  readonly size: number;
  /** The word vectors, in the form in which the model has them. */
  readonly rows: VectorRows;
  #wordList: WordList | undefined;
  #index: ExactIndex | undefined;
  #spellings: ReturnType<typeof createSpellings> | undefined;

  constructor(contents: ModelContents<Vectors>) {
    this.size = checkContents(contents);
    this.dimensions = contents.dimensions;
    this.rows = vectorRows(contents.inputVectors, this.dimensions);
    this.#wordList = deferredWords(contents);
    this.contents = contents;
  }

  /** All words, in the order of the rows. Of a large file they are made at the first call; `word` and `find` need no other. */
  get words(): readonly string[] {
    return this.contents.words;
  }

  /** The word of row `id`, 0 to `size` − 1. */
  word(id: number): string {
    this.#checkRow(id);
    return this.#wordList?.word(id) ?? this.words[id];
  }

  /** Whether the vocabulary holds the word, spelt like this. */
  has(word: string): boolean {
    return this.find(word) !== undefined;
  }

  /** Place in `words` of the word that is spelt like this, as tokens are, or undefined. */
  find(word: string): number | undefined {
    if (typeof word !== 'string') checkText('word', word);
    this.#wordList ??= wordListOf(this.words);
    return this.#wordList.find(word);
  }

  /**
   * Place in `words` of the word that is meant: spelt like this or, if that is not there, as the model's tokenizer would have left
   * it, so that "Paris" is found where all words are lower-cased.
   *
   * @throws WordNotFoundError
   */
  id(word: string): number {
    const id = this.find(this.#spelling(word));
    if (id !== undefined) return id;
    throw new WordNotFoundError(word, this.size, nearestSpelling(word, this.words));
  }

  /** The word as the model has it or, where no spelling of it is there, as text would be cut. */
  #spelling(word: string): string {
    if (this.find(word) !== undefined) return word;
    this.#spellings ??= createSpellings(this.contents.tokenizer, this);
    const spellings = this.#spellings(word);
    return spellings.find((spelling) => this.find(spelling) !== undefined) ?? spellings[0] ?? word;
  }

  /**
   * The vector of the word that is meant, as `id` finds it, `dimensions` long: a view, or where the model is quantised decoded.
   * In a model with subwords a word that is not there is made of its n-grams.
   *
   * @throws WordNotFoundError
   */
  vector(word: string): Float32Array {
    return this.findVector(word) ?? this.row(this.id(word));
  }

  /** As `vector`, or undefined where there is none. */
  findVector(word: string): Float32Array | undefined {
    const spelling = this.#spelling(word);
    const id = this.find(spelling);
    return id === undefined ? this.#compose(spelling) : this.row(id);
  }

  /** The mean of the n-grams that have been trained. */
  #compose(word: string): Float32Array | undefined {
    const { subwords } = this.contents;
    if (!subwords) return undefined;
    const rows = vectorRows(subwords.vectors, this.dimensions);
    const sum = new Float64Array(this.dimensions);
    let count = 0;
    for (const bucket of bucketsOf(word, subwords.options)) {
      const row = findBucket(subwords.buckets, bucket);
      if (row < 0) continue;
      const vector = rows.row(row);
      for (let d = 0; d < sum.length; d++) sum[d] += vector[d];
      count++;
    }
    return count > 0 ? Float32Array.from(sum, (value) => value / count) : undefined;
  }

  #checkRow(id: number): void {
    if (typeof id !== 'number' || id >>> 0 !== id || id >= this.size)
      throw new RangeError(`"id" must be below ${this.size}, got ${showValue(id)}`);
  }

  /** The vector of word `id`: a view, or where the model is quantised decoded. */
  row(id: number): Float32Array {
    this.#checkRow(id);
    return this.rows.row(id);
  }

  /** All words for a scan by cosine similarity; made at the first call, a byte a word and dimension. */
  get index(): ExactIndex {
    this.#index ??= new ExactIndex(this.rows);
    return this.#index;
  }

  /**
   * The words nearest to one or several words (the sum of their vectors at length 1), or to a vector. The words
   * asked for are left out.
   *
   * @throws WordNotFoundError; RangeError for options out of range, for no words, and for words that add up to nothing; TypeError
   *   for a question of another kind
   */
  neighbors(query: string | readonly WeightedWord[] | Float32Array, options: NeighborOptions = {}): Neighbor[] {
    checkOptions(options, NEIGHBOR_RULES);
    const { minus = [], method = '3CosAdd', ...search } = options;
    if (query instanceof Float32Array) {
      if (minus.length > 0 || method !== '3CosAdd')
        throw new RangeError('Cannot find neighbors: "minus" and "method" go with words, not with a vector');
      checkDirection(vectorNorm(query), 'the vector');
      return this.#search(query, search);
    }
    const terms = [...signed(typeof query === 'string' ? [query] : query, 1), ...signed(minus, -1)];
    if (terms.length === 0) throw new RangeError('Cannot find neighbors: give at least one word');
    const exclude = new Set<number>();
    for (const { word } of terms) {
      const id = this.find(this.#spelling(word));
      if (id !== undefined) exclude.add(id);
    }
    if (method === '3CosMul') return this.#multiplied(terms, exclude, search);
    return this.#search(this.#sum(terms), { ...search, exclude });
  }

  /**
   * `a` is to `b` as `c` is to …: the words nearest to b − a + c, each at length 1 (3CosAdd, Mikolov et al. 2013; 3CosMul
   * by option).
   *
   * @throws as `neighbors`
   */
  analogy(a: string, b: string, c: string, options: Omit<NeighborOptions, 'minus'> = {}): Neighbor[] {
    checkOptions(options, ANALOGY_RULES);
    for (const [name, word] of Object.entries({ a, b, c })) checkText(name, word);
    return this.neighbors([b, c], { ...options, minus: [a] });
  }

  /**
   * Cosine similarity of two words, −1 to 1; 0 for a word whose vector is all zeros.
   *
   * @throws WordNotFoundError
   */
  similarity(a: string, b: string): number {
    return cosineSimilarity(this.#finiteVector(a), this.#finiteVector(b));
  }

  /**
   * The word that fits least to the others: its similarity to the mean of all, each at length 1, is the lowest.
   *
   * @returns all words with that similarity, the odd one first
   * @throws WordNotFoundError, RangeError for fewer than three words
   */
  oddOneOut(words: readonly string[]): Neighbor[] {
    checkTexts('words', words);
    const given = [...words];
    if (given.length < 3)
      throw new RangeError(`Cannot find the odd one out: give at least 3 words, got ${given.length}`);
    const vectors = given.map((word) => this.#finiteVector(word));
    const mean = new Float64Array(this.dimensions);
    for (const vector of vectors) addUnit(mean, vector, 1);
    return given
      .map((word, i) => ({ word, similarity: cosineSimilarity(vectors[i], mean) }))
      .sort((a, b) => a.similarity - b.similarity);
  }

  /**
   * Cosine similarity of the means of two sets of words (gensim's n_similarity).
   *
   * @throws WordNotFoundError, RangeError for a set without words
   */
  setSimilarity(a: readonly string[], b: readonly string[]): number {
    const [first, second] = Object.entries({ a, b }).map(([name, words]) => {
      checkTexts(name, words);
      if (words.length === 0) throw new RangeError(`Cannot compare sets of words: "${name}" has none`);
      const sum = new Float64Array(this.dimensions);
      for (const word of words) this.#finiteVector(word).forEach((value, d) => (sum[d] += value));
      return sum;
    });
    return cosineSimilarity(first, second);
  }

  /**
   * The words that are nearer to `a` than `b` is, nearest first.
   *
   * @throws WordNotFoundError
   */
  closerThan(a: string, b: string): Neighbor[] {
    const [idA, idB] = [this.find(this.#spelling(a)), this.id(b)];
    this.#finiteVector(b);
    const similarities = this.index.similarities(this.#finiteVector(a));
    const closer: Neighbor[] = [];
    similarities.forEach((similarity, id) => {
      if (id !== idA && id !== idB && similarity > similarities[idB]) closer.push({ word: this.word(id), similarity });
    });
    return closer.sort((x, y) => y.similarity - x.similarity);
  }

  /**
   * The place of `b` among the neighbors of `a`: 1 for the nearest.
   *
   * @throws WordNotFoundError
   */
  rank(a: string, b: string): number {
    return this.closerThan(a, b).length + 1;
  }

  /**
   * The words that the model expects around the given ones, by the softmax over all words: p(w) = e^(u_w · h) / Σ e^(u · h),
   * h the mean of the given words' vectors, u the context vectors. The probabilities are as trained with full softmax;
   * negative sampling leaves their order, not their size.
   *
   * @throws WordNotFoundError; Error if the model holds no context vectors, or those of a Huffman tree
   */
  predictContext(
    words: string | readonly string[],
    options: { readonly count?: number } = {},
  ): { word: string; probability: number }[] {
    return predictContext(this, (word) => this.#finiteVector(word), words, options);
  }

  /** What JSON.stringify shows: a description, none of the numbers. */
  toJSON(): ModelDescription {
    return describeModel(this);
  }

  /** As `vector`, of a word that another tool may have stored NaN for. */
  #finiteVector(word: string): Float32Array {
    const vector = this.vector(word);
    if (!Number.isFinite(vectorNorm(vector))) throw notFinite(`the vector of "${word}"`);
    return vector;
  }

  /** The sum of the terms, each at length 1. */
  #sum(terms: readonly Term[]): Float32Array {
    const sum = new Float64Array(this.dimensions);
    let length = 0;
    for (const { word, factor } of terms) {
      addUnit(sum, this.#finiteVector(word), factor);
      length += Math.abs(factor);
    }
    const words = terms.map(({ word }) => `"${word}"`).join(', ');
    // What rounding leaves of words that take each other away is no direction.
    const norm = vectorNorm(sum);
    checkDirection(norm > SUM_ROUNDING * length ? norm : 0, `the sum of ${words}`);
    return Float32Array.from(sum, (value) => value / norm);
  }

  #multiplied(
    terms: readonly Term[],
    exclude: ReadonlySet<number>,
    { count = 10, limit = this.size }: SearchOptions,
  ): Neighbor[] {
    const scores = new Float64Array(Math.min(limit, this.size)).fill(1);
    for (const { word, factor, hasWeight } of terms) {
      if (hasWeight) throw new TypeError('3CosMul has no weights: give words alone, or use 3CosAdd');
      const vector = this.#finiteVector(word);
      checkDirection(vectorNorm(vector), `the vector of "${word}"`);
      const similarities = this.index.similarities(vector, scores.length);
      // Shifted to 0 … 1, as in the paper and in gensim, which adds 1e-6 to the divisor.
      for (let id = 0; id < scores.length; id++) {
        const shifted = (1 + similarities[id]) / 2;
        scores[id] = factor > 0 ? scores[id] * shifted : scores[id] / (shifted + 1e-6);
      }
    }
    return Array.from(scores, (similarity, id) => ({ id, similarity }))
      .filter(({ id, similarity }) => !exclude.has(id) && !Number.isNaN(similarity))
      .sort((a, b) => b.similarity - a.similarity || a.id - b.id)
      .slice(0, count)
      .map(({ id, similarity }) => ({ word: this.word(id), similarity }));
  }

  #search(query: Float32Array, options: SearchOptions): Neighbor[] {
    return this.index.search(query, options).map(({ row, similarity }) => ({ word: this.word(row), similarity }));
  }
}

/** @throws TypeError for what is no model */
export function checkModel(value: unknown): asserts value is EmbeddingModel {
  if (value instanceof EmbeddingModel) return;
  // Two copies of the library may be loaded, such as "wordkin" and a bundle.
  const { contents, row } = (value ?? {}) as Partial<EmbeddingModel>;
  if (typeof contents === 'object' && contents !== null && typeof row === 'function') return;
  throw new TypeError(`"model" must be a model, as loadModel and train give it, got ${showValue(value)}`);
}

/** The contents with all vectors as floats: decoded, which takes their full size, where they are of fewer bits. */
export function floatContents({ inputVectors, subwords, ...contents }: ModelContents<Vectors>): ModelContents {
  return {
    ...contents,
    inputVectors: floatVectors(inputVectors),
    subwords: subwords && { ...subwords, vectors: floatVectors(subwords.vectors) },
  };
}
