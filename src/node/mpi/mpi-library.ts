import type { LibraryHandle } from 'koffi';
import { explainMissingPackage } from '../optional-package.ts';
import type { MpiFamily } from './rank-environment.ts';

/** What a handle of MPI is in JavaScript: an address (Open MPI), or a number (MPICH). */
export type MpiHandle = unknown;

/** A library of MPI that is loaded: its functions with a return code each, its handles, and what messages say. */
export interface MpiLibrary {
  readonly family: MpiFamily;
  /** File name. */
  readonly name: string;
  /** As the library describes itself, its first line. */
  readonly version: string;
  readonly handles: MpiHandles;
  /** Calls a function here. */
  call(name: MpiFunction, ...args: unknown[]): number;
  /** Calls a function in another thread, while this one goes on. */
  callAsync(name: MpiFunction, ...args: unknown[]): Promise<number>;
}

interface MpiHandles {
  readonly world: MpiHandle;
  readonly float: MpiHandle;
  readonly double: MpiHandle;
  readonly byte: MpiHandle;
  readonly sum: MpiHandle;
  readonly max: MpiHandle;
  readonly errorsReturn: MpiHandle;
  /** MPI_IN_PLACE, in the place of a pointer. */
  readonly inPlace: bigint;
}

/** Arguments of the functions in C; `H` is a handle. */
const FUNCTIONS = {
  MPI_Init_thread: ['void *', 'void *', 'int', '_Out_ int *'],
  MPI_Comm_rank: ['H', '_Out_ int *'],
  MPI_Comm_size: ['H', '_Out_ int *'],
  MPI_Comm_set_errhandler: ['H', 'H'],
  MPI_Error_string: ['int', 'void *', '_Out_ int *'],
  MPI_Allreduce: ['intptr_t', 'void *', 'int', 'H', 'H', 'H'],
  MPI_Bcast: ['void *', 'int', 'H', 'int', 'H'],
  MPI_Alltoall: ['void *', 'int', 'H', 'void *', 'int', 'H', 'H'],
  MPI_Alltoallv: ['void *', 'void *', 'void *', 'H', 'void *', 'void *', 'void *', 'H', 'H'],
  MPI_Allgather: ['void *', 'int', 'H', 'void *', 'int', 'H', 'H'],
  MPI_Allgatherv: ['void *', 'int', 'H', 'void *', 'void *', 'void *', 'H', 'H'],
  MPI_Ibarrier: ['H', 'void *'],
  MPI_Test: ['void *', 'void *', 'void *'],
  MPI_Abort: ['H', 'int'],
  MPI_Finalize: [],
  MPI_Get_library_version: ['void *', '_Out_ int *'],
} as const;
export type MpiFunction = keyof typeof FUNCTIONS;

/** MPICH's own stack needs more than the 128 KiB that koffi gives a thread, and ends the process where it has less. */
const STACK_BYTES = 1 << 23;

/** Names under which libraries are found by the loader, of each family; the ABI of MPICH has several. */
const NAMES: Readonly<Record<MpiFamily, readonly string[]>> = {
  'Open MPI': ['libmpi.so.40', 'libmpi.so.80', 'libmpi.40.dylib'],
  MPICH: ['libmpich.so.12', 'libmpi.so.12', 'libmpi_cray.so.12', 'libmpi_intel.so.12', 'libmpi.12.dylib', 'msmpi.dll'],
};

/**
 * Loads the library of MPI: that of `WORDKIN_MPI_LIBRARY`, a path or a name, or the first one that is installed.
 *
 * @param family - the launcher's: its libraries are tried first
 * @throws Error that says what is missing, and how it is installed
 */
