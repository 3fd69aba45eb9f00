import { mergeWanted } from '../kernels/run-merger/merge-wanted.ts';
import type { MergedRuns } from '../kernels/run-merger/run-merger.ts';
import { mergeRuns as mergeKernel } from '../kernels/run-merger/run-merger-kernel.ts';
import { RUN_HEADER_BYTES } from '../kernels/word-counter/word-counter.ts';
import { type MergedVocabulary, mergeRuns, newRareTokens, type VocabularyOptions } from '../vocabulary/vocabulary.ts';
import { memoryRun, sharedBuffer, type WordRun } from '../vocabulary/word-run.ts';
import type { Communicator } from './communicator.ts';
import { together } from './together.ts';

/** A count above all counts of a text, which adds up exactly with them. */
const ABOVE_ALL = 2 ** 52;

/**
 * Merges the sorted runs of all ranks into one vocabulary, as `mergeRuns` does with those of one process: the same words, counts and ids
 * for any number of ranks. Each word belongs to one rank, by its hash, to which all send what they have counted of it; what the owners
 * keep goes to all.
 *
 * @param memoryBudgetBytes - words and counts that are sent at a time; with less they go in more rounds, with the same result
 * @returns `wordIds` for the runs of this rank and `countsHere` of their words by id, all else for the text of all ranks
 */
export async function mergeVocabulary(
  communicator: Communicator,
  runs: readonly WordRun[],
  options: VocabularyOptions,
  memoryBudgetBytes: number,
): Promise<MergedVocabulary & { readonly countsHere: Float64Array }> {
  const runBytes = Float64Array.of(runs.reduce((sum, { byteLength }) => sum + byteLength, 0));
  await communicator.allreduce(runBytes, 'max');
  const rounds = Math.max(1, Math.ceil(runBytes[0] / memoryBudgetBytes));
  const totals = new Totals(options.minCount);
  const kept: Uint8Array<ArrayBuffer>[] = [];
  for (let round = 0; round < rounds; round++) {
    const own = await mergeOwnWords(communicator, runs, options, { round, rounds }, totals);
    kept.push(...(await communicator.allgatherv(own)));
  }
  await totals.addUp(communicator);

  // What the owners have kept is all that is to be kept: a vocabulary is made of it as of any runs.
  const merged = mergeRuns(kept.flatMap(runsIn), { ...options, minCount: 1 });
  return { ...merged, ...numberRuns(runs, kept, merged.wordIds, merged.vocabulary.counts.length), ...totals.found() };
}

/** What was found before anything was dropped. */
class Totals {
  readonly #sums: Float64Array;

  constructor(minCount: number) {
    this.#sums = new Float64Array(2 + newRareTokens(minCount).length);
  }

  add(distinctWords: number, tokens: number): void {
    this.#sums[0] += distinctWords;
    this.#sums[1] += tokens;
  }

  /** See MergedVocabulary. */
  get rareTokens(): Float64Array {
    return this.#sums.subarray(2);
  }

  addUp(communicator: Communicator): Promise<void> {
    return communicator.allreduce(this.#sums);
  }

  found(): Pick<MergedVocabulary, 'distinctWords' | 'corpusTokens' | 'rareTokens'> {
    return { distinctWords: this.#sums[0], corpusTokens: this.#sums[1], rareTokens: this.rareTokens.slice() };
  }
}

/** Sends the words of one round to their owners; gives those that this rank owns and keeps, as a run. */
async function mergeOwnWords(
  communicator: Communicator,
  runs: readonly WordRun[],
  { minCount, given, earlier }: VocabularyOptions,
  { round, rounds }: { round: number; rounds: number },
  totals: Totals,
): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = communicator;
  const parts = await together(communicator, async () => partsByOwner(runs, size, { round, rounds }));
  const counted = (await communicator.alltoallv(parts)).flatMap(runsIn);
  const ids = counted.map(({ wordCount }) => new Int32Array(wordCount));
  const wanted = given && new Set(given.words);
  const before = earlier && new Set(earlier.words);
  const merged =
    wanted || before
      ? mergeWanted(counted, ids, totals.rareTokens, (word, count) =>
          wanted ? wanted.has(word) : count >= minCount || before!.has(word),
        )
      : mergeKernel(counted, minCount, ids, totals.rareTokens);
  totals.add(merged.distinctWords, merged.tokenCount);
  return runOf(merged);
}

/** The words that are kept, as a run that can be sent. */
function runOf({ lines, counts }: MergedRuns): Uint8Array<ArrayBuffer> {
  const text = lines();
  const byteLength = RUN_HEADER_BYTES * counts.length + text.length - Math.max(0, counts.length - 1);
  const bytes = new Uint8Array(RUNS_HEADER_BYTES + byteLength);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, byteLength, true);
  view.setFloat64(8, counts.length, true);
  let [from, to] = [0, RUNS_HEADER_BYTES];
  for (let number = 0; number < counts.length; number++) {
    const header = to;
    to += RUN_HEADER_BYTES;
    while (from < text.length && text[from] !== LINE_FEED) bytes[to++] = text[from++];
    from++;
    view.setUint32(header, number, true);
    view.setFloat64(header + 4, counts[number], true);
    view.setUint32(header + 12, to - header - RUN_HEADER_BYTES, true);
  }
  return bytes;
}

/** A run is read in such parts. */
const CHUNK_BYTES = 1 << 18;

