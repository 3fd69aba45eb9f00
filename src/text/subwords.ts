/**
 * Subwords (Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information"; fastText): a word's vector is the
 * mean of a row of its own and one row for each of its character n-grams. A word that was never seen has its n-grams.
 */
export interface SubwordOptions {
  /** Shortest and longest n-gram in characters (code points) of "<word>". */
  readonly minNgram: number;
  readonly maxNgram: number;
  /** N-grams share this many rows, by their hash. */
  readonly buckets: number;
  /** How an n-gram finds its row; fastText's hash if omitted. */
  readonly hash?: 'finalfusion' | undefined;
  /** Instead of a hash: the n-grams that have a row, each with it. */
  readonly ngrams?: readonly (readonly [ngram: string, bucket: number])[] | undefined;
}

/** The rows of each word in an input matrix of `words` rows and, behind them, a row for each bucket in use. */
export interface Subwords {
  readonly options: SubwordOptions;
  /** words + 1: the rows of word i are rows[offsets[i]] to rows[offsets[i + 1]], its own first. */
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
  /** The buckets in use, in rising order: bucket i has row words + i. */
  readonly buckets: Uint32Array;
}

export const MAXIMUM_NGRAM = 32;

const encoder = new TextEncoder();

/** fastText's hash: FNV-1a over bytes that are taken as signed (fastText dictionary.cc). */
export function subwordHash(ngram: string): number {
  let hash = 2166136261;
  for (const byte of encoder.encode(ngram)) hash = Math.imul(hash ^ ((byte << 24) >> 24), 16777619);
  return hash >>> 0;
}

/** The n-grams of "<word>" in fastText's order; "<" and ">" alone are none. */
export function ngramsOf(word: string, { minNgram, maxNgram }: SubwordOptions): string[] {
  const characters = ['<', ...word, '>'];
  const ngrams: string[] = [];
  for (let begin = 0; begin < characters.length; begin++) {
    let ngram = '';
    for (let length = 1; length <= maxNgram && begin + length <= characters.length; length++) {
      const end = begin + length;
      ngram += characters[end - 1];
      if (length >= minNgram && !(length === 1 && (begin === 0 || end === characters.length))) ngrams.push(ngram);
    }
  }
  return ngrams;
}

/** The buckets of a word's n-grams, in their order. fastText's end of sentence has none. */
export function bucketsOf(word: string, options: SubwordOptions): number[] {
  if (options.ngrams) return listedBuckets(word, options);
  return bucketsOfBytes(encoder.encode(word), options);
}

const LESS_THAN = 60;
const GREATER_THAN = 62;
const END_OF_SENTENCE = '</s>';
const endOfSentence = encoder.encode(END_OF_SENTENCE);

/**
 * As `bucketsOf`, of a word that need not be UTF-8: every byte that is no continuation (10xxxxxx) begins a character
 * (fastText dictionary.cc, computeSubwords). The hash of an n-gram goes on from that of the one before.
 */
export function bucketsOfBytes(word: Uint8Array, options: SubwordOptions, ofEndOfSentence = false): number[] {
  const { minNgram, maxNgram, buckets, hash: kind } = options;
  const found: number[] = [];
  const isEnd = word.length === endOfSentence.length && endOfSentence.every((byte, i) => word[i] === byte);
  if (isEnd && !ofEndOfSentence) return found;
  if (kind === 'finalfusion') return finalfusionBuckets(word, options);
  const end = word.length + 2;
  const byteAt = (i: number) => (i === 0 ? LESS_THAN : i === end - 1 ? GREATER_THAN : word[i - 1]);
  for (let begin = 0; begin < end; begin++) {
    if ((byteAt(begin) & 0xc0) === 0x80) continue;
    let hash = 2166136261;
    for (let at = begin, length = 1; at < end && length <= maxNgram; length++) {
      do {
        hash = Math.imul(hash ^ ((byteAt(at++) << 24) >> 24), 16777619);
      } while (at < end && (byteAt(at) & 0xc0) === 0x80);
      if (length >= minNgram && !(length === 1 && (begin === 0 || at === end))) found.push((hash >>> 0) % buckets);
    }
  }
  return found;
}

