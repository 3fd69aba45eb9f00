/**
 * How the ranks of a job, numbered from 0, talk to each other. Each call but `abort` is collective: every rank makes the same
 * calls in the same order, and each resolves when its rank has what it was to get. A call that is made while another one is under way
 * waits for it, so a rank may go on with other work meanwhile.
 */
export interface Communicator {
  readonly rank: number;
  readonly size: number;
  /** The machine of this rank, for messages. */
  readonly host: string;
  /** Of that machine, whoever uses them; Infinity where ranks take turns. */
  readonly hostProcessors: number;
  /** Puts the sum, or the largest, of all ranks' values into `values`: the same bits on every rank. */
  allreduce(values: Float32Array | Float64Array, operation?: 'sum' | 'max'): Promise<void>;
  /** Fills `bytes` with those of rank `root`; they have the same length on all ranks. */
  broadcast(bytes: Uint8Array, root: number): Promise<void>;
  /** Sends parts[r] to rank r. Returns what each rank has sent to this one, in the order of the ranks. */
  alltoallv(parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>[]>;
  /** The bytes of all ranks, in their order; they may differ in length. */
  allgatherv(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>[]>;
  barrier(): Promise<void>;
  /** Ends the processes of all ranks at once: for what one rank alone has met. In one process, it makes their calls fail. */
  abort(exitCode: number): void;
  /** Leaves the job, when all ranks do. */
  close(): Promise<void>;
}

/** The job cannot go on, and can be started again: a rank is lost, or the network does not answer. */
export class InterruptedJobError extends Error {
  override readonly name = 'InterruptedJobError';
  /** "Temporary failure" (EX_TEMPFAIL in sysexits.h): what started the job may start it again. */
  readonly exitCode = 75;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A value of each rank, in the order of the ranks; what JSON can hold, or nothing. */
export async function gatherValues<T>(communicator: Communicator, value: T): Promise<T[]> {
  const gathered = await communicator.allgatherv(encoder.encode(JSON.stringify(value) ?? ''));
  return gathered.map((bytes) => (bytes.length === 0 ? undefined : JSON.parse(decoder.decode(bytes))) as T);
}
