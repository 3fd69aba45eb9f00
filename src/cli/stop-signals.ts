import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A terminal, a shell and npm pass on a signal that the process has had from another of them already. */
const REPEATED_MILLISECONDS = 500;

/**
 * What becomes of Ctrl-C (SIGINT), SIGTERM, and SIGHUP of a terminal that is closed: `stop` is called for the first one, with the code
 * to exit with. Another one ends the process at once, but for SIGHUP, which often comes twice.
 *
 * @returns how to listen no longer
 */
export function onStopSignal(stop: (exitCode: number) => void): () => void {
  let firstTime: number | undefined;
  const listen = (signal: (typeof SIGNALS)[number]) => {
    const exitCode = 128 + constants.signals[signal];
    const time = performance.now();
    if (firstTime === undefined) {
      firstTime = time;
      stop(exitCode);
    } else if (signal !== 'SIGHUP' && time - firstTime > REPEATED_MILLISECONDS) process.exit(exitCode);
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listen);
  };
}
