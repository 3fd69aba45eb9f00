/** Told of a call that begins; what it returns is called when the call has ended. */
export type Watchdog = (call: string) => () => void;

/** So often it is looked whether a call takes too long. */
const LOOK_MILLISECONDS = 1000;

/**
 * Watches over calls that need other ranks: where one takes longer than `deadlineMs`, the network hangs, or a machine is gone.
 * It needs this thread to be free, which it is: all such calls are made in other threads.
 *
 * @param onExpired - called once, with the call and how long it has waited
 */
export function createWatchdog(deadlineMs: number, onExpired: (call: string, waitedMs: number) => void): Watchdog {
  const begun = new Map<symbol, { call: string; time: number }>();
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const now = performance.now();
    for (const { call, time } of begun.values()) {
      if (now - time <= deadlineMs) continue;
      clearInterval(timer);
      onExpired(call, now - time);
      return;
    }
  };
  return (call) => {
    timer ??= setInterval(look, LOOK_MILLISECONDS).unref();
    const key = Symbol();
    begun.set(key, { call, time: performance.now() });
    return () => begun.delete(key);
  };
}
