import { ANY_VALUE, ARRAY, checkOptions, checkText, type OptionRules, STRING } from './check-options.ts';
import {
  type ChineseSegmenter,
  compoundsOf,
  formatDictionary,
  intlSegmenter,
  parseDictionary,
} from './chinese-segmenter.ts';
import { createPhraseJoiner, type Phrases } from './phrases.ts';
import { showValue } from './show-value.ts';
import { splitFirstChinese, splitFirstWords, splitSpans, splitWords } from './word-rule.ts';

/** The tokenizers that can be asked for by name. */
export const TOKENIZER_NAMES = ['whitespace', 'words', 'chinese', 'segmenter', 'ids'] as const;
/** See `TOKENIZER_NAMES`. */
export type TokenizerName = (typeof TOKENIZER_NAMES)[number];

/** What a model stores of its tokenizer, so that queries are cut as the training text was. */
export interface TokenizerDescriptor {
  /** `huggingface`: as `definition` says, see text/token-ids.ts. */
  readonly name: TokenizerName | 'huggingface';
  /** Raised when the same text would be cut differently. */
  readonly version: number;
  /** `ids` only: the separator. ASCII white space if omitted. */
  readonly separator?: string | undefined;
  /** `segmenter` only: the language, such as "th"; "und" where the script alone decides. */
  readonly language?: string | undefined;
  /** `chinese` and `segmenter`: the segmenter that was used, such as "@node-rs/jieba 2.0.2". */
  readonly engine?: string | undefined;
  /** `chinese` only: words that the segmenter got beside its own, in jieba's format. */
  readonly dictionary?: string | undefined;
  /** Words that are joined after the cutting, as they were before the training. */
  readonly phrases?: Phrases | undefined;
  /** `huggingface` only: the tokenizer.json. */
  readonly definition?: object | undefined;
  /** `huggingface` only: tokens of a text beyond so many are left out. */
  readonly maximumTokens?: number | undefined;
}

/** Cuts text into tokens. */
export interface Tokenizer {
  readonly descriptor: TokenizerDescriptor;
  /** The tokens of one line or text, in order. */
  tokenize(text: string): string[];
}

/** What a tokenizer is made with; each one says which of it is its own. */
export interface TokenizerOptions {
  /** `ids`: what separates two tokens; ASCII white space if omitted. */
  readonly separator?: string | undefined;
  /** `segmenter`: the language of the text, such as "th" or "ja"; if omitted, the script alone decides. */
  readonly language?: string | undefined;
  /** `chinese`: words that the segmenter does not know, in jieba's format: a word a line, its frequency behind it or not. */
  readonly dictionary?: string | undefined;
}

/** What a tokenizer is made of. */
export interface CreateOptions extends TokenizerOptions {
  readonly version: number;
  readonly segmenter?: ChineseSegmenter | undefined;
}

/** What there is to know of a tokenizer, so that nobody asks for its name. */
export interface TokenizerTraits {
  /** The latest version; `create` takes all from 1 on. */
  readonly version: number;
  /** Those of the options that it takes. */
  readonly options: readonly (keyof TokenizerOptions)[];
  /** Words come in small letters and NFKC, without punctuation. */
  readonly lowerCases: boolean;
  /** Tokens are names, such as product numbers, not words of a language. */
  readonly opaque: boolean;
  /** Text in scripts without spaces is cut into words. */
  readonly cutsWithoutSpaces: boolean;
  /** `create` wants a segmenter for Chinese. */
  readonly needsSegmenter: boolean;
  /** So much of a sample is cut to learn about a text: less where cutting is slow. */
  readonly sampleBytes: number;
  /** How kernels/word-counter cuts text as this tokenizer does; undefined where it does not. */
  cutByCounter?(options: TokenizerOptions): 'whitespace' | 'words' | undefined;
  create(options: CreateOptions): Pick<Tokenizer, 'tokenize'> & Omit<TokenizerDescriptor, 'name' | 'version'>;
}

