import type { EmbeddingModel } from '../model/embedding-model.ts';
import { encoderOf } from '../sentences/create-sentence-encoder.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenIdTokenizer, type TokenIdEncoder } from '../text/token-ids.ts';
import { createTokenizer, type Tokenizer, type TokenizerDescriptor, type TokenizerName } from '../text/tokenizer.ts';
import { loadSegmenter } from './chinese-segmenter.ts';
import { explainMissingPackage } from './optional-package.ts';

/** See src/environment/load-tokenizer.ts. */
export async function loadTokenizer(
  descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>,
): Promise<Tokenizer> {
  const { name, separator, phrases, version = 1 } = descriptor;
  if (name === 'huggingface')
    return createTokenIdTokenizer({ ...descriptor, version }, await loadEncoder(descriptor.definition ?? {}));
  const segmenter = name === 'chinese' ? await loadSegmenter() : undefined;
  return createTokenizer(name, { separator, segmenter, phrases });
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
