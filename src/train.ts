import { type CorpusStore, createMemoryCorpusStore } from './corpus/encoded-corpus.ts';
import { type CorpusStatistics, type PrepareProgress, prepareCorpus, type StoreRun } from './corpus/prepare-corpus.ts';
import { cosineSimilarity } from './math/vector-operations.ts';
import { EmbeddingModel, type Neighbor } from './model/embedding-model.ts';
import { checkChoice } from './text/check-choice.ts';
import { sampleCharacters, sampleText } from './text/text-sample.ts';
import type { TextSource } from './text/text-source.ts';
import {
  type ChineseSegmenter,
  chooseTokenizer,
  createTokenizer,
  TOKENIZER_NAMES,
  type Tokenizer,
  type TokenizerName,
} from './text/tokenizer.ts';
import { type CheckpointStore, checkpointStates } from './training/checkpoint.ts';
import { type EncodedSample, encodeSample } from './training/encoded-sample.ts';
import {
  byteLengthOf,
  estimateTokens,
  FORECAST_BYTES,
  type Forecast,
  forecastTraining,
  trainingBytes,
} from './training/forecast.ts';
import { memoryWarning, sampleWarnings, vocabularyWarnings, type Warning } from './training/preflight.ts';
import { type TrainingEvent, type TrainingReport, trainModel } from './training/train-model.ts';
import { matchStart, type StartVectors } from './training/training-memory.ts';
import {
  type PartialTrainingOptions,
  resolveTrainingOptions,
  type TrainingOptions,
} from './training/training-options.ts';
import { localWorker, type Worker } from './training/worker-role.ts';
import type { Vocabulary } from './vocabulary/vocabulary.ts';

/** What can be given beside the training options. */
export interface TrainSettings {
  /** `auto` (if absent) decides from the beginning of the text and says so in a `tokenizer` event. */
  readonly tokenizer?: TokenizerName | 'auto' | undefined;
  /** For the tokenizer `ids`: what parts two ids. */
  readonly separator?: string | undefined;
  /** Worker threads; as many as there are processors if absent. */
  readonly threads?: number | undefined;
  /** Words and counts to use instead of counting. */
  readonly vocabulary?: Pick<Vocabulary, 'words' | 'counts'> | undefined;
  /** Bytes for counting words; beyond, counts wait on disk. Never changes the result. 1 GiB if absent. */
  readonly memoryBudgetBytes?: number | undefined;
  /** Refuses malformed UTF-8 instead of repairing it. */
  readonly strict?: boolean | undefined;
  /** Before the training begins: rejects with the signal's reason. Later: ends early with what there is. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** A model to begin with in place of random vectors. */
  readonly start?: StartSettings | undefined;
  /** Goes on from the latest checkpoint, if there is one; without it a checkpoint that is there is an error. */
  readonly resume?: boolean | undefined;
  /** Seconds between two checkpoints; 60 if absent. */
  readonly checkpointSeconds?: number | undefined;
}

export interface StartSettings extends StartVectors {
  /** Goes on with the model on new text: keeps all its words, adds those of the text, and adds up the counts. */
  readonly keepWords?: boolean | undefined;
}

export type TrainEvent =
  | { readonly type: 'options'; readonly options: TrainingOptions; readonly threads: number }
  | { readonly type: 'tokenizer'; readonly tokenizer: Tokenizer['descriptor']; readonly reason: string }
  /** A likely mistake: before the text is read what its beginning tells, then what its words tell. */
  | ({ readonly type: 'warning' } & Warning)
  /** Before a text of more than 5 MB is read, where its length is known. */
  | ({ readonly type: 'forecast' } & Forecast)
  | ({ readonly type: 'prepare' } & PrepareProgress)
  | {
      readonly type: 'vocabulary';
      readonly words: number;
      readonly tokens: number;
      readonly statistics: CorpusStatistics;
    }
  | TrainingEvent;

export interface TrainResult {
  readonly model: EmbeddingModel;
  readonly vocabulary: Vocabulary;
  readonly statistics: CorpusStatistics;
  readonly report: TrainingReport;
  /** How far the words of the model that the training began with have moved. */
  readonly drift?: Drift | undefined;
}

/** What a training would need, and what is probably not meant. */
export interface Preflight extends Forecast {
  readonly warnings: readonly Warning[];
}

export interface Drift {
  /** Words in both models. */
  readonly words: number;
  /** Mean cosine similarity of a word's vector before and after. */
  readonly meanSimilarity: number;
  /** The ten words that have moved farthest, farthest first. */
  readonly farthest: readonly Neighbor[];
}

/** What an environment lends to the training: threads, disk, a Chinese segmenter. Everything may be absent. */
export interface TrainEdge {
  readonly createWorker?: (tokenizer: Tokenizer) => Worker;
  readonly processors?: number;
  readonly createCorpusStore?: () => CorpusStore;
  readonly storeRun?: StoreRun;
  readonly loadSegmenter?: () => Promise<ChineseSegmenter | undefined>;
  readonly checkpoints?: CheckpointStore | undefined;
  /** Memory that a model may take now, in bytes. */
  readonly availableMemoryBytes?: (() => number) | undefined;
}

