// A thread that runs an embedded PostgreSQL, so that a long statement does not stop the program.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { type PgliteCalls, pgliteCalls } from '../store/pglite-connection.ts';
import { serveCalls } from '../threads/remote-calls.ts';
import { systemCode } from './system-code.ts';

/** A message beside the answers: the disk takes no more, as the system's code. What follows in the database need not come to an end. */
export interface DiskFailure {
  readonly diskFailure: string;
}

const port = parentPort!;
const { path } = workerData as { path: string };

const DISK_FAILURES = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'];
/** PostgreSQL ends itself when it cannot write its log; embedded, it cannot, and loops. So failures are told at once. */
function tellDiskFailures(): void {
  type Call = (...given: unknown[]) => unknown;
  const calls = fs as unknown as Record<string, Call>;
  const { writeSync } = fs;
  // A write that is cut short does not tell why; the rest of it does.
  calls.writeSync = (...given) => {
    const [file, bytes, offset, byteLength, position] = given as [number, Uint8Array, number, number, number | null];
    let written = writeSync(file, bytes, offset, byteLength, position);
    while (written < byteLength)
      written += writeSync(
        file,
        bytes,
        offset + written,
        byteLength - written,
        position === null ? null : position + written,
      );
    return written;
  };
  for (const name of ['readSync', 'writeSync', 'ftruncateSync', 'fsyncSync', 'mkdirSync', 'openSync', 'renameSync']) {
    const call = calls[name];
    calls[name] = (...given) => {
      try {
        return call(...given);
      } catch (error) {
        const code = systemCode(error as NodeJS.ErrnoException) ?? '';
        if (DISK_FAILURES.includes(code)) port.postMessage({ diskFailure: code } satisfies DiskFailure);
        throw error;
      }
    };
  }
  syncBuiltinESMExports();
}

tellDiskFailures();
const calls: Promise<PgliteCalls> = PGlite.create({ dataDir: path, extensions: { vector } }).then(pgliteCalls);

serveCalls(
  {
    post: (message, transfer) => port.postMessage(message, transfer),
    onMessage: (listener) => port.on('message', listener),
  },
  async (call, args) => {
    try {
      const answer = (await calls)[call as keyof PgliteCalls] as (...given: unknown[]) => Promise<unknown>;
      const value = await answer(...args);
      return { value, ...(value instanceof Uint8Array && { transfer: [value.buffer as ArrayBuffer] }) };
    } catch (error) {
      const { message, errno } = error as { message?: string; errno?: number };
      if (message || errno === undefined) throw error;
      throw new Error(`error ${errno} of the embedded file system`);
    }
  },
);
