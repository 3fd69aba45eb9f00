import { type CorpusStore, createMemoryCorpusStore } from './corpus/encoded-corpus.ts';
import type { PhraseOptions, PhrasePass } from './corpus/learn-phrases.ts';
import { type CorpusStatistics, type PrepareProgress, prepareCorpus, type StoreRun } from './corpus/prepare-corpus.ts';
import { cosineSimilarity } from './math/vector-operations.ts';
import { EmbeddingModel, type Neighbor } from './model/embedding-model.ts';
import { checkChoice } from './text/check-choice.ts';
import { sampleSource } from './text/sample-source.ts';
import { createSubwords, ngramLengthsFor, type SubwordOptions } from './text/subwords.ts';
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
  /** Bytes for counting words, then pairs of words; beyond, it takes longer. Never changes the result. 1 GiB if absent. */
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
  | ({ readonly type: 'prepare' } & PrepareProgress)
  | ({ readonly type: 'phrases' } & PhrasePass)
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
}

/** For the doors of Node and browsers, where the first argument may be anything. */
export const INPUT_HELP = 'Cannot train: the first argument must be { files }, { texts }, { tokens } or { sources }';

const DEFAULT_MEMORY_BUDGET_BYTES = 2 ** 30;

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
  const sources = Array.isArray(input) ? input : [input];
  const {
    tokenizer: wanted = 'auto',
    separator,
    threads,
    vocabulary: given,
    memoryBudgetBytes,
    strict,
    signal,
    onEvent,
    start,
    resume,
    checkpointSeconds = 60,
    ...training
  } = options;
  const resolved = resolveTrainingOptions(training);
  checkPhrases(resolved, given, start);
  checkChoice('tokenizer', wanted, ['auto', ...TOKENIZER_NAMES]);
  const threadCount = checkThreads(threads ?? edge.processors ?? 1);
  if (!(checkpointSeconds > 0)) throw new RangeError(`"checkpointSeconds" must be above 0, got ${checkpointSeconds}`);
  if (resume && !edge.checkpoints) throw new RangeError('Cannot resume: there is no place for checkpoints');
  if (!resume && (await edge.checkpoints?.load('latest'))) {
    throw new Error(
      `Cannot begin anew: "${edge.checkpoints!.name}" holds a checkpoint; resume the training, or remove it`,
    );
  }
  onEvent?.({ type: 'options', options: resolved, threads: threadCount });

  const { tokenizer, reason, opened } = await chooseFromText(sources, wanted, separator, edge);
  onEvent?.({ type: 'tokenizer', tokenizer: tokenizer.descriptor, reason });

  const workers = Array.from({ length: threadCount }, () => edge.createWorker?.(tokenizer) ?? localWorker(tokenizer));
  const store = edge.createCorpusStore?.() ?? createMemoryCorpusStore();
  try {
    const { vocabulary, corpus, statistics, phrases } = await prepareCorpus(
      opened,
      workers,
      store,
      {
        minCount: resolved.minCount,
        maxVocabulary: resolved.maxVocabulary,
        given,
        earlier: start?.keepWords ? wordsAndCounts(start.model) : undefined,
        phrases: resolved.phrasePasses > 0 ? phraseOptions(resolved) : undefined,
        memoryBudgetBytes: memoryBudgetBytes ?? DEFAULT_MEMORY_BUDGET_BYTES,
        strict,
        signal,
        onProgress: onEvent && ((progress) => onEvent({ type: 'prepare', ...progress })),
        onPhrases: onEvent && ((pass) => onEvent({ type: 'phrases', ...pass })),
      },
      edge.storeRun,
    );
    onEvent?.({ type: 'vocabulary', words: vocabulary.words.length, tokens: corpus.tokenCount, statistics });

    // Workers cut text with the tokenizer alone; a query is also joined.
    const descriptor = phrases ? { ...tokenizer.descriptor, phrases } : tokenizer.descriptor;
    const trainingOptions = resolved.subwords ? { ...ngramLengthsFor(vocabulary.words), ...resolved } : resolved;
    const subwords = resolved.subwords
      ? createSubwords(vocabulary.words, trainingOptions as SubwordOptions)
      : undefined;
    const startWords = start ? matchStart(start, vocabulary, resolved, subwords).started.words : 0;
    const identity = {
      options: trainingOptions,
      tokenizer: descriptor,
      vocabulary,
      corpus,
      subwords,
      startWords,
    };
    const trained = await trainModel(corpus, vocabulary, trainingOptions, workers, {
      signal,
      onEvent,
      start,
      subwords,
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
      subwords: subwords && { ...subwords, vectors: trained.ngramVectors! },
      counts: vocabulary.counts,
      tokenizer: descriptor,
      training: {
        options: trainingOptions,
        corpus: { ...corpusStatistics, trainedTokens: corpus.tokenCount },
        report: resolved.deterministic ? reproducible : trained.report,
      },
    });
    return { model, vocabulary, statistics, report: trained.report, drift: start && driftOf(start.model, model) };
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
    store.dispose();
  }
}

function phraseOptions({ phrasePasses, phraseScore, phraseThreshold }: TrainingOptions): PhraseOptions {
  return { passes: phrasePasses, score: phraseScore, threshold: phraseThreshold };
}

/** @throws RangeError where words come from elsewhere: what is joined in this text would not fit to them */
function checkPhrases({ phrasePasses }: TrainingOptions, given: unknown, start: StartSettings | undefined): void {
  if (phrasePasses > 0 && given) {
    throw new RangeError('Cannot join phrases with a given vocabulary, which has none; leave out one of the two');
  }
  if (!start?.keepWords) return;
  if (phrasePasses > 0) {
    throw new RangeError(
      'Cannot join phrases and keep the words of the model at once; leave out "phrasePasses", or train anew on all of the text',
    );
  }
  if (start.model.contents.tokenizer?.phrases) {
    throw new RangeError(
      'Cannot keep the words of a model with phrases, which would not be joined in the new text; train anew on all of the text',
    );
  }
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

/** The tokenizer; and the sources, of which `auto` has read the beginning. */
async function chooseFromText(
  sources: readonly TextSource[],
  wanted: TokenizerName | 'auto',
  separator: string | undefined,
  edge: TrainEdge,
) {
  const create = async (name: TokenizerName) =>
    createTokenizer(name, { separator, segmenter: name === 'chinese' ? await edge.loadSegmenter?.() : undefined });
  if (sources.length === 0) throw new Error('Cannot train: there is no text');
  if (wanted !== 'auto') return { tokenizer: await create(wanted), reason: 'as asked', opened: sources };
  const { sample, source } = await sampleSource(sources[0]);
  const { name, reason } = chooseTokenizer(sample);
  return { tokenizer: await create(name), reason, opened: [source, ...sources.slice(1)] };
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new RangeError(`"threads" must be an integer from 1 to 256, got ${JSON.stringify(threads)}`);
}
