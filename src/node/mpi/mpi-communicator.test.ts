import { expect, it } from 'vitest';
import { InterruptedJobError } from '../../distributed/communicator.ts';
import { openMpi } from './mpi-communicator.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** A library that gives `threads` and sees `size` ranks; every call that needs others returns `code`. */
function libraryOf({ threads = 2, size = 2, code = 0 }): MpiLibrary {
  const answers: Record<string, number> = { MPI_Init_thread: threads, MPI_Comm_rank: 0, MPI_Comm_size: size };
  const call: MpiLibrary['call'] = (name, ...args) => {
    const last = args.at(-1);
    if (name in answers && Array.isArray(last)) last[0] = answers[name];
    if (name === 'MPI_Test') (args[1] as Int32Array)[0] = 1;
    if (name === 'MPI_Error_string') {
      Buffer.from('peer is gone').copy(args[1] as Uint8Array);
      (args[2] as number[])[0] = 12;
    }
    return 0;
  };
  const callAsync: MpiLibrary['callAsync'] = async (name, ...args) =>
    name === 'MPI_Init_thread' ? call(name, ...args) : code;
  const handles = { ...{ world: 0, float: 0, double: 0, byte: 0, sum: 0, max: 0 }, errorsReturn: 0, inPlace: 0n };
  return { family: 'MPICH', name: 'libmpi.so', version: 'MPICH 9', handles, call, callAsync };
}

const open = (of: Parameters<typeof libraryOf>[0], size = 2) =>
  openMpi(undefined, { launcher: 'srun', size, rank: 0, family: undefined }, async () => libraryOf(of));

it('refuses a library that was built without threads', async () => {
  await expect(open({ threads: 0 })).rejects.toThrow(
    'Cannot train on several machines: the MPI library libmpi.so (MPICH 9) was built without threads, it gives MPI_THREAD_SINGLE; use one that gives MPI_THREAD_SERIALIZED',
  );
  await expect(open({ threads: 3 })).resolves.toMatchObject({ rank: 0, size: 2 });
});

it('refuses a rank that is alone where several were started', async () => {
  await expect(open({ size: 1 }, 8)).rejects.toThrow(
    'Cannot join the 8 ranks that srun has started: the MPI library libmpi.so is MPICH and sees 1; start it by srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH)',
  );
});

it('tells what the library says of a call that fails, as something to start again', async () => {
  const ranks = await open({ code: 15 });
  const failed = ranks.allreduce(new Float32Array(1));
  await expect(failed).rejects.toThrow('Cannot go on: MPI_Allreduce failed (peer is gone)');
  await expect(failed).rejects.toThrow(InterruptedJobError);
});
