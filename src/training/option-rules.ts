import { PHRASE_SCORES, type PhraseScore } from '../corpus/phrase-score.ts';
import {
  ALGORITHMS,
  type Algorithm,
  CBOW_GRADIENTS,
  CBOW_INPUTS,
  type CbowGradient,
  type CbowInput,
  DETERMINISTIC_MERGES,
  type DeterministicMerge,
  LOSSES,
  type Loss,
  NEGATIVE_SHARING,
  type NegativeSharing,
} from '../kernels/word2vec/word2vec.ts';
import { showValue } from '../text/show-value.ts';
import { MAXIMUM_NGRAM } from '../text/subwords.ts';
import { BLOCK_ORDERS, type BlockOrder } from './block-order.ts';

/** How a model is trained; every value has a default, see PRESETS. */
export interface TrainingOptions {
  /** `skip-gram`: each word around a centre predicts it; `cbow`: all of them together do. */
  readonly algorithm: Algorithm;
  readonly loss: Loss;
  /** CBOW only: predicts from the mean or the sum of the vectors around the centre. */
  readonly cbowInput: CbowInput;
  /**
   * CBOW with the mean only: `word2vec` gives each word the whole gradient, as the three tools do, `exact` its share. The
   * exact gradient wants a higher learning rate.
   */
  readonly cbowGradient: CbowGradient;
  /** Length of a vector: an integer from 1 to 4096. */
  readonly dimensions: number;
  /** Largest distance between two words of a pair; each centre draws its own from 1 to this. */
  readonly window: number;
  /** Negative samples a centre, with negative sampling: an integer from 0 to 100. */
  readonly negative: number;
  /**
   * Skip-gram with negative sampling: which pairs share their negative samples. `pair`: none do, as in word2vec.c, the slowest;
   * `centre`: all pairs of a centre do; `two-centres`: those of two centres that follow each other, the fastest.
   */
  readonly negativeSharing: NegativeSharing;
  /**
   * Negative samples come from so many words that are drawn for each block of 10,000 tokens, 0 to 1,000,000; 0 draws each from the whole
   * vocabulary. Where it is absent, as few as cost no accuracy.
   */
  readonly negativePool?: number;
  /**
   * Negative sampling: added to the product of two vectors before the sigmoid, −100 to 100; 0 in the three tools. With −ln(negative) the
   * vectors need not learn that of so many pairs one is true.
   */
  readonly logitBias: number;
  /**
   * Weight decay, 0 to 1, but for full softmax: after each pair both its vectors lose this share × the learning rate of themselves. A small text
   * then teaches less of what is chance in it. 0 in the three tools.
   */
  readonly weightDecay: number;
  /** Negative samples are drawn in proportion to count ^ noiseExponent. */
  readonly noiseExponent: number;
  /** Of words with a larger share of the tokens than this some occurrences are left out, the more the more frequent; 0 keeps all. */
  readonly subsample: number;
  /** Passes over the corpus. */
  readonly epochs: number;
  /**
   * `interleaved`: each epoch takes a block of 10,000 tokens from each of 64 spans of the text by turns, the better order for analogies.
   * `sequential`: it takes the text from its beginning to its end, as the three tools do; of several threads, or ranks, each takes a part of it. The
   * better order for SimLex-999. Where a time limit ends the last epoch early, the end of the text is missing in it.
   */
  readonly blockOrder: BlockOrder;
  /** Rarer words are dropped. */
  readonly minCount: number;
  /** Keeps this many most frequent words; unlimited if omitted. */
  readonly maxVocabulary?: number;
  /**
   * Before the training, words that stand together oftener than by chance are joined to one word, new_york: so many
   * times over, 0 to 10; 0 = off. A phrase of up to 2 ^ phrasePasses words can come of it.
   */
  readonly phrasePasses: number;
  /** How pairs of words are scored, with `minCount` as the discount: see `phraseScore`. */
  readonly phraseScore: PhraseScore;
  /** Pairs that score above it are joined: 100 with `word2phrase`, .5 with `npmi`, which ends at 1. */
  readonly phraseThreshold: number;
  /** Learning rate at the start; it falls linearly with progress … */
  readonly learningRate: number;
  /** … to this. */
  readonly endLearningRate: number;
  /** Distribution of the input vectors before training. */
  readonly initial: 'uniform' | 'normal';
  /** Distribution of the output vectors before training; the three tools begin with zeros. */
  readonly initialOutput: 'zeros' | 'uniform' | 'normal';
  /** Uniform: values lie in (−initialScale, initialScale). Normal: the same variance. Above 0: vectors of zeros would stay zeros. */
  readonly initialScale: number;
  /** The same seed and one thread give the same vectors on the same machine; see `deterministic`. */
  readonly seed: number;
  /** The same vectors, bit for bit, with any number of threads and on any machine; slower. */
  readonly deterministic: boolean;
  /**
   * In deterministic training four blocks are trained side by side, and what they have changed in a row is added up: `length`, the sum, but no
   * longer than changes would make it that have nothing in common; `root`, the sum divided by the root of their number, which learns
   * half as fast.
   */
  readonly deterministicMerge: DeterministicMerge;
  /** Makes word vectors of character n-grams, too (fastText), so that words that were never seen have one. */
  readonly subwords: boolean;
  /** Shortest and longest n-gram; where they are absent, 3 to 6 characters, or 1 to 3 if the words are Chinese. */
  readonly minNgram?: number;
  readonly maxNgram?: number;
  /** N-grams share this many vectors, by their hash. */
  readonly buckets: number;
  /**
   * Tokens held out of the training, in short stretches all over the text. After each epoch they give the held-out loss, and tell whether
   * words that stand together in unseen text become less alike: then the training learns its text by heart. At most 1/500 of the text, of a
   * small one 2000 or 1/50, of less than 50,000 tokens none; 0 = none.
   */
  readonly heldOutTokens: number;
  /** Where the training learns its text by heart, it goes back to the vectors of the best epoch and ends soon. */
  readonly earlyStop: boolean;
}

