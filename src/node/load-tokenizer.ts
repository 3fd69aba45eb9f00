import { createTokenIdTokenizer, type TokenIdEncoder } from '../text/token-ids.ts';
import { createTokenizer, type Tokenizer, type TokenizerDescriptor } from '../text/tokenizer.ts';
import { loadSegmenter } from './chinese-segmenter.ts';

/** The tokenizer that a model names; for `chinese` with the segmenter that is installed here. */
export async function loadTokenizer(
  descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>,
): Promise<Tokenizer> {
  const { name, separator, phrases, version = 1 } = descriptor;
  if (name === 'huggingface')
    return createTokenIdTokenizer({ ...descriptor, version }, await loadEncoder(descriptor.definition ?? {}));
  const segmenter = name === 'chinese' ? await loadSegmenter() : undefined;
  return createTokenizer(name, { separator, segmenter, phrases });
}

async function loadEncoder(definition: object): Promise<TokenIdEncoder> {
  const { Tokenizer: HuggingFaceTokenizer } = await import('@huggingface/tokenizers').catch((cause) => {
    throw new Error(
      'Cannot cut texts: the model has a tokenizer.json, for which @huggingface/tokenizers must be installed',
      {
        cause,
      },
    );
  });
  const tokenizer = new HuggingFaceTokenizer(definition, {});
  return { encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids };
}
