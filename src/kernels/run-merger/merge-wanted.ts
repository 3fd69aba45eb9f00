import { RUN_HEADER_BYTES } from '../word-counter/word-counter.ts';
import type { MergedRun, MergedRuns, SortedRun } from './run-merger.ts';

const BUFFER_BYTES = 1 << 16;

/** Merges sorted runs in plain TypeScript, for words that are asked for one by one. */
export function mergeWanted(
  runs: readonly SortedRun[],
  ids: readonly Int32Array[] | undefined,
  rareTokens: Float64Array,
  isWanted: (word: string, count: number) => boolean,
): MergedRuns {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const words: string[] = [];
  const counts: number[] = [];
  let distinctWords = 0;
  let tokenCount = 0;
  // A heap by the words where the readers are; equal words in any order.
  const heap: Entry[] = [];
  runs.forEach((run, index) => {
    const entry = { reader: new RunReader(run), ids: ids?.[index] };
    if (entry.reader.next()) pushUp(heap, entry);
  });
  const equal: Entry[] = [];
  while (heap.length > 0) {
    const { reader } = heap[0];
    let count = 0;
    do {
      const entry = popSmallest(heap);
      count += entry.reader.count;
      equal.push(entry);
    } while (heap.length > 0 && compareBytes(heap[0].reader.word, reader.word) === 0);
    distinctWords++;
    tokenCount += count;
    if (count < rareTokens.length) rareTokens[count] += count;
    const word = decoder.decode(reader.word);
    let id = -1;
    if (isWanted(word, count)) {
      id = words.length;
      words.push(word);
      counts.push(count);
    }
    for (const entry of equal) {
      if (entry.ids) entry.ids[entry.reader.number] = id;
      if (entry.reader.next()) pushUp(heap, entry);
    }
    equal.length = 0;
  }
  return { words: () => words, counts: Float64Array.from(counts), distinctWords, tokenCount };
}

/** What was merged as a run, see `MergeToRun`. */
export function toRun({ words, counts, ...totals }: MergedRuns, added: number): MergedRun {
  const run = () => {
    const encoder = new TextEncoder();
    return words().map((word, place) => {
      const bytes = encoder.encode(word);
      const record = new Uint8Array(RUN_HEADER_BYTES + bytes.length);
      const view = new DataView(record.buffer);
      view.setFloat64(4, counts[place] + added, true);
      view.setUint32(12, bytes.length, true);
      record.set(bytes, RUN_HEADER_BYTES);
      return record;
    });
  };
  return { run, counts, ...totals };
}

interface Entry {
  readonly reader: RunReader;
  readonly ids: Int32Array | undefined;
}

/** Reads a run record by record with a bounded buffer. */
class RunReader {
  readonly #run: SortedRun;
  #buffer = new Uint8Array(BUFFER_BYTES);
  #view = new DataView(this.#buffer.buffer);
  #filled = 0;
  #bufferStart = 0;
  #offset = 0;
  /** Until the next call of `next`. */
  word = new Uint8Array(0);
  number = 0;
  count = 0;

  constructor(run: SortedRun) {
    this.#run = run;
  }

  /** Moves to the next record; false at the end. */
  next(): boolean {
    if (this.#offset >= this.#run.byteLength) return false;
    const header = this.#fill(RUN_HEADER_BYTES);
    this.number = this.#view.getUint32(header, true);
    this.count = this.#view.getFloat64(header + 4, true);
    const length = this.#view.getUint32(header + 12, true);
    const record = this.#fill(RUN_HEADER_BYTES + length);
    this.word = this.#buffer.subarray(record + RUN_HEADER_BYTES, record + RUN_HEADER_BYTES + length);
    this.#offset += RUN_HEADER_BYTES + length;
    return true;
  }

  /** Makes `length` bytes from the current offset available and returns where they begin in the buffer. */
  #fill(length: number): number {
    const start = this.#offset - this.#bufferStart;
    if (start + length <= this.#filled) return start;
    if (length > this.#buffer.length) {
      this.#buffer = new Uint8Array(length);
      this.#view = new DataView(this.#buffer.buffer);
    }
    this.#filled = Math.min(this.#buffer.length, this.#run.byteLength - this.#offset);
    this.#run.read(this.#offset, this.#buffer.subarray(0, this.#filled));
    this.#bufferStart = this.#offset;
    return 0;
  }
}

function pushUp(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (compareBytes(heap[parent].reader.word, entry.reader.word) <= 0) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = entry;
}

function popSmallest(heap: Entry[]): Entry {
  const smallest = heap[0];
  const entry = heap.pop()!;
  if (heap.length === 0) return smallest;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && compareBytes(heap[child + 1].reader.word, heap[child].reader.word) < 0) child++;
    if (compareBytes(heap[child].reader.word, entry.reader.word) >= 0) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = entry;
  return smallest;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
