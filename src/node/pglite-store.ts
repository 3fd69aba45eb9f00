import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createPgliteConnection, type PgliteCalls } from '../store/pglite-connection.ts';
import type { SqlConnection } from '../store/sql-connection.ts';
import { remoteCalls } from '../threads/remote-calls.ts';
import { makeFolder } from './make-folder.ts';
import { explainMissingPackage } from './optional-package.ts';
import type { CompiledCode, DiskFailure } from './pglite-thread.ts';
import { LOCK_FILE, lockStore, watchLock } from './store-lock.ts';
import { systemCode } from './system-code.ts';
import { threadFlags } from './thread-flags.ts';

/** A new database is made in a folder in the store's folder; one that was never finished is made anew. */
const CREATING = 'wordkin.creating';
/** A new database that is whole; its files are then moved up. */
const CREATED = 'wordkin.created';
/** PostgreSQL's file that says that a folder is a database. */
const VERSION_FILE = 'PG_VERSION';

/**
 * Opens the embedded PostgreSQL in a folder, made if it is not there.
 *
 * @throws Error if the folder is used by another process, holds something else or cannot be written
 */
export async function openPglite(
  path: string,
  { mustExist, signal }: { mustExist: boolean; signal?: AbortSignal | undefined },
): Promise<SqlConnection> {
  signal?.throwIfAborted();
  const { folder, made } = prepareFolder(path, mustExist);
  let unlock: () => void;
  try {
    unlock = lockStore(folder, path);
  } catch (error) {
    if (made) removeIfEmpty(folder);
    throw explainDiskError(error, path);
  }
  try {
    checkContents(path, folder, mustExist); // it may have been another's until now
    if (!existsSync(join(folder, VERSION_FILE))) await create(path, folder, signal);
    const { pglite, stop } = startPglite(path, folder, signal, watchLock(folder));
    return createPgliteConnection(pglite, async () => {
      await stop();
      unlock();
    });
  } catch (error) {
    unlock();
    if (made) removeIfEmpty(folder);
    throw explainDiskError(error, path);
  }
}

/** The folder by its real path: the same whatever links and spellings lead to it. */
function prepareFolder(path: string, mustExist: boolean): { folder: string; made: boolean } {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (!there && mustExist)
      throw new Error(`Cannot open "${path}": there is no such store; fill one with "wordkin index"`);
    const made = !there && makeFolder(path);
    const folder = realpathSync(path);
    if (!lstatSync(folder).isDirectory())
      throw new Error(
        `Cannot open "${path}": it is a file; a store is a folder, or a URL that begins with postgres://`,
      );
    checkContents(path, folder, mustExist);
    return { folder, made };
  } catch (error) {
    throw explainDiskError(error, path);
  }
}

function checkContents(path: string, folder: string, mustExist: boolean): void {
  const names = readdirSync(folder);
  if (names.includes(VERSION_FILE) || names.includes(CREATED)) return;
  if (names.some((name) => name !== CREATING && !name.startsWith(LOCK_FILE)))
    throw new Error(
      `Cannot open "${path}": the folder holds something else than a store; name one that is empty or not there`,
    );
  if (mustExist)
    throw new Error(
      `Cannot open "${path}": there is no such store, the folder is empty; fill one with "wordkin index"`,
    );
}

/** Makes the database so that a process that dies meanwhile leaves nothing that looks like one. */
async function create(path: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const [creating, created] = [join(folder, CREATING), join(folder, CREATED)];
  if (!existsSync(created)) {
    rmSync(creating, { recursive: true, force: true });
    mkdirSync(creating);
    const { pglite, stop } = startPglite(path, creating, signal);
    try {
      await pglite.query('select 1');
      await pglite.close();
    } catch (error) {
      await stop();
      rmSync(creating, { recursive: true, force: true });
      throw error;
    }
    await stop();
    renameSync(creating, created);
  }
  const names = readdirSync(created).filter((name) => name !== VERSION_FILE);
  for (const name of [...names, VERSION_FILE]) renameSync(join(created, name), join(folder, name));
  rmdirSync(created);
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // it holds something
  }
}

/** The code of PGlite, as the first thread has compiled it: those that follow start in half the time. */
let code: WebAssembly.Module | undefined;

function startThread(folder: string): Worker {
  return new Worker(new URL('./pglite-thread.js', import.meta.url), {
    workerData: { path: folder, code },
    ...threadFlags(),
  });
}