const PLAIN = {
  version: 1,
  options: [],
  lowerCases: false,
  opaque: false,
  cutsWithoutSpaces: false,
  needsSegmenter: false,
  sampleBytes: Infinity,
} as const;
/** jieba and Intl.Segmenter are slower than the others by far. */
const SEGMENTED = { ...PLAIN, lowerCases: true, cutsWithoutSpaces: true, sampleBytes: 1 << 18 } as const;

/** What each tokenizer is, and how it is made. */
export const TOKENIZERS: Readonly<Record<TokenizerName, TokenizerTraits>> = {
  whitespace: {
    ...PLAIN,
    cutByCounter: () => 'whitespace',
    create: () => ({ tokenize: splitWhitespace }),
  },
  words: {
    ...PLAIN,
    version: 2,
    lowerCases: true,
    cutByCounter: () => 'words',
    create: ({ version }) => ({ tokenize: version === 1 ? splitFirstWords : splitWords }),
  },
  chinese: {
    ...SEGMENTED,
    version: 2,
    options: ['dictionary'],
    needsSegmenter: true,
    create({ segmenter, dictionary, version }) {
      if (dictionary !== undefined && !segmenter) {
        throw new Error(
          'Cannot use the dictionary: it is for jieba, and neither @node-rs/jieba nor jieba-wasm is there; install one of them',
        );
      }
      const words = dictionary === undefined ? undefined : parseDictionary(dictionary);
      const compounds = words && compoundsOf(words);
      const { engine, cut } = segmenter ?? intlSegmenter();
      return {
        engine,
        ...(words && { dictionary: formatDictionary(words) }),
        tokenize: (text) => (version === 1 ? splitFirstChinese(text, cut) : splitSpans(text, 'han', cut, compounds)),
      };
    },
  },
  segmenter: {
    ...SEGMENTED,
    options: ['language'],
    create({ language = 'und' }) {
      const { engine, cut } = intlSegmenter(language);
      return { language, engine, tokenize: (text) => splitSpans(text, 'without-spaces', cut) };
    },
  },
  ids: {
    ...PLAIN,
    options: ['separator'],
    opaque: true,
    cutByCounter: ({ separator }) => (separator === undefined ? 'whitespace' : undefined),
    create({ separator }) {
      if (separator === undefined) return { tokenize: splitWhitespace };
      if (separator === '' || separator.includes('\n')) {
        throw new RangeError(
          `Cannot create the tokenizer: "separator" must be text without a line break, got ${JSON.stringify(separator)}`,
        );
      }
      return {
        separator,
        tokenize: (text) =>
          text
            .split(separator)
            .map(trimBlanks)
            .filter((token) => token !== ''),
      };
    },
  },
};

/** The traits of a model's tokenizer; undefined for `huggingface`, of which only its definition knows. */
export function tokenizerTraits({ name }: Pick<TokenizerDescriptor, 'name'>): TokenizerTraits | undefined {
  return typeof name === 'string' && Object.hasOwn(TOKENIZERS, name) ? TOKENIZERS[name as TokenizerName] : undefined;
}

/** How a tokenizer is made. */
export interface CreateTokenizerOptions extends TokenizerOptions {
  /** For `chinese`, with the words of `dictionary`; Intl.Segmenter if omitted. */
  readonly segmenter?: ChineseSegmenter | undefined;
  /** Joined in each line of a text. */
  readonly phrases?: Phrases | undefined;
  /** An earlier version, as a model names it; the latest if omitted. */
  readonly version?: number | undefined;
}

const TOKENIZER_RULES: OptionRules<CreateTokenizerOptions> = {
  separator: STRING,
  language: STRING,
  dictionary: STRING,
  segmenter: {
    wanted: '{ engine, cut }',
    accepts: (value) => typeof (value as ChineseSegmenter | null)?.cut === 'function',
  },
  phrases: ARRAY,
  version: ANY_VALUE, // of each tokenizer its own
};

