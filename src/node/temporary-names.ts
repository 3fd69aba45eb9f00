import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** What an owner of another machine or container has not touched for so long has been left behind. */
const ABANDONED_MILLISECONDS = 24 * 60 * 60 * 1000;
const OWNER = /^(\d+)-([0-9a-f]{8})-[0-9a-f]{12}$/;

/** Where process ids have a meaning: in this container, since the machine was started. */
const SCOPE = createHash('sha256').update(processScope()).digest('hex').slice(0, 8);

function processScope(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** A name that no other has: `prefix`, then which process made it, a random number, `suffix`. */
export function temporaryName(prefix: string, suffix = ''): string {
  return `${prefix}${process.pid}-${SCOPE}-${randomBytes(6).toString('hex')}${suffix}`;
}

/**
 * Removes from `folder` what processes that are gone have left under names of `temporaryName(prefix, suffix)`. Of a process
 * in another container nobody here knows whether it runs, so that its files go only by age. What cannot be removed stays.
 */
export function removeAbandoned(folder: string, prefix: string, suffix = ''): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // who writes there will say so
  }
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue;
    const owner = OWNER.exec(name.slice(prefix.length, name.length - suffix.length));
    const path = join(folder, name);
    try {
      if (owner && isAbandoned(path, Number(owner[1]), owner[2])) rmSync(path, { recursive: true, force: true });
    } catch {}
  }
}

function isAbandoned(path: string, pid: number, scope: string): boolean {
  const stats = lstatSync(path);
  if (process.getuid && stats.uid !== process.getuid()) return false;
  return scope === SCOPE ? !isRunning(pid) : Date.now() - stats.mtimeMs > ABANDONED_MILLISECONDS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !isZombie(pid);
}

/** A process that has ended, but whose parent has not asked how: after a job was killed that may be so for long. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false; // no Linux
  }
}
