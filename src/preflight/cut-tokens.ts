import type { Warning } from '../training/training-events.ts';
import type { EncodedSample } from './encoded-sample.ts';

/** So much of the text tells how its words are separated. */
const LOOKED_AT = 1 << 16;
/** Fewer tokens tell nothing. */
const ENOUGH = 20;
/** What separates words in some texts, and is a character of a word to tokenizers that cut at white space of ASCII. */
const SEPARATORS: readonly (readonly [RegExp, string])[] = [
  [/,/, '","'],
  [/;/, '";"'],
  [/\|/, '"|"'],
  [/\xa0/, 'U+00A0, the no-break space'],
  [/\u3000/, 'U+3000, the ideographic space'],
  [/[\u2000-\u200a\u202f]/, 'a space of Unicode'],
  [/\u200b/, 'U+200B, the zero width space'],
];

/** Text whose tokenizer cuts it elsewhere than its words are separated, or leaves most of it out. */
export function cutWarning({ tokenizer, text, corpus }: EncodedSample): Warning | undefined {
  const pieces = text
    .slice(0, LOOKED_AT)
    .split(/[\t-\r ]+/)
    .filter((piece) => piece !== '');
  if (pieces.length < ENOUGH) return undefined;
  if (tokenizer.name === 'words' && text.length <= LOOKED_AT && 2 * corpus.tokenCount < pieces.length)
    return {
      code: 'tokenizer',
      message: `The tokenizer "words" passes over signs, marks and emoji, most of this text (${corpus.tokenCount} words in ${pieces.length} pieces between spaces): use the tokenizer "whitespace" if they are meant`,
    };
  if ((tokenizer.name !== 'whitespace' && tokenizer.name !== 'ids') || tokenizer.separator !== undefined)
    return undefined;
  for (const [separator, shown] of SEPARATORS) {
    const glued = pieces.filter((piece) => piece.split(separator).filter((part) => part !== '').length >= 3);
    if (glued.length <= 0.8 * pieces.length) continue;
    return {
      code: 'tokenizer',
      message: `The words are separated by ${shown}, such as in ${JSON.stringify(glued[0].slice(0, 30))}, and the tokenizer "${tokenizer.name}" cuts at white space of ASCII alone, so that each of these is one word: write spaces in its place`,
    };
  }
  return undefined;
}
