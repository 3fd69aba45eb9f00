import { tokenizerTraits } from '../text/tokenizer.ts';
import type { Warning } from '../training/training-events.ts';
import type { EncodedSample } from './encoded-sample.ts';

/** So much of the text tells its language. */
const LOOKED_AT = 1 << 17;
/** Fewer words that are two tell nothing. */
const ENOUGH = 20;

/** Words that become two by how their letters are written. */
export function letterFormWarning(sample: EncodedSample): Warning | undefined {
  return tokenizerTraits(sample.tokenizer)?.lowerCases ? turkishCapitals(sample) : composedTwice(sample);
}

/** Unicode's small letter of I is i; that of Turkish and Azerbaijani is ı, which no other language has in each tenth word. */
function turkishCapitals({ text, tokenizer }: EncodedSample): Warning | undefined {
  const looked = text.slice(0, LOOKED_AT);
  const capitals: readonly string[] = looked.match(/I[\p{L}\p{M}]+/gu) ?? [];
  const dotless = looked.match(/ı/g)?.length ?? 0;
  const letters = looked.match(/\p{L}/gu)?.length ?? 0;
  if (capitals.length < ENOUGH || dotless < 0.01 * letters) return undefined;
  const word = capitals[0];
  return {
    code: 'spelling',
    message: `The text looks Turkish, and the tokenizer "${tokenizer.name}" makes I to i as in other languages, so that ${word} becomes ${word.toLowerCase()}, another word than ${word.toLocaleLowerCase('tr')}: put the text in small letters before, with toLocaleLowerCase('tr') or uconv -x tr-Lower, and what is asked, too`,
  };
}

/** Tokenizers that change nothing take é as one character and as two for two words. */
function composedTwice({ vocabulary: { words, counts, tokenCount } }: EncodedSample): Warning | undefined {
  const known = new Map(words.map((word, id) => [word, counts[id]]));
  let tokens = 0;
  const twice = words.filter((word, id) => {
    const composed = word.normalize('NFC');
    const other = composed === word ? undefined : known.get(composed);
    tokens += other === undefined ? 0 : counts[id] + other;
    return other !== undefined;
  });
  if (tokens < ENOUGH || tokens < 0.01 * tokenCount) return undefined;
  return {
    code: 'spelling',
    message: `Letters with marks are written in two ways, é as one character and as two, so that words such as ${JSON.stringify(twice[0])} are two words, each with a part of the text: bring the text to one form first, such as with uconv -x nfc, or use the tokenizer "words"`,
  };
}
