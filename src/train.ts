import { createMemoryCorpusStore } from './corpus/encoded-corpus.ts';
import type { PhraseOptions } from './corpus/learn-phrases.ts';
import { prepareCorpus } from './corpus/prepare-corpus.ts';
import { cosineSimilarity } from './math/vector-operations.ts';
import { EmbeddingModel } from './model/embedding-model.ts';
import { lookAhead, warnOfWords } from './preflight/preflight.ts';
import { createSubwords } from './text/subwords.ts';
import type { TextSource } from './text/text-source.ts';
import { checkpointStates } from './training/checkpoint.ts';
import { openText } from './training/open-text.ts';
import { trainModel } from './training/train-model.ts';
import type { Drift, TrainEdge, TrainResult, TrainSettings } from './training/train-settings.ts';
import { matchStart } from './training/training-memory.ts';
import { type PartialTrainingOptions, subwordOptions, type TrainingOptions } from './training/training-options.ts';
import type { Vocabulary } from './vocabulary/vocabulary.ts';

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
    const { vocabulary, corpus, statistics, phrases, rareTokens } = await prepareCorpus(
      opening.sources,
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
    const subwords = resolved.subwords
      ? createSubwords(vocabulary.words, subwordOptions(resolved, vocabulary.words))
      : undefined;
    if (warned) warnOfWords({ vocabulary, corpus, statistics, rareTokens }, subwords, warned, opening, options, edge);

    // Workers cut text with the tokenizer alone; a query is also joined.
    const descriptor = phrases ? { ...tokenizer.descriptor, phrases } : tokenizer.descriptor;
    const trainingOptions = subwords ? { ...resolved, ...subwords.options } : resolved;
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
    await opening.close();
    store.dispose();
  }
}

function phraseOptions({ phrasePasses, phraseScore, phraseThreshold }: TrainingOptions): PhraseOptions {
  return { passes: phrasePasses, score: phraseScore, threshold: phraseThreshold };
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
