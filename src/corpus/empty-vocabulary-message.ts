import { counted } from '../text/counted.ts';
import type { TextSample } from '../text/text-sample.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { VocabularyOptions } from '../vocabulary/vocabulary.ts';

/** What there is instead of words. */
interface Counts {
  readonly distinctWords: number;
  readonly corpusTokens: number;
}

type Options = VocabularyOptions & { readonly sample?: TextSample; readonly tokenizer?: Tokenizer };

/**
 * Why a vocabulary has no words. In a file of its own, which a page loads where it is needed.
 *
 * @param records - what is to be said of records without text
 */
export function emptyVocabularyMessage(
  { distinctWords, corpusTokens }: Counts,
  options: Options,
  records: string,
): string {
  if (corpusTokens === 0) return `Cannot train: the text holds no words${records || textWithoutWords(options)}`;
  if (options.given) {
    if (options.given.words.length === 0) return 'Cannot train: the given vocabulary is empty';
    if (options.given.counts.every((count) => count === 0))
      return 'Cannot train: all counts of the given vocabulary are 0, so that none of its words would be trained';
    return `Cannot train: none of the ${distinctWords} different words of the text is in the given vocabulary`;
  }
  return `Cannot train: none of ${counted(distinctWords, 'different word')} occurs ${counted(options.minCount, 'time')} in ${counted(corpusTokens, 'token')}; lower minCount or give more text`;
}

/** Whether the text is empty, or its tokenizer passes over what is there. */
function textWithoutWords({ sample, tokenizer }: Options): string {
  if (!sample || !tokenizer) return '';
  for (const { source, bytes } of sample.parts) {
    if (source.jsonField !== undefined) return '';
    const text = new TextDecoder().decode(bytes.subarray(0, 1 << 16));
    const found = text.match(/[^\s\ufeff]\S{0,20}/);
    if (!found) continue;
    return `: the tokenizer "${tokenizer.descriptor.name}" passes over signs, marks and emoji, such as ${JSON.stringify(found[0])}; use the tokenizer "whitespace" if they are meant`;
  }
  return ': it is empty, or white space alone';
}
