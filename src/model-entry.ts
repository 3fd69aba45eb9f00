// The entry "wordkin/model": everything that uses a trained model, and nothing that trains one.

export type { AnalogyOptions, AnalogyProtocol, AnalogyResult, AnalogySection } from './evaluation/analogies.ts';
export { ANALOGY_PROTOCOLS, evaluateAnalogies } from './evaluation/analogies.ts';
export type { WordPairResult } from './evaluation/word-pairs.ts';
export { evaluateWordPairs } from './evaluation/word-pairs.ts';
export { cosineSimilarity, euclideanDistance } from './math/vector-operations.ts';
export type { ModelContents, Neighbor, NeighborOptions, WeightedWord } from './model/embedding-model.ts';
export { EmbeddingModel, WordNotFoundError } from './model/embedding-model.ts';
export type { ModelFile } from './model/model-file.ts';
export { ModelFormatError, memoryFile } from './model/model-file.ts';
export type { ModelFormat } from './model/read-model.ts';
export { MODEL_FORMATS, readModel } from './model/read-model.ts';
export { writeSafetensors } from './model/safetensors.ts';
export { writeWord2vecBinary, writeWord2vecText } from './model/word2vec-format.ts';
export type { SearchHit, SearchOptions } from './search/exact-index.ts';
export { ExactIndex } from './search/exact-index.ts';
export type { EncodedSentence } from './sentences/sentence-encoder.ts';
export { inferTokenizer, SentenceEncoder } from './sentences/sentence-encoder.ts';
export { nearestByWordMovers, wordMoversDistance } from './sentences/word-movers-distance.ts';
export { createTokenizer } from './text/tokenizer.ts';
