import type { PreparedCorpus } from '../corpus/prepare-corpus.ts';
import type { TextSource } from '../text/text-source.ts';
import {
  type AdaptedOptions,
  adaptTrainingOptions,
  minCountFor,
  type TextFacts,
} from '../training/adaptive-defaults.ts';
import { type OpenedText, openText } from '../training/open-text.ts';
import type { Forecast, Preflight, TrainEdge, TrainSettings } from '../training/train-settings.ts';
import type { TrainingPlan } from '../training/trainer.ts';
import type { Warning } from '../training/training-events.ts';
import { sizeOf } from '../training/training-memory.ts';
import type { PartialTrainingOptions, TrainingOptions } from '../training/training-options.ts';
import { type EncodedSample, encodeSample } from './encoded-sample.ts';
import { byteLengthOf, estimateTokens, FORECAST_BYTES, forecastTraining, trainingBytes } from './forecast.ts';
import {
  dictionaryWarnings,
  goalWarnings,
  heldOutWarnings,
  startWarnings,
  unusedOptionWarnings,
} from './unused-options.ts';
import { laterCharacters, markedWords, memoryWarning, sampleWarnings, vocabularyWarnings } from './warnings.ts';

/**
 * Looks at the beginning of the text (about 1 MB), trains on it for a second and throws the result away:
 * what the training would need, and which mistakes are likely. Writes nothing.
 *
 * @throws what `trainFromText` throws for the same options, and for text that cannot be read
 */
export async function preflightFromText(
  input: TextSource | readonly TextSource[],
  options: PartialTrainingOptions & TrainSettings,
  edge: TrainEdge = {},
): Promise<Preflight> {
  const opening = await openText(input, options, edge);
  try {
    const { workers, sources, tokenizer } = opening;
    const sample = await encodeSample(opening.sample, tokenizer);
    const { options: resolved, chosen, reason } = expectedOptions(opening, sample);
    const forecast = await forecastTraining(sample, sources, resolved, workers, expectations(options, edge));
    const warnings = await earlyWarnings(options, resolved, sample);
    if (sample.whole && !options.vocabulary && !options.start?.keepWords) {
      const warned = new Set(warnings.map(({ code }) => code));
      warnings.push(...vocabularyWarnings(sampleFacts(sample, resolved), resolved, warned));
    }
    if (sample.whole) warnings.push(...heldOutWarnings(options, resolved, sample.corpus.length));
    const memory = forecastMemoryWarning(forecast, resolved, edge);
    if (memory) warnings.push(memory);
    const { name } = tokenizer.descriptor;
    return { ...forecast, warnings, tokenizer: name, options: resolved, chosen, reason, threads: workers.length };
  } finally {
    await opening.close();
  }
}

/** Tells of likely mistakes and, where the text is long, of what is to be expected; returns what it has warned of. */
export async function lookAhead(opened: OpenedText): Promise<ReadonlySet<string>> {
  const { sample: beginning, tokenizer, sources, workers, options, edge } = opened;
  if (!options.onEvent) return new Set();
  const sample = await encodeSample(beginning, tokenizer);
  const { options: resolved } = expectedOptions(opened, sample);
  const warnings = await earlyWarnings(options, resolved, sample);
  const byteLength = (byteLengthOf(sources) ?? 0) * sample.expansion;
  const long = byteLength > FORECAST_BYTES && estimateTokens(sample, sources) !== undefined;
  if (long && !options.resume) {
    const forecast = await forecastTraining(sample, sources, resolved, workers, expectations(options, edge));
    options.onEvent({ type: 'forecast', ...forecast });
    const memory = forecastMemoryWarning(forecast, resolved, edge);
    if (memory) warnings.push(memory);
  }
  for (const warning of warnings) options.onEvent({ type: 'warning', ...warning });
  return new Set(warnings.map(({ code }) => code));
}

/** What the given options and the beginning of the text tell. */
async function earlyWarnings(
  given: OpenedText['options'],
  resolved: TrainingOptions,
  sample: EncodedSample,
): Promise<Warning[]> {
  return [
    ...unusedOptionWarnings(given, resolved),
    ...dictionaryWarnings(given),
    ...(await textWarnings(sample, resolved)),
  ];
}

