import { cosineSimilarity, dotProduct } from '../math/vector-operations.ts';
import { ExactIndex, type SearchOptions, type VectorRows } from '../search/exact-index.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { bucketsOf, findBucket, type SubwordOptions } from '../text/subwords.ts';
import type { TokenizerDescriptor } from '../text/tokenizer.ts';
import type { Classifier } from './predict-labels.ts';
import { floatVectors, type Vectors, vectorRows } from './quantized-vectors.ts';
import type { SentenceSettings } from './sentence-settings.ts';
import { deferredWords, type WordList, wordListOf } from './word-list.ts';

/** What a model file holds. Only words and input vectors are always there. Vectors are floats, or of fewer bits. */
export interface ModelContents<V extends Vectors = Float32Array> {
  /** Words in file order, as a rule by falling count; no word twice. */
  readonly words: readonly string[];
  readonly dimensions: number;
  /** (words × dimensions): the word vectors. */
  readonly inputVectors: V;
  /** (words × dimensions): the context vectors, needed to train on. */
  readonly outputVectors?: Float32Array | undefined;
  /** Character n-grams, of which words that are not there are made. */
  readonly subwords?: SubwordVectors<V> | undefined;
  /** Occurrences in the corpus, one a word; absent if the file does not tell. */
  readonly counts?: Float64Array | undefined;
  readonly tokenizer?: TokenizerDescriptor | undefined;
  /** How sentence vectors are made; absent: `defaultSentenceSettings`. */
  readonly sentences?: SentenceSettings | undefined;
  /** Labels of texts, in a supervised fastText model. */
  readonly classifier?: Classifier | undefined;
  /** How the model was trained: options, corpus statistics, losses. JSON, for people. */
  readonly training?: Record<string, unknown> | undefined;
  /** What the reader noticed: duplicate words dropped, malformed words repaired. */
  readonly warnings?: readonly string[] | undefined;
}

export interface SubwordVectors<V extends Vectors = Float32Array> {
  readonly options: SubwordOptions;
  /** The buckets that have a vector, in rising order. */
  readonly buckets: Uint32Array;
  /** (buckets × dimensions) */
  readonly vectors: V;
}

export interface Neighbor {
  readonly word: string;
  /** Cosine similarity, −1 to 1; with 3CosMul the quotient of the products, 0 or more. */
  readonly similarity: number;
}

/** A word, or a word with the weight that it has in a sum. */
export type WeightedWord = string | readonly [word: string, weight: number];

export interface NeighborOptions {
  /** Most neighbors wanted; 10 if absent. */
  readonly count?: number;
  /** Words to go away from. */
  readonly minus?: readonly WeightedWord[];
  /**
   * How several words are joined: `3CosAdd` (if absent) adds the cosine similarities; `3CosMul` multiplies them, so
   * that none outweighs the others (Levy and Goldberg 2014, "Linguistic Regularities", section 3.3), without weights.
   */
  readonly method?: '3CosAdd' | '3CosMul';
  /** Only the first so many words of the model, as a rule the most frequent ones. */
  readonly limit?: number;
}

/** A word that the model does not know; `suggestion` is the nearest spelling, if one is near. */
export class WordNotFoundError extends Error {
  override readonly name = 'WordNotFoundError';
  readonly word: string;
  readonly suggestion: string | undefined;

