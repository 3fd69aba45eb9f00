import { rankCounts } from '../kernels/rank-counts/rank-counts-kernel.ts';
import { mergeWanted, toRun } from '../kernels/run-merger/merge-wanted.ts';
import type { MergedRun, MergedRuns } from '../kernels/run-merger/run-merger.ts';
import { mergeRuns as mergeKernel, mergeToRun } from '../kernels/run-merger/run-merger-kernel.ts';
import { checkText, checkTextArray } from '../text/check-options.ts';
import { counted } from '../text/counted.ts';
import { linesOf } from '../text/text-lines.ts';
import { sharedBuffer, type WordRun } from './word-run.ts';

/** Words by falling count; equal counts in the order of their UTF-8 bytes. The place of a word is its id. */
export interface Vocabulary {
  readonly words: readonly string[];
  /** Occurrences in the corpus, one a word. */
  readonly counts: Float64Array;
  /** Sum of `counts`: the tokens that are trained in an epoch, before subsampling. */
  readonly tokenCount: number;
}

export interface VocabularyOptions {
  /** Rarer words are dropped. */
  readonly minCount: number;
  /** Keeps this many most frequent words, exactly. Unlimited if omitted. */
  readonly maxVocabulary?: number;
  /** Takes these words and counts instead of counting; minCount and maxVocabulary are not applied. */
  readonly given?: Pick<Vocabulary, 'words' | 'counts'>;
  /** Words and counts of earlier text: all are kept, and their counts are added. */
  readonly earlier?: Pick<Vocabulary, 'words' | 'counts'> | undefined;
}

export interface MergedVocabulary {
  /** Words of the vocabulary that the text holds. */
  readonly foundWords: number;
  readonly vocabulary: Vocabulary;
  /** For each run, in order: number in that run's table → word id, or −1 for dropped words. */
  readonly wordIds: Int32Array[];
  /** All distinct words of the corpus, and all its tokens, before anything was dropped. */
  readonly distinctWords: number;
  readonly corpusTokens: number;
  /** At place c the tokens of all words that occur c times, for c below minCount: what minCount has dropped. */
  readonly rareTokens: Float64Array;
}

/** Larger counts are not tallied in `rareTokens`. */
const MOST_RARE = 10_000;

/** Room for the `rareTokens` of a merge. */
export function newRareTokens(minCount: number): Float64Array {
  return new Float64Array(Math.min(minCount, MOST_RARE));
}

/** Merges sorted runs into the vocabulary; counts are exact however many runs there are. */
export function mergeRuns(runs: readonly WordRun[], options: VocabularyOptions): MergedVocabulary {
  const wordIds = runs.map((run) => new Int32Array(sharedBuffer(4 * run.wordCount)));
  const rareTokens = newRareTokens(options.minCount);
  const merged = mergeWords(runs, options, wordIds, rareTokens);
  const { distinctWords, tokenCount: corpusTokens } = merged;
  return { ...rankMerged(merged, options, wordIds), wordIds, distinctWords, corpusTokens, rareTokens };
}

/**
 * Merges runs as `MergeRuns` does, and keeps the words that the options want, but for `maxVocabulary`.
 *
 * @param ids - as that has them
 */
export function mergeWords(
  runs: readonly WordRun[],
  { given, earlier, minCount }: VocabularyOptions,
  ids: readonly Int32Array[] | undefined,
  rareTokens: Float64Array,
): MergedRuns {
  const named = given ?? earlier;
  if (!named) return mergeKernel(runs, minCount, ids, rareTokens);
  const known = new Set(named.words);
  const least = given ? Infinity : minCount;
  return mergeWanted(runs, ids, rareTokens, (word, count) => count >= least || known.has(word));
}

/** The same as a run, see `MergeToRun`. */
export function mergeWordsToRun(
  runs: readonly WordRun[],
  options: VocabularyOptions,
  rareTokens: Float64Array,
  added: number,
): MergedRun {
  if (options.given || options.earlier) return toRun(mergeWords(runs, options, undefined, rareTokens), added);
  return mergeToRun(runs, options.minCount, rareTokens, added);
}

/**
 * The vocabulary of the words that `mergeWords` has kept.
 *
 * @param lists - of their places, or −1: each place becomes the word's id, −1 beyond `maxVocabulary`
 */
