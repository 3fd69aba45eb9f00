import { hostname } from 'node:os';
import type { Communicator } from '../../distributed/communicator.ts';
import { singleProcess } from '../../distributed/in-process-ranks.ts';
import { threadsGiveWay } from '../training-threads.ts';
import { openMpi } from './mpi-communicator.ts';
import { rankEnvironment } from './rank-environment.ts';
import { endByLoss } from './supervise-rank.ts';
import { createWatchdog } from './watchdog.ts';

/** How ranks wait for each other. */
export interface JoinOptions {
  /** Milliseconds that a rank waits for the others before it ends the job; 120,000 if omitted. */
  readonly deadlineMs?: number | undefined;
}

/** The ranks of a job, and how long they wait for each other. */
export interface Ranks extends Communicator {
  /** For work that takes one rank long while the others wait, such as writing a large model. */
  waitLonger(milliseconds: number): void;
  /** To be called when threads begin to train: from then on waiting takes no time from them. */
  giveWay(): void;
}

const DEFAULT_DEADLINE_MILLISECONDS = 120_000;

/**
 * Joins the other ranks that `mpirun` or `srun` has started, over MPI; where the process was started alone, it is the only rank.
 *
 * A rank that waits for longer than `deadlineMs` says so and kills itself, whereupon the launcher ends the job.
 *
 * @throws Error where there is no library of MPI, it is not the launcher's, or koffi is not installed
 */
export async function joinRanks({ deadlineMs = DEFAULT_DEADLINE_MILLISECONDS }: JoinOptions = {}): Promise<Ranks> {
  const environment = rankEnvironment();
  if (environment === undefined)
    return Object.assign(singleProcess(), { host: hostname(), waitLonger() {}, giveWay() {} });
  const watchdog = createWatchdog(deadlineMs, (call, waitedMs) =>
    endByLoss(
      `Cannot go on: rank ${environment.rank} on ${hostname()} has waited ${Math.round(waitedMs / 1000)} s for the other ranks (${call}): a machine is gone or the network hangs; start the job again with --resume`,
    ),
  );
  const communicator = await openMpi(watchdog, environment);
  if (communicator.size > 1) threadsGiveWay();
  return Object.assign(communicator, { waitLonger: (milliseconds: number) => watchdog.waitLonger(milliseconds) });
}
