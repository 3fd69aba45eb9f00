import { PHRASE_SCORES, type PhraseScore } from '../corpus/phrase-score.ts';
import {
  ALGORITHMS,
  type Algorithm,
  CBOW_GRADIENTS,
  CBOW_INPUTS,
  type CbowGradient,
  type CbowInput,
  LOSSES,
  type Loss,
} from '../kernels/word2vec/word2vec.ts';
import { checkChoice } from '../text/check-choice.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { MAXIMUM_NGRAM, ngramLengthsFor, type SubwordOptions } from '../text/subwords.ts';
import { LOSS_TRAITS } from './loss-traits.ts';
import { faultOfOption, OPTION_RULES, type OptionRule } from './option-rules.ts';

/** How a model is trained; every value has a default, see PRESETS. */
export interface TrainingOptions {
  /** `skip-gram`: each word around a centre predicts it; `cbow`: all of them together do. */
  readonly algorithm: Algorithm;
  readonly loss: Loss;
  /** CBOW only: predicts from the mean or the sum of the vectors around the centre. */
  readonly cbowInput: CbowInput;
  /**
   * CBOW with the mean only: `word2vec` gives each word the whole error, as the three tools do, `exact` its share. The
   * exact gradient wants a higher learning rate.
   */
  readonly cbowGradient: CbowGradient;
  /** Length of a vector: an integer from 1 to 4096. */
  readonly dimensions: number;
  /** Largest distance between two words of a pair; each centre draws its own from 1 to this. */
  readonly window: number;
  /** Noise words a centre, with negative sampling: an integer from 0 to 100. */
  readonly negative: number;
  /** Noise words are drawn in proportion to count ^ noiseExponent. */
  readonly noiseExponent: number;
  /** Words with a larger share of the tokens than this are thinned out; 0 keeps everything. */
  readonly subsample: number;
  /** Passes over the corpus. */
  readonly epochs: number;
  /** Rarer words are dropped. */
  readonly minCount: number;
  /** Keeps this many most frequent words; unlimited if absent. */
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
  /** Uniform: values lie in (−initialScale, initialScale). Normal: the same variance. */
  readonly initialScale: number;
  /** The same seed and one thread give the same vectors on the same machine; see `deterministic`. */
  readonly seed: number;
  /** The same vectors, bit for bit, with any number of threads and on any machine; slower. */
  readonly deterministic: boolean;
  /** Makes word vectors of character n-grams, too (fastText), so that words that were never seen have one. */
  readonly subwords: boolean;
  /** Shortest and longest n-gram; where they are absent, 3 to 6 characters, or 1 to 3 if the words are Chinese. */
  readonly minNgram?: number;
  readonly maxNgram?: number;
  /** N-grams share this many vectors, by their hash. */
  readonly buckets: number;
  /**
   * Tokens held out of the training, in short stretches all over the text: their loss after each epoch tells when the
   * training learns its text by heart. At most 1/500 of the text, of a
   * small one 2000 or 1/50; 0 = none.
   */
  readonly heldOutTokens: number;
  /** Ends the training when the held-out loss rises, with the vectors of the best epoch. */
  readonly earlyStop: boolean;
}

export { ALGORITHMS, CBOW_GRADIENTS, CBOW_INPUTS, LOSSES, PHRASE_SCORES };

/** Whose defaults are taken: our own, or those of another tool. */
export const PRESET_NAMES = ['wordkin', 'word2vec.c', 'gensim', 'fasttext'] as const;
/** See `PRESET_NAMES`. */
export type PresetName = (typeof PRESET_NAMES)[number];

/** An option that is left out comes from the preset. */
export type PartialTrainingOptions = { readonly [K in keyof TrainingOptions]?: TrainingOptions[K] | undefined } & {
  readonly preset?: PresetName | undefined;
};

/**
 * With 5, CBOW gets 35.6 % of the analogies at its best rate (.05) in place of 38.2: it has one example for each centre, where
 * skip-gram has several.
 */
const CBOW_NEGATIVE = 10;

/**
 * Ours, which are word2vec.c's but for the learning rate and noise words of CBOW; and the defaults of the three tools: word2vec.c 20c129a,
 * gensim 4.4, fastText 1142dc4. What depends on other options is a function of them.
 */