export async function loadMpiLibrary(family?: MpiFamily): Promise<MpiLibrary> {
  const koffi = await loadKoffi();
  const given = process.env.WORDKIN_MPI_LIBRARY;
  const families: MpiFamily[] = family === 'MPICH' ? ['MPICH', 'Open MPI'] : ['Open MPI', 'MPICH'];
  const names = given ? [given] : [...families.flatMap((one) => NAMES[one]), 'libmpi.so'];
  const reasons: string[] = [];
  for (const name of names) {
    try {
      // Open MPI's plug-ins look for its symbols among those of the process.
      return toLibrary(koffi.load(name, { global: true }), name);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new Error(
    given
      ? `Cannot use MPI: WORDKIN_MPI_LIBRARY is "${given}", which cannot be loaded (${reasons[0]})`
      : 'Cannot use MPI: no library was found (libmpi.so.40 of Open MPI, libmpich.so.12 or libmpi.so.12 of MPICH); install one, such as with apt install openmpi-bin, load its module on a cluster, or put its path into WORDKIN_MPI_LIBRARY',
  );
}

async function loadKoffi() {
  const name = 'koffi'; // by a name that no bundler sees: what is native code cannot be in a bundle
  try {
    const { default: koffi } = (await import(
      /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name
    )) as { default: typeof import('koffi') };
    koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES, resident_async_pools: 2 });
    return koffi;
  } catch (cause) {
    throw explainMissingPackage(cause, 'use MPI', 'koffi');
  }
}

function toLibrary(loaded: LibraryHandle, name: string): MpiLibrary {
  const family = familyOf(loaded);
  const handleType = family === 'Open MPI' ? 'void *' : 'int';
  type Native = ReturnType<LibraryHandle['func']>;
  const functions = new Map<string, Native>();
  const find = (called: MpiFunction): Native => {
    let found = functions.get(called);
    if (!found) {
      const types = FUNCTIONS[called].map((type) => (type === 'H' ? handleType : type));
      found = loaded.func(called, 'int', types);
      functions.set(called, found);
    }
    return found;
  };
  const call = (called: MpiFunction, ...args: unknown[]) => find(called)(...args) as number;
  const callAsync = (called: MpiFunction, ...args: unknown[]) =>
    new Promise<number>((resolve, reject) => {
      find(called).async(...args, (error: Error | null, code: number) => (error ? reject(error) : resolve(code)));
    });
  const version = textFrom((bytes, length) => call('MPI_Get_library_version', bytes, length)).split('\n')[0];
  return { family, name, version, handles: handlesOf(loaded, family), call, callAsync };
}

function familyOf(loaded: LibraryHandle): MpiFamily {
  try {
    loaded.symbol('ompi_mpi_comm_world', 'char');
    return 'Open MPI';
  } catch {
    loaded.func('MPI_Init_thread', 'int', ['void *', 'void *', 'int', 'void *']); // or it is no library of MPI
    return 'MPICH';
  }
}

/** Open MPI: addresses of its objects. MPICH: numbers that its ABI fixes. */
function handlesOf(loaded: LibraryHandle, family: MpiFamily): MpiHandles {
  if (family === 'MPICH') {
    return {
      ...{ world: 0x44000000, float: 0x4c00040a, double: 0x4c00080b, byte: 0x4c00010d },
      ...{ sum: 0x58000003, max: 0x58000001, errorsReturn: 0x54000001, inPlace: -1n },
    };
  }
  const object = (of: string) => loaded.symbol(`ompi_${of}`, 'char');
  return {
    world: object('mpi_comm_world'),
    float: object('mpi_float'),
    double: object('mpi_double'),
    byte: object('mpi_byte'),
    sum: object('mpi_op_sum'),
    max: object('mpi_op_max'),
    errorsReturn: object('mpi_errors_return'),
    inPlace: 1n,
  };
}

const TEXT_BYTES = 1 << 14;

/** The text that a function of MPI writes. */
export function textFrom(write: (bytes: Uint8Array, length: number[]) => number): string {
  const bytes = new Uint8Array(TEXT_BYTES);
  const length = [0];
  write(bytes, length);
  return Buffer.from(bytes.subarray(0, length[0])).toString().replaceAll('\0', '').trim();
}
