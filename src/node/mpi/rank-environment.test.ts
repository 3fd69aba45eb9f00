import { afterEach, expect, it, vi } from 'vitest';
import { checkConnection, rankEnvironment } from './rank-environment.ts';

afterEach(() => vi.unstubAllEnvs());

it('knows the launchers', () => {
  expect(rankEnvironment({ OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '3' })).toEqual({
    launcher: 'mpirun of Open MPI',
    size: 4,
    rank: 3,
    family: 'Open MPI',
  });
  expect(rankEnvironment({ PMI_SIZE: '2', PMI_RANK: '0' })).toMatchObject({ size: 2, rank: 0, family: 'MPICH' });
  expect(rankEnvironment({ SLURM_STEP_NUM_TASKS: '8', SLURM_PROCID: '7', PMI_SIZE: '8', PMI_RANK: '7' })).toMatchObject(
    { launcher: 'srun', size: 8, rank: 7, family: undefined },
  );
  const step = { SLURM_STEP_NUM_TASKS: '2', SLURM_PROCID: '1' };
  expect(rankEnvironment({ ...step, PMIX_RANK: '1' })?.family).toBe('Open MPI');
  expect(rankEnvironment({ ...step, PMI_FD: '7' })?.family).toBe('MPICH');
});

it('takes a process that is alone, a batch script and a single rank for no rank among others', () => {
  expect(rankEnvironment({})).toBeUndefined();
  expect(rankEnvironment({ SLURM_NTASKS: '8', SLURM_PROCID: '0' })).toBeUndefined();
  expect(rankEnvironment({ OMPI_COMM_WORLD_SIZE: '1', OMPI_COMM_WORLD_RANK: '0' })).toBeUndefined();
});

it('refuses a connection to MPICH that was not passed on', () => {
  const environment = { launcher: 'mpirun of MPICH', size: 2, rank: 0, family: 'MPICH' } as const;
  vi.stubEnv('PMI_FD', '999');
  expect(() => checkConnection(environment)).toThrow(
    /such as npx, has not passed its connection on; start .* without npx/,
  );
  vi.stubEnv('PMI_FD', undefined);
  expect(() => checkConnection(environment)).not.toThrow(); // -pmi-port
});
