import { ExactIndex, type SearchOptions } from '../search/exact-index.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import type { TokenizerDescriptor } from '../text/tokenizer.ts';

/** What a model file holds. Only words and input vectors are always there. */
export interface ModelContents {
  /** Words in file order, as a rule by falling count; no word twice. */
  readonly words: readonly string[];
  readonly dimensions: number;
  /** (words × dimensions): the word vectors. */
  readonly inputVectors: Float32Array;
  /** (words × dimensions): the context vectors, needed to train on. */
  readonly outputVectors?: Float32Array | undefined;
  /** Occurrences in the corpus, one a word; absent if the file does not tell. */
  readonly counts?: Float64Array | undefined;
  readonly tokenizer?: TokenizerDescriptor | undefined;
  /** How the model was trained: options, corpus statistics, losses. JSON, for people. */
  readonly training?: Record<string, unknown> | undefined;
  /** What the reader noticed: duplicate words dropped, malformed words repaired. */
  readonly warnings?: readonly string[] | undefined;
}

export interface Neighbor {
  readonly word: string;
  /** Cosine similarity, −1 to 1. */
  readonly similarity: number;
}

export interface NeighborOptions {
  /** Most neighbors wanted; 10 if absent. */
  readonly count?: number;
  /** Words to go away from. */
  readonly minus?: readonly string[];
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
  readonly words: readonly string[];
  readonly dimensions: number;
  readonly contents: ModelContents;
  readonly #ids: Map<string, number>;
  #index: ExactIndex | undefined;

  constructor(contents: ModelContents) {
    const { words, dimensions, inputVectors } = contents;
    if (inputVectors.length !== words.length * dimensions) {
      throw new RangeError(
        `Cannot create a model: ${words.length} words × ${dimensions} dimensions need ${words.length * dimensions} values, got ${inputVectors.length}`,
      );
    }
    this.words = words;
    this.dimensions = dimensions;
    this.contents = contents;
    this.#ids = new Map(words.map((word, id) => [word, id]));
  }

  /** Number of words. */
  get size(): number {
    return this.words.length;
  }

  has(word: string): boolean {
    return this.#ids.has(word);
  }

  /** Place of the word in `words`, or undefined. */
  find(word: string): number | undefined {
    return this.#ids.get(word);
  }

  /**
   * Place of the word in `words`.
   *
   * @throws WordNotFoundError
   */
  id(word: string): number {
    const id = this.#ids.get(word);
    if (id !== undefined) return id;
    throw new WordNotFoundError(word, this.size, nearestSpelling(word, this.words));
  }

  /**
   * The word's vector, `dimensions` long; a view, not a copy.
   *
   * @throws WordNotFoundError
   */
  vector(word: string): Float32Array {
    return this.row(this.id(word));
  }

  /** The vector of word `id`; a view, not a copy. */
  row(id: number): Float32Array {
    return this.contents.inputVectors.subarray(id * this.dimensions, (id + 1) * this.dimensions);
  }

  /** All words for a scan by cosine similarity; made at the first call, the size of the input vectors. */
  get index(): ExactIndex {
    this.#index ??= new ExactIndex(this.contents.inputVectors, this.dimensions);
    return this.#index;
  }

  /**
   * The words nearest to one or several words (the sum of their vectors at length 1), or to a vector. The words
   * asked for are left out.
   *
   * @throws WordNotFoundError
   */
  neighbors(query: string | readonly string[] | Float32Array, options: NeighborOptions = {}): Neighbor[] {
    const { minus = [], ...search } = options;
    if (query instanceof Float32Array) return this.#search(query, search);
    const plus = typeof query === 'string' ? [query] : query;
    const sum = new Float32Array(this.dimensions);
    const exclude = new Set<number>();
    for (const [words, sign] of [
      [plus, 1],
      [minus, -1],
    ] as const) {
      for (const word of words) {
        exclude.add(this.id(word));
        this.#addUnit(sum, this.id(word), sign);
      }
    }
    return this.#search(sum, { ...search, exclude });
  }

  /**
   * `a` is to `b` as `c` is to …: the words nearest to b − a + c, each at length 1 (3CosAdd, Mikolov et al. 2013).
   *
   * @throws WordNotFoundError
   */
  analogy(a: string, b: string, c: string, options: Omit<NeighborOptions, 'minus'> = {}): Neighbor[] {
    return this.neighbors([b, c], { ...options, minus: [a] });
  }

  #addUnit(sum: Float32Array, id: number, sign: number): void {
    const row = this.row(id);
    let squares = 0;
    for (const value of row) squares += value * value;
    const scale = squares > 0 ? sign / Math.sqrt(squares) : 0;
    for (let d = 0; d < sum.length; d++) sum[d] += row[d] * scale;
  }

  #search(query: Float32Array, options: SearchOptions): Neighbor[] {
    return this.index.search(query, options).map(({ row, similarity }) => ({ word: this.words[row], similarity }));
  }
}
