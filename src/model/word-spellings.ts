import { chooseSegmenting } from '../text/choose-tokenizer.ts';
import { createPhraseJoiner } from '../text/phrases.ts';
import type { TokenizerDescriptor, TokenizerName } from '../text/tokenizer.ts';
import { normalizeWithoutSpaces, splitWords } from '../text/word-rule.ts';

/** Words by their places, as a model has them. */
export interface WordsByPlace {
  readonly size: number;
  word(id: number): string;
}

/**
 * The tokenizer for a model that does not name one (another tool wrote it): by its words, `chinese` or
 * `segmenter` where they are of a script without spaces, `words` if all are lower-cased, otherwise `whitespace`, which changes nothing.
 */
export function inferTokenizer(model: WordsByPlace): TokenizerName {
  if (typeof model?.word !== 'function') throw new TypeError('"model" must have words by their place');
  const words = Array.from({ length: Math.min(model.size, 10_000) }, (_, id) => model.word(id));
  const choice = chooseSegmenting(words.join(' '));
  if (choice) return choice.name;
  return words.every((word) => word === word.toLowerCase()) ? 'words' : 'whitespace';
}

/**
 * Whether words are such as the tokenizer `words` cuts. Text of them that was cut at white space had no capitals and signs, and other texts
 * are cut alike by `words`: "Wet grass." into "wet" and "grass".
 */
export function arePlainWords(words: WordsByPlace): boolean {
  for (let id = 0; id < Math.min(words.size, 10_000); id++) {
    const spelling = words.word(id);
    const cut = splitWords(spelling);
    if (cut.length !== 1 || cut[0] !== spelling) return false;
  }
  return true;
}

/**
 * How a word that a model does not hold may be spelt there. First as text would be cut: by the tokenizer that the model names ("Paris" as
 * "paris", "New York" as the phrase "new_york"), or where it names none as it is, as the tools that wrote it make its n-grams. Then as a
 * tokenizer that suits the words would leave it, then with its letters composed otherwise (é of one character or two). Ids are opaque and
 * have one spelling.
 */
export function createSpellings(
  descriptor: TokenizerDescriptor | undefined,
  words: WordsByPlace,
): (word: string) => readonly string[] {
  const given = descriptor?.name;
  if (given === 'ids') return () => [];
  // Text that was cut at white space may have been lower-cased before.
  const isNamed = given !== undefined && given !== 'whitespace';
  const name = isNamed ? given : inferTokenizer(words);
  const tokenize = name === 'words' ? cutter(descriptor) : undefined;
  const tokenOf = (word: string) => {
    if (tokenize) return onlyToken(tokenize(word), word);
    return name === 'whitespace' ? word : normalizeWithoutSpaces(word);
  };
  return (word) => {
    const token = tokenOf(word);
    return [...new Set([isNamed ? token : word, token, word.normalize('NFC'), word.normalize('NFD')])];
  };
}

/** As the tokenizer `words` does; that itself would bring all tokenizers into pages that only ask a model. */
function cutter(descriptor: TokenizerDescriptor | undefined): (word: string) => readonly string[] {
  const join = createPhraseJoiner(descriptor?.phrases ?? []);
  return (word) => join(splitWords(word));
}

/** The token that a word is; the word where the tokenizer leaves something out of it: "c" is another word than "C++". */
function onlyToken(tokens: readonly string[], word: string): string {
  const isWhole = tokens.length === 1 && signsIn(tokens[0]) >= signsIn(word.normalize('NFKC'));
  return isWhole ? tokens[0] : word;
}

function signsIn(text: string): number {
  return text.match(/[\p{P}\p{S}]/gu)?.length ?? 0;
}
