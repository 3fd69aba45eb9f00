import { checkText } from './check-options.ts';
import type { TokenizerName, TokenizerOptions } from './tokenizer.ts';
import { TOKENIZERS } from './tokenizer.ts';
import { decodeUtf8 } from './utf8.ts';
import { KANA, once } from './word-rule.ts';

/** What `auto` chose, and why, in words for the user. */
export interface TokenizerChoice {
  readonly name: TokenizerName;
  /** For `segmenter`: the language that the script is of. */
  readonly language?: string | undefined;
  readonly reason: string;
}

/** A way of writing without spaces. */
interface Writing {
  readonly name: string;
  /** Characters of words. */
  readonly pattern: () => RegExp;
  /** About so many make a word. */
  readonly wordLength: number;
  /** From space to space, text that is cut already has fewer. */
  readonly cutLength: number;
  /** Undefined where nothing is known that cuts it. */
  readonly language?: string | undefined;
}

const writing = (script: string, language?: string, name = script): Writing => ({
  name,
  pattern: once(() => new RegExp(String.raw`(?=\p{Script=${script}})[\p{L}\p{M}]`, 'gu')),
  wordLength: 4,
  cutLength: 8,
  language,
});

const CHINESE: Writing = { name: 'Chinese', pattern: once(() => /\p{Script=Han}/gu), wordLength: 2, cutLength: 4 };
const JAPANESE: Writing = {
  name: 'Japanese',
  pattern: once(() => new RegExp(KANA, 'gu')),
  wordLength: 2,
  cutLength: 4,
  language: 'ja',
};
const OTHERS: readonly Writing[] = [
  writing('Thai', 'th'),
  writing('Lao', 'lo'),
  writing('Khmer', 'km'),
  writing('Myanmar', 'my', 'Burmese'),
  writing('Tibetan'),
  writing('Javanese'),
  writing('Balinese'),
  writing('Tai_Le', undefined, 'Tai Nüa'),
  writing('New_Tai_Lue', undefined, 'Tai Lü'),
  writing('Tai_Tham', undefined, 'Lanna'),
  writing('Tai_Viet', undefined, 'Tai Dam'),
];
/** A text of which this share of the words is written without spaces is cut by what knows such words. */
const ENOUGH = 0.2;
/** Japanese has more kana than Chinese characters, or nearly. */
const ENOUGH_KANA = 0.1;

/** Chooses a tokenizer from the beginning of the text. */
export function chooseTokenizer(text: string): TokenizerChoice {
  checkText('text', text);
  const found = findWriting(text);
  if (found) return cutAlready(text, text.match(TOKENS) ?? [], found.writing) ?? tokenizerFor(found);
  const { tokens, withDigit, plain } = countTokens(text);
  if (tokens > 0 && withDigit > 0.7 * tokens) {
    return { name: 'ids', reason: `${percent(withDigit / tokens)} of the tokens hold digits` };
  }
  if (tokens > 20 && plain > 0.999 * tokens) {
    return { name: 'whitespace', reason: 'the text is lower-cased and without punctuation already' };
  }
  const isPlain = plain === tokens; // but too short
  return { name: 'words', reason: isPlain ? 'too few words to tell otherwise' : 'text with capitals or punctuation' };
}

