// `wordkin/text`: text is read and cut into tokens.
export * from '../environment/text-files.ts';
export type { JsonValue, Metadata, TextRecord } from '../store/text-store.ts';
export type { ChineseSegmenter } from '../text/chinese-segmenter.ts';
export type { TokenizerChoice } from '../text/choose-tokenizer.ts';
export { chooseTokenizer } from '../text/choose-tokenizer.ts';
export type { Phrases } from '../text/phrases.ts';
export { sampleSentences } from '../text/sample-sentences.ts';
export type { TextFileOptions, TextFormat } from '../text/text-file-options.ts';
export { textLines } from '../text/text-lines.ts';
export type { OpenText, TextSource } from '../text/text-source.ts';
export { TOKEN_SEPARATOR, textsSource, tokensSource } from '../text/text-source.ts';
export type {
  CreateOptions,
  CreateTokenizerOptions,
  Tokenizer,
  TokenizerDescriptor,
  TokenizerName,
  TokenizerOptions,
  TokenizerTraits,
} from '../text/tokenizer.ts';
export { createTokenizer, TOKENIZER_NAMES, TOKENIZERS } from '../text/tokenizer.ts';
