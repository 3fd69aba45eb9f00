import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import { arePlainWords, inferTokenizer } from '../model/word-spellings.ts';
import type { Tokenizer, TokenizerDescriptor, TokenizerName } from '../text/tokenizer.ts';
import { SentenceEncoder } from './sentence-encoder.ts';

/** `createSentenceEncoder` of an environment, by how that loads a tokenizer. */
export async function encoderOf(
  model: EmbeddingModel,
  tokenizer: TokenizerName | undefined,
  loadTokenizer: (descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>) => Promise<Tokenizer>,
): Promise<SentenceEncoder> {
  checkModel(model);
  const name = tokenizer ?? tokenizerNameFor(model);
  return new SentenceEncoder(model, await loadTokenizer(name === undefined ? model.contents.tokenizer! : { name }));
}

/** By its words for a model that names none; `words` where text cut at white space was such as that cuts; undefined: as the model has it. */
function tokenizerNameFor(model: EmbeddingModel): TokenizerName | undefined {
  const stored = model.contents.tokenizer;
  if (stored === undefined) return inferTokenizer(model);
  return stored.name === 'whitespace' && !stored.phrases && arePlainWords(model) ? 'words' : undefined;
}
