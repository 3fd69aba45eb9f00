// The entry `wordkin/sentences` in browsers.
export * from '../entries/sentences.ts';
export { createSentenceEncoder, loadTokenizer } from './load-tokenizer.ts';
