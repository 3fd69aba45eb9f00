import { counted } from '../text/counted.ts';
import { normalizeWithoutSpaces, splitWords } from '../text/word-rule.ts';
import { adaptTrainingOptions, servesGoal, type TextFacts } from '../training/adaptive-defaults.ts';
import { heldOutStretches, LEAST_HELD_OUT, LEAST_LENGTH } from '../training/held-out.ts';
import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { TrainSettings } from '../training/train-settings.ts';
import type { Warning } from '../training/training-events.ts';
import {
  type PartialTrainingOptions,
  resolveTrainingOptions,
  type TrainingOptions,
} from '../training/training-options.ts';

/** What was asked for. */
type Given = PartialTrainingOptions & Pick<TrainSettings, 'vocabulary' | 'start'>;

interface Need {
  readonly options: readonly (keyof TrainingOptions | 'goal')[];
  isMet(resolved: TrainingOptions, given: Given): boolean;
  /** Completes "has no effect". */
  reason(resolved: TrainingOptions, given: Given): string;
}

/** What options need to have an effect. */
const NEEDS: readonly Need[] = [
  {
    options: ['negative', 'noiseExponent', 'logitBias', 'negativePool', 'negativeSharing'],
    isMet: ({ loss }) => LOSS_TRAITS[loss].usesNegatives,
    reason: ({ loss }) => `with the loss "${loss}"`,
  },
  {
    options: ['weightDecay'],
    isMet: ({ loss }) => !LOSS_TRAITS[loss].visitsAllWords,
    reason: ({ loss }) => `with the loss "${loss}"`,
  },
  {
    options: ['goal'],
    isMet: (resolved, given) => servesGoal(given, resolved, given.start !== undefined),
    reason: (_, { preset = 'wordkin' }) =>
      preset === 'wordkin'
        ? 'but in a new skip-gram with negative samples alone'
        : `with the preset "${preset}", whose options do not follow the text`,
  },
  {
    options: ['deterministicMerge'],
    isMet: ({ deterministic }) => deterministic,
    reason: () => 'where the training is not deterministic',
  },
  {
    options: ['negativeSharing'],
    isMet: ({ algorithm }) => algorithm === 'skip-gram',
    reason: ({ algorithm }) => `with ${algorithm}`,
  },
  {
    options: ['cbowInput', 'cbowGradient'],
    isMet: ({ algorithm }) => algorithm === 'cbow',
    reason: ({ algorithm }) => `with ${algorithm}`,
  },
  {
    options: ['cbowGradient'],
    isMet: ({ algorithm, cbowInput }) => algorithm !== 'cbow' || cbowInput === 'mean',
    reason: () => 'with the sum, where both are the same',
  },
  {
    options: ['phraseScore', 'phraseThreshold'],
    isMet: ({ phrasePasses }) => phrasePasses > 0,
    reason: () => 'where no phrases are joined: give phrasePasses',
  },
  {
    options: ['minNgram', 'maxNgram', 'buckets'],
    isMet: ({ subwords }) => subwords,
    reason: () => 'without subwords',
  },
  {
    options: ['earlyStop'],
    isMet: ({ heldOutTokens }) => heldOutTokens > 0,
    reason: () => 'where heldOutTokens is 0: nothing tells when to stop',
  },
  {
    options: ['minCount', 'maxVocabulary'],
    isMet: (_, { vocabulary }) => vocabulary === undefined,
    reason: () => 'with a given vocabulary, all words of which are kept',
  },
];

/**
 * Tells of options that were given and are of held-out text, where none is held out.
 *
 * @param corpusLength - tokens and sentence ends
 */
export function heldOutWarnings(given: Given, resolved: TrainingOptions, corpusLength: number): Warning[] {
  const { heldOutTokens, seed } = resolved;
  const asked = (['earlyStop', 'heldOutTokens'] as const).filter((name) => given[name]);
  if (asked.length === 0 || heldOutTokens === 0 || heldOutStretches(corpusLength, heldOutTokens, seed).length > 0)
    return [];
  return asked.map((name) => ({
    code: 'unused-option',
    message: `"${name}" has no effect on a text of ${counted(corpusLength, 'token')} and sentence ends: nothing is held out of less than ${LEAST_LENGTH}, nor fewer than ${LEAST_HELD_OUT} tokens`,
  }));
}

/**
 * Tells of a goal for which this text has the same options as without it, as a large one has.
 *
 * @param resolved - before they followed the text
 */
export function goalWarnings(given: Given, resolved: TrainingOptions, facts: TextFacts): Warning[] {
  if (given.goal === undefined || !servesGoal(given, resolved, given.start !== undefined)) return [];
  const optionsFor = (goal: Given['goal']) =>
    JSON.stringify(adaptTrainingOptions({ ...given, goal }, resolved, facts).options);
  if (optionsFor(given.goal) !== optionsFor(undefined)) return [];
  return [
    {
      code: 'unused-option',
      message: `"goal" has no effect on a text of ${counted(Math.round(facts.tokens), 'token')} with the options given: the others are chosen as without it`,
    },
  ];
}

/** Tells of a model to begin with that knows none of the words of the text. */
export function startWarnings({ start }: Pick<TrainSettings, 'start'>, words: readonly string[]): Warning[] {
  if (start === undefined || words.some((word) => start.model.has(word))) return [];
  const { size } = start.model;
  return [
    {
      code: 'unused-option',
      message: `"start" has no effect: none of ${counted(words.length, 'word')} of the text is among the ${size} of the model, such as ${JSON.stringify(start.model.words[0])}; it may be in another language, or cut into other words`,
    },
  ];
}

/** One word, with what may be a frequency or a part of speech, or was meant as the second word. */
const WORD_AND_MORE = /^(\S+)\s+(?:\d+|[a-z]{1,4})$/;

/** Tells of lines of a dictionary such as "iphone 15", which are one word with a frequency: that is a word without them. */
export function dictionaryWarnings({ dictionary }: Pick<TrainSettings, 'dictionary'>): Warning[] {
  const idle = (dictionary ?? '')
    .replaceAll('\ufeff', '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => {
      const [, first] = WORD_AND_MORE.exec(line) ?? [];
      if (first === undefined || /\p{Script=Han}/u.test(first)) return false;
      const word = normalizeWithoutSpaces(first);
      return splitWords(word).join(' ') === word;
    });
  if (idle.length === 0) return [];
  const [, word, rest] = /^(\S+)\s+(.*)$/.exec(idle[0])!;
  const read = /\d/.test(rest) ? `the frequency ${rest}` : `the part of speech ${rest}`;
  return [
    {
      code: 'unused-option',
      message: `${counted(idle.length, 'line of the dictionary changes', 'lines of the dictionary change')} nothing: ${JSON.stringify(idle[0])} is read as the word "${word}" with ${read}, and "${word}" is a word without it, too; white space always separates words, so for words that belong together give phrasePasses`,
    },
  ];
}

/** Tells of options that were given, are not what they are without, and change nothing beside the others. */
export function unusedOptionWarnings(given: Given, resolved: TrainingOptions): Warning[] {
  const usual: PartialTrainingOptions = resolveTrainingOptions({ preset: given.preset });
  return NEEDS.filter(({ isMet }) => !isMet(resolved, given)).flatMap(({ options, reason }) =>
    options
      .filter((name) => given[name] !== undefined && given[name] !== usual[name])
      .map(
        (name): Warning => ({ code: 'unused-option', message: `"${name}" has no effect ${reason(resolved, given)}` }),
      ),
  );
}
