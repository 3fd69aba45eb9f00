import { cpus, hostname } from 'node:os';
import { type Communicator, InterruptedJobError } from '../../distributed/communicator.ts';
import { loadMpiLibrary, type MpiFunction, type MpiHandle, type MpiLibrary, textFrom } from './mpi-library.ts';
import { checkConnection, type RankEnvironment, rankEnvironment } from './rank-environment.ts';
import type { Watchdog } from './watchdog.ts';

/** MPI_THREAD_SERIALIZED: any thread may call, one at a time. It has this value in both families. */
const SERIALIZED = 2;
/** Counts of MPI are 32-bit integers, so what is longer goes in pieces. */
const PIECE_BYTES = 1 << 28;
/** Room for what MPI calls a request and a status, more than any library takes. */
const REQUEST_BYTES = 16;
const STATUS_BYTES = 128;
/** Ranks that wait for others look after an eighth of the time that they have waited, at least and at most so long. */
const SHORTEST_WAIT_MILLISECONDS = 1;
const LONGEST_WAIT_MILLISECONDS = 4;

/** A communicator over MPI. */
export interface MpiCommunicator extends Communicator {
  readonly library: Pick<MpiLibrary, 'family' | 'name' | 'version'>;
}

/**
 * Joins the ranks that the launcher has started.
 *
 * @param watchdog - told of each call that is under way
 * @throws Error where there is no library, it is of another family than the launcher, or it has no threads
 */
export async function openMpi(
  watchdog?: Watchdog,
  environment = rankEnvironment(),
  load = loadMpiLibrary,
): Promise<MpiCommunicator> {
  if (environment) checkConnection(environment);
  // Ranks that wait give way to the threads that train; without it Open MPI spins against them.
  process.env.OMPI_MCA_mpi_yield_when_idle ??= '1';
  // UCX, MPICH's transport, patches the code of the system's memory functions while other threads run it: one job of fifty crashed.
  process.env.UCX_MEM_EVENTS ??= 'n';
  const library = await load(environment?.family);
  const provided = [0];
  check(library, 'MPI_Init_thread', await initialize(library, provided, watchdog));
  const communicator = new MpiRanks(library, watchdog);
  checkLaunch(library, communicator.size, environment);
  if (provided[0] < SERIALIZED) throw new Error(threadsMessage(library, provided[0]));
  return communicator;
}

/**
 * Of a rank that is lost before this, the launcher of MPICH does not tell the others, so there the call is made in another thread, where it
 * can be watched. Open MPI's launcher ends the job, and its library does not bear another thread than the main one here.
 */
async function initialize(library: MpiLibrary, provided: number[], watchdog: Watchdog | undefined): Promise<number> {
  const args = [null, null, SERIALIZED, provided];
  if (library.family === 'Open MPI') return library.call('MPI_Init_thread', ...args);
  const done = watchdog?.watch('MPI_Init_thread');
  return library.callAsync('MPI_Init_thread', ...args).finally(done);
}

function threadsMessage({ name, version }: MpiLibrary, provided: number): string {
  const level = ['MPI_THREAD_SINGLE', 'MPI_THREAD_FUNNELED'][provided];
  return `Cannot train on several machines: the MPI library ${name} (${version}) was built without threads, it gives ${level}; use one that gives MPI_THREAD_SERIALIZED`;
}

/** A rank of another family's launcher is alone, and would train all of the text by itself. */
function checkLaunch(library: MpiLibrary, size: number, environment: RankEnvironment | undefined): void {
  if (environment === undefined || size === environment.size) return;
  const { launcher, family } = environment;
  const help =
    launcher === 'srun'
      ? 'start it by srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH)'
      : `start it by the mpirun of ${library.family}, or install the library of ${family}`;
  throw new Error(
    `Cannot join the ${environment.size} ranks that ${launcher} has started: the MPI library ${library.name} is ${library.family} and sees ${size}; ${help}`,
  );
}

