/** Watches over calls that need other ranks. */
export interface Watchdog {
  /** Told of a call that begins; what it returns is called when the call has ended. */
  watch(call: string): () => void;
  /** So much longer may a call take from now on. */
  waitLonger(milliseconds: number): void;
}

/** So often it is looked whether a call takes too long. */
const LOOK_MILLISECONDS = 500;

/**
 * Where a call takes longer than `deadlineMs`, the network hangs, or a machine is gone. It needs this thread to be free, which it is: all
 * such calls are made in other threads.
 *
 * @param onExpired - called once, with the call and how long it has waited
 */
export function createWatchdog(deadlineMs: number, onExpired: (call: string, waitedMs: number) => void): Watchdog {
  const begun = new Map<symbol, { call: string; time: number }>();
  let deadline = deadlineMs;
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const now = performance.now();
    for (const { call, time } of begun.values()) {
      if (now - time <= deadline) continue;
      clearInterval(timer);
      onExpired(call, now - time);
      return;
    }
  };
  return {
    watch(call) {
      timer ??= setInterval(look, Math.min(LOOK_MILLISECONDS, deadlineMs)).unref();
      const key = Symbol();
      begun.set(key, { call, time: performance.now() });
      return () => begun.delete(key);
    },
    waitLonger(milliseconds) {
      deadline += milliseconds;
    },
  };
}
