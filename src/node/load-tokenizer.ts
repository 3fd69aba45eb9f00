import { createTokenizer, type Tokenizer, type TokenizerDescriptor } from '../text/tokenizer.ts';
import { loadSegmenter } from './chinese-segmenter.ts';

/** The tokenizer that a model names; for `chinese` with the segmenter that is installed here. */
export async function loadTokenizer({
  name,
  separator,
  phrases,
}: Pick<TokenizerDescriptor, 'name' | 'separator' | 'phrases'>): Promise<Tokenizer> {
  const segmenter = name === 'chinese' ? await loadSegmenter() : undefined;
  return createTokenizer(name, { separator, segmenter, phrases });
}
