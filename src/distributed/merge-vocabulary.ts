import { mergeRuns as mergeKernel } from '../kernels/run-merger/run-merger-kernel.ts';
import { concatenate } from '../text/concatenate.ts';
import {
  type MergedVocabulary,
  mergeWordsToRun,
  newRareTokens,
  rankMerged,
  type VocabularyOptions,
} from '../vocabulary/vocabulary.ts';
import { memoryRun, sharedBuffer, type WordRun } from '../vocabulary/word-run.ts';
import type { Communicator } from './communicator.ts';
import { boundsOf, type RunFacts, stretchesOf } from './run-stretches.ts';
import { together } from './together.ts';

/** A count above all counts of a text, which adds up exactly with them. */
const ABOVE_ALL = 2 ** 52;

/**
 * Merges the sorted runs of all ranks into one vocabulary, as `mergeRuns` does with those of one process: the same words, counts and ids
 * for any number of ranks. Each rank owns a stretch of the words in the order of their bytes, about as long as those of the others; all
 * send it what they have counted there, and what it keeps goes to all.
 *
 * @param facts - of the runs of all ranks, see `factsOf`
 * @param memoryBudgetBytes - words and counts that are sent at a time; with less they go in more rounds, with the same result
 * @returns `wordIds` for the runs of this rank and `countsHere` of their words by id, all else for the text of all ranks
 */
export async function mergeVocabulary(
  communicator: Communicator,
  runs: readonly WordRun[],
  facts: readonly RunFacts[],
  options: VocabularyOptions,
  memoryBudgetBytes: number,
): Promise<MergedVocabulary & { readonly countsHere: Float64Array }> {
  const { size } = communicator;
  const most = facts.reduce((most, { byteLength }) => Math.max(most, byteLength), 0);
  const rounds = Math.max(1, Math.ceil(most / memoryBudgetBytes));
  const bounds = boundsOf(facts, rounds * size);
  let stretches: Float64Array[] | undefined;
  const totals = newTotals(options.minCount);
  const kept: Kept[] = [];
  for (let round = 0; round < rounds; round++) {
    const parts = await together(communicator, async () => {
      stretches ??= runs.map((run) => stretchesOf(run, bounds, rounds * size));
      return partsOf(runs, stretches, round * size, size);
    });
    const own = mergeOwnWords(await communicator.alltoallv(parts), options);
    for (const told of await communicator.allgatherv(own)) kept.push(readKept(told, totals));
  }

  // The runs are merged once more, with what was kept: there it has counts above all others, so that the merge keeps these words alone.
  const marked = memoryRun(concatenate(kept.map(({ run }) => run)), 1);
  const counts = new Float64Array(concatenate(kept.map(({ counts }) => counts)).buffer);
  const wordIds = runs.map(({ wordCount }) => new Int32Array(sharedBuffer(4 * wordCount)));
  const merged = mergeKernel([...runs, marked], ABOVE_ALL, [...wordIds, new Int32Array(1)], new Float64Array(0));
  const ids = allPlaces(counts.length);
  const ranked = rankMerged({ words: merged.words, counts }, options, [...wordIds, ids]);
  const countsHere = new Float64Array(ranked.vocabulary.counts.length);
  placeCounts(ids, merged.counts, counts, countsHere);
  const [distinctWords, corpusTokens] = totals;
  return { ...ranked, distinctWords, corpusTokens, rareTokens: totals.slice(TOTALS), wordIds, countsHere };
}

/** What was found before anything was dropped: distinct words, tokens, and behind them the `rareTokens`. */
function newTotals(minCount: number): Float64Array<ArrayBuffer> {
  return new Float64Array(TOTALS + newRareTokens(minCount).length);
}

const TOTALS = 2;

/** For each of `owners` ranks its stretch of all runs, from number `first` on: side by side, as they are sent. */
function partsOf(
  runs: readonly WordRun[],
  stretches: readonly Float64Array[],
  first: number,
  owners: number,
): Uint8Array<ArrayBuffer>[] {
  const lengthOf = (run: number, owner: number) => stretches[run][first + owner + 1] - stretches[run][first + owner];
  let byteLength = 0;
  for (let run = 0; run < runs.length; run++) {
    for (let owner = 0; owner < owners; owner++) byteLength += PART_HEADER_BYTES + lengthOf(run, owner);
  }
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  let at = 0;
  return Array.from({ length: owners }, (_, owner) => {
    const begin = at;
    runs.forEach(({ read }, run) => {
      const length = lengthOf(run, owner);
      view.setFloat64(at, length, true);
      at += PART_HEADER_BYTES;
      if (length > 0) read(stretches[run][first + owner], bytes.subarray(at, at + length));
      at += length;
    });
    return bytes.subarray(begin, at);
  });
}

/** The byte length of each run's part, as float64, stands before it. */
const PART_HEADER_BYTES = 8;

/** The parts of runs that `partsOf` has put together. */
function runsIn(bytes: Uint8Array<ArrayBuffer>): WordRun[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const runs: WordRun[] = [];
  for (let at = 0; at < bytes.length; ) {
    const begin = at + PART_HEADER_BYTES;
    at = begin + view.getFloat64(at, true);
    runs.push(memoryRun(bytes.subarray(begin, at), 0));
  }
  return runs;
}

/** Merges what all ranks have counted of the words that this one owns: totals, how many it keeps, their counts, and a run of them. */
function mergeOwnWords(parts: readonly Uint8Array<ArrayBuffer>[], options: VocabularyOptions): Uint8Array<ArrayBuffer> {
  const totals = newTotals(options.minCount);
  const merged = mergeWordsToRun(parts.flatMap(runsIn), options, totals.subarray(TOTALS), ABOVE_ALL);
  totals.set([merged.distinctWords, merged.tokenCount]);
  const numbers = [totals, Float64Array.of(merged.counts.length), merged.counts];
  return concatenate([...numbers.map(({ buffer }) => new Uint8Array(buffer)), ...merged.run()]);
}

/** What one rank keeps of its words, which stand behind those of the rank before. */
interface Kept {
  /** As bytes, 8 a word. */
  readonly counts: Uint8Array;
  /** In it counts are larger by `ABOVE_ALL`. */
  readonly run: Uint8Array;
}

/** Reads what `mergeOwnWords` gives; adds its totals to `totals`. */
function readKept(bytes: Uint8Array<ArrayBuffer>, totals: Float64Array): Kept {
  const head = new Float64Array(bytes.slice(0, totals.byteLength + 8).buffer);
  for (let i = 0; i < totals.length; i++) totals[i] += head[i];
  const end = head.byteLength + 8 * head[totals.length];
  return { counts: bytes.subarray(head.byteLength, end), run: bytes.subarray(end) };
}

function allPlaces(count: number): Int32Array {
  const places = new Int32Array(count);
  for (let place = 0; place < count; place++) places[place] = place;
  return places;
}

/** What of the counts of a word, by its place, is from this rank, by its id. */
function placeCounts(ids: Int32Array, marked: Float64Array, counts: Float64Array, target: Float64Array): void {
  for (let place = 0; place < ids.length; place++) {
    if (ids[place] >= 0) target[ids[place]] = marked[place] - ABOVE_ALL - counts[place];
  }
}
