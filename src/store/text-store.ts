import type { Metric } from '../search/metrics.ts';
import type { ScoredItem } from '../search/rank-fusion.ts';
import type { Filter } from './filter.ts';
import type { Metadata } from './metadata.ts';

export { METRICS, type Metric } from '../search/metrics.ts';
export type { JsonValue, Metadata } from './metadata.ts';

/** A text as a user gives it and gets it back. */
export interface TextRecord {
  /** Names the text: adding another one of the same id replaces it. At most 2,000 bytes of UTF-8. */
  readonly id: string;
  readonly text: string;
  readonly metadata?: Metadata | undefined;
}

/** A text as a store takes it. */
export interface EncodedText extends TextRecord {
  /** Absent where the model knows no word of the text: it is found by its words only. */
  readonly vector?: Float32Array | undefined;
  /** For the search by words. */
  readonly tokens: readonly string[];
}

/** A search by vectors, as a store gets it. */
export interface VectorQuery {
  readonly vector: Float32Array;
  readonly metric: Metric;
  /** Most hits wanted. */
  readonly count: number;
  readonly where?: Filter | undefined;
  /** Give the texts of hits along, where they are at hand: what `get` would give. */
  readonly withRecords?: boolean | undefined;
}

/** A hit by vectors: cosine similarity (larger is nearer) or Euclidean distance (smaller is nearer). */
export interface VectorHit {
  readonly id: string;
  readonly value: number;
  /** The text itself; may be absent even with `withRecords`. */
  readonly record?: Required<TextRecord> | undefined;
}

/** A search by words, as a store gets it. */
export interface WordQuery {
  readonly tokens: readonly string[];
  readonly count: number;
  readonly where?: Filter | undefined;
}

/** What one word gives to the score of a search by words. */
export interface WordScore {
  readonly word: string;
  /** Above 0; those of a text add up to its score. */
  readonly score: number;
}

/** Which texts are listed. */
export interface ListOptions {
  /** Only ids behind this one, in the order of their bytes. */
  readonly after?: string | undefined;
  /** Most texts wanted; 100 if omitted. */
  readonly count?: number | undefined;
  readonly where?: Filter | undefined;
}

/** Which model a store was filled by. */
export interface ModelIdentity {
  /** Hash of what decides the vectors: words, rows, tokenizer, sentence settings. */
  readonly fingerprint: string;
  /** For messages: "70,000 words × 100 dimensions, icf". */
  readonly description: string;
  readonly dimensions: number;
}

/** A text that a store cannot keep as it is: none of its batch is stored. */
export class TextDataError extends RangeError {
  override readonly name = 'TextDataError';
}

/** How vectors are searched: every one of them, or by a graph that may miss some. */
export type SearchKind = 'exact' | 'hnsw';

/** How far `optimize` is. */
export interface OptimizeProgress {
  readonly seconds: number;
  /** Of the texts, 0 to 1; absent where the database does not tell. */
  readonly share?: number;
}

/** How a store is made fast. */
export interface OptimizeOptions {
  /** Each second, while a graph is built. */
  readonly onProgress?: ((progress: OptimizeProgress) => void) | undefined;
}

/** Keeps texts with their vectors. All implementations pass text-store.contract.ts. After `close` every call is rejected. */
export interface TextStore {
  /** The model that filled it; undefined if nothing has been put yet. */
  readonly model: ModelIdentity | undefined;
  /**
   * Makes the store that of a model, before anything is put; nothing changes if it is that already.
   *
   * @throws Error if it is that of another
   */
  claim(model: ModelIdentity): Promise<void>;
  /**
   * Adds and replaces, all or nothing; durable when it returns. Of an id that is there twice the later text counts.
   *
   * @throws TextDataError for a text that cannot be stored as it is
   */
  put(texts: readonly EncodedText[]): Promise<{ added: number; updated: number }>;
  /** Returns the number that were there. */
  delete(ids: readonly string[]): Promise<number>;
  /** Those that are there, in any order. */
  get(ids: readonly string[]): Promise<Required<TextRecord>[]>;
  list(options?: ListOptions): Promise<Required<TextRecord>[]>;
  count(): Promise<number>;
  /** Nearest first; texts without a vector are never found. */
  searchVectors(query: VectorQuery): Promise<VectorHit[]>;
  /** Those that hold one of the words, best first; scores above 0, in the store's own unit. */
  searchWords(query: WordQuery): Promise<ScoredItem<string>[]>;
  /** Of each text what each word gives to its score, best first; texts that hold none of the words, or are not there, are left out. */
  explainWords(tokens: readonly string[], ids: readonly string[]): Promise<Map<string, WordScore[]>>;
  /** All texts with their vectors, by id. */
  vectors(): AsyncIterable<{ id: string; vector: Float32Array | undefined; metadata: Metadata }>;
  /** Builds what makes the search of many texts fast; tells how vectors are searched now. */
  optimize(options?: OptimizeOptions): Promise<SearchKind>;
  /**
   * Reads words, vectors and metadata into memory: from then on every vector is compared, and a search asks the database for the texts of its
   * hits alone. Of vectors of more than 134 MB (335,544 texts with 100 dimensions) codes are kept, a quarter of the size; those that may be
   * nearest are read from the database. Of more than 131,072 texts a field of metadata is read when a condition first asks for it. What other
   * processes change is seen all the same.
   */
  keepInMemory(): Promise<void>;
  close(): Promise<void>;
}
