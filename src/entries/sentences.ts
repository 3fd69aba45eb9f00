// `wordkin/sentences`: vectors of texts from the vectors of their words.
export * from '../environment/load-tokenizer.ts';
export type { SentenceSettings, Weighting } from '../model/sentence-settings.ts';
export { WEIGHTINGS } from '../model/sentence-settings.ts';
export type { WordsByPlace } from '../model/word-spellings.ts';
export { inferTokenizer } from '../model/word-spellings.ts';
export type { SimilarityExplanation, WordContribution } from '../sentences/explain-similarity.ts';
export { explainSimilarity } from '../sentences/explain-similarity.ts';
export type { SentenceOptions } from '../sentences/fit-sentences.ts';
export { fitSentences, SENTENCE_DEFAULTS } from '../sentences/fit-sentences.ts';
export type { EncodedSentence, WordShare } from '../sentences/sentence-encoder.ts';
export { defaultSentenceSettings, PLAIN_MEAN, SentenceEncoder } from '../sentences/sentence-encoder.ts';
export type { WordMoversOptions } from '../sentences/word-movers-distance.ts';
export { nearestByWordMovers, wordMoversDistance } from '../sentences/word-movers-distance.ts';