function startPglite(
  path: string,
  folder: string,
  signal: AbortSignal | undefined,
  isInPlace: () => boolean = () => true,
): { pglite: PgliteCalls; stop(): Promise<unknown> } {
  const thread = startThread(folder);
  let rejectCalls: (error: Error) => void;
  let failure: Error | undefined;
  const fail = (error: Error) => {
    if (failure) return;
    failure = error;
    rejectCalls(error);
    void thread.terminate(); // as after a power failure: what was committed is there when it is opened again
  };
  const call = remoteCalls({
    post: (message) => thread.postMessage(message),
    onMessage: (listener) =>
      thread.on('message', (message: DiskFailure | CompiledCode | object) => {
        if ('diskFailure' in message) fail(diskError(path, message.diskFailure));
        else if ('code' in message) code = message.code;
        else listener(message);
      }),
    onFailure: (listener) => {
      rejectCalls = listener;
    },
  });
  const abort = () => fail(signal?.reason instanceof Error ? signal.reason : new Error('The store was given up'));
  thread.on('error', (error) => fail(explainStart(error as Error, path)));
  thread.on('exit', () => fail(new Error(`Cannot use store "${path}": its thread has ended; open it again`)));
  signal?.addEventListener('abort', abort, { once: true });
  let underWay = 0;
  const send = async <T>(name: string, ...args: unknown[]): Promise<T> => {
    if (!isInPlace()) fail(replacedError(path));
    if (underWay++ === 0) thread.ref();
    try {
      return await call<T>(name, args);
    } catch (error) {
      if (error === failure) throw error;
      const { message, code } = error as NodeJS.ErrnoException;
      throw Object.assign(new Error(`Cannot use store "${path}": ${explainBroken(message)}`), code && { code });
    } finally {
      if (--underWay === 0) thread.unref(); // an idle store does not keep the program running
    }
  };
  return {
    pglite: {
      query: (sql, parameters) => send('query', sql, parameters),
      fill: (sql, bytes) => send('fill', sql, bytes),
      read: (sql) => send('read', sql),
      async close() {
        if (!failure && isInPlace()) await send('close'); // in another store's place nothing is written
      },
    },
    stop() {
      signal?.removeEventListener('abort', abort);
      return thread.terminate();
    },
  };
}

/** What PGlite says where its PostgreSQL ends while it starts, with what may be the cause; other messages as they are. */
function explainBroken(message: string): string {
  if (message.includes('could not allocate memory'))
    return 'the system refused memory to the embedded database, which takes up to 10 GB of addresses; free some, raise the limit (ulimit -v), or use PostgreSQL';
  if (!/failed to initialize properly|^Aborted\(\)/.test(message)) return message;
  return `the embedded database does not start (${message.split('.')[0]}): its files are damaged, are of another version of PostgreSQL, or may not be changed by their owner (chmod -R u+rwX); bring back a copy, or index the texts into a new folder`;
}

/** The database opens its files by their paths: those of another store in its place would become a mixture of both. */
function replacedError(path: string): Error {
  return new Error(
    `Cannot use store "${path}": its folder was removed, or another lies in its place now; nothing more was stored. Open it again`,
  );
}

function explainStart(error: Error, path: string): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (/^Cannot find module \S*pglite-thread/.test(error.message))
    return new Error(
      'Cannot open a store in a folder: the script of its thread is not there; leave wordkin out of the bundle ("external")',
      { cause: error },
    );
  if (code === 'ERR_MODULE_NOT_FOUND') {
    const packages = ['@electric-sql/pglite', '@electric-sql/pglite-pgvector'];
    return explainMissingPackage(error, 'open a store in a folder', ...packages);
  }
  const { message, errno } = error as { message?: string; errno?: number };
  return new Error(`Cannot use store "${path}": ${message || `the embedded database ended with error ${errno}`}`, {
    cause: error,
  });
}

const REASONS: Record<string, string> = {
  ENOSPC: 'there is no space left on the device',
  EDQUOT: 'the quota of disk space is used up',
  EFBIG: 'a file would get larger than the limit on the size of files',
  EIO: 'the disk reports an error in reading or writing',
  EROFS: 'the file system is read-only, and a store is written when it is opened',
  EACCES: 'permission denied; a store is a folder that can be read and written',
  EPERM: 'the system does not permit it; a store is a folder that can be read and written',
  ENOTSUP: 'the file system there takes no folders; a store is a folder on a disk',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a link on the path leads nowhere; a store is a folder',
  ENOENT: 'a folder on the path is not there, or a link leads nowhere',
  ELOOP: 'its links lead in a circle; a store is a folder',
  ENAMETOOLONG: 'the path is too long; a store is a folder',
  EMFILE: 'too many files are open; allow more, such as by ulimit -n 1024',
  ENFILE: 'too many files are open on this machine',
  ERR_ACCESS_DENIED:
    'the permissions of Node forbid it; start it with --allow-worker, and with --allow-fs-read and --allow-fs-write for the folder',
  ERR_INVALID_ARG_VALUE: 'the path holds a NUL character',
};

/** What to do before a store is opened again. */
const REMEDIES: Record<string, string> = {
  EFBIG: 'Raise the limit',
  EIO: 'Look after the disk',
  EROFS: 'Let it be written',
};

function diskError(path: string, code: string): Error {
  return new Error(
    `Cannot ${code === 'EIO' ? 'use' : 'write'} store "${path}": ${REASONS[code]} (${code}); what was told as stored is safe. ${REMEDIES[code] ?? 'Make room'}, then open it again`,
  );
}

/** The system's error as a sentence about this store. */
function explainDiskError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error.message.startsWith('Cannot ')) return error;
  const code = systemCode(error) ?? '';
  if (!REASONS[code]) return error;
  return new Error(`Cannot open store "${path}": ${REASONS[code]} (${code})`, { cause: error });
}