/**
 * Creates a tokenizer.
 *
 * - `whitespace`: parts at ASCII white space, changes nothing.
 * - `words`: Unicode words, lower-cased, NFKC. Keeps don't, state-of-the-art, 3.14, u.s.a and naïve in one
 *   piece; punctuation, symbols and what nobody sees (soft hyphens, variation selectors) are dropped; Han characters
 *   become single-character words.
 * - `chinese`: as `words`, but Han characters are cut by the segmenter, with the words of `dictionary`.
 * - `segmenter`: as `words`, but scripts without spaces (Han, kana, Thai, Lao, Khmer, Burmese) are cut by
 *   Intl.Segmenter.
 * - `ids`: opaque tokens (item2vec), separated by white space or by `separator`; changes nothing.
 *
 * @throws RangeError for a name, version or option that there is not, or that is not for this tokenizer
 */
export function createTokenizer(name: TokenizerDescriptor['name'], options: CreateTokenizerOptions = {}): Tokenizer {
  checkOptions(options, TOKENIZER_RULES);
  const { phrases, version, ...rest } = options;
  const words = createWordTokenizer(name, version, rest);
  const join = phrases && createPhraseJoiner(phrases);
  return {
    descriptor: { ...words.descriptor, ...(phrases && { phrases }) },
    tokenize(text) {
      checkText('text', text);
      return join ? text.split('\n').flatMap((line) => join(words.tokenize(line))) : words.tokenize(text);
    },
  };
}

/** What to tell where a model's text was cut by another segmenter than is there; undefined where nothing differs much. */
export function segmenterWarning(stored: Partial<TokenizerDescriptor>, { descriptor }: Tokenizer): string | undefined {
  const isJieba = (engine: string) => engine.includes('jieba');
  const [then, now] = [stored.engine, descriptor.engine];
  if (then === undefined || now === undefined || isJieba(then) === isJieba(now)) return undefined;
  const remedy = isJieba(then) ? 'install @node-rs/jieba or jieba-wasm' : 'train the model anew, or take jieba away';
  return `The model's text was cut into words by ${then}, and this text is cut by ${now}, which finds other words: ${remedy}`;
}

function createWordTokenizer(
  name: TokenizerDescriptor['name'],
  givenVersion: number | undefined,
  options: Omit<CreateOptions, 'version'>,
): Tokenizer {
  const traits = tokenizerTraits({ name });
  if (!traits)
    throw new RangeError(`Cannot create the tokenizer: ${showValue(name)} is none of ${TOKENIZER_NAMES.join(', ')}`);
  const version = givenVersion ?? traits.version;
  if (!(Number.isInteger(version) && version >= 1 && version <= traits.version)) {
    throw new RangeError(
      `Cannot create the tokenizer: "${name}" has the versions 1 to ${traits.version}, got ${JSON.stringify(version)}; a later wordkin may have it`,
    );
  }
  for (const option of ['separator', 'language', 'dictionary'] as const) {
    if (options[option] === undefined || traits.options.includes(option)) continue;
    const owner = TOKENIZER_NAMES.find((other) => TOKENIZERS[other].options.includes(option));
    throw new RangeError(`Cannot create the tokenizer: "${option}" is for the tokenizer "${owner}", not for "${name}"`);
  }
  const { tokenize, ...described } = traits.create({ ...options, version });
  return { descriptor: { name: name as TokenizerName, version, ...described }, tokenize };
}

function splitWhitespace(text: string): string[] {
  return text.match(/[^\t-\r ]+/g) ?? [];
}

/** Without blanks at both ends. A regular expression would look at each blank in the middle again and again. */
function trimBlanks(token: string): string {
  let begin = 0;
  let end = token.length;
  while (begin < end && isBlank(token.charCodeAt(begin))) begin++;
  while (end > begin && isBlank(token.charCodeAt(end - 1))) end--;
  return token.slice(begin, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}