  constructor(word: string, wordCount: number, suggestion: string | undefined) {
    super(
      `Cannot find word "${word}" in the vocabulary of ${wordCount} words${suggestion === undefined ? '' : `: nearest spelling is "${suggestion}"`}`,
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

  constructor(contents: ModelContents<Vectors>) {
    const { dimensions, inputVectors } = contents;
    this.#wordList = deferredWords(contents);
    this.size = this.#wordList?.size ?? contents.words.length;
    const rows = vectorRows(inputVectors, dimensions);
    const values = rows.size * rows.dimensions;
    if (values !== this.size * dimensions || rows.dimensions !== dimensions) {
      throw new RangeError(
        `Cannot create a model: ${this.size} words × ${dimensions} dimensions need ${this.size * dimensions} values, got ${values}`,
      );
    }
    this.rows = rows;
    this.dimensions = dimensions;
    this.contents = contents;
  }

  /** All words, in the order of the rows. Of a large file they are made at the first call; `word` and `find` need no other. */
  get words(): readonly string[] {
    return this.contents.words;
  }

  /** The word of row `id`, 0 to `size` − 1. */
  word(id: number): string {
    return this.#wordList?.word(id) ?? this.words[id];
  }

  has(word: string): boolean {
    return this.find(word) !== undefined;
  }

  /** Place of the word in `words`, or undefined. */
  find(word: string): number | undefined {
    this.#wordList ??= wordListOf(this.words);
    return this.#wordList.find(word);
  }

  /**
   * Place of the word in `words`.
   *
   * @throws WordNotFoundError
   */
  id(word: string): number {
    const id = this.find(word);
    if (id !== undefined) return id;
    throw new WordNotFoundError(word, this.size, nearestSpelling(word, this.words));
  }

  /**
   * The word's vector, `dimensions` long: a view, or where the model is quantised decoded. In a model with subwords a
   * word that is not there is made of its n-grams.
   *
   * @throws WordNotFoundError
   */
  vector(word: string): Float32Array {
    return this.findVector(word) ?? this.row(this.id(word));
  }

  /** As `vector`, or undefined where there is none. */
  findVector(word: string): Float32Array | undefined {
    const id = this.find(word);
    return id === undefined ? this.#compose(word) : this.row(id);
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

  /** The vector of word `id`: a view, or where the model is quantised decoded. */
  row(id: number): Float32Array {
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
   * @throws WordNotFoundError
   */
  neighbors(query: string | readonly WeightedWord[] | Float32Array, options: NeighborOptions = {}): Neighbor[] {
    const { minus = [], method = '3CosAdd', ...search } = options;
    if (query instanceof Float32Array) return this.#search(query, search);
    const plus = typeof query === 'string' ? [query] : query;
    const exclude = new Set<number>();
    for (const entry of [...plus, ...minus]) {
      const id = this.find(typeof entry === 'string' ? entry : entry[0]);
      if (id !== undefined) exclude.add(id);
    }
    if (method === '3CosMul') return this.#multiplied(plus, minus, exclude, search);
    const sum = new Float32Array(this.dimensions);
    for (const [entries, sign] of [
      [plus, 1],
      [minus, -1],
    ] as const) {
      for (const entry of entries) {
        const [word, weight] = typeof entry === 'string' ? [entry, 1] : entry;
        if (!Number.isFinite(weight)) throw new RangeError(`The weight of "${word}" must be a number, got ${weight}`);
        addUnit(sum, this.vector(word), sign * weight);
      }
    }
    return this.#search(sum, { ...search, exclude });
  }

  /**
   * `a` is to `b` as `c` is to …: the words nearest to b − a + c, each at length 1 (3CosAdd, Mikolov et al. 2013; 3CosMul
   * by option).
   *
   * @throws WordNotFoundError
   */
  analogy(a: string, b: string, c: string, options: Omit<NeighborOptions, 'minus'> = {}): Neighbor[] {
    return this.neighbors([b, c], { ...options, minus: [a] });
  }

  /**
   * The word that fits least to the others: its similarity to the mean of all, each at length 1, is the lowest.
   *
   * @returns all words with that similarity, the odd one first
   * @throws WordNotFoundError, RangeError for fewer than three words
   */
  oddOneOut(words: readonly string[]): Neighbor[] {
    if (words.length < 3)
      throw new RangeError(`Cannot find the odd one out: give at least 3 words, got ${words.length}`);
    const mean = new Float32Array(this.dimensions);
    for (const word of words) addUnit(mean, this.vector(word), 1);
    return words
      .map((word) => ({ word, similarity: cosineSimilarity(this.vector(word), mean) }))
      .sort((a, b) => a.similarity - b.similarity);
  }

  /**
   * Cosine similarity of the means of two sets of words (gensim's n_similarity).
   *
   * @throws WordNotFoundError
   */
  setSimilarity(a: readonly string[], b: readonly string[]): number {
    const sum = (words: readonly string[]) => {
      const total = new Float64Array(this.dimensions);
      for (const word of words) this.vector(word).forEach((value, d) => (total[d] += value));
      return total;
    };
    return cosineSimilarity(sum(a), sum(b));
  }

  /**
   * The words that are nearer to `a` than `b` is, nearest first.
   *
   * @throws WordNotFoundError
   */
  closerThan(a: string, b: string): Neighbor[] {
    const similarities = this.index.similarities(this.vector(a));
    const [idA, idB] = [this.find(a), this.id(b)];
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
  predictContext(words: string | readonly string[], { count = 10 } = {}): { word: string; probability: number }[] {
    const { outputVectors, training } = this.contents;
    if (!outputVectors) throw new Error('Cannot predict: the model holds no context vectors; save it as safetensors');
    if ((training?.options as { loss?: string } | undefined)?.loss === 'hierarchical-softmax') {
      throw new Error('Cannot predict: with hierarchical softmax there are no context vectors of words');
    }
    const given = typeof words === 'string' ? [words] : words;
    const hidden = new Float64Array(this.dimensions);
    for (const word of given) this.vector(word).forEach((value, d) => (hidden[d] += value / given.length));
    const logits = this.words.map((_, id) => {
      return dotProduct(hidden, outputVectors.subarray(id * this.dimensions, (id + 1) * this.dimensions));
    });
    const maximum = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = logits.map((x) => Math.exp(x - maximum));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers
      .map((power, id) => ({ word: this.word(id), probability: power / sum }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, count);
  }

  #multiplied(
    plus: readonly WeightedWord[],
    minus: readonly WeightedWord[],
    exclude: ReadonlySet<number>,
    { count = 10, limit = this.size }: SearchOptions,
  ): Neighbor[] {
    const scores = new Float64Array(Math.min(limit, this.size)).fill(1);
    for (const [entries, sign] of [
      [plus, 1],
      [minus, -1],
    ] as const) {
      for (const entry of entries) {
        if (typeof entry !== 'string') throw new TypeError('3CosMul has no weights: give words alone, or use 3CosAdd');
        const similarities = this.index.similarities(this.vector(entry), scores.length);
        // Shifted to 0 … 1, as in the paper and in gensim, which adds 1e-6 to the divisor.
        for (let id = 0; id < scores.length; id++) {
          const shifted = (1 + similarities[id]) / 2;
          scores[id] = sign > 0 ? scores[id] * shifted : scores[id] / (shifted + 1e-6);
        }
      }
    }
    return Array.from(scores, (similarity, id) => ({ id, similarity }))
      .filter(({ id }) => !exclude.has(id))
      .sort((a, b) => b.similarity - a.similarity || a.id - b.id)
      .slice(0, count)
      .map(({ id, similarity }) => ({ word: this.word(id), similarity }));
  }

  #search(query: Float32Array, options: SearchOptions): Neighbor[] {
    return this.index.search(query, options).map(({ row, similarity }) => ({ word: this.word(row), similarity }));
  }
}

/** sum += factor × vector, that at length 1 */
function addUnit(sum: Float32Array, vector: Float32Array, factor: number): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const scale = squares > 0 ? factor / Math.sqrt(squares) : 0;
  for (let d = 0; d < sum.length; d++) sum[d] += vector[d] * scale;
}

/** The contents with all vectors as floats: decoded, which takes their full size, where they are of fewer bits. */
export function floatContents({ inputVectors, subwords, ...contents }: ModelContents<Vectors>): ModelContents {
  return {
    ...contents,
    inputVectors: floatVectors(inputVectors),
    subwords: subwords && { ...subwords, vectors: floatVectors(subwords.vectors) },
  };
}
