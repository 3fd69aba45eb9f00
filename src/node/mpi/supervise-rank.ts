import { type ChildProcess, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { checkConnection, type RankEnvironment } from './rank-environment.ts';

/** What a job exits with that may be started again: EX_TEMPFAIL of sysexits.h. */
export const RUN_AGAIN = 75;
/** A launcher that has lost a machine may wait for it for good: it has so long to end by itself. */
const LAUNCHER_MILLISECONDS = 10_000;
const SUPERVISED = 'WORDKIN_SUPERVISED';
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

interface Loss {
  readonly lost: string;
}

/** Whether another process looks after this one. */
export function isSupervised(): boolean {
  return process.env[SUPERVISED] !== undefined && process.send !== undefined;
}

/**
 * Runs this very command as a process of its own and looks after it: where it is killed, or says that other ranks are lost, this
 * process says so and exits with 75, whatever the launcher makes of a signal.
 *
 * @returns the exit code
 */
export async function superviseRank(environment: RankEnvironment): Promise<number> {
  checkConnection(environment);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: inheritedFiles(),
    env: { ...process.env, [SUPERVISED]: String(process.pid) },
  });
  let loss: string | undefined;
  child.on('message', (message: Loss) => {
    loss = message.lost;
    child.kill('SIGKILL'); // it may hang in a call
  });
  const stopped = forwardSignals(child);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (...end) => resolve(end));
  });
  if (loss !== undefined) {
    tell(loss);
    endLauncherLater();
    return RUN_AGAIN;
  }
  if (code !== null) return code;
  if (!stopped()) {
    tell(
      `Cannot go on: rank ${environment.rank} on ${hostname()} is lost, it was ended by ${signal}; start the job again with --resume`,
    );
  }
  return RUN_AGAIN;
}

/** To be called by a supervised process at its beginning: it ends when its supervisor is killed. */
export function endWithSupervisor(): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
}

/** Ends this process, and says why: its supervisor does, or where there is none, it itself. */
export function endByLoss(message: string): void {
  if (isSupervised()) {
    process.send!({ lost: message } satisfies Loss);
    return;
  }
  tell(message);
  process.kill(process.pid, 'SIGKILL'); // `exit` would wait for the call that hangs
}

/** At once, for the process may end next. */
function tell(message: string): void {
  writeSync(2, `wordkin: ${message}\n`);
}

/** Input, outputs and a channel; a launcher of MPICH talks to its rank through one file more. */
function inheritedFiles(): ('inherit' | 'ignore' | 'ipc' | number)[] {
  const files: ('inherit' | 'ignore' | 'ipc' | number)[] = ['inherit', 'inherit', 'inherit'];
  const descriptor = Number(process.env.PMI_FD);
  if (descriptor > 2) {
    while (files.length < descriptor) files.push('ignore');
    files.push(descriptor);
  }
  return [...files, 'ipc'];
}

/** Passes signals on; tells whether there was one. */
function forwardSignals(child: ChildProcess): () => boolean {
  let stopped = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      stopped = true;
      child.kill(signal);
    });
  }
  return () => stopped;
}

/** mpirun of Open MPI waits for good for a machine that does not answer, and cannot be ended but by SIGKILL. */
function endLauncherLater(): void {
  const script = `sleep ${LAUNCHER_MILLISECONDS / 1000}; kill -9 ${process.ppid} 2>/dev/null`;
  if (process.ppid > 1) spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' }).unref();
}
