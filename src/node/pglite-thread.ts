// A thread that runs an embedded PostgreSQL, so that a long statement does not stop the program.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';

export interface PgliteRequest {
  readonly number: number;
  /** Absent: close. */
  readonly sql?: string;
  readonly parameters?: unknown[] | undefined;
  readonly blob?: Uint8Array | undefined;
}

export type PgliteAnswer =
  | { readonly number: number; readonly rows: unknown[]; readonly blob?: Uint8Array | undefined }
  | { readonly number: number; readonly error: string; readonly code?: string | undefined }
  /** The disk takes no more, as the system's code: what follows in the database need not come to an end. */
  | { readonly diskFailure: string };

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
  for (const name of ['writeSync', 'ftruncateSync', 'fsyncSync', 'mkdirSync', 'openSync', 'renameSync']) {
    const call = calls[name];
    calls[name] = (...given) => {
      try {
        return call(...given);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (DISK_FAILURES.includes(code)) port.postMessage({ diskFailure: code } satisfies PgliteAnswer);
        throw error;
      }
    };
  }
  syncBuiltinESMExports();
}

tellDiskFailures();
const database = PGlite.create({ dataDir: path, extensions: { vector } });

port.on('message', async ({ number, sql, parameters, blob }: PgliteRequest) => {
  try {
    const pglite = await database;
    if (sql === undefined) {
      await pglite.close();
      port.postMessage({ number, rows: [] } satisfies PgliteAnswer);
      port.close();
      return;
    }
    const options = blob ? { blob: new Blob([blob as Uint8Array<ArrayBuffer>]) } : {};
    const { rows, blob: read } = await pglite.query(sql, parameters, options);
    if (!read) return port.postMessage({ number, rows } satisfies PgliteAnswer);
    const bytes = new Uint8Array(await read.arrayBuffer());
    port.postMessage({ number, rows, blob: bytes } satisfies PgliteAnswer, [bytes.buffer]);
  } catch (error) {
    const { message, code, errno } = error as { message?: string; code?: string; errno?: number };
    const told = message || (errno === undefined ? String(error) : `error ${errno} of the embedded file system`);
    port.postMessage({ number, error: told, code: typeof code === 'string' ? code : undefined } satisfies PgliteAnswer);
  }
});
