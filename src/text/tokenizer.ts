import { createPhraseJoiner, type Phrases } from './phrases.ts';

/** The tokenizers that can be asked for by name. */
export const TOKENIZER_NAMES = ['whitespace', 'words', 'chinese', 'ids'] as const;
/** See `TOKENIZER_NAMES`. */
export type TokenizerName = (typeof TOKENIZER_NAMES)[number];

/** What a model stores of its tokenizer, so that queries are cut as the training text was. */
export interface TokenizerDescriptor {
  /** `huggingface`: as `definition` says, see text/token-ids.ts. */
  readonly name: TokenizerName | 'huggingface';
  /** Raised when the same text would be cut differently. */
  readonly version: number;
  /** `ids` only: what parts two ids. ASCII white space if absent. */
  readonly separator?: string;
  /** `chinese` only: the segmenter that was used, such as "@node-rs/jieba 2.0.2". */
  readonly engine?: string;
  /** Words that are joined after the cutting, as they were before the training. */
  readonly phrases?: Phrases;
  /** `huggingface` only: the tokenizer.json. */
  readonly definition?: object;
  /** `huggingface` only: tokens of a text beyond so many are left out. */
  readonly maximumTokens?: number;
}

/** Cuts text into tokens. */
export interface Tokenizer {
  readonly descriptor: TokenizerDescriptor;
  /** The tokens of one line or text, in order. */
  tokenize(text: string): string[];
}

/** Cuts Chinese text into words; `engine` names the library and its version. */
export interface ChineseSegmenter {
  readonly engine: string;
  cut(text: string): string[];
}

const VERSION = 1;

/**
 * Creates a tokenizer.
 *
 * - `whitespace`: parts at ASCII white space, changes nothing.
 * - `words`: Unicode words, lower-cased, NFKC. Keeps don't, state-of-the-art, 3.14, u.s.a and naïve in one
 *   piece; punctuation and symbols are dropped; Han characters become single-character words.
 * - `chinese`: NFKC, lower-cased, cut by the segmenter; punctuation is dropped.
 * - `ids`: opaque tokens (item2vec), parted by white space or by `separator`; changes nothing.
 *
 * @param segmenter - for `chinese`; Intl.Segmenter if absent
 * @param phrases - joined in each line of a text
 */
export function createTokenizer(
  name: TokenizerDescriptor['name'],
  options: { separator?: string; segmenter?: ChineseSegmenter; phrases?: Phrases | undefined } = {},
): Tokenizer {
  const { phrases, ...rest } = options;
  const words = createWordTokenizer(name, rest);
  if (!phrases) return words;
  const join = createPhraseJoiner(phrases);
  return {
    descriptor: { ...words.descriptor, phrases },
    tokenize: (text) => text.split('\n').flatMap((line) => join(words.tokenize(line))),
  };
}

function createWordTokenizer(
  name: TokenizerDescriptor['name'],
  options: { separator?: string; segmenter?: ChineseSegmenter },
): Tokenizer {
  switch (name) {
    case 'whitespace':
      return { descriptor: { name, version: VERSION }, tokenize: splitWhitespace };
    case 'words':
      return { descriptor: { name, version: VERSION }, tokenize: splitWords };
    case 'ids': {
      const { separator } = options;
      if (separator === undefined) return { descriptor: { name, version: VERSION }, tokenize: splitWhitespace };
      if (separator === '' || separator.includes('\n')) {
        throw new RangeError(
          `Cannot create the tokenizer: "separator" must be text without a line break, got ${JSON.stringify(separator)}`,
        );
      }
      return {
        descriptor: { name, version: VERSION, separator },
        tokenize: (text) =>
          text
            .split(separator)
            .map((token) => token.replace(/^[ \t\r]+|[ \t\r]+$/g, ''))
            .filter((token) => token !== ''),
      };
    }
    case 'chinese': {
      const segmenter = options.segmenter ?? intlSegmenter();
      return {
        descriptor: { name, version: VERSION, engine: segmenter.engine },
        tokenize: (text) => segmenter.cut(text.normalize('NFKC').toLowerCase()).filter(hasLetterOrDigit),
      };
    }
    default:
      throw new RangeError(`Cannot create the tokenizer: "${name}" is none of ${TOKENIZER_NAMES.join(', ')}`);
  }
}

/** What `auto` chose, and why, in words for the user. */
export interface TokenizerChoice {
  readonly name: TokenizerName;
  readonly reason: string;
}

/** Chooses a tokenizer from the beginning of the text. */
export function chooseTokenizer(text: string): TokenizerChoice {
  const tokens = splitWhitespace(text);
  const han = (text.match(/\p{Script=Han}/gu) ?? []).length;
  const letters = (text.match(/\p{L}/gu) ?? []).length;
  const percent = (part: number, whole: number) => `${Math.round((100 * part) / Math.max(1, whole))} %`;
  if (han > 0.2 * letters) {
    const characters = text.replace(/\s+/g, '').length;
    const perToken = characters / Math.max(1, tokens.length);
    const punctuation = (text.match(/[，。、；：？！]/g) ?? []).length;
    if (tokens.length > 20 && perToken < 4 && punctuation < 0.005 * characters) {
      return {
        name: 'whitespace',
        reason: `Chinese that is cut already: ${perToken.toFixed(1)} characters from space to space`,
      };
    }
    return { name: 'chinese', reason: `${percent(han, letters)} of the letters are Chinese` };
  }
  const withDigit = tokens.filter((token) => /\d/.test(token)).length;
  if (tokens.length > 0 && withDigit > 0.7 * tokens.length) {
    return { name: 'ids', reason: `${percent(withDigit, tokens.length)} of the tokens hold digits` };
  }
  const plain = tokens.filter((token) => /^[\p{Ll}\p{Lo}\p{M}\p{N}_'-]+$/u.test(token)).length;
  if (tokens.length > 20 && plain > 0.999 * tokens.length) {
    return { name: 'whitespace', reason: 'the text is lower-cased and without punctuation already' };
  }
  return { name: 'words', reason: 'text with capitals or punctuation' };
}

/** Intl.Segmenter, which is everywhere but cuts differently from one browser version to the next. */
export function intlSegmenter(): ChineseSegmenter {
  const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });
  return {
    engine: 'Intl.Segmenter',
    cut: (text) => Array.from(segmenter.segment(text), ({ segment }) => segment),
  };
}

function splitWhitespace(text: string): string[] {
  return text.match(/[^\t-\r ]+/g) ?? [];
}

// A Han character alone; initials (u.s.a); or letters, marks and digits, joined by an apostrophe or hyphen,
// digits also by a point or comma.
const WORDS =
  /\p{Script=Han}|\p{L}(?:\.\p{L})+(?![\p{L}\p{M}\p{N}_])|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}_])+(?:(?:['-]|(?<=\p{N})[.,](?=\p{N}))(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}_])+)*/gu;
const ASCII_WORDS = /[a-z](?:\.[a-z])+(?![a-z0-9_])|[a-z0-9_]+(?:(?:['-]|(?<=[0-9])[.,](?=[0-9]))[a-z0-9_]+)*/g;
const NOT_ASCII = /[^\0-\x7f]/;

function splitWords(text: string): string[] {
  if (!NOT_ASCII.test(text)) return text.toLowerCase().match(ASCII_WORDS) ?? [];
  const normal = text.normalize('NFKC').toLowerCase().replace(/[’‘]/g, "'").replace(/[‐‑]/g, '-');
  return normal.match(WORDS) ?? [];
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

function hasLetterOrDigit(token: string): boolean {
  return LETTER_OR_DIGIT.test(token);
}