export function rankMerged(
  merged: Pick<MergedRuns, 'words' | 'counts'>,
  { given, earlier, maxVocabulary }: VocabularyOptions,
  lists: readonly Int32Array[],
): Pick<MergedVocabulary, 'vocabulary' | 'foundWords'> {
  if (given) {
    // The ids of given words are theirs already.
    const ids = new Map(given.words.map((word, id) => [word, id]));
    const givenIds = Int32Array.from(merged.words(), (word) => ids.get(word)!);
    for (const list of lists) list.set(list.map((place) => (place < 0 ? place : givenIds[place])));
    return { vocabulary: createVocabulary(given.words, given.counts), foundWords: givenIds.length };
  }
  const { words, counts } = earlier ? addEarlier(merged, earlier) : merged;
  const { order } = rankCounts(counts, maxVocabulary ?? Infinity, lists);
  const ranked = inOrder(order, counts, new Float64Array(order.length));
  const vocabulary = laterVocabulary(() => inOrder(order, words(), new Array<string>(order.length)), ranked);
  return { vocabulary, foundWords: order.length };
}

/** A vocabulary whose words become text when they are first asked for. */
function laterVocabulary(words: () => string[], counts: Float64Array): Vocabulary {
  let made: string[] | undefined;
  const { tokenCount } = createVocabulary([], counts);
  return {
    get words() {
      made ??= words();
      return made;
    },
    counts,
    tokenCount,
  };
}

/** Adds earlier counts, and behind the words of the text the earlier ones that are not in it. */
function addEarlier(
  { words, counts }: Pick<MergedRuns, 'words' | 'counts'>,
  earlier: Pick<Vocabulary, 'words' | 'counts'>,
) {
  const found = words();
  const before = new Map(earlier.words.map((word, id) => [word, earlier.counts[id]]));
  const missing = new Map(before);
  const sums = Array.from(found, (word, i) => {
    missing.delete(word);
    return counts[i] + (before.get(word) ?? 0);
  });
  return { words: () => [...found, ...missing.keys()], counts: Float64Array.from([...sums, ...missing.values()]) };
}

/** The vocabulary of the most frequent words; `ids`: for each word given its id, −1 for those beyond `maxVocabulary`. */
export function rankWords(
  words: readonly string[],
  counts: Float64Array,
  maxVocabulary?: number,
): { vocabulary: Vocabulary; ids: Int32Array } {
  const { order, ranks: ids } = rankCounts(counts, maxVocabulary ?? Infinity, []);
  const ranked = inOrder(order, words, new Array<string>(order.length));
  return { vocabulary: createVocabulary(ranked, inOrder(order, counts, new Float64Array(order.length))), ids };
}

/** Fills `target` with the values at the places. A loop, because `from` takes ten times as long when it is called once. */
function inOrder<V, T extends { [place: number]: V }>(places: Uint32Array, values: ArrayLike<V>, target: T): T {
  for (let i = 0; i < places.length; i++) target[i] = values[places[i]];
  return target;
}

export function createVocabulary(words: readonly string[], counts: Float64Array): Vocabulary {
  let tokenCount = 0;
  for (let i = 0; i < counts.length; i++) tokenCount += counts[i]; // an iterator makes an object a count before it is compiled
  return { words, counts, tokenCount };
}

/** A line a word, `word count`, by falling count: word2vec.c's -save-vocab. @throws RangeError for a word that a line cannot hold */
export function formatVocabulary(vocabulary: Vocabulary): string {
  const { words, counts } = vocabulary ?? {};
  checkTextArray('words', words);
  if (counts?.length !== words.length)
    throw new RangeError(
      `The vocabulary has ${counted(words.length, 'word')} and ${counted(counts?.length, 'count')}: give a count for each`,
    );
  const odd = words.find(
    (word, id) => /[\n\r]/.test(word) || word.trim() === '' || (id === 0 && word.startsWith('\ufeff')),
  );
  if (odd !== undefined)
    throw new RangeError(
      `Cannot write word ${JSON.stringify(odd.slice(0, 60))} in a line of a vocabulary: it would not be read back`,
    );
  return vocabulary.words.map((word, id) => `${word} ${vocabulary.counts[id]}\n`).join('');
}

/**
 * Reads `formatVocabulary`, and word2vec.c's and GloVe's files of the same form.
 *
 * @throws SyntaxError for a line that is not `word count`, or a word that is twice
 */
export function parseVocabulary(text: string): Pick<Vocabulary, 'words' | 'counts'> {
  checkText('text', text);
  const places = new Map<string, number>();
  const counts: number[] = [];
  for (const { text: line, number } of linesOf(text)) {
    const content = line.trimEnd();
    const [, count] = /[ \t](\d+)$/.exec(content) ?? [];
    const word = count === undefined ? '' : content.slice(0, -count.length).replace(/(?<![ \t])[ \t]+$/, '');
    if (word === '') {
      throw new SyntaxError(
        `Cannot read the vocabulary: line ${number} must be "word count", got ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
    const earlier = places.get(word);
    if (earlier !== undefined)
      throw new SyntaxError(
        `Cannot read the vocabulary: line ${number} has the word ${JSON.stringify(word)} again, it is in line ${earlier} already`,
      );
    places.set(word, number);
    counts.push(Number(count));
  }
  return { words: [...places.keys()], counts: Float64Array.from(counts) };
}
