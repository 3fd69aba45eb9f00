import type { MergeRule } from '../distributed/row-exchange.ts';
import { rankEnvironment } from '../node/mpi/rank-environment.ts';
import { endWithSupervisor } from '../node/mpi/supervise-rank.ts';
import { train } from '../node/train.ts';
import { warn } from './output.ts';

/** A training alone on its machine, or as one rank of many: of them the first tells and writes. */
export interface TrainJob {
  readonly isFirst: boolean;
  readonly ranks: number;
  readonly train: typeof train;
  /** Done by the first rank, while the others wait; undefined on these. */
  onFirst<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** What is to be thrown for an error, of which the other ranks then know. */
  fail(error: unknown): Promise<unknown>;
  /** When nothing has failed, or all know of it. */
  close(): Promise<void>;
}

/** How ranks work together, from the command line. */
export interface JobOptions {
  /** In seconds. */
  readonly deadline?: number | undefined;
  readonly mergeRule?: MergeRule | undefined;
  readonly exchangeTokens?: number | undefined;
  readonly exchangeRows?: number | undefined;
}

/** Where all ranks lack the same, the first tells it: the others are ended meanwhile by the launcher, if it is Open MPI's. */
const OTHERS_WAIT_MILLISECONDS = 3000;

/** The job that a launcher such as mpirun has begun, or the one of this process alone. */
export async function openTrainJob({
  deadline,
  mergeRule,
  exchangeTokens,
  exchangeRows,
}: JobOptions): Promise<TrainJob> {
  const environment = rankEnvironment();
  if (!environment) {
    const given = { '--deadline': deadline, '--merge-rule': mergeRule, '--exchange-tokens': exchangeTokens };
    for (const [flag, value] of Object.entries({ ...given, '--exchange-rows': exchangeRows }))
      if (value !== undefined)
        warn(`warning: ${flag} has no effect: this process trains alone; mpirun and srun start several ranks`);
    return {
      isFirst: true,
      ranks: 1,
      train,
      onFirst: (work) => work(),
      fail: async (error) => error,
      async close() {},
    };
  }
  endWithSupervisor();
  const { joinRanks, trainDistributed } = await import('../node/distributed.ts');
  const { failTogether, together } = await import('../distributed/together.ts');
  const ranks = await joinRanks({ deadlineMs: deadline && 1000 * deadline }).catch(async (error) => {
    if (environment.rank > 0 && environment.family === 'Open MPI')
      await new Promise((resolve) => setTimeout(resolve, OTHERS_WAIT_MILLISECONDS));
    throw error;
  });
  const isFirst = ranks.rank === 0;
  return {
    isFirst,
    ranks: ranks.size,
    train: (input, options) => trainDistributed(ranks, input, { ...options, mergeRule, exchangeTokens, exchangeRows }),
    onFirst: <T>(work: () => Promise<T>) => together<T | undefined>(ranks, async () => (isFirst ? work() : undefined)),
    fail: (error) => failTogether(ranks, error),
    close: () => ranks.close(),
  };
}