/** What an option may be, and what it is for, in a line. */
export type OptionRule = {
  readonly help: string;
  /** For those who study the training: `--help` leaves it out. */
  readonly expert?: true;
} & (
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
const expert = <R extends object>(rule: R) => ({ ...rule, expert: true }) as const;
const ANY = Number.MAX_SAFE_INTEGER;

/**
 * All training options, in the order in which help shows them: what checks them, and what the command line makes its flags
 * of. Their defaults are in the presets. An option that is missing here is a type error.
 */
export const OPTION_RULES = {
  algorithm: choice(ALGORITHMS, 'skip-gram: each word around a centre predicts it; cbow: all together do'),
  loss: choice(LOSSES, 'what the prediction is measured by'),
  cbowInput: choice(CBOW_INPUTS, 'cbow predicts from the mean or the sum of the words around'),
  cbowGradient: choice(CBOW_GRADIENTS, 'word2vec: each word gets the whole gradient; exact: its share'),
  dimensions: integer(1, 4096, 'length of a vector'),
  window: integer(1, 1000, 'largest distance between two words of a pair'),
  negative: integer(0, 100, 'negative samples for each centre word'),
  negativeSharing: expert(choice(NEGATIVE_SHARING, 'pairs that share their negative samples (skip-gram)')),
  negativePool: expert(integer(0, 1_000_000, 'a block draws its negative samples from so many; 0 = no pool')),
  logitBias: expert(number(-100, 100, 'added to products of vectors before the sigmoid')),
  weightDecay: expert(number(0, 1, 'vectors lose this share × the learning rate')),
  noiseExponent: number(-2, 2, 'negative samples are drawn by count^x'),
  subsample: number(0, 1, 'leaves out some occurrences of words with a larger share of the text; 0 = off'),
  epochs: integer(1, 100_000, 'passes over the text'),
  blockOrder: choice(BLOCK_ORDERS, 'interleaved: 64 spans of the text by turns; sequential: in its own order'),
  minCount: integer(1, ANY, 'drops rarer words'),
  maxVocabulary: integer(1, ANY, 'keeps the n most frequent words'),
  phrasePasses: integer(0, 10, 'joins words that belong together (new_york) so often; 0 = off'),
  phraseScore: choice(PHRASE_SCORES, 'how pairs of words are scored'),
  phraseThreshold: number(-1, 1e12, 'joins pairs of words that score above it'),
  learningRate: number(1e-9, 10, 'at the start; it falls linearly'),
  endLearningRate: number(0, 10, 'at the end'),
  initial: choice(['uniform', 'normal'], 'distribution of the input vectors before training'),
  initialOutput: choice(['zeros', 'uniform', 'normal'], 'distribution of the output vectors before training'),
  initialScale: number(1e-9, 10, 'vectors begin within ±x (normal: with the same variance)'),
  seed: integer(0, 2 ** 32 - 1, 'of all random numbers'),
  deterministic: boolean('the same bits with any number of threads; slower'),
  deterministicMerge: expert(choice(DETERMINISTIC_MERGES, 'sum of changes, where deterministic')),
  subwords: boolean('word vectors from character n-grams, too, also for words never seen'),
  minNgram: integer(1, MAXIMUM_NGRAM, 'shortest n-gram, 3 if omitted, 1 for Chinese'),
  maxNgram: integer(1, MAXIMUM_NGRAM, 'longest n-gram, 6 if omitted, 3 for Chinese'),
  buckets: integer(1, 1e9, 'n-grams share this many vectors'),
  heldOutTokens: integer(0, 1e9, 'not trained on; they tell the loss, and of over-training'),
  earlyStop: boolean('where it over-trains, go back to the best epoch and end soon'),
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
