import { PHRASE_SCORES } from '../corpus/phrase-score.ts';
import { ALGORITHMS, CBOW_GRADIENTS, CBOW_INPUTS, LOSSES } from '../kernels/word2vec/word2vec.ts';
import { showValue } from '../text/show-value.ts';
import { MAXIMUM_NGRAM } from '../text/subwords.ts';
import type { TrainingOptions } from './training-options.ts';

/** What an option may be, and what it is for, in a line. */
export type OptionRule = { readonly help: string } & (
  | { readonly kind: 'integer' | 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  | { readonly kind: 'boolean' }
);

const integer = (minimum: number, maximum: number, help: string) =>
  ({ kind: 'integer', minimum, maximum, help }) as const;
const number = (minimum: number, maximum: number, help: string) =>
  ({ kind: 'number', minimum, maximum, help }) as const;
const choice = (of: readonly string[], help: string) => ({ kind: 'choice', of, help }) as const;
const boolean = (help: string) => ({ kind: 'boolean', help }) as const;
const ANY = Number.MAX_SAFE_INTEGER;

/**
 * All training options, in the order in which help shows them: what checks them, and what the command line makes its flags
 * of. Their defaults are in the presets. An option that is missing here is a type error.
 */
export const OPTION_RULES = {
  algorithm: choice(ALGORITHMS, 'skip-gram: each word around a centre predicts it; cbow: all together do'),
  loss: choice(LOSSES, 'what the prediction is measured by'),
  cbowInput: choice(CBOW_INPUTS, 'cbow predicts from the mean or the sum of the words around'),
  cbowGradient: choice(CBOW_GRADIENTS, 'word2vec: each word gets the whole error; exact: its share'),
  dimensions: integer(1, 4096, 'length of a vector'),
  window: integer(1, 1000, 'largest distance between two words of a pair'),
  negative: integer(0, 100, 'negative samples for each centre word'),
  noiseExponent: number(-2, 2, 'negative samples are drawn by count^x'),
  subsample: number(0, 1, 'thins out words with a larger share of the text; 0 = off'),
  epochs: integer(1, 100_000, 'passes over the text'),
  minCount: integer(1, ANY, 'drops rarer words'),
  maxVocabulary: integer(1, ANY, 'keeps the n most frequent words'),
  phrasePasses: integer(0, 10, 'joins words that belong together, new_york, so many times over; 0 = off'),
  phraseScore: choice(PHRASE_SCORES, 'how pairs of words are scored'),
  phraseThreshold: number(-1, 1e12, 'joins pairs of words that score above it'),
  learningRate: number(1e-9, 10, 'at the start; it falls linearly'),
  endLearningRate: number(0, 10, 'at the end'),
  initial: choice(['uniform', 'normal'], 'distribution of the input vectors before training'),
  initialOutput: choice(['zeros', 'uniform', 'normal'], 'distribution of the output vectors before training'),
  initialScale: number(0, 10, 'vectors begin within ±x (normal: with the same variance)'),
  seed: integer(0, 2 ** 32 - 1, 'of all random numbers'),
  deterministic: boolean('the same vectors bit for bit with any number of threads; slower'),
  subwords: boolean('word vectors from character n-grams, too, also for words never seen'),
  minNgram: integer(1, MAXIMUM_NGRAM, 'shortest n-gram, 3 if omitted, 1 for Chinese'),
  maxNgram: integer(1, MAXIMUM_NGRAM, 'longest n-gram, 6 if omitted, 3 for Chinese'),
  buckets: integer(1, 1e9, 'n-grams share this many vectors'),
  heldOutTokens: integer(0, 1e9, 'not trained on; their loss tells of over-training'),
  earlyStop: boolean('end when the held-out loss rises, with the vectors of the best epoch'),
} as const satisfies { readonly [K in keyof Required<TrainingOptions>]: OptionRule };

/** What is wrong with a value, such as `must be an integer from 1 to 4096, got 0`; undefined if nothing is. */
export function faultOfOption(name: keyof TrainingOptions, value: unknown): string | undefined {
  const rule: OptionRule = OPTION_RULES[name];
  const shown = showValue(value);
  switch (rule.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `must be true or false, got ${shown}`;
    case 'choice':
      return rule.of.includes(value as string) ? undefined : `must be ${rule.of.join(' or ')}, got ${shown}`;
    default: {
      const { kind, minimum, maximum } = rule;
      const isInRange = typeof value === 'number' && value >= minimum && value <= maximum;
      if (isInRange && (kind === 'number' || Number.isInteger(value))) return undefined;
      const range = maximum === ANY ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
      return `must be ${kind === 'integer' ? 'an integer' : 'a number'} ${range}, got ${shown}`;
    }
  }
}
