import { PHRASE_SCORES } from '../corpus/phrase-score.ts';
import { ALGORITHMS, CBOW_GRADIENTS, CBOW_INPUTS, LOSSES } from '../kernels/word2vec/word2vec.ts';
import { checkChoice } from '../text/check-choice.ts';
import { checkIsObject } from '../text/check-options.ts';
import { optionOfOtherTool } from '../text/names-of-other-tools.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { MAXIMUM_NGRAM, ngramLengthsFor, type SubwordOptions } from '../text/subwords.ts';
import { LOSS_TRAITS } from './loss-traits.ts';
import { faultOfOption, OPTION_RULES, type OptionRule, type TrainingOptions } from './option-rules.ts';

export type { TrainingOptions };

export { ALGORITHMS, CBOW_GRADIENTS, CBOW_INPUTS, LOSSES, PHRASE_SCORES };

/** Whose defaults are taken: our own, or those of another tool. */
export const PRESET_NAMES = ['wordkin', 'word2vec.c', 'gensim', 'fasttext'] as const;
/** See `PRESET_NAMES`. */
export type PresetName = (typeof PRESET_NAMES)[number];

/**
 * What the vectors are for, where defaults that follow the text cannot serve all: finding texts, telling which words are alike, or
 * relations of words.
 */
export const GOALS = ['search', 'similarity', 'analogies'] as const;
/** See `GOALS`. */
export type Goal = (typeof GOALS)[number];

/** An option that is left out comes from the preset. */
export type PartialTrainingOptions = { readonly [K in keyof TrainingOptions]?: TrainingOptions[K] | undefined } & {
  readonly preset?: PresetName | undefined;
  /** With the preset `wordkin`, skip-gram and negative sampling: what the options that follow the text are to serve best; as a rule all. */
  readonly goal?: Goal | undefined;
};

/**
 * With 5, CBOW gets 35.6 % of the analogies at its best rate (.05) in place of 38.2: it has one example for each centre, where
 * skip-gram has several.
 */
const CBOW_NEGATIVE = 10;

/**
 * Ours, which are word2vec.c's but for the order of blocks, and the learning rate and the negative samples of CBOW; and the defaults of the three tools: word2vec.c 20c129a,
 * gensim 4.4, fastText 1142dc4. What depends on other options is a function of them.
 */
const PRESETS: Record<PresetName, (options: PartialTrainingOptions) => Omit<TrainingOptions, 'phraseThreshold'>> = {
  wordkin: (options) => {
    const { algorithm, loss = 'negative-sampling', learningRate } = options;
    const isCbow = algorithm === 'cbow';
    const rate = learningRate ?? (isCbow ? LOSS_TRAITS[loss].cbowLearningRate : undefined);
    return {
      ...PRESETS['word2vec.c']({ ...options, learningRate: rate }),
      ...(isCbow && { negative: CBOW_NEGATIVE }),
      blockOrder: 'interleaved',
      deterministicMerge: 'length',
    };
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
  negativeSharing: 'two-centres',
  logitBias: 0,
  weightDecay: 0,
  noiseExponent: 0.75,
  subsample: 1e-3,
  epochs: 5,
  blockOrder: 'sequential',
  minCount: 5,
  phrasePasses: 0,
  phraseScore: 'word2phrase',
  initial: 'uniform',
  initialOutput: 'zeros',
  seed: 1,
  deterministic: false,
  deterministicMerge: 'root',
  subwords: false,
  buckets: 2_000_000,
  heldOutTokens: 20_000,
  earlyStop: false,
} as const;

/**
 * The one door for training options: fills in what is left out and checks everything.
 *
 * @param others - names of options that go elsewhere, to be suggested for a misspelt one
 * @throws RangeError that names the option, what it must be and what was given
 */
export function resolveTrainingOptions(
  given: PartialTrainingOptions = {},
  others: readonly string[] = [],
): TrainingOptions {
  checkIsObject(given, 'dimensions');
  const options = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as PartialTrainingOptions;
  for (const [name, value] of Object.entries(options)) checkOption(name, value, others);
  const { preset = 'wordkin', goal: _, ...rest } = options;
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

function checkOption(name: string, value: unknown, known: readonly string[]): void {
  if (name === 'preset' || name === 'goal') {
    checkChoice(name, value, name === 'goal' ? GOALS : PRESET_NAMES);
    return;
  }
  if (!Object.hasOwn(OPTION_RULES, name)) {
    const other = optionOfOtherTool(name);
    const nearest = nearestSpelling(name, [...Object.keys(OPTION_RULES), 'preset', 'goal', ...known]);
    const help = other ? `; it is "${other}" here` : nearest ? `, did you mean "${nearest}"?` : '';
    throw new RangeError(`Cannot use training option "${name}": there is no such option${help}`);
  }
  const rule: OptionRule = OPTION_RULES[name as keyof typeof OPTION_RULES];
  if (rule.kind === 'choice') checkChoice(name, value, rule.of);
  const fault = faultOfOption(name as keyof TrainingOptions, value);
  if (fault) throw new RangeError(`"${name}" ${fault}`);
}