const TOKENS = /[^\t-\r ]+/g;
const PLAIN_TOKEN = /^[\p{Ll}\p{Lo}\p{M}\p{N}_'-]+$/u;

/** What a byte of UTF-8 tells of its token. */
const SPACE = 0;
const DIGIT = 1;
/** What stands in words: small letters and signs. */
const PLAIN = 2;
/** Of a character beyond ASCII. */
const LATER = 4;
const OTHER = 8;

/**
 * Tokens from space to space, those that hold a digit, and those of small letters, digits and signs that stand in words. One loop over
 * bytes: a text of 250,000 characters has 45,000 tokens, a string for each keeps the garbage collector busy while a training begins, and
 * a loop that runs once should be compiled soon.
 */
function countTokens(text: string): { tokens: number; withDigit: number; plain: number } {
  const bytes = new TextEncoder().encode(`${text} `);
  const kinds = kindsOfBytes();
  let [tokens, withDigit, plain] = [0, 0, 0];
  let [begin, told] = [0, SPACE];
  for (let at = 0; at < bytes.length; at++) {
    const kind = kinds[bytes[at]];
    told |= kind;
    if (kind !== SPACE) continue;
    if (told !== SPACE) tokens++;
    if (told & DIGIT) withDigit++;
    if (told !== SPACE && (told < LATER || (told < OTHER && isPlain(bytes.subarray(begin, at))))) plain++;
    begin = at + 1;
    told = SPACE;
  }
  return { tokens, withDigit, plain };
}

/** What may be composed otherwise elsewhere in the text is not plain: é as one character and as two would be two words. */
function isPlain(bytes: Uint8Array): boolean {
  const token = decodeUtf8(bytes).text;
  return PLAIN_TOKEN.test(token) && token === token.normalize('NFKC');
}

function kindsOfBytes(): Uint8Array {
  const kinds = new Uint8Array(256).fill(OTHER).fill(LATER, 128).fill(DIGIT, 48, 58).fill(PLAIN, 97, 123);
  for (const sign of [95, 39, 45]) kinds[sign] = PLAIN; // _ ' -
  kinds[32] = SPACE;
  return kinds.fill(SPACE, 9, 14);
}

/** From the first character of Thai on: there stand all writings without spaces. Their patterns take a while to be compiled. */
const LATER_CHARACTERS = /[\u0e00-\u{10ffff}]+/gu;

interface FoundWriting {
  readonly writing: Writing;
  /** Of all words, about. */
  readonly share: number;
}

/**
 * How the text is written, if it is without spaces to a good part. Counted in words, because a name of ten letters in
 * between is one word, as two Chinese characters are.
 */
function findWriting(text: string): FoundWriting | undefined {
  const later = text.match(LATER_CHARACTERS);
  if (!later) return undefined;
  const looked = later.join(' ');
  const count = ({ pattern }: Writing) => looked.match(pattern())?.length ?? 0;
  const kana = count(JAPANESE);
  const han = count(CHINESE);
  const isJapanese = kana > ENOUGH_KANA * (kana + han);
  const words = [
    { writing: isJapanese ? JAPANESE : CHINESE, words: (kana + han) / CHINESE.wordLength },
    ...OTHERS.map((other) => ({ writing: other, words: count(other) / other.wordLength })),
  ];
  const most = words.reduce((a, b) => (b.words > a.words ? b : a));
  const without = words.reduce((sum, entry) => sum + entry.words, 0);
  if (without === 0) return undefined;
  // Runs of letters in all scripts: those without spaces are counted already, and make few runs.
  const spaced = (text.match(spacedRuns()) ?? []).length;
  const share = without / (without + spaced);
  return share > ENOUGH ? { writing: most.writing, share } : undefined;
}

const spacedRuns = once(() => {
  const without = [JAPANESE, CHINESE, ...OTHERS].map(({ pattern }) => pattern().source).join('|');
  return new RegExp(String.raw`(?!${without})\p{L}(?:(?!${without})[\p{L}\p{M}])*`, 'gu');
});

function cutAlready(text: string, tokens: readonly string[], writing: Writing): TokenizerChoice | undefined {
  const perToken = charactersFromSpaceToSpace(tokens, writing);
  const punctuation = (text.match(/[，。、；：？！]/g) ?? []).length;
  if (tokens.length <= 20 || perToken >= writing.cutLength) return undefined;
  if (punctuation >= 0.005 * text.replace(/\s+/g, '').length) return undefined;
  return {
    name: 'whitespace',
    reason: `${writing.name} that is cut already: ${perToken.toFixed(1)} characters from space to space`,
  };
}

function tokenizerFor({ writing, share }: FoundWriting): TokenizerChoice {
  const name = segmenting(writing);
  const reason = `${percent(share)} of the words are ${writing.name}, which is written without spaces`;
  if (name === 'segmenter') return { name, language: writing.language, reason };
  const isKnown = name === 'chinese';
  return {
    name,
    reason: isKnown ? reason : `${reason}, and no segmenter is known for it: cut the text into words before`,
  };
}

const segmenting = (writing: Writing): TokenizerName =>
  writing === CHINESE ? 'chinese' : writing.language === undefined ? 'words' : 'segmenter';

/** The tokenizer for text in a script without spaces, also where it is cut already; undefined for other text. */
export function chooseSegmenting(text: string): TokenizerName | undefined {
  const found = findWriting(text);
  return found && segmenting(found.writing);
}

/** Mean length of the tokens that hold a character of this writing. */
function charactersFromSpaceToSpace(tokens: readonly string[], { pattern }: Writing): number {
  const own = tokens.filter((token) => token.search(pattern()) >= 0);
  return own.reduce((sum, token) => sum + token.length, 0) / Math.max(1, own.length);
}

/**
 * The tokenizer that was asked for, or where it is `auto`, the one that takes the options given, or else the one that
 * suits the text.
 *
 * @param text - reads the beginning of the text
 * @throws RangeError for an option that is not the tokenizer's
 */
export async function resolveTokenizer(
  wanted: TokenizerName | 'auto',
  options: TokenizerOptions,
  text: () => Promise<string>,
): Promise<TokenizerChoice> {
  const given = (['separator', 'language', 'dictionary'] as const).filter((option) => options[option] !== undefined);
  const takes = (name: TokenizerName) => given.every((option) => TOKENIZERS[name].options.includes(option));
  const names = Object.keys(TOKENIZERS) as TokenizerName[];
  if (wanted === 'auto' && given.length === 0) return chooseTokenizer(await text());
  const name = wanted === 'auto' ? names.find(takes) : wanted;
  if (name !== undefined && takes(name)) {
    return { name, language: options.language, reason: wanted === 'auto' ? `"${given[0]}" is given` : 'as asked' };
  }
  const owners = given.map((option) => {
    const owner = names.find((other) => TOKENIZERS[other].options.includes(option));
    return `"${option}" is for the tokenizer "${owner}"`;
  });
  throw new RangeError(
    `Cannot create the tokenizer: ${owners.join(' and ')}, not for ${wanted === 'auto' ? 'one' : `"${wanted}"`}`,
  );
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
