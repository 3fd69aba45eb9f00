import { runMergerRelaxedSimd, runMergerSimd } from '../generated/run-merger.ts';
import { wasmMemory } from '../wasm-memory.ts';
import { wasmModule } from '../wasm-module.ts';
import type { MergeRuns, MergeToRun, SortedRun } from './run-merger.ts';

interface Exports {
  setup(
    runCount: number,
    windowBytes: number,
    minCount: number,
    rareCounts: number,
    firstId: number,
    added: number,
  ): void;
  windowOf(run: number): number;
  mergedBytes(run: number): number;
  filledBytes(run: number): number;
  fill(run: number, byteLength: number): void;
  merge(): number;
  entriesAt(): number;
  entryTotal(): number;
  countsAt(): number;
  keptTotal(): number;
  wordsAt(): number;
  wordByteLength(): number;
  rareAt(): number;
  distinctWords(): number;
  tokenTotal(): number;
  takeResults(): void;
}

const WINDOW_BYTES = 1 << 16;
const END = -2;
/** In place of what is added to the counts of records: words, a line each. */
const LINES = -1;

/** The fast version, in WebAssembly: it takes a window of 64 KiB for each run, more where a word is longer. */
export const mergeRuns: MergeRuns = (runs, minCount, ids, rareTokens) => {
  const { pieces, ...merged } = merge(runs, minCount, ids, rareTokens, LINES);
  return { words: () => decodeLines(pieces), ...merged };
};

export const mergeToRun: MergeToRun = (runs, minCount, rareTokens, added) => {
  const { pieces, ...merged } = merge(runs, minCount, undefined, rareTokens, added);
  return { run: () => pieces, ...merged };
};

function merge(
  runs: readonly SortedRun[],
  minCount: number,
  ids: readonly Int32Array[] | undefined,
  rareTokens: Float64Array,
  added: number,
) {
  const memory = wasmMemory({ initial: 1 });
  const module = wasmModule({ simd: runMergerSimd, relaxedSimd: runMergerRelaxedSimd });
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const pieces: Uint8Array<ArrayBuffer>[] = []; // a word a line, or records
  const countPieces: Float64Array[] = [];
  let keptWords = 0;
  let distinctWords = 0;
  let tokenCount = 0;
  let windowBytes = WINDOW_BYTES;
  const starts = runs.map(() => 0); // where the window of each run begins

  function takeResults(): void {
    const { buffer } = memory;
    const kept = wasm.keptTotal();
    if (kept > 0) {
      pieces.push(new Uint8Array(buffer, wasm.wordsAt(), wasm.wordByteLength() - (added === LINES ? 1 : 0)).slice());
      countPieces.push(new Float64Array(buffer, wasm.countsAt(), kept).slice());
      keptWords += kept;
    }
    if (ids) placeIds(ids, new Int32Array(buffer, wasm.entriesAt(), 3 * wasm.entryTotal()));
    const rare = new Float64Array(buffer, wasm.rareAt(), rareTokens.length);
    for (let i = 0; i < rare.length; i++) rareTokens[i] += rare[i];
    distinctWords += wasm.distinctWords();
    tokenCount += wasm.tokenTotal();
    wasm.takeResults();
  }

  wasm.setup(runs.length, windowBytes, minCount, rareTokens.length, 0, added);
  for (;;) {
    const run = wasm.merge();
    if (run < 0) {
      takeResults();
      if (run === END) break;
      continue;
    }
    const merged = wasm.mergedBytes(run);
    starts[run] += merged;
    const left = runs[run].byteLength - starts[run];
    if (merged === 0 && wasm.filledBytes(run) === windowBytes && left > windowBytes) {
      // A record longer than the window: begin anew from here with larger ones.
      takeResults();
      for (let other = 0; other < runs.length; other++) if (other !== run) starts[other] += wasm.mergedBytes(other);
      windowBytes *= 2;
      wasm.setup(runs.length, windowBytes, minCount, rareTokens.length, keptWords, added);
      continue;
    }
    const length = Math.min(left, windowBytes);
    if (length > 0) runs[run].read(starts[run], new Uint8Array(memory.buffer, wasm.windowOf(run), length));
    wasm.fill(run, length);
  }
  const counts = new Float64Array(keptWords);
  let at = 0;
  for (const piece of countPieces) {
    counts.set(piece, at);
    at += piece.length;
  }
  return { pieces, counts, distinctWords, tokenCount };
}

/** Entries are run, number and place. A function of its own: a loop that runs once is compiled the sooner the less stands around it. */
function placeIds(ids: readonly Int32Array[], entries: Int32Array): void {
  for (let i = 0; i < entries.length; i += 3) ids[entries[i]][entries[i + 1]] = entries[i + 2];
}

function decodeLines(pieces: readonly Uint8Array[]): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const words: string[] = [];
  for (const piece of pieces) {
    const found = decoder.decode(piece).split('\n');
    for (let i = 0; i < found.length; i++) words.push(found[i]);
  }
  return words;
}
