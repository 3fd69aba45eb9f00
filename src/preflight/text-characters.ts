import { guessEncoding } from '../text/text-encoding.ts';
import type { Warning } from '../training/training-events.ts';

/** So much of the text tells what its characters are. */
const LOOKED_AT = 1 << 17;
/** Fewer characters tell nothing. */
const ENOUGH = 50;

/** What the characters of the text tell: that they are those of another encoding, or of two ways to write Chinese. */
export function characterWarning(sample: string): Warning | undefined {
  const text = sample.slice(0, LOOKED_AT);
  return utf8AsSingleBytes(text) ?? bytesAsLatin(text) ?? utf8AsPairs(text) ?? damaged(text) ?? twoScripts(text);
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

/** Encodings of one byte a character that UTF-8 is taken for, each by the name for TextDecoder. */
const TAKEN_FOR: Readonly<Record<string, string>> = {
  'windows-1251': 'windows-1251',
  'windows-1250': 'windows-1250',
  'windows-1253': 'windows-1253',
  'windows-1256': 'windows-1256',
  'Mac Roman': 'macintosh',
  CP866: 'ibm866',
  'KOI8-R': 'koi8-r',
};

function utf8AsSingleBytes(text: string): Warning | undefined {
  const beyondAscii = countOf(text, /[^\0-\x7f]/g);
  if (beyondAscii < 2 * ENOUGH) return undefined;
  const asWarning = (encoding: string, bytes: string) => {
    const found = Array.from(bytes.matchAll(UTF8_AS_LATIN));
    const covered = found.reduce((sum, [run]) => sum + run.length, 0);
    if (found.length < ENOUGH || covered < 0.7 * beyondAscii) return undefined;
    return encodingWarning(
      `it is UTF-8 that was taken for ${encoding}`,
      // Each character stands where its byte does.
      found
        .slice(0, 3)
        .map(({ 0: run, index }) => text.slice(index, index + run.length))
        .join(''),
      'give the file as it was before, or repair it, such as with ftfy of Python',
    );
  };
  const latin = asWarning('Latin-1 or windows-1252', text);
  if (latin) return latin;
  for (const [name, label] of Object.entries(TAKEN_FOR)) {
    const bytes = bytesOf(label);
    const warning = asWarning(
      name,
      text.replace(/[^\0-\x7f]/g, (character) => bytes.get(character) ?? '\ufffd'),
    );
    if (warning) return warning;
  }
  return undefined;
}

/** The byte of each character beyond ASCII, as the character of that number. */
function bytesOf(label: string): Map<string, string> {
  const bytes = Uint8Array.from({ length: 128 }, (_, at) => 128 + at);
  const characters = new TextDecoder(label).decode(bytes);
  return new Map(Array.from(characters, (character, at) => [character, String.fromCharCode(128 + at)]));
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

/** What the most frequent characters in UTF-8 become in encodings of two bytes a character: rare ones, of which text has next to none. */
const UTF8_AS_PAIRS: readonly [string, RegExp][] = [
  ['GBK', /[锛銆鐨鏄浜鍦]/g],
  ['Shift_JIS', /[縺繧繝]/g],
];

function utf8AsPairs(text: string): Warning | undefined {
  const characters = countOf(text, /\p{Script=Han}/gu);
  for (const [name, frequent] of UTF8_AS_PAIRS) {
    const found = countOf(text, frequent);
    if (found < ENOUGH || found < 0.02 * characters) continue;
    return encodingWarning(
      `it is UTF-8 that was taken for ${name}, which loses some of its bytes`,
      text.slice(text.search(frequent)).slice(0, 8),
      'give the file as it was before',
    );
  }
  return undefined;
}

/** U+FFFD stands for what could not be read; taken for GBK, EUC-KR or Big5, two of them are three characters. */
function damaged(text: string): Warning | undefined {
  const found = countOf(text, /\ufffd|锟斤拷|占쏙옙|嚙踝蕭/g);
  if (found < ENOUGH || found < 0.002 * text.length) return undefined;
  return {
    code: 'encoding',
    message: `The text holds U+FFFD, or 锟斤拷, 占쏙옙 or 嚙踝蕭, which it becomes, ${found} times in its beginning, which stand for characters that were lost when it was converted: convert it anew from the file as it was before, by its right encoding`,
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
