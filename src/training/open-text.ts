import { type CorpusStore, createMemoryCorpusStore } from '../corpus/encoded-corpus.ts';
import { checkChoice } from '../text/check-choice.ts';
import {
  ANY_VALUE,
  BOOLEAN,
  BYTES,
  checkOptions,
  FUNCTION,
  OBJECT,
  type OptionRule,
  type OptionRules,
  SIGNAL,
  STRING,
} from '../text/check-options.ts';
import { resolveTokenizer } from '../text/choose-tokenizer.ts';
import { counted } from '../text/counted.ts';
import { showValue } from '../text/show-value.ts';
import { sampleCharacters, sampleText, type TextSample } from '../text/text-sample.ts';
import type { TextSource } from '../text/text-source.ts';
import { createTokenizer, TOKENIZER_NAMES, TOKENIZERS, type Tokenizer } from '../text/tokenizer.ts';
import { abortableSource } from '../text/until-aborted.ts';
import { continuationWarnings, continuedOptions } from './continued-options.ts';
import { startWorkers } from './start-workers.ts';
import type { StartSettings, TrainEdge, TrainSettings } from './train-settings.ts';
import { type PartialTrainingOptions, resolveTrainingOptions, type TrainingOptions } from './training-options.ts';
import type { Worker } from './worker-role.ts';

/** `auto` looks at so much of the text. */
const CHOICE_CHARACTERS = 1 << 18;

/** A text that is about to be trained on: what was asked for, checked, and what trains it. */
export interface OpenedText {
  readonly options: PartialTrainingOptions & TrainSettings;
  readonly edge: TrainEdge;
  readonly resolved: TrainingOptions;
  readonly tokenizer: Tokenizer;
  readonly workers: readonly Worker[];
  readonly sources: readonly TextSource[];
  readonly sample: TextSample;
  readonly store: CorpusStore;
  /** By `performance.now()`. */
  readonly beginTime: number;
  close(): Promise<void>;
}

/**
 * What training and preflight begin with: options checked, the beginning of the text read, a tokenizer chosen, workers
 * started.
 *
 * @throws RangeError for options out of range, Error for a text that cannot be read, or a checkpoint that is in the way
 */
