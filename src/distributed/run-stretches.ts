import { RUN_HEADER_BYTES } from '../kernels/word-counter/word-counter.ts';
import type { WordRun } from '../vocabulary/word-run.ts';
import { type Communicator, gatherValues } from './communicator.ts';
import { together } from './together.ts';

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
  const own = await together(communicator, async () => runs.flatMap((run) => sampleWords(run, every)));
  const samples = (await gatherValues(communicator, own)).flat().map((sample) => Uint8Array.from(sample));
  samples.sort(compareBytes);
  const bounds = Array.from({ length: samples.length === 0 ? 0 : stretches - 1 }, (_, i) => {
    return samples[Math.floor(((i + 1) * samples.length) / stretches)];
  });
  return runs.map((run) => {
    const places = new Float64Array(stretches + 1).fill(run.byteLength);
    bounds.forEach((bound, i) => {
      places[i + 1] = placeOf(bound, run);
    });
    places[0] = 0;
    return places;
  });
}

/** The words with which pieces of a run begin, those that stand at least so many bytes from each other. */
function sampleWords(run: WordRun, every: number): number[][] {
  const samples: number[][] = [];
  let next = 0;
  for (const at of run.pieces ?? []) {
    if (at < next) continue;
    samples.push([...firstWord(run, at)]);
    next = at + every;
  }
  return samples;
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
