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

/** The buckets of a word's n-grams, in their order. */
export function bucketsOf(word: string, options: SubwordOptions): number[] {
  return ngramsOf(word, options).map((ngram) => subwordHash(ngram) % options.buckets);
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
