import { RUN_HEADER_BYTES } from '../kernels/word-counter/word-counter.ts';
import type { WordRun } from '../vocabulary/word-run.ts';

/** So many words of a rank, at most, tell where stretches are to part. */
const MOST_SAMPLES = 256;
/** Of a word, what tells where it stands. */
const SAMPLE_BYTES = 64;

/** What a rank tells of its runs, as JSON can hold it. */
export interface RunFacts {
  readonly byteLength: number;
  /** Bytes of words, each for about as much of the runs. */
  readonly samples: readonly (readonly number[])[];
  /** Bytes of the runs for each sample. */
  readonly bytesOfSample: number;
}

export function factsOf(runs: readonly WordRun[]): RunFacts {
  const byteLength = runs.reduce((sum, run) => sum + run.byteLength, 0);
  const samples: number[][] = [];
  for (const run of runs) {
    let next = 0;
    for (const at of run.pieces ?? []) {
      if (at < next) continue;
      samples.push([...firstWord(run, at)]);
      next = at + byteLength / MOST_SAMPLES;
    }
  }
  return { byteLength, samples, bytesOfSample: byteLength / Math.max(1, samples.length) };
}

/**
 * Bounds that part the words of all ranks, in the order of their bytes, into stretches that hold about as much of the runs: the first words
 * of all stretches but the first, or bytes that such words begin with.
 */
export function boundsOf(ranks: readonly RunFacts[], stretches: number): Uint8Array[] {
  const samples = ranks.flatMap(({ samples, bytesOfSample }) =>
    samples.map((sample) => ({ word: Uint8Array.from(sample), bytesOfSample })),
  );
  samples.sort((a, b) => compareBytes(a.word, b.word));
  const total = ranks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bounds: Uint8Array[] = [];
  let before = 0;
  for (const { word, bytesOfSample } of samples) {
    while (bounds.length < stretches - 1 && before >= ((bounds.length + 1) * total) / stretches) bounds.push(word);
    before += bytesOfSample;
  }
  return bounds;
}

/** Where the stretches of a run begin, in bytes, and where the last one ends. Where there are fewer bounds the last ones are empty. */
export function stretchesOf(run: WordRun, bounds: readonly Uint8Array[], stretches: number): Float64Array {
  const places = new Float64Array(stretches + 1).fill(run.byteLength);
  places[0] = 0;
  bounds.forEach((bound, i) => {
    places[i + 1] = placeOf(bound, run);
  });
  return places;
}

/** The word of the record that begins there, as far as it tells where it stands. */
function firstWord(run: WordRun, at: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(RUN_HEADER_BYTES + SAMPLE_BYTES, run.byteLength - at));
  run.read(at, bytes);
  return bytes.subarray(RUN_HEADER_BYTES, RUN_HEADER_BYTES + wordLength(bytes, 0));
}

const wordLength = (bytes: Uint8Array, at: number) =>
  bytes[at + 12] | (bytes[at + 13] << 8) | (bytes[at + 14] << 16) | (bytes[at + 15] << 24);

/** Where the first word of a run begins that does not stand before `bound`. */
function placeOf(bound: Uint8Array, run: WordRun): number {
  const pieces = run.pieces ?? [];
  let [low, high] = [0, pieces.length]; // the first piece that does not begin before it
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(firstWord(run, pieces[middle]), bound) < 0) low = middle + 1;
    else high = middle;
  }
  const begin = low === 0 ? 0 : pieces[low - 1];
  const piece = new Uint8Array((pieces[low] ?? run.byteLength) - begin);
  if (piece.length > 0) run.read(begin, piece);
  return begin + placeIn(bound, piece);
}

/** The same in whole records. A loop of its own: it is compiled before it has run for long. */
function placeIn(bound: Uint8Array, records: Uint8Array): number {
  let at = 0;
  while (at < records.length) {
    const word = at + RUN_HEADER_BYTES;
    const end = word + wordLength(records, at);
    let same = 0;
    while (same < bound.length && word + same < end && records[word + same] === bound[same]) same++;
    if (same === bound.length || (word + same < end && records[word + same] > bound[same])) break;
    at = end;
  }
  return at;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
