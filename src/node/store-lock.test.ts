import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { LOCK_FILE, lockStore, watchLock } from './store-lock.ts';

const everything = mkdtempSync(join(tmpdir(), 'wordkin-lock-'));
afterAll(() => rmSync(everything, { recursive: true, force: true }));
let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(everything, 'store-'));
  lock = join(folder, LOCK_FILE);
});

/** The lock of this process, changed as if another had made it. */
function leaveLock(change: Record<string, unknown>, file = lock): void {
  const other = mkdtempSync(join(everything, 'other-'));
  const unlock = lockStore(other);
  const owner = JSON.parse(readFileSync(join(other, LOCK_FILE), 'utf8')) as Record<string, unknown>;
  unlock();
  writeFileSync(file, JSON.stringify({ ...owner, ...change }));
}

const ENDED = { pid: 2 ** 22 - 3, started: '1' };

describe('lockStore', () => {
  it('takes one at a time, and leaves nothing behind', () => {
    const unlock = lockStore(folder);
    expect(() => lockStore(folder, 'texts.db')).toThrow(
      `Cannot open "texts.db": process ${process.pid} uses it; an embedded store takes one process at a time`,
    );
    unlock();
    unlock();
    lockStore(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is known to be gone where the folder was removed, emptied, or another lies in its place', () => {
    const moved = `${folder}-moved`;
    const unlock = lockStore(folder);
    const isHeld = watchLock(folder);
    expect(isHeld()).toBe(true);
    renameSync(folder, moved);
    expect(isHeld()).toBe(false);
    mkdirSync(folder);
    expect(isHeld()).toBe(false);
    const unlockOther = lockStore(folder);
    expect(isHeld()).toBe(false);
    unlock(); // not what another has locked
    expect(readdirSync(folder)).toEqual([LOCK_FILE]);
    unlockOther();
    rmSync(moved, { recursive: true });
  });

  it('takes over what a process that has ended left, and a successor that has ended, too', () => {
    leaveLock({ ...ENDED, token: 'first' });
    leaveLock({ ...ENDED, token: 'second' }, `${lock}.after-first`);
    const unlock = lockStore(folder);
    expect(() => lockStore(folder)).toThrow(`process ${process.pid} uses it`);
    expect(readdirSync(folder)).toEqual([LOCK_FILE]);
    unlock();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses while a successor runs', () => {
    leaveLock({ ...ENDED, token: 'first' });
    leaveLock({ token: 'second' }, `${lock}.after-first`);
    expect(() => lockStore(folder)).toThrow(`process ${process.pid} uses it`);
  });

  it('is not misled by what hangs on an owner that is no more', () => {
    leaveLock({ token: 'orphan' }, `${lock}.after-first`);
    lockStore(folder)();
  });

  it('takes a process of the same number that began later for another', () => {
    leaveLock({ started: '1' });
    lockStore(folder)();
  });

  it.each([
    ['another machine', { host: 'elsewhere' }, /on the machine "elsewhere"/],
    ['another start of the machine', { boot: 'another' }, /before the machine was last started/],
    ['another container', { namespace: 'pid:[1]' }, /in another container/],
  ])('refuses a lock of %s, whether its process runs or not, and says what to do', (_, change, message) => {
    leaveLock({ ...ENDED, ...change });
    expect(() => lockStore(folder)).toThrow(message);
    expect(() => lockStore(folder)).toThrow(`If it does not, delete "${lock}"`);
    expect(readdirSync(folder)).toEqual([LOCK_FILE]);
  });

  it.each(['', '{', '{"pid":1}', '{"token":"../../x","pid":1}', 'null'])(
    'does not take over a lock that says %o',
    (text) => {
      writeFileSync(lock, text);
      expect(() => lockStore(folder)).toThrow(/cannot be read; delete it if no process uses the store/);
      expect(readFileSync(lock, 'utf8')).toBe(text);
    },
  );
});
