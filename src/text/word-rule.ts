// The rule of the tokenizer `words`, after Unicode's word boundaries (UAX #29) with hyphens, decimals and initials kept
// whole. What is ASCII alone is also cut by kernels/word-counter, by the same rule.

/**
 * Characters that nobody sees and that are no part of a word: soft hyphens, variation selectors, marks of direction,
 * word joiners, fillers. Joiners (U+200C, U+200D) are left, as words differ by them; so are characters that part words
 * (U+200B, interlinear annotations) or stand for something (the Arabic signs). Armenian marks of stress and tone are
 * punctuation that is written within a word; two marks of Vietnamese readings are the only ones of the script Han.
 */
const IGNORED =
  /(?![\u200b-\u200d\u0600-\u0605\u06dd\u0890\u0891\u08e2\ufff9-\ufffb])[\p{Default_Ignorable_Code_Point}\p{Cf}\u055b\u055c\u055e\u{16ff0}\u{16ff1}]/gu;
const JOINERS = /(^|.)([\u200c\u200d]+)(?=(.?))/gsu;
/** All that normalization does something about, beyond NFKC and small letters; most words have nothing of it. */
const SPECIAL =
  /[\p{Default_Ignorable_Code_Point}\p{Cf}\u055a-\u055e\u058a\u2010\u2011\u2018\u2019\u{16ff0}\u{16ff1}]/u;
/** Scripts in which a joiner only says which glyphs to use, as between f and l in Auflage. */
const WITHOUT_JOINERS =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Hebrew}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}_]/u;
const WORD_CHARACTER = /[\p{L}\p{M}\p{N}_]/u;
const MARK = /\p{M}/u;
const NOT_ASCII = /[^\0-\x7f]/;

/**
 * Latin letters and the signs that stand among them, of which normalization changes nothing but capitals, apostrophes and hyphens: most
 * of what is not ASCII in European text.
 */
const LATIN = /^[\0-\x7f¡-§©«¬®°±¶·»¿-įıĴ-ľŁ-ňŊ-ž‐-‖‘-•€−]*$/;
const APOSTROPHE_OR_HYPHEN = /[‘’‐‑]/;

/** Lower-cased NFKC without ignored characters, apostrophes and hyphens as one character each. */
export function normalizeWords(text: string): string {
  if (LATIN.test(text)) {
    return APOSTROPHE_OR_HYPHEN.test(text) ? withPlainJoints(text.toLowerCase()) : text.toLowerCase();
  }
  if (!SPECIAL.test(text)) return smallLetters(text);
  return withoutJoiners(withPlainJoints(smallLetters(text.replace(IGNORED, ''))));
}

function withPlainJoints(text: string): string {
  return text.replace(/[’‘՚]/g, "'").replace(/[‐‑֊]/g, '-');
}

/**
 * As `normalizeWords`, but with what NFKC takes apart in Thai and Lao, the vowel am, and h before n and m: whole, as people write
 * them, and as the dictionaries of Intl.Segmenter have them.
 */
export function normalizeWithoutSpaces(text: string): string {
  let normal = normalizeWords(text);
  for (const whole of 'ำຳໜໝ') normal = normal.replaceAll(whole.normalize('NFKC'), whole);
  return normal;
}

/** Until nothing changes: where a joiner stood between a letter and its mark, the two become one character, which the next joiner follows. */
function withoutJoiners(text: string): string {
  const kept = smallLetters(text.replace(JOINERS, keepJoiner));
  return kept === text ? text : withoutJoiners(kept);
}

/**
 * Lower-cased NFKC without what only makes a word longer, كـتاب for كتاب. Small letters may be composed with a mark where capitals are not
 * (ẖ). İ becomes i with a second dot, which is left out.
 */
function smallLetters(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/ـ/g, '')
    .replace(/i\u0307+/g, 'i')
    .normalize('NFKC');
}

/** The pattern is built when it is needed: scripts are large sets. */
export function once(build: () => RegExp): () => RegExp {
  let built: RegExp | undefined;
  return () => {
    built ??= build();
    return built;
  };
}

