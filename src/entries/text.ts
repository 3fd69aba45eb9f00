// `wordkin/text`: text is read and cut into tokens.
export * from '../environment/text-files.ts';
export type { JsonValue, Metadata, TextRecord } from '../store/text-store.ts';
export type { Phrases } from '../text/phrases.ts';
export { sampleSentences } from '../text/sample-sentences.ts';
export type { TextFileOptions, TextFormat } from '../text/text-file-options.ts';
export { textLines } from '../text/text-lines.ts';
export type { OpenText, TextSource } from '../text/text-source.ts';
export { TOKEN_SEPARATOR, textsSource, tokensSource } from '../text/text-source.ts';
export type {
  ChineseSegmenter,
  Tokenizer,
  TokenizerChoice,
  TokenizerDescriptor,
  TokenizerName,
} from '../text/tokenizer.ts';
export { chooseTokenizer, createTokenizer, TOKENIZER_NAMES } from '../text/tokenizer.ts';
