import { type Communicator, InterruptedJobError } from './communicator.ts';

type Values = Float32Array | Float64Array;

/** One process that is all of the job: the communicator where there is no other rank. */
export function singleProcess(): Communicator {
  return inProcessRanks(1)[0];
}

/** The ranks of a job in this very process, which take turns: for one rank, and for tests with several. */
export function inProcessRanks(size: number): Communicator[] {
  const meetings: Meeting[] = [];
  const ended: { error?: Error } = {};
  return Array.from({ length: size }, (_, rank) => new InProcessRank(rank, size, meetings, ended));
}

/** A collective call at which all ranks must arrive. */
interface Meeting {
  readonly name: string;
  readonly given: unknown[];
  arrived: number;
  readonly done: Promise<void>;
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

class InProcessRank implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly host = 'this process';
  readonly hostProcessors = Infinity;
  readonly #meetings: Meeting[];
  readonly #ended: { error?: Error };
  #calls = 0;

  constructor(rank: number, size: number, meetings: Meeting[], ended: { error?: Error }) {
    this.rank = rank;
    this.size = size;
    this.#meetings = meetings;
    this.#ended = ended;
  }

  async allreduce(values: Values, operation: 'sum' | 'max' = 'sum'): Promise<void> {
    const all = await this.#meet(`allreduce ${operation} of ${values.length}`, values.slice());
    // The first to go on reduces into the copy of rank 0, and takes the others away: all that follow find the result.
    const [result] = all;
    for (const others of all.splice(1)) {
      if (operation === 'sum') for (let i = 0; i < result.length; i++) result[i] += others[i];
      else for (let i = 0; i < result.length; i++) result[i] = Math.max(result[i], others[i]);
    }
    values.set(result);
  }

  async broadcast(bytes: Uint8Array, root: number): Promise<void> {
    const all = await this.#meet(`broadcast of ${bytes.length}`, this.rank === root ? bytes.slice() : undefined);
    bytes.set(all[root]!);
  }

  async alltoallv(parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>[]> {
    const all = await this.#meet(
      'alltoallv',
      parts.map((part) => part.slice()),
    );
    return all.map((ofRank) => Uint8Array.from(ofRank[this.rank]));
  }

  async allgatherv(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>[]> {
    const all = await this.#meet('allgatherv', bytes.slice());
    return all.map((ofRank) => Uint8Array.from(ofRank));
  }

  async barrier(): Promise<void> {
    await this.#meet('barrier', undefined);
  }

  abort(exitCode: number): void {
    this.#ended.error ??= new InterruptedJobError(`The job was ended by rank ${this.rank} with exit code ${exitCode}`);
    for (const meeting of this.#meetings) meeting.fail(this.#ended.error);
  }

  async close(): Promise<void> {
    await this.#meet('close', undefined);
  }

  /** Waits for the same call of all ranks; gives what each brought. */
  async #meet<T>(name: string, given: T): Promise<T[]> {
    if (this.#ended.error) throw this.#ended.error;
    const number = this.#calls++;
    this.#meetings[number] ??= newMeeting(name, this.size);
    const meeting = this.#meetings[number];
    if (meeting.name !== name) {
      meeting.fail(
        new Error(`Call ${number} is "${name}" on rank ${this.rank}, and "${meeting.name}" on the rank before`),
      );
    }
    meeting.given[this.rank] = given;
    if (++meeting.arrived === this.size) meeting.finish();
    await meeting.done;
    return meeting.given as T[];
  }
}

function newMeeting(name: string, size: number): Meeting {
  let [finish, fail]: [() => void, (error: Error) => void] = [() => {}, () => {}];
  const done = new Promise<void>((resolve, reject) => {
    [finish, fail] = [resolve, reject];
  });
  done.catch(() => {}); // told to those who wait
  return { name, given: new Array(size), arrived: 0, done, finish, fail };
}