/** One joiner between two characters of a word, where the script has them; at its end that of a Malayalam chillu. */
function keepJoiner(_: string, before: string, joiners: string, after: string): string {
  const isJoined = (character: string) => WORD_CHARACTER.test(character) && !WITHOUT_JOINERS.test(character);
  if (!isJoined(before)) return before;
  if (isJoined(after)) return before + joiners.at(-1);
  return MARK.test(before) && joiners.includes('\u200d') ? `${before}\u200d` : before;
}

// Ranges, and few sets of letters and marks: engines take milliseconds for each such set.
/** A Hebrew letter or point. */
const HEBREW = String.raw`[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u05d0-\u05f2]`;
/** Hangul and kana, whose words are listed with middle dots, 국어·수학; and what is no letter. */
const LISTED = String.raw`[\u1100-\u11ff\u3041-\u30ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7ff\p{N}_]`;

/**
 * Words of normalized text. `apart` is what stands apart from words around it, and comes as group 1; then initials
 * (u.s.a); or letters, marks and digits, joined by an apostrophe or hyphen, digits also by a point or comma, letters by
 * a middle dot (col·lecció), Hebrew letters by gershayim. A mark without a letter before it is none.
 */
function wordPattern(apart: string, character: string): RegExp {
  const first = String.raw`(?!${character})[\p{L}\p{N}_]`;
  const part = String.raw`${first}(?:(?!${character})[\p{L}\p{M}\p{N}_\u200c\u200d])*`;
  const initials = String.raw`(?!${character})\p{L}(?:\.(?!${character})\p{L})+(?![\p{L}\p{M}\p{N}_\u200c\u200d])`;
  // The character itself first, as it is seldom there, then what stands before it.
  const decimal = String.raw`[.,٫٬⁄](?<=\p{N}.)(?=\p{N})`;
  const middle = `[·‧՟](?<!${LISTED}.)(?!${LISTED})`;
  const hebrew = `["״׳](?<=${HEBREW}.)(?=${HEBREW})`;
  const joint = `(?:['-]|${decimal}|${middle}|${hebrew})`;
  // Geresh as the sign of an abbreviation; not an apostrophe that ends a quotation.
  const geresh = `['׳](?<=${HEBREW}.)(?<!'(?:${HEBREW}|["״׳-])*')`;
  const pattern = new RegExp(`(${apart})|${initials}|${part}(?:${joint}${part})*(?:${geresh})?`, 'gu');
  LONG_TEXT.search(pattern);
  return pattern;
}

/** For a text of 1,000 characters V8 compiles a pattern at once. For a short one it makes bytecode first, which takes 9 ms in place of 4. */
const LONG_TEXT = '\u2003'.repeat(1000);

