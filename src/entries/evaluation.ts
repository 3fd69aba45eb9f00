// `wordkin/evaluation`: how good a model is.
export type { AnalogyOptions, AnalogyProtocol, AnalogyResult, AnalogySection } from '../evaluation/analogies.ts';
export { ANALOGY_PROTOCOLS, evaluateAnalogies } from '../evaluation/analogies.ts';
export type { NeighborOverlap, OverlapOptions } from '../evaluation/neighbor-overlap.ts';
export { neighborOverlap } from '../evaluation/neighbor-overlap.ts';
export type { RetrievalResult, RetrievalScores, RetrievalTask } from '../evaluation/retrieval.ts';
export { evaluateRetrieval, parseRetrievalTask } from '../evaluation/retrieval.ts';
export type { SentencePair, SentencePairResult } from '../evaluation/sentence-pairs.ts';
export { evaluateSentencePairs, sentencePairsOf } from '../evaluation/sentence-pairs.ts';
export type { WordPairOptions, WordPairResult } from '../evaluation/word-pairs.ts';
export { evaluateWordPairs } from '../evaluation/word-pairs.ts';
