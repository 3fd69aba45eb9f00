import type { EmbeddingModel } from '../model/embedding-model.ts';
import { encoderOf } from '../sentences/create-sentence-encoder.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { openTokenizer } from '../text/open-tokenizer.ts';
import type { TokenIdEncoder } from '../text/token-ids.ts';
import type { Tokenizer, TokenizerDescriptor, TokenizerName } from '../text/tokenizer.ts';
import { loadSegmenter } from './chinese-segmenter.ts';

/** See src/environment/load-tokenizer.ts. */
export async function loadTokenizer(
  descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>,
): Promise<Tokenizer> {
  return openTokenizer(descriptor, { loadSegmenter, loadEncoder, warn: (message) => console.warn(message) });
}

/** See src/environment/load-tokenizer.ts. */
export async function createSentenceEncoder(
  model: EmbeddingModel,
  tokenizer?: TokenizerName,
): Promise<SentenceEncoder> {
  return encoderOf(model, tokenizer, loadTokenizer);
}

async function loadEncoder(definition: object): Promise<TokenIdEncoder> {
  const { Tokenizer: HuggingFaceTokenizer } = await importTokenizers();
  const tokenizer = new HuggingFaceTokenizer(definition, {});
  return { encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids };
}

async function importTokenizers() {
  try {
    return await import('@huggingface/tokenizers'); // in `try`: a bundler then takes it for optional
  } catch (cause) {
    throw new Error(
      'Cannot cut texts: the model has a tokenizer.json, which needs the package @huggingface/tokenizers; run npm install @huggingface/tokenizers, or name it in the import map',
      { cause },
    );
  }
}