/**
 * finalfusion's hash: 64-bit FNV-1a over the n-gram's length and its code points (finalfusion-rust subword.rs). Of it
 * only the lowest bits are used, and these depend on the lowest bits of the factors alone.
 */
function finalfusionBuckets(word: Uint8Array, { minNgram, maxNgram, buckets }: SubwordOptions): number[] {
  const characters = ['<', ...new TextDecoder('utf-8', { ignoreBOM: true }).decode(word), '>'].map(
    (character) => character.codePointAt(0)!,
  );
  const found: number[] = [];
  for (let begin = 0; begin < characters.length; begin++) {
    for (let length = minNgram; length <= maxNgram && begin + length <= characters.length; length++) {
      let hash = 0x84222325;
      const add = (number: number, byteLength: number) => {
        for (let i = 0; i < byteLength; i++) hash = Math.imul(hash ^ (i < 4 ? (number >>> (8 * i)) & 0xff : 0), 0x1b3);
      };
      add(length, 8);
      for (let i = begin; i < begin + length; i++) add(characters[i], 4);
      found.push((hash >>> 0) % buckets); // a power of two
    }
  }
  return found;
}

const ngramTables = new WeakMap<object, Map<string, number>>();

function listedBuckets(word: string, { minNgram, maxNgram, ngrams }: SubwordOptions): number[] {
  const table = ngramTables.get(ngrams!) ?? new Map(ngrams);
  ngramTables.set(ngrams!, table);
  const characters = ['<', ...word, '>'];
  const found: number[] = [];
  for (let begin = 0; begin < characters.length; begin++) {
    for (let length = minNgram; length <= maxNgram && begin + length <= characters.length; length++) {
      const bucket = table.get(characters.slice(begin, begin + length).join(''));
      if (bucket !== undefined) found.push(bucket);
    }
  }
  return found;
}

/** Place of a bucket in the list of those that have a row, which rises; −1 if it has none. */
export function findBucket(buckets: Uint32Array, bucket: number): number {
  if (buckets[bucket] === bucket) return bucket; // all before it have a row
  let [low, high] = [0, buckets.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (buckets[middle] === bucket) return middle;
    if (buckets[middle] < bucket) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Only buckets that a word of the vocabulary uses get a row: the others would stay as they began. */
export function createSubwords(words: readonly string[], options: SubwordOptions): Subwords {
  const bucketsOfWords = words.map((word) => bucketsOf(word, options));
  const used = new Set<number>();
  for (const buckets of bucketsOfWords) for (const bucket of buckets) used.add(bucket);
  const buckets = Uint32Array.from(used).sort();
  const rowOfBucket = new Map<number, number>();
  buckets.forEach((bucket, i) => {
    rowOfBucket.set(bucket, words.length + i);
  });
  const offsets = new Uint32Array(words.length + 1);
  bucketsOfWords.forEach((list, word) => {
    offsets[word + 1] = offsets[word] + 1 + list.length;
  });
  const rows = new Uint32Array(offsets[words.length]);
  bucketsOfWords.forEach((list, word) => {
    rows[offsets[word]] = word;
    list.forEach((bucket, i) => {
      rows[offsets[word] + 1 + i] = rowOfBucket.get(bucket)!;
    });
  });
  const { minNgram, maxNgram, buckets: limit } = options;
  return { options: { minNgram, maxNgram, buckets: limit }, offsets, rows, buckets };
}

/** Lengths that suit the script: 3 to 6 letters; Chinese words are short, and one character means something. */
export function ngramLengthsFor(words: readonly string[]): Pick<SubwordOptions, 'minNgram' | 'maxNgram'> {
  const sample = words.slice(0, 10_000);
  const han = sample.filter((word) => /\p{Script=Han}/u.test(word)).length;
  return han > sample.length / 2 ? { minNgram: 1, maxNgram: 3 } : { minNgram: 3, maxNgram: 6 };
}
