import { cpus } from 'node:os';
import { gatherValues } from '../../distributed/communicator.ts';
import { createRowChanges } from '../../kernels/row-changes/row-changes-kernel.ts';
import { processors } from '../training-threads.ts';
import type { RankProcessors } from './binding.ts';
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
  /** Of this rank. */
  readonly processors: RankProcessors;
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
const MERGES = 20;

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
    processors: { usable: processors, ofMachine: cpus().length },
    allreduces,
    mergeMegabytesPerSecond: mergeSpeed(),
  };
}

/** Megabytes of rows a second, from how far they have moved to what is added to them. */
export function mergeSpeed(): number {
  const { rows, dimensions } = MERGED;
  const changes = createRowChanges(rows, dimensions);
  const values = Float32Array.from({ length: rows * dimensions }, (_, i) => Math.sin(i));
  const base = values.map((value, i) => value - 0.01 * Math.cos(i));
  let begin = 0;
  for (let i = 0; i <= MERGES; i++) {
    if (i === 1) begin = performance.now(); // the first is compiled
    changes.rows.set(values);
    changes.base.set(base);
    changes.take(rows);
    const sums = changes.sums(rows);
    sums.fill(2, rows * (dimensions + 1)); // as if another rank had moved them, too
    changes.merge(rows, (alike) => 1 / alike);
  }
  return (4 * rows * dimensions * MERGES) / ((performance.now() - begin) / 1000) / 1e6;
}
