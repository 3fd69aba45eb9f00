import { CHUNK_ROWS } from '../kernels/staged-scan/constants.ts';
import type { SharedScan } from '../kernels/staged-scan/staged-scan.ts';
import { openSharedScan } from '../kernels/staged-scan/staged-scan-kernel.ts';

/** A thread that helps. */
export interface ScanHelper {
  send(scan: SharedScan): void;
  close(): void;
}

/** How threads are started here. */
export interface ScanThreads {
  /** So many help where nothing else is asked for. */
  readonly count: number;
  /**
   * @param control - for `serveScans`, to which the thread gives what is sent
   * @param onEnd - called when the thread has ended
   * @throws where there can be none
   */
  start(control: Int32Array, onEnd: () => void): ScanHelper;
}

/** A chunk of rows of one of the scans. */
interface Chunk {
  readonly scan: number;
  readonly chunk: number;
  readonly firstRow: number;
}

let threads: ScanThreads | undefined;

/** Large sets are scanned with these threads from now on: called by what knows threads. */
export function useScanThreads(known: ScanThreads): void {
  threads = known;
}

/** How many threads help where so many are asked for. */
export const scanHelperCount = (asked: number | undefined): number => (threads ? (asked ?? threads.count) : 0);

// The control: the number of the job, then the state of each chunk, 4 · job + one of these.
const JOB = 0;
const STATES = 1;
const [FREE, OWN, TAKEN, DONE] = [0, 1, 2, 3];
const MOST_JOBS = 1 << 28;
/** Chunks that helpers may take: 268 million rows. */
const MOST_CHUNKS = 1 << 16;

/**
 * Threads that scan chunks of rows with the one that asks, which never waits for them: it takes the chunks from the first on, they from
 * the last on, and what they have not finished when none is free it scans again, or what has so many hits that they give it back. So a helper
 * that is late, or that has died, costs nothing.
 */
export class ScanHelpers {
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * (STATES + MOST_CHUNKS)));
  readonly #helpers = new Set<ScanHelper>();
  readonly #chunks: Chunk[] = [];
  #sent = 0;
  #job = 0;

  constructor(count: number) {
    try {
      for (let i = 0; i < count; i++) {
        const helper: ScanHelper = threads!.start(this.#control, () => this.#helpers.delete(helper));
        this.#helpers.add(helper);
      }
    } catch {
      // Without threads the answers are the same.
    }
  }

  get count(): number {
    return this.#helpers.size;
  }

  close(): void {
    for (const helper of this.#helpers) helper.close();
    this.#helpers.clear();
  }

  /**
   * Scans all rows, each once.
   *
   * @param scans - in the order of earlier calls; more may follow
   * @param used - so many rows of each are looked at
   * @param scan - scans rows here
   * @param take - takes the hits of a chunk that a helper has scanned
   */
  scan(
    scans: readonly SharedScan[],
    used: readonly number[],
    scan: (scan: number, firstRow: number, end: number) => void,
    take: (scan: number, chunk: number) => void,
  ): void {
    this.#send(scans);
    const control = this.#control;
    this.#job = (this.#job % MOST_JOBS) + 1;
    const job = 4 * this.#job;
    const places = this.#chunks.flatMap((chunk, i) => (chunk.firstRow < used[chunk.scan] ? [i] : []));
    // Whoever is still at a chunk of an earlier job writes hits for that: until it is done, no other helper may have the chunk.
    for (const i of places)
      if (i < MOST_CHUNKS && (Atomics.load(control, STATES + i) & 3) !== TAKEN)
        Atomics.store(control, STATES + i, job + FREE);
    Atomics.store(control, JOB, job);
    Atomics.notify(control, JOB);
    const scanHere = ({ scan: at, firstRow }: Chunk) => scan(at, firstRow, Math.min(used[at], firstRow + CHUNK_ROWS));
    const left: number[] = [];
    for (const i of places) {
      const isOwn =
        i >= MOST_CHUNKS || Atomics.compareExchange(control, STATES + i, job + FREE, job + OWN) === job + FREE;
      if (isOwn) scanHere(this.#chunks[i]);
      else left.push(i);
    }
    for (const i of left.reverse()) {
      const chunk = this.#chunks[i];
      if (Atomics.load(control, STATES + i) === job + DONE) take(chunk.scan, chunk.chunk);
      else scanHere(chunk);
    }
  }

  #send(scans: readonly SharedScan[]): void {
    for (; this.#sent < scans.length; this.#sent++) {
      const shared = scans[this.#sent];
      for (const helper of this.#helpers) helper.send(shared);
      for (let chunk = 0; chunk * CHUNK_ROWS < shared.rowCount; chunk++)
        this.#chunks.push({ scan: this.#sent, chunk, firstRow: chunk * CHUNK_ROWS });
    }
  }
}

/**
 * What a helper does, for ever.
 *
 * @param receive - the scans that have been sent since the last call
 */
export function serveScans(control: Int32Array, receive: () => Iterable<SharedScan>): never {
  const chunks: (() => boolean)[] = [];
  for (let job = 0; ; ) {
    Atomics.wait(control, JOB, job);
    job = Atomics.load(control, JOB);
    for (const shared of receive()) {
      const scan = openSharedScan(shared);
      for (let chunk = 0; chunk * CHUNK_ROWS < shared.rowCount; chunk++) chunks.push(() => scan(chunk));
    }
    for (let i = Math.min(chunks.length, MOST_CHUNKS) - 1; i >= 0; i--) {
      if (Atomics.compareExchange(control, STATES + i, job + FREE, job + TAKEN) !== job + FREE) continue;
      Atomics.store(control, STATES + i, job + (chunks[i]() ? DONE : OWN));
    }
  }
}
