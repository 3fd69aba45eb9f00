import { type Communicator, gatherValues, InterruptedJobError } from './communicator.ts';

/** Ranks that wait for others look so often whether these are done; a rank that is lost meanwhile is noticed by the call. */
const LOOK_MILLISECONDS = 250;

/** Another rank has failed. It has said so itself: this one need not. */
export class OtherRankError extends Error {
  override readonly name = 'OtherRankError';
}

/**
 * Waits for the work of all ranks. If that of any fails, all throw: the first such rank its own error, with its place where the others
 * did not meet the same, the others an `OtherRankError`.
 *
 * @param undo - what becomes of this rank's result where another rank has failed
 * @param looks - false for work that is collective itself: votes that come by the clock would stand between its calls
 * @returns what this rank's work gave
 */
export async function together<T>(
  communicator: Communicator,
  work: () => Promise<T>,
  undo?: (result: T) => unknown,
  looks = true,
): Promise<T> {
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let value: { readonly result: T } | undefined;
  const working = work()
    .then(
      (result) => {
        value = { result };
      },
      (error) => {
        failure = { error };
      },
    )
    .finally(() => {
      ended = true;
    });
  try {
    for (;;) {
      const look = new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
      await (looks ? Promise.race([working, look]) : working);
      if (failure && isAgreed(failure.error)) throw failure.error; // the work itself has told all
      if ((await vote(communicator, !ended, failure)).goOn === 0) return value!.result;
    }
  } catch (error) {
    void working.then(() => value && undo?.(value.result));
    throw error;
  }
}

/**
 * Tells the others whether this rank goes on with its work, or has failed.
 *
 * @param more - values that are added up over all ranks with that
 * @returns how many ranks go on, and the sums of `more`
 * @throws if any has failed, see `together`
 */
export async function vote(
  communicator: Communicator,
  goesOn: boolean,
  failure?: { readonly error: unknown },
  more: ArrayLike<number> = [],
): Promise<{ readonly goOn: number; readonly sums: Float64Array }> {
  const votes = Float64Array.from([goesOn ? 1 : 0, failure ? 1 : 0, ...Array.from(more)]);
  await communicator.allreduce(votes);
  if (votes[1] > 0) throw await agreedError(communicator, failure);
  return { goOn: votes[0], sums: votes.subarray(2) };
}

/** Errors that all ranks know of. */
const agreed = new WeakSet<Error>();
const isAgreed = (error: unknown) => error instanceof Error && agreed.has(error);

/**
 * What a rank does that has failed where the others do not wait for it yet: it tells them at their next `together`.
 *
 * @returns what is to be thrown
 */
export async function failTogether(communicator: Communicator, error: unknown): Promise<unknown> {
  if (error instanceof InterruptedJobError || isAgreed(error)) return error;
  await communicator.allreduce(Float64Array.of(0, 1));
  return agreedError(communicator, { error });
}

/** What each rank throws when some have failed. */
async function agreedError(
  communicator: Communicator,
  failure: { readonly error: unknown } | undefined,
): Promise<Error> {
  const message = failure && (failure.error instanceof Error ? failure.error.message : String(failure.error));
  const { rank, host } = communicator;
  const messages = await gatherValues(communicator, { rank, host, message });
  const first = messages.find((one) => one.message !== undefined)!;
  const all = messages.every((one) => one.message === first.message);
  const told = all ? first.message! : placed(first.message!, first);
  const error =
    first.rank !== rank
      ? new OtherRankError(told)
      : all && failure!.error instanceof Error
        ? failure!.error
        : new Error(told, { cause: failure!.error });
  agreed.add(error);
  return error;
}

const placed = (message: string, { rank, host }: Pick<Communicator, 'rank' | 'host'>) =>
  `${message} (rank ${rank} on ${host})`;
