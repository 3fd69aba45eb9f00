import { guessEncoding } from '../text/text-encoding.ts';
import type { Warning } from '../training/training-events.ts';

/** So much of the text tells what its characters are. */
const LOOKED_AT = 1 << 17;
/** Fewer characters tell nothing. */
const ENOUGH = 50;

/** What the characters of the text tell: that they are those of another encoding, or of two ways to write Chinese. */
export function characterWarning(sample: string): Warning | undefined {
  const text = sample.slice(0, LOOKED_AT);
  return utf8AsLatin(text) ?? bytesAsLatin(text) ?? utf8AsGbk(text) ?? damaged(text) ?? twoScripts(text);
}

const countOf = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

function encodingWarning(what: string, example: string, help: string): Warning {
  return {
    code: 'encoding',
    message: `The text was read in a wrong encoding before it came here, such as ${JSON.stringify(example)}: ${what}; ${help}`,
  };
}

/** The second bytes of UTF-8 as Latin-1 has them, and as windows-1252 has. */
const NEXT = '[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\ufffd]';
const UTF8_AS_LATIN = new RegExp(`[Â-ß]${NEXT}|[à-ï]${NEXT}{2}|[ð-ô]${NEXT}{3}`, 'g');

function utf8AsLatin(text: string): Warning | undefined {
  const found: readonly string[] = text.match(UTF8_AS_LATIN) ?? [];
  const covered = found.reduce((sum, { length }) => sum + length, 0);
  if (found.length < ENOUGH || covered < 0.7 * countOf(text, /[^\0-\x7f]/g)) return undefined;
  return encodingWarning(
    'it is UTF-8 that was taken for Latin-1 or windows-1252',
    found.slice(0, 3).join(''),
    'give the file as it was before, or repair it, such as with ftfy of Python',
  );
}

/** No language is written with letters that mostly have accents. */
function bytesAsLatin(text: string): Warning | undefined {
  const accented = countOf(text, /[\xa1-\xff]/g);
  const others = countOf(text, /[^\0-\xff]|[A-Za-z]/g);
  if (accented < ENOUGH || accented < 3 * others) return undefined;
  const bytes = Uint8Array.from(text.replace(/[^\0-\xff]/g, ''), (character) => character.charCodeAt(0));
  const guess = guessEncoding(bytes);
  if (guess === undefined || guess.name === 'WINDOWS-1252') return undefined;
  return encodingWarning(
    `it is ${guess.name} that was taken for Latin-1`,
    /[\xa1-\xff]{1,8}/.exec(text)![0],
    `give the file as it was before, or repair it: iconv -f UTF-8 -t LATIN1 | iconv -f ${guess.iconv} -t UTF-8`,
  );
}

/** What the most frequent characters of Chinese in UTF-8 become in GBK: rare ones, of which text has next to none. */
const UTF8_AS_GBK = /[锛銆鐨鏄浜鍦]/g;

function utf8AsGbk(text: string): Warning | undefined {
  const found = countOf(text, UTF8_AS_GBK);
  if (found < ENOUGH || found < 0.02 * countOf(text, /\p{Script=Han}/gu)) return undefined;
  return encodingWarning(
    'it is UTF-8 that was taken for GBK, which loses some of its bytes',
    text.slice(text.search(UTF8_AS_GBK)).slice(0, 8),
    'give the file as it was before',
  );
}

/** U+FFFD stands for what could not be read; taken for GBK, two of them are the three characters. */
function damaged(text: string): Warning | undefined {
  const found = countOf(text, /\ufffd|锟斤拷/g);
  if (found < ENOUGH || found < 0.002 * text.length) return undefined;
  return {
    code: 'encoding',
    message: `The text holds U+FFFD or 锟斤拷 ${found} times in its beginning, which stand for characters that were lost when it was converted: convert it anew from the file as it was before, by its right encoding`,
  };
}

/** Frequent characters that are written in two ways. */
const SIMPLIFIED = /[国们个来说时这为学对会发产动开关长门问]/g;
const TRADITIONAL = /[國們個來說時這為學對會發產動開關長門問]/g;

function twoScripts(text: string): Warning | undefined {
  const simplified = countOf(text, SIMPLIFIED);
  const traditional = countOf(text, TRADITIONAL);
  if (Math.min(simplified, traditional) < Math.max(ENOUGH, 0.1 * (simplified + traditional))) return undefined;
  // Japanese writes some of them in each way.
  if (countOf(text, /[\p{Script=Hiragana}\p{Script=Katakana}]/gu) > 0.1 * text.length) return undefined;
  return {
    code: 'scripts',
    message: `The text is Chinese in simplified and in traditional characters, so that 中国 and 中國 are two words, each with a part of the text: turn it into one of them first, such as with opencc -c t2s`,
  };
}
