import { RUN_HEADER_BYTES } from '../kernels/word-counter/word-counter.ts';
import type { WordRun } from '../vocabulary/word-run.ts';
import type { Communicator } from './communicator.ts';
import { together } from './together.ts';

/** A run is read in such parts. */
const CHUNK_BYTES = 1 << 18;
/** So far from each other are the records by which a place in a run is found, at least … */
const STEP_BYTES = 1 << 12;
/** … and so many there are at most. */
const MOST_STEPS = 1 << 16;
/** So many words for each stretch, of the rank that has most, tell where the stretches are to part. */
const SAMPLES = 16;
/** Of a word, what tells where it stands. */
const SAMPLE_BYTES = 64;

/**
 * Parts the words of all ranks, in the order of their bytes, into stretches that hold about as much of the runs, the same on all ranks.
 *
 * @param runBytes - of the rank that has most
 * @returns for each run here where its stretches begin, in bytes, and where the last one ends
 */
export async function agreeOnStretches(
  communicator: Communicator,
  runs: readonly WordRun[],
  stretches: number,
  runBytes: number,
): Promise<Float64Array[]> {
  if (stretches === 1) return runs.map(({ byteLength }) => Float64Array.of(0, byteLength));
  const every = runBytes / (SAMPLES * stretches);
  const { steps, own } = await together(communicator, async () => {
    const found = runs.map(stepsThrough);
    return { steps: found, own: joined(runs.flatMap((run, i) => sampleWords(run, found[i], every))) };
  });
  const samples = (await communicator.allgatherv(own)).flatMap(samplesIn).sort(compareBytes);
  const bounds = Array.from({ length: samples.length === 0 ? 0 : stretches - 1 }, (_, i) => {
    return samples[Math.floor(((i + 1) * samples.length) / stretches)];
  });
  return runs.map((run, i) => {
    const places = new Float64Array(stretches + 1).fill(run.byteLength);
    places[0] = 0;
    places.set(
      bounds.map((bound) => placeOf(bound, run, steps[i])),
      1,
    );
    return places;
  });
}

/** Where records begin, some 4 KiB from each other. */
function stepsThrough(run: WordRun): number[] {
  const step = Math.max(STEP_BYTES, run.byteLength / MOST_STEPS);
  const steps: number[] = [];
  let chunk = new Uint8Array(CHUNK_BYTES);
  let next = 0;
  for (let first = 0; first < run.byteLength; ) {
    const length = Math.min(chunk.length, run.byteLength - first);
    run.read(first, chunk.subarray(0, length));
    let at = 0;
    for (;;) {
      const to = passRecords(chunk, length, at, next - first);
      const isThere = to >= next - first && to < length;
      if (isThere) {
        steps.push(first + to);
        next = first + to + step;
      }
      at = to;
      if (!isThere) break;
    }
    if (at === 0) chunk = new Uint8Array(2 * chunk.length); // a record that is longer
    first += at;
  }
  return steps;
}

/** The first record from `until` on, or where the last whole one ends. A function of its own: it is compiled before it has run for long. */
function passRecords(chunk: Uint8Array, length: number, at: number, until: number): number {
  let begin = at;
  while (begin < until && begin + RUN_HEADER_BYTES <= length) {
    const end = begin + RUN_HEADER_BYTES + wordLength(chunk, begin);
    if (end > length) break;
    begin = end;
  }
  return begin;
}

const wordLength = (bytes: Uint8Array, at: number) =>
  bytes[at + 12] | (bytes[at + 13] << 8) | (bytes[at + 14] << 16) | (bytes[at + 15] << 24);

/** The word of a record, as far as it tells where it stands, and where the next record begins. */
function wordAt(run: WordRun, at: number): { word: Uint8Array; next: number } {
  const bytes = new Uint8Array(Math.min(RUN_HEADER_BYTES + SAMPLE_BYTES, run.byteLength - at));
  run.read(at, bytes);
  const next = RUN_HEADER_BYTES + wordLength(bytes, 0);
  return { word: bytes.subarray(RUN_HEADER_BYTES, next), next: at + next };
}

/** Words that stand so many bytes from each other. */
function sampleWords(run: WordRun, steps: readonly number[], every: number): Uint8Array[] {
  const samples: Uint8Array[] = [];
  let next = every / 2;
  for (const at of steps) {
    if (at < next) continue;
    samples.push(wordAt(run, at).word);
    next = at + every;
  }
  return samples;
}

/** Where the first word of a run begins that does not stand before `bound`. */
function placeOf(bound: Uint8Array, run: WordRun, steps: readonly number[]): number {
  let [low, high] = [0, steps.length]; // the first step that does not stand before it is one of these, or there is none
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(wordAt(run, steps[middle]).word, bound) < 0) low = middle + 1;
    else high = middle;
  }
  let at = low === 0 ? 0 : steps[low - 1];
  while (at < run.byteLength) {
    const { word, next } = wordAt(run, at);
    if (compareBytes(word, bound) >= 0) break;
    at = next;
  }
  return at;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Samples one behind the other, each behind a byte that tells its length. */
function joined(samples: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(samples.flatMap((sample) => [sample.length, ...sample]));
}

function samplesIn(bytes: Uint8Array): Uint8Array[] {
  const samples: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes[at]) samples.push(bytes.subarray(at + 1, at + 1 + bytes[at]));
  return samples;
}
