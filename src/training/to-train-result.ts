import type { PreparedCorpus } from '../corpus/prepare-corpus.ts';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { EmbeddingModel } from '../model/embedding-model.ts';
import type { PlannedTraining } from './plan-training.ts';
import type { TrainedVectors } from './train-model.ts';
import type { Drift, TrainResult } from './train-settings.ts';

/** Words and vectors as a model, with what queries and later trainings need. */
export function toTrainResult(
  trained: TrainedVectors,
  { vocabulary, corpus, statistics }: PreparedCorpus,
  { options, subwords, tokenizer, start }: PlannedTraining,
): TrainResult {
  const { spills: _, ...corpusStatistics } = statistics;
  const { seconds, wordsPerSecond, threads: __, ...reproducible } = trained.report;
  const model = new EmbeddingModel({
    words: vocabulary.words,
    dimensions: options.dimensions,
    inputVectors: trained.inputVectors,
    outputVectors: trained.outputVectors,
    subwords: subwords && { ...subwords, vectors: trained.ngramVectors! },
    counts: vocabulary.counts,
    tokenizer,
    training: {
      options,
      corpus: { ...corpusStatistics, trainedTokens: corpus.tokenCount },
      report: options.deterministic ? reproducible : trained.report,
    },
  });
  return { model, vocabulary, statistics, report: trained.report, drift: start && driftOf(start.model, model) };
}

function driftOf(before: EmbeddingModel, after: EmbeddingModel): Drift | undefined {
  const moved = after.words
    .filter((word) => before.has(word))
    .map((word) => ({ word, similarity: cosineSimilarity(before.vector(word), after.vector(word)) }));
  if (moved.length === 0) return undefined;
  const sum = moved.reduce((total, { similarity }) => total + similarity, 0);
  const farthest = moved.sort((a, b) => a.similarity - b.similarity).slice(0, 10);
  return { words: moved.length, meanSimilarity: sum / moved.length, farthest };
}
