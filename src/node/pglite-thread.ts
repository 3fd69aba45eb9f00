// A thread that runs an embedded PostgreSQL, so that a long statement does not stop the program.
import fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
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

/** A message before them: PGlite's code, for the threads of other stores. */
export interface CompiledCode {
  readonly code: WebAssembly.Module;
}

const port = parentPort!;
const { path, code } = workerData as { path: string; code: WebAssembly.Module | undefined };

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

/** Undefined where it is not beside PGlite's script: PGlite then looks for it itself, and says what is wrong. */
async function compileCode(): Promise<WebAssembly.Module | undefined> {
  try {
    // Not imported: bundlers follow `createRequire`.
    const { createRequire } = process.getBuiltinModule('node:module');
    const script = createRequire(import.meta.url).resolve('@electric-sql/pglite');
    const compiled = await WebAssembly.compile(await readFile(join(dirname(script), 'pglite.wasm')));
    port.postMessage({ code: compiled } satisfies CompiledCode);
    return compiled;
  } catch {
    return undefined;
  }
}

async function open(): Promise<PgliteCalls> {
  const pgliteWasmModule = code ?? (await compileCode());
  return pgliteCalls(
    await PGlite.create({ dataDir: path, extensions: { vector }, ...(pgliteWasmModule && { pgliteWasmModule }) }),
  );
}

tellDiskFailures();
const calls = open();

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
