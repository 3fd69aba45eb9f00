import type { EmbeddingModel } from '../model/embedding-model.ts';
import { createSpellings } from '../model/word-spellings.ts';

/** Words of a model that stand for a token that it does not hold. */
export interface StandIns {
  /** Their places in the vocabulary, in the order of the parts that they stand for. */
  readonly ids: readonly number[];
  /** Whether a part of the token is a word of the model; otherwise all are like it in their beginning only. */
  readonly isKnown: boolean;
}

/** Words that may be like an unknown one: the more frequent ones, whose vectors are the better ones. */
const MOST_LIKE = 50_000;
/** So many letters must be the same at the beginning. */
const FEWEST_LETTERS = 3;
/** … and such a share of the unknown word. */
const LEAST_SHARE = 0.4;
/** Characters of the longest piece that text without spaces is cut into. */
const LONGEST_PIECE = 12;

/** Tokens whose answers are kept: texts have the same unknown ones again. */
const MOST_KEPT = 100_000;

/** Parts of a token: Han characters in a row, or other letters and digits. */
const PARTS = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}])+/gu;
const HAN = /^\p{Script=Han}/u;
const NUMBER = /^\p{N}+$/u;

/**
 * Finds what stands for tokens that a model does not hold: the word in the spelling of the model ("The": "the"). Otherwise a token falls into
 * its parts, at hyphens, apostrophes and other signs ("close-up", "isn't", "grass."). For each part stands
 *
 * - the word that it is, in the spelling of the model;
 * - Han characters: the longest words that it consists of, from its beginning ("黑狗": "黑", "狗");
 * - a number: nothing;
 * - else the most frequent word of those that share the longest beginning with it, of at least 3 letters and two fifths of the part
 *   ("bikers": "biker"). That mostly is another form of the word, or a relative.
 */
export class StandInFinder {
  readonly #model: EmbeddingModel;
  readonly #spellings: (word: string) => readonly string[];
  readonly #kept = new Map<string, StandIns | undefined>();
  /** Places of the words that may be like an unknown one, in the order of their spelling. */
  #sorted: Uint32Array | undefined;

  constructor(model: EmbeddingModel) {
    this.#model = model;
    this.#spellings = createSpellings(model.contents.tokenizer, model);
  }

  /** What stands for a token; undefined if nothing does, and where a model with subwords makes a vector of its n-grams. */
  find(token: string): StandIns | undefined {
    const kept = this.#kept.get(token);
    if (kept || this.#kept.has(token)) return kept;
    const id = this.#held(token);
    const found = id !== undefined ? { ids: [id], isKnown: true } : this.#ofParts(token);
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(token, found);
    return found;
  }

  /** The word that the model holds, in one of its spellings. */
  #held(word: string): number | undefined {
    const id = this.#model.find(word);
    if (id !== undefined) return id;
    for (const spelling of this.#spellings(word)) {
      const found = this.#model.find(spelling);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #ofParts(token: string): StandIns | undefined {
    const ids: number[] = [];
    let isKnown = false;
    for (const part of token.normalize('NFC').match(PARTS) ?? []) {
      const id = this.#held(part);
      if (id === undefined && this.#model.contents.subwords) return undefined;
      const held = id !== undefined ? [id] : HAN.test(part) ? this.#pieces(part) : [];
      if (held.length > 0) isKnown = true;
      else if (!HAN.test(part) && !NUMBER.test(part)) {
        const like = this.#like(part) ?? this.#like(part.toLowerCase());
        if (like !== undefined) ids.push(like);
      }
      ids.push(...held);
    }
    return ids.length > 0 ? { ids, isKnown } : undefined;
  }

  /** The longest words from the beginning; a character that begins none is left out. */
  #pieces(part: string): number[] {
    const characters = Array.from(part);
    const ids: number[] = [];
    for (let begin = 0; begin < characters.length; ) {
      let length = Math.min(characters.length - begin, LONGEST_PIECE);
      let id: number | undefined;
      for (; length > 0 && id === undefined; length--)
        id = this.#model.find(characters.slice(begin, begin + length).join(''));
      if (id !== undefined) ids.push(id);
      begin += id === undefined ? 1 : length + 1; // the loop has counted once more
    }
    return ids;
  }

  /** The most frequent word with the longest beginning in common. */
  #like(part: string): number | undefined {
    const model = this.#model;
    this.#sorted ??= sortedWords(model);
    const sorted = this.#sorted;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (model.word(sorted[middle]) < part) low = middle + 1;
      else high = middle;
    }
    // In the order of spelling the words with the longest beginning in common stand around the place of the part.
    const sharedAt = (place: number) =>
      place >= 0 && place < sorted.length ? sharedBeginning(model.word(sorted[place]), part) : 0;
    const longest = Math.max(sharedAt(low - 1), sharedAt(low));
    if (longest < Math.max(FEWEST_LETTERS, LEAST_SHARE * part.length)) return undefined;
    let best = Infinity;
    for (let place = low - 1; sharedAt(place) >= longest; place--) best = Math.min(best, sorted[place]);
    for (let place = low; sharedAt(place) >= longest; place++) best = Math.min(best, sorted[place]);
    return best;
  }
}

function sortedWords(model: EmbeddingModel): Uint32Array {
  const words = Array.from({ length: Math.min(model.size, MOST_LIKE) }, (_, id) => model.word(id));
  return Uint32Array.from(words.keys()).sort((a, b) => (words[a] < words[b] ? -1 : 1));
}

/** Number of code units that two words have in common at their beginning. */
function sharedBeginning(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  return shared;
}
