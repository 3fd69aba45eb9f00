import { RunReader, type WordRun } from './word-run.ts';

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
  /** Keeps this many most frequent words, exactly. Unlimited if absent. */
  readonly maxVocabulary?: number;
  /** Takes these words and counts instead of counting; minCount and maxVocabulary are not applied. */
  readonly given?: Pick<Vocabulary, 'words' | 'counts'>;
  /** Words and counts of earlier text: all are kept, and their counts are added. */
  readonly earlier?: Pick<Vocabulary, 'words' | 'counts'> | undefined;
}

export interface MergedVocabulary {
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

/** Merges sorted runs into the vocabulary; counts are exact however many runs there are. */
export function mergeRuns(runs: readonly WordRun[], options: VocabularyOptions): MergedVocabulary {
  const decoder = new TextDecoder();
  const readers = runs.map((run) => new RunReader(run));
  const open = readers.map((reader) => reader.next());
  const wordIds = runs.map((run) => new Int32Array(run.wordCount).fill(-1));
  const givenIds = options.given && new Map(options.given.words.map((word, id) => [word, id]));
  const earlier = new Map(options.earlier?.words.map((word, id) => [word, options.earlier!.counts[id]]));
  const candidates: { word: string; count: number }[] = [];
  let distinctWords = 0;
  let corpusTokens = 0;
  const rareTokens = new Float64Array(Math.min(options.minCount, MOST_RARE));
  const equal: number[] = [];
  for (;;) {
    let smallest = -1;
    equal.length = 0;
    for (let i = 0; i < readers.length; i++) {
      if (!open[i]) continue;
      const order = smallest < 0 ? -1 : compareBytes(readers[i].word, readers[smallest].word);
      if (order < 0) {
        smallest = i;
        equal.length = 0;
      }
      if (order <= 0) equal.push(i);
    }
    if (smallest < 0) break;
    let count = 0;
    for (const i of equal) count += readers[i].count;
    distinctWords++;
    corpusTokens += count;
    if (count < rareTokens.length) rareTokens[count] += count;
    let id = -1;
    if (givenIds) {
      id = givenIds.get(decoder.decode(readers[smallest].word)) ?? -1;
    } else if (count >= options.minCount || earlier.size > 0) {
      const word = decoder.decode(readers[smallest].word);
      const earlierCount = earlier.get(word);
      if (earlierCount !== undefined || count >= options.minCount) {
        id = candidates.length;
        candidates.push({ word, count: count + (earlierCount ?? 0) });
        earlier.delete(word);
      }
    }
    for (const i of equal) {
      wordIds[i][readers[i].number] = id;
      open[i] = readers[i].next();
    }
  }
  if (options.given) {
    return {
      vocabulary: createVocabulary(options.given.words, options.given.counts),
      wordIds,
      distinctWords,
      corpusTokens,
      rareTokens,
    };
  }

  for (const [word, count] of earlier) candidates.push({ word, count });

  const { vocabulary, ids: finalIds } = rankWords(candidates, options.maxVocabulary);
  for (const ids of wordIds) {
    for (let i = 0; i < ids.length; i++) if (ids[i] >= 0) ids[i] = finalIds[ids[i]];
  }
  return { vocabulary, wordIds, distinctWords, corpusTokens, rareTokens };
}

/**
 * The vocabulary of the most frequent words.
 *
 * @param candidates - in the order in which words of equal count are to stand
 * @returns `ids`: for each candidate its word id, −1 for those beyond `maxVocabulary`
 */
export function rankWords(
  candidates: readonly { readonly word: string; readonly count: number }[],
  maxVocabulary = Infinity,
): { vocabulary: Vocabulary; ids: Int32Array } {
  // Array.sort is stable, so words of equal count stay in byte order: the same for any number of workers.
  const ranking = candidates.map((_, index) => index).sort((a, b) => candidates[b].count - candidates[a].count);
  ranking.length = Math.min(ranking.length, maxVocabulary);
  const ids = new Int32Array(candidates.length).fill(-1);
  ranking.forEach((candidate, id) => {
    ids[candidate] = id;
  });
  const vocabulary = createVocabulary(
    ranking.map((candidate) => candidates[candidate].word),
    Float64Array.from(ranking, (candidate) => candidates[candidate].count),
  );
  return { vocabulary, ids };
}

export function createVocabulary(words: readonly string[], counts: Float64Array): Vocabulary {
  let tokenCount = 0;
  for (const count of counts) tokenCount += count;
  return { words, counts, tokenCount };
}

/** A line a word, `word count`, by falling count: word2vec.c's -save-vocab. */
export function formatVocabulary(vocabulary: Vocabulary): string {
  return vocabulary.words.map((word, id) => `${word} ${vocabulary.counts[id]}\n`).join('');
}

/**
 * Reads `formatVocabulary`, and word2vec.c's and GloVe's files of the same form.
 *
 * @throws SyntaxError for a line that is not `word count`
 */
export function parseVocabulary(text: string): Pick<Vocabulary, 'words' | 'counts'> {
  const words: string[] = [];
  const counts: number[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const [, word, count] = /^(.+?)[ \t]+(\d+)\s*$/.exec(line) ?? [];
    if (word === undefined) {
      throw new SyntaxError(
        `Cannot read the vocabulary: line ${index + 1} must be "word count", got ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
    words.push(word);
    counts.push(Number(count));
  });
  return { words, counts: Float64Array.from(counts) };
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
