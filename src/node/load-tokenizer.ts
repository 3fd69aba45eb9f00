import { createTokenIdTokenizer, type TokenIdEncoder } from '../text/token-ids.ts';
import {
  createTokenizer,
  segmenterWarning,
  type Tokenizer,
  type TokenizerDescriptor,
  tokenizerTraits,
} from '../text/tokenizer.ts';
import { loadSegmenter } from './chinese-segmenter.ts';

/**
 * The tokenizer that a model names; for `chinese` with the segmenter that is installed here. Where it is another one than
 * the model's text was cut by, Node emits a warning.
 *
 * @throws RangeError for a name, version or option that there is not, Error where the package that it needs is missing
 */
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