export async function openText(
  input: TextSource | readonly TextSource[],
  options: PartialTrainingOptions & TrainSettings,
  edge: TrainEdge,
): Promise<OpenedText> {
  const beginTime = performance.now();
  const given = withoutSettings(options); // first: what is continued must be a model
  const resolved = resolveTrainingOptions({ ...continuedOptions(options), ...given }, OTHERS);
  const { onEvent } = options;
  const threads = checkSettings(options, resolved, edge);
  if (!options.resume && (await edge.checkpoints?.load('latest'))) {
    throw new Error(
      `Cannot begin anew: "${edge.checkpoints!.name}" holds a checkpoint; resume the training, or remove it`,
    );
  }
  onEvent?.({ type: 'options', options: resolved, threads });

  const { signal } = options;
  const texts: readonly TextSource[] = Array.isArray(input) ? input : [input];
  const all = signal ? texts.map((source) => abortableSource(source, signal)) : texts;
  if (all.length === 0) throw new Error('Cannot train: there is no text');
  const { sample, sources, close: closeSources } = await sampleText(all);
  let store: CorpusStore | undefined;
  let workers: Worker[] = [];
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await closeSources();
    store?.dispose();
  };
  try {
    const { tokenizer, reason } = await tokenizerFor(sample, options, edge);
    onEvent?.({ type: 'tokenizer', tokenizer: tokenizer.descriptor, reason });
    for (const warning of continuationWarnings(options, resolved, tokenizer.descriptor.name)) {
      onEvent?.({ type: 'warning', ...warning });
    }
    const started = await startWorkers(threads, tokenizer, edge, onEvent);
    workers = started.workers;
    store = (started.inThreads && edge.createCorpusStore?.()) || createMemoryCorpusStore();
    return { options, edge, resolved, tokenizer, workers, sources, sample, store, beginTime, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function tokenizerFor(
  sample: TextSample,
  settings: TrainSettings,
  edge: TrainEdge,
): Promise<{ tokenizer: Tokenizer; reason: string }> {
  const { tokenizer: wanted = 'auto', start } = settings;
  const earlier = start?.keepWords ? start.model.contents.tokenizer : undefined;
  const continued = wanted === 'auto' ? TOKENIZER_NAMES.find((known) => known === earlier?.name) : undefined;
  const { name, language, reason } = await resolveTokenizer(continued ?? wanted, settings, () =>
    sampleCharacters(sample, CHOICE_CHARACTERS),
  );
  // New text is cut as the text before.
  const same = name === earlier?.name ? earlier : undefined;
  const dictionary = settings.dictionary ?? same?.dictionary;
  const segmenter = TOKENIZERS[name].needsSegmenter ? await edge.loadSegmenter?.(dictionary) : undefined;
  const tokenizer = createTokenizer(name, {
    version: same?.version,
    separator: settings.separator ?? same?.separator,
    language: language ?? same?.language,
    dictionary,
    segmenter,
  });
  return { tokenizer, reason: continued ? 'that of the model which is continued' : reason };
}

const START: OptionRule = {
  wanted: '{ model }, with the model to begin with',
  accepts: (value) => typeof (value as StartSettings | null)?.model?.contents === 'object',
};

const START_RULES: OptionRules<StartSettings> = { model: ANY_VALUE, factor: ANY_VALUE, keepWords: BOOLEAN };

/** All settings; a missing one is a type error. What is any value here is checked with words of its own. */
const SETTINGS: OptionRules<TrainSettings> = {
  tokenizer: ANY_VALUE,
  separator: STRING,
  language: STRING,
  dictionary: STRING,
  threads: ANY_VALUE,
  vocabulary: ANY_VALUE,
  memoryBudgetBytes: BYTES,
  strict: BOOLEAN,
  signal: SIGNAL,
  onEvent: FUNCTION,
  onVectors: FUNCTION,
  start: START,
  resume: BOOLEAN,
  pause: OBJECT,
  checkpointSeconds: ANY_VALUE,
  timeSeconds: ANY_VALUE,
};
/** What `train` takes beside training options. */
const OTHERS = [...Object.keys(SETTINGS), 'format', 'field', 'temporaryFolder', 'checkpointFolder'];

/**
 * Checks the settings; what is left is checked as training options.
 *
 * @throws RangeError for a setting that may not be
 */
function withoutSettings(options: PartialTrainingOptions & TrainSettings): PartialTrainingOptions {
  const isSetting = ([name]: [string, unknown]) => Object.hasOwn(SETTINGS, name);
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  checkOptions(Object.fromEntries(entries.filter(isSetting)), SETTINGS);
  return Object.fromEntries(entries.filter((entry) => !isSetting(entry)));
}

/** Checks what is given beside the training options; returns the number of threads. */
function checkSettings(settings: TrainSettings, resolved: TrainingOptions, edge: TrainEdge): number {
  const { tokenizer = 'auto', threads, vocabulary, start, resume, checkpointSeconds = 60, timeSeconds } = settings;
  if (typeof checkpointSeconds !== 'number' || !(checkpointSeconds > 0))
    throw new RangeError(`"checkpointSeconds" must be above 0, got ${showValue(checkpointSeconds)}`);
  if (timeSeconds !== undefined) checkTime(timeSeconds, resolved);
  if (resume && !edge.checkpoints) {
    throw new RangeError('Cannot resume: there is no place for checkpoints; give the "checkpointFolder" that has them');
  }
  if (start) checkOptions(start, START_RULES);
  if (vocabulary) checkVocabulary(vocabulary);
  checkPhrases(resolved, vocabulary, start);
  if (start?.keepWords) checkKeptWords(resolved, vocabulary);
  checkChoice('tokenizer', tokenizer, ['auto', ...TOKENIZER_NAMES]);
  return checkThreads(threads ?? edge.processors ?? 1);
}

function checkTime(timeSeconds: number, { deterministic }: TrainingOptions): void {
  if (typeof timeSeconds !== 'number' || !(timeSeconds > 0))
    throw new RangeError(`"timeSeconds" must be above 0, got ${showValue(timeSeconds)}`);
  if (deterministic) {
    throw new RangeError('"timeSeconds" is not for deterministic training, which no speed may change; give "epochs"');
  }
}

/** @throws RangeError where words come from elsewhere: what is joined in this text would not fit to them */
function checkPhrases({ phrasePasses }: TrainingOptions, given: unknown, start: StartSettings | undefined): void {
  if (phrasePasses > 0 && given) {
    throw new RangeError('Cannot join phrases with a given vocabulary; leave out one of the two');
  }
  if (!start?.keepWords) return;
  if (phrasePasses > 0) {
    throw new RangeError('Cannot join phrases and keep the words of a model; leave out "phrasePasses", or train anew');
  }
  if (start.model.contents.tokenizer?.phrases) {
    throw new RangeError('Cannot keep the words of a model with phrases; train anew on all of the text');
  }
}

/** @throws RangeError for what would leave out words of the model that is continued */
function checkKeptWords({ maxVocabulary }: TrainingOptions, given: unknown): void {
  const name = given ? 'vocabulary' : maxVocabulary === undefined ? undefined : 'maxVocabulary';
  if (name === undefined) return;
  throw new RangeError(
    `"${name}" is not for a training that keeps the words of a model; leave it out, or take the vectors alone as a "start"`,
  );
}

/** @throws TypeError or RangeError where words or counts are none, or a word is there twice */
function checkVocabulary({ words, counts }: NonNullable<TrainSettings['vocabulary']>): void {
  if (!Array.isArray(words) || counts === undefined) {
    throw new TypeError('"vocabulary" must be { words, counts }');
  }
  if (words.length !== counts.length) {
    throw new RangeError(
      `"vocabulary" has ${counted(words.length, 'word')} and ${counted(counts.length, 'count')}: give a count for each word`,
    );
  }
  const seen = new Set<string>();
  words.forEach((word, id) => {
    if (typeof word !== 'string' || word === '') {
      throw new TypeError(`Word ${id} of "vocabulary" must be a string that is not empty, got ${JSON.stringify(word)}`);
    }
    if (seen.has(word))
      throw new RangeError(`"vocabulary" has the word ${JSON.stringify(word)} twice: keep one of them`);
    seen.add(word);
    if (!(Number.isSafeInteger(counts[id]) && counts[id] >= 0)) {
      throw new RangeError(
        `The count of ${JSON.stringify(word)} in "vocabulary" must be a whole number, got ${showValue(counts[id])}`,
      );
    }
  });
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new RangeError(`"threads" must be an integer from 1 to 256, got ${showValue(threads)}`);
}
