import type { TokenizerDescriptor } from '../text/tokenizer.ts';
import { QuantizedVectors, type Vectors } from './quantized-vectors.ts';

/** What a model is, in few words. */
export interface ModelDescription {
  /** Number of words. */
  readonly words: number;
  readonly dimensions: number;
  readonly firstWords: readonly string[];
  /** What the vectors are stored as. */
  readonly vectors: string;
  /** Whether occurrences in the corpus, and context vectors, are there. */
  readonly counts: boolean;
  readonly outputVectors: boolean;
  /** Of phrases and of a tokenizer.json it tells no more than that they are there. */
  readonly tokenizer: Record<string, unknown> | undefined;
  /** Number of n-grams that have a vector. */
  readonly ngrams: number | undefined;
  /** Number of labels. */
  readonly labels: number | undefined;
}

interface DescribedModel {
  readonly size: number;
  readonly dimensions: number;
  readonly contents: {
    readonly inputVectors: Vectors;
    readonly counts?: object | undefined;
    readonly outputVectors?: object | undefined;
    readonly tokenizer?: TokenizerDescriptor | undefined;
    readonly subwords?: { readonly buckets: Uint32Array } | undefined;
    readonly classifier?: { readonly labels: readonly string[] } | undefined;
  };
  word(id: number): string;
}

export function describeModel(model: DescribedModel): ModelDescription {
  const { inputVectors, counts, outputVectors, tokenizer, subwords, classifier } = model.contents;
  const { phrases, definition, dictionary, ...plainTokenizer } = tokenizer ?? {};
  return {
    words: model.size,
    dimensions: model.dimensions,
    firstWords: Array.from({ length: Math.min(10, model.size) }, (_, id) => model.word(id)),
    vectors: inputVectors instanceof QuantizedVectors ? inputVectors.quantization : 'float32',
    counts: counts !== undefined,
    outputVectors: outputVectors !== undefined,
    tokenizer: tokenizer && {
      ...plainTokenizer,
      // Thousands of pairs tell a reader less than how many there are.
      ...(phrases && { phrases: phrases.map((pairs) => pairs.length) }),
      ...(dictionary !== undefined && { dictionary: dictionary.split('\n').length - 1 }),
      ...(definition && { definition: 'tokenizer.json' }),
    },
    ngrams: subwords?.buckets.length,
    labels: classifier?.labels.length,
  };
}
