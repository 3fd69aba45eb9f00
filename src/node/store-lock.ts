import { randomUUID } from 'node:crypto';
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Names of the files that a lock makes in the folder begin so. */
export const LOCK_FILE = 'wordkin.lock';

/** A process, so that no other is taken for it: neither a later one of the same number nor one of another container. */
interface Owner {
  /** Tells this lock from every other. */
  readonly token: string;
  readonly pid: number;
  /** When the process began; empty where the system does not tell. */
  readonly started: string;
  readonly host: string;
  /** Which start of the machine; empty where the system does not tell. */
  readonly boot: string;
  /** In which numbering of processes `pid` is meant; empty where there is one only. */
  readonly namespace: string;
}

/** How the locks that this process has are released, also when it ends. */
const held = new Set<() => void>();
const releaseAll = () => {
  for (const release of held) release();
};

const ATTEMPTS = 100;
/** A lock that cannot be read is looked at again so often: perhaps it is being written. */
const READING_ATTEMPTS = 10;
const WAIT_MILLISECONDS = 20;
/** What file systems answer that have no hard links. */
const WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'UNKNOWN', 'EISDIR'];

/**
 * Locks a folder for this process, and returns how to unlock it. The lock is a file in the folder, whatever the path by which
 * it was reached, made together with its content in one step. That of a process of this machine that has ended is taken over.
 *
 * The lock is a chain: the file `wordkin.lock` belongs to its owner; if that has ended, the one process that makes
 * `wordkin.lock.after-TOKEN` with the owner's token succeeds it, and so on. The successor then puts its own file in the place of the first.
 *
 * @param folder - must be there
 * @throws Error if a process that runs, or one of elsewhere, has it
 */
export function lockStore(folder: string, shown = folder): () => void {
  const lock = join(folder, LOCK_FILE);
  const own: Owner = { token: randomUUID(), pid: process.pid, started: startOf(process.pid), ...here() };
  let unreadable = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (makeFile(lock, own)) return releaser(lock, own);
    const chain = readChain(lock);
    const last = chain.at(-1);
    if (!last) continue; // it was released in this moment
    if (last.owner === 'unreadable') {
      if (++unreadable < READING_ATTEMPTS) {
        pause();
        continue;
      }
      throw new Error(
        `Cannot open "${shown}": its lock file "${last.file}" cannot be read; delete it if no process uses the store`,
      );
    }
    refuseIfInUse(last.owner, last.file, shown);
    const next = `${lock}.after-${last.owner.token}`;
    if (!makeFile(next, own)) continue;
    // The chain may have been another when it was read: then this file hangs on nothing.
    if (readChain(lock).at(-1)?.file !== next) {
      rmSync(next, { force: true });
      continue;
    }
    renameSync(next, lock);
    for (const { file } of chain.slice(1)) rmSync(file, { force: true });
    return releaser(lock, own);
  }
  throw new Error(`Cannot open "${shown}": its lock file "${lock}" changes all the time; try again`);
}

/**
 * Tells from now on whether the folder still holds the lock that it holds now: it does not when it was removed, or another was put
 * in its place, by whoever goes by its path.
 */
export function watchLock(folder: string): () => boolean {
  const look = () => statSync(join(folder, LOCK_FILE), { bigint: true, throwIfNoEntry: false });
  const own = look();
  return () => {
    try {
      const now = look();
      return now?.ino === own?.ino && now?.dev === own?.dev;
    } catch {
      return true; // a disk that fails is told of by those who read and write
    }
  };
}

type Link = { readonly file: string; readonly owner: Owner | 'unreadable' };

/** The lock and those that have succeeded each other; empty if there is none. */
function readChain(lock: string): Link[] {
  const chain: Link[] = [];
  for (let file = lock; ; ) {
    const owner = readOwner(file);
    if (!owner) return chain;
    chain.push({ file, owner });
    if (owner === 'unreadable') return chain;
    file = `${lock}.after-${owner.token}`;
  }
}

function readOwner(file: string): Link['owner'] | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'unreadable';
  }
  try {
    const owner = JSON.parse(text) as Owner;
    return typeof owner.token === 'string' && /^[\w-]+$/.test(owner.token) && Number.isInteger(owner.pid)
      ? owner
      : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

/** Makes a file with all of its content, unless there is one of that name. */
function makeFile(file: string, owner: Owner): boolean {
  const content = JSON.stringify(owner);
  const draft = `${file}.draft-${owner.token}`;
  try {
    writeFileSync(draft, content, { flag: 'wx' });
    try {
      linkSync(draft, file);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (!WITHOUT_LINKS.includes(code ?? '')) throw error;
    }
  } finally {
    rmSync(draft, { force: true });
  }
  // A file system without hard links: for a moment the file is there and empty, which others take as one that cannot be read.
  let made: number;
  try {
    made = openSync(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeFileSync(made, content);
    return true;
  } catch (error) {
    rmSync(file, { force: true }); // a part of it would keep all others out
    throw error;
  } finally {
    closeSync(made);
  }
}

function releaser(lock: string, own: Owner): () => void {
  const release = () => {
    if (!held.delete(release)) return;
    if (held.size === 0) process.off('exit', releaseAll);
    const owner = readOwner(lock);
    if (!owner || owner === 'unreadable' || owner.token !== own.token) return;
    try {
      rmSync(lock, { force: true });
    } catch {
      // The disk fails: that is told by what was written. Who opens the store next finds that this process has ended.
    }
  };
  if (held.size === 0) process.on('exit', releaseAll);
  held.add(release);
  return release;
}

function refuseIfInUse(owner: Owner, file: string, shown: string): void {
  const { pid, started, host } = owner;
  const system = here();
  if (host !== system.host || owner.boot !== system.boot || owner.namespace !== system.namespace) {
    const place =
      host !== system.host
        ? `on the machine "${host}"`
        : 'in another container, or before the machine was last started,';
    throw new Error(
      `Cannot open "${shown}": process ${pid} ${place} uses it or has not closed it; whether it still runs cannot be told from here. If it does not, delete "${file}"`,
    );
  }
  if (isAlive(pid, started))
    throw new Error(
      `Cannot open "${shown}": process ${pid} uses it; an embedded store takes one process at a time. Wait for it, or use a PostgreSQL server`,
    );
}

function isAlive(pid: number, started: string): boolean {
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

function here(): Pick<Owner, 'host' | 'boot' | 'namespace'> {
  const orEmpty = (read: () => string) => {
    try {
      return read().trim();
    } catch {
      return ''; // not on this system
    }
  };
  return {
    host: hostname(),
    boot: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    namespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  };
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MILLISECONDS);
}
