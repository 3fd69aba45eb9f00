// The entry `wordkin/sentences` in Node.
export * from '../entries/sentences.ts';
export { createSentenceEncoder, loadTokenizer } from './load-tokenizer.ts';