/** For the doors of Node and browsers, where the first argument may be anything. */
export const INPUT_HELP = 'Cannot train: the first argument must be { files }, { texts }, { tokens } or { sources }';

const DEFAULT_MEMORY_BUDGET_BYTES = 2 ** 30;
/** `auto` looks at so much of the text. */
const CHOICE_CHARACTERS = 1 << 18;

/**
 * The whole way from text to model: choose a tokenizer; cut, count and encode the text in one pass; train on
 * the encoded corpus; hand out words and vectors.
 *
 * @throws RangeError for options out of range, Error for text that cannot be read or holds too few words
 */
export async function trainFromText(
  input: TextSource | readonly TextSource[],
  options: PartialTrainingOptions & TrainSettings,
  edge: TrainEdge = {},
): Promise<TrainResult> {
  const {
    vocabulary: given,
    memoryBudgetBytes,
    strict,
    signal,
    onEvent,
    start,
    resume,
    checkpointSeconds = 60,
  } = options;
  if (!(checkpointSeconds > 0)) throw new RangeError(`"checkpointSeconds" must be above 0, got ${checkpointSeconds}`);
  if (resume && !edge.checkpoints) throw new RangeError('Cannot resume: there is no place for checkpoints');
  const opening = await openText(input, options, edge);
  const { resolved, tokenizer, workers } = opening;
  const store = edge.createCorpusStore?.() ?? createMemoryCorpusStore();
  try {
    const warned = onEvent ? await lookAhead(opening, options, edge) : undefined;
    const { vocabulary, corpus, statistics, rareTokens } = await prepareCorpus(
      opening.sources,
      workers,
      store,
      {
        minCount: resolved.minCount,
        maxVocabulary: resolved.maxVocabulary,
        given,
        earlier: start?.keepWords ? wordsAndCounts(start.model) : undefined,
        memoryBudgetBytes: memoryBudgetBytes ?? DEFAULT_MEMORY_BUDGET_BYTES,
        strict,
        signal,
        onProgress: onEvent && ((progress) => onEvent({ type: 'prepare', ...progress })),
      },
      edge.storeRun,
    );
    onEvent?.({ type: 'vocabulary', words: vocabulary.words.length, tokens: corpus.tokenCount, statistics });
    if (warned) {
      const found = given
        ? []
        : vocabularyWarnings(
            {
              ...statistics,
              keptTokens: corpus.tokenCount,
              keptWords: vocabulary.words.length,
              rareTokens,
            },
            resolved,
          );
      const memoryBytes = trainingBytes(
        vocabulary,
        corpus.length,
        resolved,
        workers.length,
        start?.factor !== undefined,
      );
      const size = { words: vocabulary.words.length, memoryBytes, about: false };
      const memory = memoryWarning(size, resolved, edge.availableMemoryBytes?.());
      for (const warning of memory ? [...found, memory] : found) {
        if (!warned.has(warning.code)) onEvent?.({ type: 'warning', ...warning });
      }
    }

    const startWords = start ? matchStart(start, vocabulary, resolved).started.words : 0;
    const identity = { options: resolved, tokenizer: tokenizer.descriptor, vocabulary, corpus, startWords };
    const trained = await trainModel(corpus, vocabulary, resolved, workers, {
      signal,
      onEvent,
      start,
      resume,
      checkpoints: edge.checkpoints && {
        store: checkpointStates(edge.checkpoints, identity),
        everyMilliseconds: 1000 * checkpointSeconds,
      },
    });
    const { spills: _, ...corpusStatistics } = statistics;
    const { seconds, wordsPerSecond, threads: __, ...reproducible } = trained.report;
    const model = new EmbeddingModel({
      words: vocabulary.words,
      dimensions: resolved.dimensions,
      inputVectors: trained.inputVectors,
      outputVectors: trained.outputVectors,
      counts: vocabulary.counts,
      tokenizer: tokenizer.descriptor,
      training: {
        options: resolved,
        corpus: { ...corpusStatistics, trainedTokens: corpus.tokenCount },
        report: resolved.deterministic ? reproducible : trained.report,
      },
    });
    return { model, vocabulary, statistics, report: trained.report, drift: start && driftOf(start.model, model) };
  } finally {
    await opening.close();
    store.dispose();
  }
}

