import type { MergedRuns } from '../kernels/run-merger/run-merger.ts';
import { mergeRuns as mergeKernel } from '../kernels/run-merger/run-merger-kernel.ts';
import { RUN_HEADER_BYTES } from '../kernels/word-counter/word-counter.ts';
import { concatenate } from '../text/concatenate.ts';
import {
  type MergedVocabulary,
  mergeWords,
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
  const kept: Uint8Array[] = [];
  for (let round = 0; round < rounds; round++) {
    const parts = await together(communicator, async () => {
      stretches ??= runs.map((run) => stretchesOf(run, bounds, rounds * size));
      return partsOf(runs, stretches, round * size, size);
    });
    const own = mergeOwnWords(await communicator.alltoallv(parts), options);
    for (const piece of await communicator.allgatherv(own)) {
      const found = new Float64Array(piece.slice(0, totals.byteLength).buffer);
      for (let i = 0; i < totals.length; i++) totals[i] += found[i];
      kept.push(piece.subarray(totals.byteLength));
    }
  }

  // The runs are merged once more, with what was kept: there it has a count above all others, so that the merge keeps these words alone.
  const { marked, counts } = joinKept(kept);
  const wordIds = runs.map(({ wordCount }) => new Int32Array(sharedBuffer(4 * wordCount)));
  const idOf = new Int32Array(counts.length);
  const merged = mergeKernel([...runs, marked], ABOVE_ALL, [...wordIds, idOf], new Float64Array(0));
  const ranked = rankMerged({ words: merged.words, counts }, options, [...wordIds, idOf]);
  const countsHere = new Float64Array(ranked.vocabulary.counts.length);
  for (let place = 0; place < idOf.length; place++) {
    if (idOf[place] >= 0) countsHere[idOf[place]] = merged.counts[place] - ABOVE_ALL;
  }
  const [distinctWords, corpusTokens] = totals;
  return { ...ranked, distinctWords, corpusTokens, rareTokens: totals.slice(2), wordIds, countsHere };
}

/** What was found before anything was dropped: distinct words, tokens, and behind them the `rareTokens`. */
function newTotals(minCount: number): Float64Array {
  return new Float64Array(2 + newRareTokens(minCount).length);
}

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

/** Merges what all ranks have counted of the words that this one owns; gives totals, and the records of those that it keeps. */
function mergeOwnWords(parts: readonly Uint8Array<ArrayBuffer>[], options: VocabularyOptions): Uint8Array<ArrayBuffer> {
  const totals = newTotals(options.minCount);
  const merged = mergeWords(parts.flatMap(runsIn), options, undefined, totals.subarray(2));
  totals.set([merged.distinctWords, merged.tokenCount]);
  return concatenate([new Uint8Array(totals.buffer), recordsOf(merged)]);
}

const LINE_FEED = 10;

/** Words and counts as the records of a run; their numbers come later. */
function recordsOf({ lines, counts }: MergedRuns): Uint8Array<ArrayBuffer> {
  const text = lines();
  const bytes = new Uint8Array(RUN_HEADER_BYTES * counts.length + text.length - Math.max(0, counts.length - 1));
  const view = new DataView(bytes.buffer);
  let [from, to] = [0, 0];
  for (let word = 0; word < counts.length; word++) {
    const header = to;
    to += RUN_HEADER_BYTES;
    while (from < text.length && text[from] !== LINE_FEED) bytes[to++] = text[from++];
    from++;
    view.setFloat64(header + 4, counts[word], true);
    view.setUint32(header + 12, to - header - RUN_HEADER_BYTES, true);
  }
  return bytes;
}

/**
 * The words that all ranks have kept, in the order of their bytes: their counts, and a run of them with a count above all others for each.
 *
 * @param kept - by owners, whose stretches follow each other
 */
function joinKept(kept: readonly Uint8Array[]): { marked: WordRun; counts: Float64Array } {
  const bytes = concatenate(kept);
  const view = new DataView(bytes.buffer);
  const counts = new Float64Array(Math.floor(bytes.length / RUN_HEADER_BYTES)); // or fewer
  let place = 0;
  for (let at = 0; at < bytes.length; at += RUN_HEADER_BYTES + view.getUint32(at + 12, true)) {
    counts[place] = view.getFloat64(at + 4, true);
    view.setUint32(at, place++, true);
    view.setFloat64(at + 4, ABOVE_ALL, true);
  }
  return { marked: memoryRun(bytes, place), counts: counts.slice(0, place) };
}
