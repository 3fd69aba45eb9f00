import type { ChineseSegmenter } from './chinese-segmenter.ts';
import { showValue } from './show-value.ts';
import { createTokenIdTokenizer, type TokenIdEncoder } from './token-ids.ts';
import {
  createTokenizer,
  segmenterWarning,
  type Tokenizer,
  type TokenizerDescriptor,
  tokenizerTraits,
} from './tokenizer.ts';

/** What an environment loads for tokenizers, and where it tells of trouble. */
export interface TokenizerEdge {
  loadSegmenter(dictionary?: string): Promise<ChineseSegmenter | undefined>;
  /** Of a tokenizer.json. */
  loadEncoder(definition: object): Promise<TokenIdEncoder>;
  warn(message: string): void;
}

/** The tokenizer that a descriptor names, with what it needs from outside. */
export async function openTokenizer(
  descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>,
  edge: TokenizerEdge,
): Promise<Tokenizer> {
  if (typeof descriptor !== 'object' || descriptor === null)
    throw new TypeError(`A tokenizer is named by { name }, got ${showValue(descriptor)}`);
  const { name, version = 1 } = descriptor;
  if (name === 'huggingface') {
    return createTokenIdTokenizer(
      { ...descriptor, name, version },
      await edge.loadEncoder(descriptor.definition ?? {}),
    );
  }
  const { needsSegmenter } = tokenizerTraits(descriptor) ?? {};
  const segmenter = needsSegmenter ? await edge.loadSegmenter(descriptor.dictionary) : undefined;
  const { separator, language, dictionary, phrases } = descriptor;
  const given = { version: descriptor.version, separator, language, dictionary, phrases, segmenter };
  const tokenizer = createTokenizer(name, given);
  const warning = segmenterWarning(descriptor, tokenizer);
  if (warning !== undefined) edge.warn(warning);
  return tokenizer;
}
