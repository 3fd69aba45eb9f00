import type { SubwordOptions } from '../text/subwords.ts';
import type { TokenizerDescriptor } from '../text/tokenizer.ts';
import type { Classifier } from './classifier.ts';
import type { Vectors } from './quantized-vectors.ts';
import type { SentenceSettings } from './sentence-settings.ts';

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

/** Vectors of n-grams of letters, of which words without a vector of their own are made (fastText). */
export interface SubwordVectors<V extends Vectors = Float32Array> {
  readonly options: SubwordOptions;
  /** The buckets that have a vector, in rising order. */
  readonly buckets: Uint32Array;
  /** (buckets × dimensions) */
  readonly vectors: V;
}