/** How the text is laid out is told for what the sample itself does not tell; pages load what tells it when they train. */
async function textWarnings(sample: EncodedSample, options: TrainingOptions): Promise<Warning[]> {
  const found = sampleWarnings(sample, options);
  if (sample.tokenizer.name === 'ids') return found;
  const { layoutWarning } = await import('./text-layouts.ts');
  const { characterWarning } = await import('./text-characters.ts');
  const text = [characterWarning(sample.text), layoutWarning(sample.text)].filter((warning) => warning !== undefined);
  return [...text.filter(({ code }) => !found.some((other) => other.code === code)), ...found];
}

/** The warnings that the counts of all words give, but for what has been warned of. */
export function warnOfWords(
  { vocabulary, corpus, statistics, rareTokens, keptTokens }: PreparedCorpus,
  { subwords, options: resolved }: TrainingPlan,
  opened: OpenedText,
  warned: ReadonlySet<string>,
): void {
  const { workers, options, edge, tokenizer } = opened;
  const { vocabulary: given, start, onEvent } = options;
  if (!onEvent) return;
  const words = vocabulary.words.length;
  const facts = { ...statistics, keptTokens, keptWords: words, rareTokens };
  const found = given ? [] : vocabularyWarnings(facts, resolved, warned);
  const parts = { inputFactors: start?.factor !== undefined, subwords: subwords && sizeOf(subwords) };
  const memoryBytes = trainingBytes(vocabulary, corpus.length, resolved, workers.length, parts);
  const memory = memoryWarning({ words, memoryBytes, about: false }, resolved, edge.availableMemoryBytes?.());
  const later = laterCharacters(vocabulary, tokenizer.descriptor);
  for (const warning of [...found, memory, later, markedWords(vocabulary.words)]) {
    if (warning && !warned.has(warning.code)) onEvent({ type: 'warning', ...warning });
  }
  const unused = [
    ...startWarnings(options, vocabulary.words),
    ...heldOutWarnings(options, resolved, corpus.length),
    ...goalWarnings(options, opened.resolved, factsOf(opened, corpus.tokenCount, statistics.corpusTokens)),
  ];
  for (const warning of unused) onEvent({ type: 'warning', ...warning });
}

/** The options that the training will choose by its number of tokens, which the sample tells about. */
function expectedOptions(opened: OpenedText, sample: EncodedSample): AdaptedOptions {
  const { options, resolved, sources } = opened;
  const tokens = estimateTokens(sample, sources);
  if (tokens === undefined) return { options: resolved, chosen: [], reason: undefined };
  // Of a text that is not in the sample as a whole the rare words are not known; they are few of its tokens.
  const minCount = minCountFor(options, resolved, tokens, options.start !== undefined);
  const isKnown = sample.whole && !options.vocabulary;
  const kept = isKnown ? sampleFacts(sample, { ...resolved, minCount }).keptTokens : tokens;
  return adaptTrainingOptions(options, resolved, factsOf(opened, kept, tokens));
}

function factsOf({ options: { start, timeSeconds } }: OpenedText, tokens: number, corpusTokens = tokens): TextFacts {
  return { tokens, corpusTokens, started: start !== undefined, timeIsGiven: timeSeconds !== undefined };
}

/** What is known of the vocabulary before the text is read. */
function expectations({ vocabulary, start }: TrainSettings, { trialMilliseconds }: TrainEdge) {
  return { words: vocabulary?.words.length, inputFactors: start?.factor !== undefined, trialMilliseconds };
}

/** The facts of a text that is in the sample as a whole. */
function sampleFacts({ vocabulary: { words, counts, tokenCount } }: EncodedSample, options: TrainingOptions) {
  const { minCount, maxVocabulary = Infinity } = options;
  const rareTokens = new Float64Array(Math.min(minCount, tokenCount + 1));
  let [keptTokens, keptWords] = [0, 0];
  for (const count of counts) {
    if (count < minCount) rareTokens[count] += count;
    else if (keptWords < maxVocabulary) {
      keptTokens += count;
      keptWords++;
    }
  }
  return { corpusTokens: tokenCount, distinctWords: words.length, keptTokens, keptWords, rareTokens };
}

function forecastMemoryWarning({ words, memoryBytes }: Forecast, options: TrainingOptions, edge: TrainEdge) {
  if (words === undefined || memoryBytes === undefined) return undefined;
  return memoryWarning({ words, memoryBytes, about: true }, options, edge.availableMemoryBytes?.());
}