/**
 * Looks at the beginning of the text (about 1 MB), trains on it for a quarter of a second and throws the result away:
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
    const { resolved, workers, sources } = opening;
    const sample = await encodeSample(opening.sample, opening.tokenizer);
    const forecast = await forecastTraining(sample, sources, resolved, workers, expectations(options));
    const warnings = sampleWarnings(sample, resolved);
    if (sample.whole && !options.vocabulary && !options.start?.keepWords) {
      warnings.push(...vocabularyWarnings(sampleFacts(sample, resolved), resolved));
    }
    const memory = forecastMemoryWarning(forecast, resolved, edge);
    if (memory) warnings.push(memory);
    return { ...forecast, warnings };
  } finally {
    await opening.close();
  }
}

/** What training and preflight begin with: options checked, the beginning of the text read, workers started. */
async function openText(
  input: TextSource | readonly TextSource[],
  options: PartialTrainingOptions & TrainSettings,
  edge: TrainEdge,
) {
  const { settings, training } = splitOptions(options);
  const { tokenizer: wanted = 'auto', separator, threads, onEvent, resume } = settings;
  const resolved = resolveTrainingOptions(training);
  checkChoice('tokenizer', wanted, ['auto', ...TOKENIZER_NAMES]);
  const threadCount = checkThreads(threads ?? edge.processors ?? 1);
  if (!resume && (await edge.checkpoints?.load('latest'))) {
    throw new Error(
      `Cannot begin anew: "${edge.checkpoints!.name}" holds a checkpoint; resume the training, or remove it`,
    );
  }
  onEvent?.({ type: 'options', options: resolved, threads: threadCount });

  const all: readonly TextSource[] = Array.isArray(input) ? input : [input];
  if (all.length === 0) throw new Error('Cannot train: there is no text');
  const { sample, sources, close: closeSources } = await sampleText(all);
  let workers: Worker[] = [];
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await closeSources();
  };
  try {
    const { name, reason } =
      wanted === 'auto'
        ? chooseTokenizer(await sampleCharacters(sample, CHOICE_CHARACTERS))
        : { name: wanted, reason: 'as asked' };
    const segmenter = name === 'chinese' ? await edge.loadSegmenter?.() : undefined;
    const tokenizer = createTokenizer(name, { separator, segmenter });
    onEvent?.({ type: 'tokenizer', tokenizer: tokenizer.descriptor, reason });
    workers = Array.from({ length: threadCount }, () => edge.createWorker?.(tokenizer) ?? localWorker(tokenizer));
    return { resolved, tokenizer, workers, sources, sample, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Parts what is given beside the training options from them; what is left is checked as training options. */
function splitOptions({
  tokenizer,
  separator,
  threads,
  vocabulary,
  memoryBudgetBytes,
  strict,
  signal,
  onEvent,
  start,
  resume,
  checkpointSeconds = 60,
  ...training
}: PartialTrainingOptions & TrainSettings) {
  const settings = { tokenizer, separator, threads, vocabulary, memoryBudgetBytes, strict, signal, onEvent, start };
  return { settings: { ...settings, resume, checkpointSeconds }, training };
}

/** Tells of likely mistakes and, where the text is long, of what is to be expected; returns what it has warned of. */
async function lookAhead(
  { sample: beginning, tokenizer, sources, resolved, workers }: Awaited<ReturnType<typeof openText>>,
  options: TrainSettings,
  edge: TrainEdge,
): Promise<Set<string>> {
  const sample = await encodeSample(beginning, tokenizer);
  const warnings = sampleWarnings(sample, resolved);
  const byteLength = (byteLengthOf(sources) ?? 0) * sample.expansion;
  const long = byteLength > FORECAST_BYTES && estimateTokens(sample, sources) !== undefined;
  if (long && !options.resume) {
    const forecast = await forecastTraining(sample, sources, resolved, workers, expectations(options));
    options.onEvent?.({ type: 'forecast', ...forecast });
    const memory = forecastMemoryWarning(forecast, resolved, edge);
    if (memory) warnings.push(memory);
  }
  for (const warning of warnings) options.onEvent?.({ type: 'warning', ...warning });
  return new Set(warnings.map(({ code }) => code));
}

/** What is known of the vocabulary before the text is read. */
function expectations({ vocabulary, start }: TrainSettings) {
  return { words: vocabulary?.words.length, inputFactors: start?.factor !== undefined };
}

/** The facts of a text that is in the sample as a whole. */
function sampleFacts({ vocabulary: { words, counts, tokenCount } }: EncodedSample, options: TrainingOptions) {
  const { minCount, maxVocabulary = Number.POSITIVE_INFINITY } = options;
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

function wordsAndCounts({ words, contents }: EmbeddingModel): Pick<Vocabulary, 'words' | 'counts'> {
  if (contents.counts) return { words, counts: contents.counts };
  throw new Error('Cannot keep the words of the model: it has no counts; a model saved as safetensors has them');
}

function driftOf(before: EmbeddingModel, after: EmbeddingModel): Drift {
  const moved = after.words
    .filter((word) => before.has(word))
    .map((word) => ({ word, similarity: cosineSimilarity(before.vector(word), after.vector(word)) }));
  const sum = moved.reduce((total, { similarity }) => total + similarity, 0);
  const farthest = moved.sort((a, b) => a.similarity - b.similarity).slice(0, 10);
  return { words: moved.length, meanSimilarity: sum / moved.length, farthest };
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new RangeError(`"threads" must be an integer from 1 to 256, got ${JSON.stringify(threads)}`);
}
