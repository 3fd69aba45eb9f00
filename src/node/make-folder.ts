import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it that are not there. Node's own `recursive` never ends where a file system takes no folders and
 * says so as if the parent were not there, as /proc does.
 *
 * @returns whether the folder was made
 * @throws the system's error; ENOTSUP where no folder can be made
 */
export function makeFolder(path: string): boolean {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder) && dirname(folder) !== folder; folder = dirname(folder))
    missing.push(folder);
  let made = false;
  for (const folder of missing.reverse()) made = makeOne(folder);
  if (missing.length === 0 && !statSync(path).isDirectory()) throw systemError('EEXIST', path);
  return made;
}

function makeOne(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isThere = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
    if (code === 'EEXIST' && isThere()) return false; // another process was faster
    if (code === 'ENOENT' && existsSync(dirname(folder))) throw systemError('ENOTSUP', folder);
    throw error;
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: mkdir '${path}'`), { code });
}
