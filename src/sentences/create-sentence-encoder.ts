import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import { inferTokenizer } from '../model/word-spellings.ts';
import type { Tokenizer, TokenizerDescriptor, TokenizerName } from '../text/tokenizer.ts';
import { SentenceEncoder } from './sentence-encoder.ts';

/** `createSentenceEncoder` of an environment, by how that loads a tokenizer. */
export async function encoderOf(
  model: EmbeddingModel,
  tokenizer: TokenizerName | undefined,
  loadTokenizer: (descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>) => Promise<Tokenizer>,
): Promise<SentenceEncoder> {
  checkModel(model);
  const stored = model.contents.tokenizer;
  return new SentenceEncoder(
    model,
    await loadTokenizer(tokenizer === undefined ? (stored ?? { name: inferTokenizer(model) }) : { name: tokenizer }),
  );
}