/** @throws InterruptedJobError with the library's own words */
function check(library: MpiLibrary, name: MpiFunction, code: number): void {
  if (code === 0) return;
  const words = textFrom((bytes, length) => library.call('MPI_Error_string', code, bytes, length));
  throw new InterruptedJobError(`Cannot go on: ${name} failed (${words})`);
}

class MpiRanks implements MpiCommunicator {
  readonly rank: number;
  readonly size: number;
  readonly host = hostname();
  /** All, not those that a launcher has bound this rank to: others have theirs. */
  readonly hostProcessors = cpus().length;
  readonly library: MpiLibrary;
  readonly #watchdog: Watchdog | undefined;
  /** The call that was made last: one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(library: MpiLibrary, watchdog: Watchdog | undefined) {
    const { world, errorsReturn } = library.handles;
    const ask = (name: 'MPI_Comm_rank' | 'MPI_Comm_size') => {
      const answer = [0];
      check(library, name, library.call(name, world, answer));
      return answer[0];
    };
    this.library = library;
    this.#watchdog = watchdog;
    this.rank = ask('MPI_Comm_rank');
    this.size = ask('MPI_Comm_size');
    check(library, 'MPI_Comm_set_errhandler', library.call('MPI_Comm_set_errhandler', world, errorsReturn));
  }

  async allreduce(values: Float32Array | Float64Array, operation: 'sum' | 'max' = 'sum'): Promise<void> {
    const { world, inPlace, float, double, [operation]: op } = this.library.handles;
    const type = values instanceof Float32Array ? float : double;
    const length = PIECE_BYTES / values.BYTES_PER_ELEMENT;
    const pieces = piecesOf(values, length);
    await this.#inTurn(async () => {
      for (const piece of pieces) await this.#call('MPI_Allreduce', inPlace, piece, piece.length, type, op, world);
    });
  }

  async broadcast(bytes: Uint8Array, root: number): Promise<void> {
    const { world, byte } = this.library.handles;
    await this.#inTurn(async () => {
      for (const piece of piecesOf(bytes, PIECE_BYTES)) {
        await this.#call('MPI_Bcast', piece, piece.length, byte, root, world);
      }
    });
  }

  alltoallv(parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>[]> {
    return this.#inTurn(async () => {
      const { world, double, byte } = this.library.handles;
      const lengths = Float64Array.from(parts, ({ length }) => length);
      const expected = new Float64Array(this.size);
      await this.#call('MPI_Alltoall', lengths, 1, double, expected, 1, double, world);
      const received = sideBySide(expected);
      const pieceBytes = Math.floor(PIECE_BYTES / this.size);
      const largest = await this.#largest(lengths, expected);
      for (let begin = 0; begin < largest; begin += pieceBytes) {
        const cut = (all: readonly Uint8Array[]) => all.map((part) => part.subarray(begin, begin + pieceBytes));
        const [sent, taken] = [packed(cut(parts)), packed(cut(received))];
        const places = (all: typeof sent) => [all.bytes, all.counts, all.offsets, byte] as MpiHandle[];
        await this.#call('MPI_Alltoallv', ...places(sent), ...places(taken), world);
        unpack(taken, cut(received));
      }
      return received;
    });
  }

  allgatherv(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>[]> {
    return this.#inTurn(async () => {
      const { world, double, byte } = this.library.handles;
      const lengths = new Float64Array(this.size);
      await this.#call('MPI_Allgather', Float64Array.of(bytes.length), 1, double, lengths, 1, double, world);
      const gathered = Array.from(lengths, (length) => new Uint8Array(length));
      const pieceBytes = Math.floor(PIECE_BYTES / this.size);
      for (let begin = 0; begin < Math.max(...lengths); begin += pieceBytes) {
        const pieces = gathered.map((part) => part.subarray(begin, begin + pieceBytes));
        const piece = bytes.slice(begin, begin + pieceBytes);
        const taken = packed(pieces);
        const places = [taken.bytes, taken.counts, taken.offsets, byte];
        await this.#call('MPI_Allgatherv', piece, piece.length, byte, ...places, world);
        unpack(taken, pieces);
      }
      return gathered;
    });
  }

  async barrier(): Promise<void> {
    await this.#inTurn(async () => {});
  }

  abort(exitCode: number): void {
    this.library.call('MPI_Abort', this.library.handles.world, exitCode);
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#call('MPI_Finalize'));
  }

  async #largest(...lengths: readonly Float64Array[]): Promise<number> {
    const { world, inPlace, double, max } = this.library.handles;
    const largest = Float64Array.of(Math.max(...lengths.flatMap((some) => [...some])));
    await this.#call('MPI_Allreduce', inPlace, largest, 1, double, max, world);
    return largest[0];
  }

  /** One call after the other, and each when all ranks have come to it. */
  async #inTurn<T>(use: () => Promise<T>): Promise<T> {
    const useTogether = async () => {
      const done = this.#watchdog?.watch('MPI_Ibarrier');
      await this.#arrive().finally(done);
      return use();
    };
    const turn = this.#last.then(useTogether);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /**
   * Until all ranks are here. Libraries wait for others in a loop that takes a processor from the threads that train; so it is looked from
   * time to time instead, and nobody waits within the call that follows.
   */
  async #arrive(): Promise<void> {
    if (this.size === 1) return;
    const request = new Uint8Array(REQUEST_BYTES);
    const flag = new Int32Array(1);
    const status = new Uint8Array(STATUS_BYTES);
    check(this.library, 'MPI_Ibarrier', this.library.call('MPI_Ibarrier', this.library.handles.world, request));
    const begin = performance.now();
    for (let looks = 0; ; looks++) {
      check(this.library, 'MPI_Test', this.library.call('MPI_Test', request, flag, status));
      if (flag[0] !== 0) return;
      const wait = Math.max(SHORTEST_WAIT_MILLISECONDS, (performance.now() - begin) / 8);
      const milliseconds = Math.min(LONGEST_WAIT_MILLISECONDS, wait);
      await new Promise((resolve) => (looks === 0 ? setImmediate(resolve) : setTimeout(resolve, milliseconds)));
    }
  }

  async #call(name: MpiFunction, ...args: unknown[]): Promise<void> {
    const done = this.#watchdog?.watch(name);
    try {
      check(this.library, name, await this.library.callAsync(name, ...args));
    } finally {
      done?.();
    }
  }
}

