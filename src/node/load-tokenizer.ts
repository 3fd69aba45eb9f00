import type { EmbeddingModel } from '../model/embedding-model.ts';
import { encoderOf } from '../sentences/create-sentence-encoder.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenIdTokenizer, type TokenIdEncoder } from '../text/token-ids.ts';
import {
  createTokenizer,
  segmenterWarning,
  type Tokenizer,
  type TokenizerDescriptor,
  type TokenizerName,
  tokenizerTraits,
} from '../text/tokenizer.ts';
import { loadSegmenter } from './chinese-segmenter.ts';
import { explainMissingPackage } from './optional-package.ts';

/** See src/environment/load-tokenizer.ts. */
export async function loadTokenizer(
  descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>,
): Promise<Tokenizer> {
  const { name, version = 1 } = descriptor;
  if (name === 'huggingface')
    return createTokenIdTokenizer({ ...descriptor, name, version }, await loadEncoder(descriptor.definition ?? {}));
  const { needsSegmenter } = tokenizerTraits(descriptor) ?? {};
  const segmenter = needsSegmenter ? await loadSegmenter(descriptor.dictionary) : undefined;
  const tokenizer = createTokenizer(name, { ...descriptor, segmenter });
  const warning = segmenterWarning(descriptor, tokenizer);
  if (warning !== undefined) process.emitWarning(warning, 'WordkinWarning');
  return tokenizer;
}

/** See src/environment/load-tokenizer.ts. */
export async function createSentenceEncoder(
  model: EmbeddingModel,
  tokenizer?: TokenizerName,
): Promise<SentenceEncoder> {
  return encoderOf(model, tokenizer, loadTokenizer);
}

async function loadEncoder(definition: object): Promise<TokenIdEncoder> {
  const { Tokenizer: HuggingFaceTokenizer } = await import(
    /* webpackIgnore: true */ /* turbopackIgnore: true */ '@huggingface/tokenizers'
  ).catch((cause) => {
    throw explainMissingPackage(cause, 'cut texts by the tokenizer.json of the model', '@huggingface/tokenizers');
  });
  const tokenizer = new HuggingFaceTokenizer(definition, {});
  return { encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids };
}
