import { fstatSync } from 'node:fs';

/** What a launcher has told the process: that it is one of several. */
export interface RankEnvironment {
  /** For messages. */
  readonly launcher: string;
  readonly size: number;
  readonly rank: number;
  /** Libraries that this launcher's ranks find each other with. */
  readonly family: MpiFamily | undefined;
}

/** Which handles a library has: those of Open MPI, or those of MPICH (Intel MPI, MVAPICH and Cray MPICH share them). */
export type MpiFamily = 'Open MPI' | 'MPICH';

type Variables = Readonly<Record<string, string | undefined>>;

/** By launcher the variables that tell the number of ranks, and which one this is. */
const LAUNCHERS: readonly [name: string, size: string, rank: string, family: MpiFamily | undefined][] = [
  ['mpirun of Open MPI', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_RANK', 'Open MPI'],
  // srun sets variables of PMI, too, so it is asked first; SLURM_NTASKS alone is also there in a batch script, which is no rank.
  ['srun', 'SLURM_STEP_NUM_TASKS', 'SLURM_PROCID', undefined],
  ['mpirun of MPICH', 'PMI_SIZE', 'PMI_RANK', 'MPICH'],
];

/** srun speaks to both, by the interface that it was asked for. */
function familyOf(variables: Variables): MpiFamily | undefined {
  if (variables.PMIX_RANK !== undefined) return 'Open MPI';
  return variables.PMI_FD === undefined ? undefined : 'MPICH';
}

/** What the launcher has told; undefined where the process was started alone. */
export function rankEnvironment(variables: Variables = process.env): RankEnvironment | undefined {
  for (const [launcher, sizeName, rankName, family] of LAUNCHERS) {
    const [size, rank] = [Number(variables[sizeName]), Number(variables[rankName])];
    if (Number.isInteger(size) && size > 1 && Number.isInteger(rank) && rank >= 0) {
      return { launcher, size, rank, family: family ?? familyOf(variables) };
    }
  }
  return undefined;
}

/**
 * A launcher of MPICH talks to its rank by a socket that the rank inherits. What stands between the two may not pass it on: npx does not.
 *
 * @throws Error that says how to start the ranks
 */
export function checkConnection({ launcher, size, family }: RankEnvironment): void {
  const descriptor = process.env.PMI_FD;
  if (family !== 'MPICH' || descriptor === undefined || isSocket(Number(descriptor))) return;
  throw new Error(
    `Cannot join the ${size} ranks that ${launcher} has started: what stands between, such as npx, has not passed its connection on; start node_modules/.bin/wordkin without npx, or mpirun with -pmi-port`,
  );
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}
