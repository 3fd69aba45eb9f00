import { overloaded, RequestError } from './errors.ts';

/**
 * What the work gives, if it does so in time; it may go on where nobody waits for it any more.
 *
 * @throws RequestError 503 when the signal comes first
 */
export async function withinDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {});
    throw abortError(signal);
  }
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    // Work that has heard of the signal itself tells of it in its own words.
    throw signal.aborted && !(error instanceof RequestError) ? abortError(signal) : error;
  } finally {
    signal.removeEventListener('abort', onAbort!);
  }
}

/** Why a signal was given: the time is over, or the client has gone. */
export function abortError(signal: AbortSignal): RequestError {
  const isLate = (signal.reason as Error | undefined)?.name === 'TimeoutError';
  if (isLate) return overloaded('The request could not be answered in time; try again later', 'timeout');
  return new RequestError(499, 'The client has gone', { code: 'client_closed_request' });
}