const HAN = String.raw`\p{Script=Han}`;
const wordsPattern = once(() => wordPattern(HAN, HAN));
const ASCII_WORDS = /[a-z](?:\.[a-z])+(?![a-z0-9_])|[a-z0-9_]+(?:(?:['-]|(?<=[0-9])[.,](?=[0-9]))[a-z0-9_]+)*/g;

/** Words; each Han character is one. */
export function splitWords(text: string): string[] {
  if (!NOT_ASCII.test(text)) return text.toLowerCase().match(ASCII_WORDS) ?? [];
  return normalizeWords(text).match(wordsPattern()) ?? [];
}

/** Which spans a segmenter gets: Han characters, or all scripts that are written without spaces. */
export type SpanScripts = 'han' | 'without-spaces';

/** Thai, Lao, Khmer and Burmese, whose words Intl.Segmenter knows. */
export const SOUTH_EAST_ASIAN = String.raw`[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
/** Japanese syllables with the signs that belong to them. */
export const KANA = String.raw`(?=[\p{Script=Hiragana}\p{Script=Katakana}ー〆])[\p{L}\p{M}\p{N}]`;

const WITHOUT_SPACES = String.raw`(?:${HAN}|${KANA}|(?=${SOUTH_EAST_ASIAN})[\p{L}\p{M}\p{N}])`;
const SPANS: Record<SpanScripts, () => RegExp> = {
  han: once(() => wordPattern(`${HAN}+`, HAN)),
  'without-spaces': once(() =>
    wordPattern(String.raw`${WITHOUT_SPACES}(?:${WITHOUT_SPACES}|[\u200c\u200d])*`, WITHOUT_SPACES),
  ),
};
const withoutSpaces = once(() => new RegExp(WITHOUT_SPACES, 'u'));

/** Whether a word holds a character of a script that is written without spaces. */
export function isWithoutSpaces(word: string): boolean {
  return withoutSpaces().test(word);
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/**
 * Words, those of spans in the scripts given by `cut`.
 *
 * @param compounds - words of a dictionary that reach over the end of a span, such as 卡拉ok; put together again
 */
export function splitSpans(
  text: string,
  scripts: SpanScripts,
  cut: (span: string) => readonly string[],
  compounds?: Compounds,
): string[] {
  if (!compounds?.withSigns) return splitSpansBetween(text, scripts, cut, compounds);
  const parts = normalizeWithoutSpaces(text).split(compounds.withSigns);
  return parts.flatMap((part, i) => (i % 2 ? part : splitSpansBetween(part, scripts, cut, compounds)));
}

/** Between words with signs. */
function splitSpansBetween(
  text: string,
  scripts: SpanScripts,
  cut: (span: string) => readonly string[],
  compounds: Compounds | undefined,
): string[] {
  if (!NOT_ASCII.test(text)) return splitWords(text);
  const tokens: string[] = [];
  let adjacent = 0; // where those tokens begin that stand side by side
  let end = 0;
  const finish = () => {
    if (compounds && tokens.length - adjacent > 1) joinCompounds(tokens, adjacent, compounds);
    adjacent = tokens.length;
  };
  for (const { 0: word, 1: span, index } of normalizeWithoutSpaces(text).matchAll(SPANS[scripts]())) {
    if (index > end) finish();
    end = index + word.length;
    if (span === undefined) tokens.push(word);
    else for (const token of cut(span)) if (LETTER_OR_DIGIT.test(token)) tokens.push(token);
  }
  finish();
  return tokens;
}

/** Words that `splitSpans` would part. */
export interface Compounds {
  readonly words: ReadonlySet<string>;
  /** Most tokens that one of them may be parted into. */
  readonly longest: number;
  /** Finds those of them that hold signs, such as c++, in normalized text, as its one group; undefined where none does. */
  readonly withSigns?: RegExp | undefined;
}

/** Puts tokens from `begin` on together where they are a compound, the longest first. */
function joinCompounds(tokens: string[], begin: number, { words, longest }: Compounds): void {
  let out = begin;
  for (let i = begin; i < tokens.length; ) {
    let count = Math.min(longest, tokens.length - i);
    while (count > 1 && !words.has(tokens.slice(i, i + count).join(''))) count--;
    tokens[out++] = count > 1 ? tokens.slice(i, i + count).join('') : tokens[i];
    i += count;
  }
  tokens.length = out;
}

// Version 1, for models whose text was cut by it.

const FIRST_WORDS =
  /\p{Script=Han}|\p{L}(?:\.\p{L})+(?![\p{L}\p{M}\p{N}_])|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}_])+(?:(?:['-]|(?<=\p{N})[.,](?=\p{N}))(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}_])+)*/gu;

/** Words by version 1: marks and variation selectors are letters, and what nobody sees separates words. */
export function splitFirstWords(text: string): string[] {
  if (!NOT_ASCII.test(text)) return splitWords(text);
  const normal = text.normalize('NFKC').toLowerCase().replace(/[’‘]/g, "'").replace(/[‐‑]/g, '-');
  return normal.match(FIRST_WORDS) ?? [];
}

/** `chinese` by version 1: the segmenter gets all of the text. */
export function splitFirstChinese(text: string, cut: (text: string) => readonly string[]): string[] {
  return cut(text.normalize('NFKC').toLowerCase()).filter((token) => LETTER_OR_DIGIT.test(token));
}
