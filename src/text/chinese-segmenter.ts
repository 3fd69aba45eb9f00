import { type Compounds, normalizeWithoutSpaces, splitWords } from './word-rule.ts';

/** Cuts Chinese text into words; `engine` names the library and its version. */
export interface ChineseSegmenter {
  readonly engine: string;
  cut(text: string): string[];
}

/** Intl.Segmenter, which is everywhere but cuts differently from one browser version to the next. */
export function intlSegmenter(language = 'zh'): ChineseSegmenter {
  const segmenter = openSegmenter(language);
  return {
    engine: 'Intl.Segmenter',
    cut: (text) => Array.from(segmenter.segment(text), ({ segment }) => segment),
  };
}

function openSegmenter(language: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language, { granularity: 'word' });
  } catch (cause) {
    throw new RangeError(
      `Cannot create the tokenizer: "language" must be a language tag such as "th" or "ja", got ${JSON.stringify(language)}`,
      { cause },
    );
  }
}

/** A word of a dictionary, with how often it occurs in the text that jieba's own frequencies are of. */
export interface DictionaryWord {
  readonly word: string;
  readonly frequency: number | undefined;
}

/** A dictionary is stored in the model, whose header has its limits. */
const MAXIMUM_DICTIONARY = 1 << 24;
const DICTIONARY_LINE = /^(\S.*?)(?:\s+(\d+))?(?:\s+([a-zA-Z]+))?$/;
/** The parts of speech of jieba's own dictionary are that short. */
const JIEBA_TAG = /^[a-z]{1,4}$/;
const HAN = /\p{Script=Han}/u;

/**
 * The words of a dictionary in jieba's format: a word a line, behind it its frequency and its part of speech, which both
 * may be absent. Words are normalized as texts are; of two that are the same then, the last holds. Behind a word of Han characters any
 * letters are a part of speech; behind another one, without a frequency between, small letters as few as jieba's own parts of speech have.
 *
 * @throws RangeError for a dictionary without words, with white space in a word, or of more than 16 million characters
 */
export function parseDictionary(dictionary: string): DictionaryWord[] {
  if (typeof dictionary !== 'string')
    throw new TypeError(`"dictionary" must be text with a word a line, got ${typeof dictionary}`);
  if (dictionary.length > MAXIMUM_DICTIONARY) {
    throw new RangeError(
      `Cannot use the dictionary: it has ${dictionary.length} characters, and the model, which stores it, has room for ${MAXIMUM_DICTIONARY}`,
    );
  }
  const words = new Map<string, DictionaryWord>();
  for (const [index, line] of dictionary.split('\n').entries()) {
    const found = DICTIONARY_LINE.exec(line.replaceAll('\ufeff', '').trim());
    if (!found) continue;
    const [, first, frequency, tag] = found;
    const isTag = tag === undefined || frequency !== undefined || HAN.test(first) || JIEBA_TAG.test(tag);
    const written = isTag ? first : `${first} ${tag}`;
    const word = normalizeWithoutSpaces(written);
    if (/\s/.test(word)) {
      throw new RangeError(
        `Cannot use the dictionary: line ${index + 1}, ${JSON.stringify(written)}, is several words; white space always separates words, so take it out or use phrases`,
      );
    }
    if (word !== '') words.set(word, { word, frequency: frequency === undefined ? undefined : Number(frequency) });
  }
  if (words.size === 0)
    throw new RangeError('Cannot use the dictionary: it holds no word; it must be text with a word a line');
  return [...words.values()];
}

/** The dictionary as text again, each word once, as a model stores it. */
export function formatDictionary(words: readonly DictionaryWord[]): string {
  return words.map(({ word, frequency }) => `${word}${frequency === undefined ? '' : ` ${frequency}`}\n`).join('');
}

/** The words of a dictionary that do not consist of Han characters alone, so that no segmenter gets them whole. */
export function compoundsOf(words: readonly DictionaryWord[]): Compounds | undefined {
  const mixed = words.map(({ word }) => word).filter((word) => !/^\p{Script=Han}+$/u.test(word));
  if (mixed.length === 0) return undefined;
  return {
    words: new Set(mixed),
    longest: Math.max(...mixed.map((word) => splitWords(word).length)),
    withSigns: signPattern(mixed.filter((word) => splitWords(word).join('') !== word)),
  };
}

/** Finds words that hold signs, such as c++ or 哈利·波特, the longest first: where they do not go on as other words. */
function signPattern(words: readonly string[]): RegExp | undefined {
  if (words.length === 0) return undefined;
  const letter = String.raw`(?!\p{Script=Han})[\p{L}\p{M}\p{N}_]`;
  const byLength = [...words].sort((a, b) => b.length - a.length);
  const any = byLength.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|');
  return new RegExp(`(?<!${letter}(?=${letter}))(${any})(?!(?<=${letter})${letter})`, 'gu');
}

/** What is asked of jieba-wasm. Its dictionary is one for all that use it. */
export interface WasmJieba {
  cut(text: string, hmm: boolean): string[];
  add_word(word: string, frequency?: number): unknown;
}

let wasmDictionary: string | undefined;

/**
 * A segmenter of jieba-wasm.
 *
 * @throws Error where jieba-wasm has got another dictionary before, as it cannot forget words
 */
export function wasmJiebaSegmenter(jieba: WasmJieba, engine: string, dictionary: string | undefined): ChineseSegmenter {
  const check = () => {
    if (wasmDictionary === dictionary) return;
    throw new Error(
      'Cannot cut Chinese by two dictionaries at once: jieba-wasm keeps the words of the one that it got; use one dictionary, or a page or process for each',
    );
  };
  if (dictionary !== undefined && wasmDictionary === undefined) {
    for (const { word, frequency } of parseDictionary(dictionary)) jieba.add_word(word, frequency);
    wasmDictionary = dictionary;
  }
  check();
  return {
    engine,
    cut(text) {
      check();
      return jieba.cut(text, true);
    },
  };
}
