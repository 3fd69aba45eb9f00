import type { EmbeddingModel } from '../model/embedding-model.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { openTokenizer } from '../text/open-tokenizer.ts';
import type { TokenIdEncoder } from '../text/token-ids.ts';
import type { Tokenizer, TokenizerDescriptor, TokenizerName } from '../text/tokenizer.ts';
import { loadSegmenter } from './chinese-segmenter.ts';
import { explainMissingPackage } from './optional-package.ts';

/** See src/environment/load-tokenizer.ts. */
export async function loadTokenizer(
  descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>,
): Promise<Tokenizer> {
  return openTokenizer(descriptor, {
    loadSegmenter,
    loadEncoder,
    warn: (message) => process.emitWarning(message, 'WordkinWarning'),
  });
}

/** See src/environment/load-tokenizer.ts. */
export async function createSentenceEncoder(
  model: EmbeddingModel,
  tokenizer?: TokenizerName,
): Promise<SentenceEncoder> {
  const { encoderOf } = await import('../sentences/create-sentence-encoder.ts'); // threads that cut texts need no model
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
