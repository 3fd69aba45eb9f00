/** A sorted run of counted words, as `WordCounter.takeRun` gives it. */
export interface SortedRun {
  /** Words in the table, so numbers are 0 … wordCount − 1. */
  readonly wordCount: number;
  readonly byteLength: number;
  /** Where its pieces begin, in bytes, by which a place in it is found: each is of whole records, some 256 KiB. */
  readonly pieces?: readonly number[];
  /** Fills `target` with the bytes from `offset` on; the caller stays inside of the run. */
  read(offset: number, target: Uint8Array): void;
}

export interface MergedRuns {
  /** The words that are kept, in the order of their bytes; made at the call, which may wait until other threads have work. */
  readonly words: () => string[];
  readonly counts: Float64Array;
  /** All different words of the runs. */
  readonly distinctWords: number;
  /** Sum of all counts. */
  readonly tokenCount: number;
}

/**
 * Merges runs: adds up the counts of equal words and keeps those that are frequent enough.
 *
 * @param ids - for each run a place for each of its numbers: gets the place of the word in `words`, −1 if it is not kept; undefined where
 * nobody asks for that
 * @param rareTokens - at place c the tokens of words that occur c times are added
 */
export type MergeRuns = (
  runs: readonly SortedRun[],
  minCount: number,
  ids: readonly Int32Array[] | undefined,
  rareTokens: Float64Array,
) => MergedRuns;

/** Runs that were merged into one. */
export interface MergedRun extends Omit<MergedRuns, 'words'> {
  /** The records of the words that are kept, in pieces: their numbers are 0. */
  readonly run: () => readonly Uint8Array<ArrayBuffer>[];
}

/**
 * Merges runs into one, as `MergeRuns` does otherwise.
 *
 * @param added - so much larger are the counts in the records than those in `counts`
 */
export type MergeToRun = (
  runs: readonly SortedRun[],
  minCount: number,
  rareTokens: Float64Array,
  added: number,
) => MergedRun;
