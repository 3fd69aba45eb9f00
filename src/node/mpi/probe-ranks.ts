import { gatherValues } from '../../distributed/communicator.ts';
import { applyChanges, toChanges } from '../../distributed/row-exchange.ts';
import { openMpi } from './mpi-communicator.ts';
import { checkConnection, rankEnvironment } from './rank-environment.ts';
import { createWatchdog } from './watchdog.ts';

/** What ranks can do together. */
export interface RankProbe {
  readonly rank: number;
  readonly library: { readonly name: string; readonly family: string; readonly version: string };
  /** What has started the ranks; undefined if this process is alone. */
  readonly launcher: string | undefined;
  readonly ranks: number;
  readonly ranksByHost: Readonly<Record<string, number>>;
  /** Sums of as many bytes over all ranks, and how long they take; undefined with one rank. */
  readonly allreduces: readonly {
    readonly byteLength: number;
    readonly seconds: number;
    readonly megabytesPerSecond: number;
  }[];
  /** How fast one thread puts changes of rows together. */
  readonly mergeMegabytesPerSecond: number;
}

const ALLREDUCE_BYTES = [4096, 1 << 20, 1 << 25];
const REPEATS = 5;
const DEADLINE_MILLISECONDS = 30_000;
const MERGED = { rows: 20_000, dimensions: 100 };

/**
 * Joins the ranks that the launcher has started, or where there is none is one alone, and measures them. All ranks do it at once.
 *
 * @throws Error where there is no library of MPI, it is not the launcher's, or the ranks do not hear of each other
 */
export async function probeRanks(onSilence: (message: string) => void): Promise<RankProbe> {
  const environment = rankEnvironment();
  if (environment) checkConnection(environment);
  const watchdog = createWatchdog(DEADLINE_MILLISECONDS, (call) =>
    onSilence(`Cannot reach the other ranks: ${call} has had no answer for ${DEADLINE_MILLISECONDS / 1000} s`),
  );
  const communicator = await openMpi(watchdog, environment);
  const hosts = await gatherValues(communicator, communicator.host);
  const ranksByHost: Record<string, number> = {};
  for (const host of hosts) ranksByHost[host] = (ranksByHost[host] ?? 0) + 1;
  const allreduces: RankProbe['allreduces'][number][] = [];
  for (const byteLength of communicator.size > 1 ? ALLREDUCE_BYTES : []) {
    const values = new Float32Array(byteLength / 4).fill(1);
    await communicator.allreduce(values); // the first opens connections
    const begin = performance.now();
    for (let i = 0; i < REPEATS; i++) await communicator.allreduce(values);
    const seconds = (performance.now() - begin) / 1000 / REPEATS;
    if (values[0] !== communicator.size ** (REPEATS + 1)) throw new Error('The sum over all ranks is wrong');
    allreduces.push({ byteLength, seconds, megabytesPerSecond: byteLength / seconds / 1e6 });
  }
  const { rank, size, library } = communicator;
  const { name, family, version } = library;
  await communicator.close();
  return {
    rank,
    library: { name, family, version },
    launcher: environment?.launcher,
    ranks: size,
    ranksByHost,
    allreduces,
    mergeMegabytesPerSecond: mergeSpeed(),
  };
}

/** Megabytes of rows a second, from how far they have moved to what is added to them. */
export function mergeSpeed(): number {
  const { rows, dimensions } = MERGED;
  const ids = Uint32Array.from({ length: rows }, (_, id) => id);
  const own = Float32Array.from({ length: rows * dimensions }, (_, i) => Math.sin(i));
  const base = own.map((value, i) => value - 0.01 * Math.cos(i));
  const changes = new Float32Array(rows * (dimensions + 2));
  const sums = { changes, squares: rows * dimensions, touches: rows * (dimensions + 1) };
  let begin = 0;
  for (let i = 0; i <= REPEATS; i++) {
    if (i === 1) begin = performance.now(); // the first is compiled
    const values = own.slice();
    toChanges(values, base, ids, dimensions, sums);
    for (let at = 0; at < rows * (dimensions + 2); at++) changes[at] *= 2; // as if another rank had the same
    applyChanges(values, base.slice(), ids, dimensions, sums, 'adaptive');
  }
  return (4 * rows * dimensions * REPEATS) / ((performance.now() - begin) / 1000) / 1e6;
}
