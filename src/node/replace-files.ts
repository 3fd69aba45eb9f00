import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { WrittenFile } from '../model/formats/write-model.ts';
import { explainError } from './read-error.ts';
import { removeAbandoned, temporaryName } from './temporary-names.ts';

const PREFIX = '.wordkin-';
const SUFFIX = '.tmp';
/** Files that are whole and wait in this folder to be moved to their places: with it the new ones hold. */
const READY = '.wordkin-ready';
/** Other writers of the same files that one may meet. */
const MOST_MEETINGS = 1000;

/** Removes from a folder what processes that were killed while they wrote there have left of files that were not whole. */
export function removeUnfinished(folder: string): void {
  removeAbandoned(folder, PREFIX, SUFFIX);
}

/**
 * Writes a file so that at `path` is either the old one or the whole new one, whatever happens: written beside under a
 * name of its own, synced, renamed.
 *
 * @throws the error of the system or of `chunks`; what was there before is unchanged
 */
export async function replaceFile(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const folder = dirname(path);
  removeUnfinished(folder);
  const temporary = join(folder, temporaryName(PREFIX, SUFFIX));
  try {
    await writeNewFile(temporary, chunks, await modeOf(path));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Writes files of one folder that belong together: either all old ones or all new ones, whatever happens. They are
 * written and synced in a folder of their own, whose renaming to `ready` decides; then they are moved. Who finds such a
 * folder, left by a process that was killed or of one that is just moving, moves what is left in it.
 *
 * @param ready - of `readyFolder`
 * @throws the error of the system or of `files`; what was there before is unchanged, unless the message says otherwise
 */
export async function replaceFiles(folder: string, ready: string, files: Iterable<WrittenFile>): Promise<void> {
  removeUnfinished(folder);
  await finishReplacing(folder, ready);
  const temporary = join(folder, temporaryName(PREFIX, SUFFIX));
  try {
    await mkdir(temporary);
    for (const [name, chunks] of files) {
      await writeNewFile(join(temporary, name), chunks, await modeOf(join(folder, name)));
    }
    await syncFolder(temporary);
    await makeReady(temporary, folder, ready);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
  await finishReplacing(folder, ready);
}

/** Where files for `path` wait, by `path` being a folder or the file that gives the others their names. */
export function readyFolder(path: string, isFolder: boolean): string {
  return isFolder ? join(path, READY) : join(dirname(path), `.${basename(path)}${READY}`);
}

/**
 * Moves files that are ready to their places.
 *
 * @throws Error that says where they lie, if they cannot be moved
 */
export async function finishReplacing(folder: string, ready: string): Promise<void> {
  if (!existsSync(ready)) return; // an error would take longer, before each reading of a model
  const names = await readdir(ready).catch(() => undefined);
  if (!names) return;
  for (const name of names) {
    await rename(join(ready, name), join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return; // another process has moved it
      throw explainError(
        error,
        `Cannot move files of "${ready}" to "${folder}"`,
        '; they are whole and belong there: the next time that they are read or written they are moved',
      );
    });
  }
  await rmdir(ready).catch(() => {}); // another one has, or has made it anew
  await syncFolder(folder);
}

/** A folder cannot be renamed to one that is there and holds something: of two writers one waits for the other. */
async function makeReady(temporary: string, folder: string, ready: string): Promise<void> {
  for (let meeting = 0; ; meeting++) {
    try {
      return await rename(temporary, ready);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isThere = code === 'ENOTEMPTY' || code === 'EEXIST' || (process.platform === 'win32' && code === 'EPERM');
      if (!isThere || meeting === MOST_MEETINGS) throw error;
    }
    await finishReplacing(folder, ready);
  }
}

/** @param mode - of the file whose place it takes; as the system makes files if omitted */
async function writeNewFile(path: string, chunks: Iterable<Uint8Array>, mode: number | undefined): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    if (mode !== undefined) await handle.chmod(mode).catch(() => {}); // not all file systems know modes
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
    }
    await sync(handle);
  } finally {
    await handle.close();
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats && stats.mode & 0o777;
}

/** Not all file systems can sync, and not all that stands in for Node's files; what was not kept is told. */
async function sync(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    if (/^(EIO|ENOSPC|EDQUOT)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Makes a rename itself durable, where the system lets a folder be synced (Windows does not). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // its files are synced
  } finally {
    await handle?.close();
  }
}
