import { RunReader, sharedBuffer, type WordRun } from './word-run.ts';

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
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const wordIds = runs.map((run) => new Int32Array(sharedBuffer(4 * run.wordCount)).fill(-1));
  const givenIds = options.given && new Map(options.given.words.map((word, id) => [word, id]));
  const earlier = new Map(options.earlier?.words.map((word, id) => [word, options.earlier!.counts[id]]));
  const candidates = new WordList();
  const counts: number[] = [];
  let distinctWords = 0;
  let corpusTokens = 0;
  const rareTokens = new Float64Array(Math.min(options.minCount, MOST_RARE));

  // A heap by the words where the readers are; equal words in any order.
  const heap: { reader: RunReader; ids: Int32Array }[] = [];
  runs.forEach((run, index) => {
    const entry = { reader: new RunReader(run), ids: wordIds[index] };
    if (entry.reader.next()) pushUp(heap, entry);
  });
  const equal: typeof heap = [];
  while (heap.length > 0) {
    const { reader } = heap[0];
    let count = 0;
    do {
      const entry = popSmallest(heap);
      count += entry.reader.count;
      equal.push(entry);
    } while (heap.length > 0 && heap[0].reader.compare(reader) === 0);
    distinctWords++;
    corpusTokens += count;
    if (count < rareTokens.length) rareTokens[count] += count;
    let id = -1;
    if (givenIds) {
      id = givenIds.get(decoder.decode(reader.word)) ?? -1;
    } else if (earlier.size > 0) {
      const word = decoder.decode(reader.word);
      const earlierCount = earlier.get(word);
      if (earlierCount !== undefined || count >= options.minCount) {
        id = counts.length;
        counts.push(count + (earlierCount ?? 0));
        candidates.add(reader);
        earlier.delete(word);
      }
    } else if (count >= options.minCount) {
      id = counts.length;
      counts.push(count);
      candidates.add(reader);
    }
    for (const entry of equal) {
      entry.ids[entry.reader.number] = id;
      if (entry.reader.next()) pushUp(heap, entry);
    }
    equal.length = 0;
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

  const words = candidates.finish();
  for (const [word, count] of earlier) {
    words.push(word);
    counts.push(count);
  }
  const { vocabulary, ids: finalIds } = rankWords(words, counts, options.maxVocabulary);
  for (const ids of wordIds) {
    for (let i = 0; i < ids.length; i++) if (ids[i] >= 0) ids[i] = finalIds[ids[i]];
  }
  return { vocabulary, wordIds, distinctWords, corpusTokens, rareTokens };
}

/** Collects words as bytes and makes strings of many at once, which takes a tenth of the time. */
class WordList {
  readonly #words: string[] = [];
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #bytes = new Uint8Array(1 << 16);
  #used = 0;

  /** No word holds a line feed: it would have ended a sentence. */
  add(reader: RunReader): void {
    if (this.#used + reader.wordLength + 1 > this.#bytes.length) this.#decode();
    if (reader.wordLength + 1 > this.#bytes.length) this.#bytes = new Uint8Array(reader.wordLength + 1);
    this.#used += reader.copyWord(this.#bytes, this.#used);
    this.#bytes[this.#used++] = 10;
  }

  finish(): string[] {
    this.#decode();
    return this.#words;
  }

  #decode(): void {
    if (this.#used === 0) return;
    const text = this.#decoder.decode(this.#bytes.subarray(0, this.#used - 1));
    for (const word of text.split('\n')) this.#words.push(word);
    this.#used = 0;
  }
}

function pushUp<Entry extends { reader: RunReader }>(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent].reader.compare(entry.reader) <= 0) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = entry;
}

function popSmallest<Entry extends { reader: RunReader }>(heap: Entry[]): Entry {
  const smallest = heap[0];
  const entry = heap.pop()!;
  if (heap.length === 0) return smallest;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1].reader.compare(heap[child].reader) < 0) child++;
    if (heap[child].reader.compare(entry.reader) >= 0) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = entry;
  return smallest;
}

/**
 * The vocabulary of the most frequent words.
 *
 * @param words - in the order in which words of equal count are to stand
 * @returns `ids`: for each of them its word id, −1 for those beyond `maxVocabulary`
 */
export function rankWords(
  words: readonly string[],
  counts: readonly number[],
  maxVocabulary = Infinity,
): { vocabulary: Vocabulary; ids: Int32Array } {
  const ranking = orderByCount(counts).subarray(0, Math.min(words.length, maxVocabulary));
  const ids = new Int32Array(words.length).fill(-1);
  ranking.forEach((candidate, id) => {
    ids[candidate] = id;
  });
  const vocabulary = createVocabulary(
    Array.from(ranking, (candidate) => words[candidate]),
    Float64Array.from(ranking, (candidate) => counts[candidate]),
  );
  return { vocabulary, ids };
}

const DIGIT_BITS = 11;

/**
 * Places by falling count. Equal counts stay in their order, so the vocabulary is the same for any number of workers. A
 * radix sort: a sort that compares takes ten times as long.
 */
function orderByCount(counts: readonly number[]): Uint32Array {
  let order = Uint32Array.from(counts, (_, index) => index);
  let target = new Uint32Array(order.length);
  let largest = 0;
  for (const count of counts) largest = Math.max(largest, count);
  const begins = new Uint32Array((1 << DIGIT_BITS) + 1);
  for (let unit = 1; unit <= largest; unit *= 1 << DIGIT_BITS) {
    // The largest digit first.
    const placeOf = (count: number) => (1 << DIGIT_BITS) - 1 - (Math.floor(count / unit) % (1 << DIGIT_BITS));
    begins.fill(0);
    for (const count of counts) begins[placeOf(count) + 1]++;
    for (let i = 1; i < begins.length; i++) begins[i] += begins[i - 1];
    for (const index of order) target[begins[placeOf(counts[index])]++] = index;
    [order, target] = [target, order];
  }
  return order;
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