function piecesOf<T extends Float32Array | Float64Array | Uint8Array>(values: T, length: number): T[] {
  const count = Math.max(1, Math.ceil(values.length / length));
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length) as T);
}

/** Parts of such lengths in one piece of memory. */
function sideBySide(lengths: Float64Array): Uint8Array<ArrayBuffer>[] {
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let begin = 0;
  return Array.from(lengths, (length) => {
    begin += length;
    return bytes.subarray(begin - length, begin);
  });
}

/** Parts one behind the other, as MPI takes them: where they lie so already, where they lie. */
function packed(parts: readonly Uint8Array[]) {
  const counts = Int32Array.from(parts, ({ length }) => length);
  const offsets = new Int32Array(parts.length);
  for (let i = 1; i < parts.length; i++) offsets[i] = offsets[i - 1] + counts[i - 1];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [{ buffer, byteOffset }] = parts;
  if (parts.every((part, i) => part.buffer === buffer && part.byteOffset === byteOffset + offsets[i])) {
    return { bytes: new Uint8Array(buffer, byteOffset, total), counts, offsets };
  }
  const bytes = new Uint8Array(total);
  parts.forEach((part, i) => {
    bytes.set(part, offsets[i]);
  });
  return { bytes, counts, offsets };
}

function unpack({ bytes, counts, offsets }: ReturnType<typeof packed>, parts: readonly Uint8Array[]): void {
  if (bytes.buffer === parts[0].buffer) return;
  parts.forEach((part, i) => {
    part.set(bytes.subarray(offsets[i], offsets[i] + counts[i]));
  });
}