const PRESETS: Record<PresetName, (options: PartialTrainingOptions) => Omit<TrainingOptions, 'phraseThreshold'>> = {
  wordkin: (options) => {
    const { algorithm, loss = 'negative-sampling', learningRate } = options;
    if (algorithm !== 'cbow') return PRESETS['word2vec.c'](options);
    const rate = learningRate ?? LOSS_TRAITS[loss].cbowLearningRate;
    return { ...PRESETS['word2vec.c']({ ...options, learningRate: rate }), negative: CBOW_NEGATIVE };
  },
  'word2vec.c': ({ dimensions = 100, algorithm, learningRate = algorithm === 'cbow' ? 0.05 : 0.025 }) => ({
    ...COMMON,
    dimensions,
    learningRate,
    endLearningRate: learningRate * 1e-4,
    initialScale: 0.5 / dimensions,
  }),
  gensim: ({ dimensions = 100, learningRate = 0.025 }) => ({
    ...COMMON,
    dimensions,
    learningRate,
    endLearningRate: 1e-4,
    initialScale: 1 / dimensions,
  }),
  fasttext: ({ dimensions = 100, learningRate = 0.05, loss }) => ({
    ...COMMON,
    subwords: loss !== 'softmax',
    dimensions,
    learningRate,
    endLearningRate: 0,
    subsample: 1e-4,
    noiseExponent: 0.5,
    initialScale: 1 / dimensions,
  }),
};

const COMMON = {
  algorithm: 'skip-gram',
  loss: 'negative-sampling',
  cbowInput: 'mean',
  cbowGradient: 'word2vec',
  window: 5,
  negative: 5,
  noiseExponent: 0.75,
  subsample: 1e-3,
  epochs: 5,
  minCount: 5,
  phrasePasses: 0,
  phraseScore: 'word2phrase',
  initial: 'uniform',
  initialOutput: 'zeros',
  seed: 1,
  deterministic: false,
  subwords: false,
  buckets: 2_000_000,
  heldOutTokens: 20_000,
  earlyStop: false,
} as const;

/**
 * The one door for training options: fills in what is left out and checks everything.
 *
 * @throws RangeError that names the option, what it must be and what was given
 */
export function resolveTrainingOptions(given: PartialTrainingOptions = {}): TrainingOptions {
  const options = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as PartialTrainingOptions;
  for (const [name, value] of Object.entries(options)) checkOption(name, value);
  const { preset = 'wordkin', ...rest } = options;
  const resolved = { ...PRESETS[preset](options), ...rest };
  const { minNgram = 1, maxNgram = MAXIMUM_NGRAM } = resolved;
  if (minNgram > maxNgram) throw new RangeError(`"minNgram" is ${minNgram}, more than "maxNgram", ${maxNgram}`);
  if (resolved.subwords && resolved.loss === 'softmax') {
    throw new RangeError(
      '"subwords" are not for the loss "softmax": take "negative-sampling" or "hierarchical-softmax"',
    );
  }
  if (LOSS_TRAITS[resolved.loss].usesNegatives && resolved.negative === 0) {
    throw new RangeError(
      '"negative" must be at least 1 with the loss "negative-sampling": without negative samples all vectors become alike',
    );
  }
  const npmi = resolved.phraseScore === 'npmi';
  const { phraseThreshold = npmi ? 0.5 : 100 } = options;
  if (npmi && phraseThreshold > 1) {
    throw new RangeError(`"phraseThreshold" must be a number from -1 to 1 for npmi, got ${phraseThreshold}`);
  }
  return { ...resolved, phraseThreshold };
}

/** Of the n-grams; their lengths suit the words where they were left open. */
export function subwordOptions(
  { minNgram, maxNgram, buckets }: TrainingOptions,
  words: readonly string[],
): SubwordOptions {
  const suited = ngramLengthsFor(words);
  // One length alone may be given: the other must fit to it.
  const longest = maxNgram ?? Math.max(suited.maxNgram, minNgram ?? 0);
  return { minNgram: minNgram ?? Math.min(suited.minNgram, longest), maxNgram: longest, buckets };
}

function checkOption(name: string, value: unknown): void {
  if (name === 'preset') {
    checkChoice(name, value, PRESET_NAMES);
    return;
  }
  if (!Object.hasOwn(OPTION_RULES, name)) {
    const nearest = nearestSpelling(name, [...Object.keys(OPTION_RULES), 'preset']);
    throw new RangeError(
      `Cannot use training option "${name}": there is no such option${nearest ? `, did you mean "${nearest}"?` : ''}`,
    );
  }
  const rule: OptionRule = OPTION_RULES[name as keyof typeof OPTION_RULES];
  if (rule.kind === 'choice') checkChoice(name, value, rule.of);
  const fault = faultOfOption(name as keyof TrainingOptions, value);
  if (fault) throw new RangeError(`"${name}" ${fault}`);
}
