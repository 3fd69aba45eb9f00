import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';

interface Owner {
  readonly pid: number;
  /** When the process began, so that another process of the same number is not taken for it; empty where unknown. */
  readonly started: string;
}

/**
 * Makes a file that says which process uses a store, and returns how to remove it. The file of a process that has ended is
 * taken over.
 *
 * @throws Error if a process that runs has it
 */
export function lockStore(path: string): () => void {
  const file = `${path}.lock`;
  const own: Owner = { pid: process.pid, started: startOf(process.pid) };
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      const handle = openSync(file, 'wx');
      writeSync(handle, JSON.stringify(own));
      closeSync(handle);
      return () => {
        if (sameOwner(readOwner(file), own)) rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = readOwner(file);
    if (owner && isAlive(owner)) {
      throw new Error(
        `Cannot open "${path}": process ${owner.pid} uses it; an embedded store takes one process at a time. Wait for it, or use a PostgreSQL server`,
      );
    }
    // Moved away, not deleted: if another process was faster, this is its new file, and it is given back.
    const moved = `${file}.${process.pid}`;
    try {
      renameSync(file, moved);
    } catch {
      continue;
    }
    const taken = readOwner(moved);
    if (taken && isAlive(taken)) renameSync(moved, file);
    else rmSync(moved, { force: true });
  }
  throw new Error(`Cannot open "${path}": its lock file "${file}" changes all the time`);
}

function readOwner(file: string): Owner | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Owner>;
    return typeof pid === 'number' ? { pid, started: String(started ?? '') } : undefined;
  } catch {
    return undefined;
  }
}

function sameOwner(a: Owner | undefined, b: Owner): boolean {
  return a?.pid === b.pid && a.started === b.started;
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return started === '' || now === '' || started === now;
}

/** Start of a process in clock ticks since the machine began, where the system tells. */
function startOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return '';
  }
}
