// The entry "wordkin/model": everything that uses a trained model, and nothing that trains one.

export type { AnalogyOptions, AnalogyProtocol, AnalogyResult, AnalogySection } from './evaluation/analogies.ts';
export { ANALOGY_PROTOCOLS, evaluateAnalogies } from './evaluation/analogies.ts';
export type { NeighborOverlap } from './evaluation/neighbor-overlap.ts';
export { neighborOverlap } from './evaluation/neighbor-overlap.ts';
export type { RetrievalResult, RetrievalScores, RetrievalTask } from './evaluation/retrieval.ts';
export { evaluateRetrieval, parseRetrievalTask } from './evaluation/retrieval.ts';
export type { SentencePair, SentencePairResult } from './evaluation/sentence-pairs.ts';
export { evaluateSentencePairs, sentencePairsOf } from './evaluation/sentence-pairs.ts';
export type { WordPairResult } from './evaluation/word-pairs.ts';
export { evaluateWordPairs } from './evaluation/word-pairs.ts';
export { cosineSimilarity, euclideanDistance } from './math/vector-operations.ts';
export type { Alignment } from './model/align-model.ts';
export { alignModel } from './model/align-model.ts';
export type { ModelContents, Neighbor, NeighborOptions, WeightedWord } from './model/embedding-model.ts';
export { EmbeddingModel, floatContents, WordNotFoundError } from './model/embedding-model.ts';
export type { ModelFile, ModelFolder, ReadOptions } from './model/formats/model-file.ts';
export { ModelFormatError, memoryFile } from './model/formats/model-file.ts';
export type { Compression, ReadModelOptions } from './model/formats/read-model.ts';
export { readModel, readModelFolder } from './model/formats/read-model.ts';
export { writeWord2vecBinary } from './model/formats/word2vec-binary-format.ts';
export { writeWord2vecText } from './model/formats/word2vec-text-format.ts';
export type { ModelFormat, WrittenFile, WrittenModel } from './model/formats/write-model.ts';
export { formatByName, lossesIn, MODEL_FORMATS, writeModel } from './model/formats/write-model.ts';
export { writeSafetensors } from './model/formats/write-wordkin.ts';
export type { Classifier, LabelPrediction } from './model/predict-labels.ts';
export { predictLabels } from './model/predict-labels.ts';
export type { Quantization, QuantizedParts, Vectors } from './model/quantized-vectors.ts';
export { floatVectors, QUANTIZATIONS, QuantizedVectors } from './model/quantized-vectors.ts';
export type { SentenceSettings, Weighting } from './model/sentence-settings.ts';
export { WEIGHTINGS } from './model/sentence-settings.ts';
export type { ShrinkOptions } from './model/shrink-model.ts';
export { shrinkModel } from './model/shrink-model.ts';
export type { TermHit } from './search/bm25-index.ts';
export { Bm25Index } from './search/bm25-index.ts';
export type { SearchHit, SearchOptions, VectorRows } from './search/exact-index.ts';
export { ExactIndex } from './search/exact-index.ts';
export type { ScoredItem } from './search/rank-fusion.ts';
export { fuseRankings } from './search/rank-fusion.ts';
export type { SimilarityExplanation, WordContribution } from './sentences/explain-similarity.ts';
export { explainSimilarity } from './sentences/explain-similarity.ts';
export type { SentenceOptions } from './sentences/fit-sentences.ts';
export { fitSentences, SENTENCE_DEFAULTS } from './sentences/fit-sentences.ts';
export type { EncodedSentence } from './sentences/sentence-encoder.ts';
export { defaultSentenceSettings, inferTokenizer, PLAIN_MEAN, SentenceEncoder } from './sentences/sentence-encoder.ts';
export { nearestByWordMovers, wordMoversDistance } from './sentences/word-movers-distance.ts';
export { CachedTextStore } from './store/cached-text-store.ts';
export type { Filter } from './store/filter.ts';
export { parseFilter } from './store/filter.ts';
export { MemoryTextStore } from './store/memory-text-store.ts';
export type { AddOptions, AddProgress, TextHit, TextListOptions, TextSearchOptions } from './store/text-index.ts';
export { TextIndex } from './store/text-index.ts';
export type {
  EncodedText,
  JsonValue,
  ListOptions,
  Metadata,
  Metric,
  ModelIdentity,
  SearchKind,
  TextRecord,
  TextStore,
  VectorHit,
  VectorQuery,
  WordQuery,
} from './store/text-store.ts';
export { METRICS, TextDataError } from './store/text-store.ts';
export { sampleSentences } from './text/sample-sentences.ts';
export { textLines } from './text/text-lines.ts';
export { createTokenizer } from './text/tokenizer.ts';