/** For each rank those words of the round that it owns: a run for each run here, which the owner merges with those of the others. */
function partsByOwner(
  runs: readonly WordRun[],
  size: number,
  { round, rounds }: { round: number; rounds: number },
): Uint8Array<ArrayBuffer>[] {
  const parts = Array.from({ length: size }, () => new RunsWriter());
  let chunk = new Uint8Array(CHUNK_BYTES);
  for (const run of runs) {
    for (let begin = 0; begin < run.byteLength; ) {
      const length = Math.min(chunk.length, run.byteLength - begin);
      run.read(begin, chunk.subarray(0, length));
      const end = addToOwners(chunk, length, parts, round, rounds);
      if (end === 0) chunk = new Uint8Array(2 * chunk.length); // a record that is longer
      begin += end;
    }
    for (const part of parts) part.endRun();
  }
  return parts.map((part) => part.bytes());
}

/**
 * Adds the whole records among the first `length` bytes of a chunk to those who own them; returns where the last one ends. One loop for all,
 * which is compiled before it has run for long.
 */
function addToOwners(chunk: Uint8Array, length: number, parts: RunsWriter[], round: number, rounds: number): number {
  let at = 0;
  while (at + RUN_HEADER_BYTES <= length) {
    const word = at + RUN_HEADER_BYTES;
    const end = word + (chunk[at + 12] | (chunk[at + 13] << 8) | (chunk[at + 14] << 16) | (chunk[at + 15] << 24));
    if (end > length) break;
    let hash = 0x811c9dc5; // FNV-1a: the same on every machine
    for (let i = word; i < end; i++) hash = Math.imul(hash ^ chunk[i], 0x01000193);
    hash = (hash ^ (hash >>> 15)) >>> 1; // 31 bits, whose remainders are integer arithmetic
    if (hash % rounds === round) parts[((hash / rounds) | 0) % parts.length].add(chunk, at, end);
    at = end;
  }
  return at;
}

/**
 * For each run of this rank number → word id, and how often each word stands in them. The runs are merged once more, with what was kept:
 * there it has a count above all others, so that the merge keeps these words alone.
 */
function numberRuns(
  runs: readonly WordRun[],
  kept: readonly Uint8Array<ArrayBuffer>[],
  keptIds: readonly Int32Array[],
  words: number,
): { wordIds: Int32Array[]; countsHere: Float64Array } {
  const marked = kept.flatMap((bytes) => runsIn(markedCopy(bytes)));
  const wordIds = runs.map(({ wordCount }) => new Int32Array(sharedBuffer(4 * wordCount)));
  const places = marked.map(({ wordCount }) => new Int32Array(wordCount));
  const { counts } = mergeKernel([...runs, ...marked], ABOVE_ALL, [...wordIds, ...places], new Float64Array(0));
  const idAt = new Int32Array(counts.length);
  const countsHere = new Float64Array(words);
  places.forEach((list, part) => {
    list.forEach((place, number) => {
      const id = keptIds[part][number];
      idAt[place] = id;
      if (id >= 0) countsHere[id] = counts[place] - ABOVE_ALL;
    });
  });
  for (const list of wordIds) {
    for (let i = 0; i < list.length; i++) if (list[i] >= 0) list[i] = idAt[list[i]];
  }
  return { wordIds, countsHere };
}

/** What stands before each run that is sent: the bytes of its records and their number, as float64. */
const RUNS_HEADER_BYTES = 16;
const LINE_FEED = 10;

/** Writes runs one behind the other, with what `runsIn` needs to tell them apart; records come in their order. */
class RunsWriter {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #begin = 0;
  #length = RUNS_HEADER_BYTES;
  #records = 0;

  /** Adds the record that lies in `chunk` from `begin` to `end`, with a number of its own. */
  add(chunk: Uint8Array, begin: number, end: number): void {
    this.#makeRoom(end - begin);
    const bytes = this.#bytes;
    // A loop, because records are short, and a view of each takes longer.
    for (let from = begin, to = this.#length; from < end; from++, to++) bytes[to] = chunk[from];
    this.#view.setUint32(this.#length, this.#records++, true);
    this.#length += end - begin;
  }

  endRun(): void {
    this.#view.setFloat64(this.#begin, this.#length - this.#begin - RUNS_HEADER_BYTES, true);
    this.#view.setFloat64(this.#begin + 8, this.#records, true);
    this.#makeRoom(RUNS_HEADER_BYTES);
    this.#begin = this.#length;
    this.#length += RUNS_HEADER_BYTES;
    this.#records = 0;
  }

  /** Of all runs that have ended. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#begin);
  }

  #makeRoom(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function runsIn(bytes: Uint8Array<ArrayBuffer>): WordRun[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const runs: WordRun[] = [];
  for (let at = 0; at < bytes.length; ) {
    const begin = at + RUNS_HEADER_BYTES;
    const end = begin + view.getFloat64(at, true);
    runs.push(memoryRun(bytes.subarray(begin, end), view.getFloat64(at + 8, true)));
    at = end;
  }
  return runs;
}

/** The same runs with a count above all others for each word. */
function markedCopy(runs: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = runs.slice();
  const view = new DataView(copy.buffer);
  for (let at = 0; at < copy.length; ) {
    const end = at + RUNS_HEADER_BYTES + view.getFloat64(at, true);
    for (at += RUNS_HEADER_BYTES; at < end; at += RUN_HEADER_BYTES + view.getUint32(at + 12, true)) {
      view.setFloat64(at + 4, ABOVE_ALL, true);
    }
  }
  return copy;
}
