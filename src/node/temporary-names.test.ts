import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { TemporaryFolder } from './temporary-folder.ts';
import { removeAbandoned, temporaryName } from './temporary-names.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Above the highest process id of Linux. */
const GONE = 2 ** 22 + 1;
const DAYS = 24 * 60 * 60;

function place(name: string, ageSeconds = 0): string {
  const path = join(folder, name);
  writeFileSync(path, 'x');
  const time = Date.now() / 1000 - ageSeconds;
  utimesSync(path, time, time);
  return name;
}

it('what a process that is gone has left goes, and nothing else', () => {
  const own = temporaryName('.wordkin-', '.tmp');
  const [, pid, scope] = /^\.wordkin-(\d+)-([0-9a-f]{8})-/.exec(own)!;
  expect(Number(pid)).toBe(process.pid);
  expect(temporaryName('.wordkin-', '.tmp')).not.toBe(own);
  const elsewhere = scope === 'aaaaaaaa' ? 'bbbbbbbb' : 'aaaaaaaa';
  const kept = [
    place(own, 3 * DAYS), // this process runs
    place(`.wordkin-${GONE}-${elsewhere}-0123456789ab.tmp`, DAYS / 2), // it may run in another container
    place(`.wordkin-${GONE}-${scope}-0123456789ab.tmp.txt`, 3 * DAYS),
    place('.wordkin-notes.tmp', 3 * DAYS),
    place(`model.bin.${GONE}.tmp`, 3 * DAYS),
  ];
  place(`.wordkin-${GONE}-${scope}-0123456789ab.tmp`);
  place(`.wordkin-${process.pid}-${elsewhere}-0123456789ab.tmp`, 2 * DAYS);
  mkdirSync(join(folder, `.wordkin-${GONE}-${scope}-ba9876543210.tmp`));
  writeFileSync(join(folder, `.wordkin-${GONE}-${scope}-ba9876543210.tmp`, 'part'), 'x');
  removeAbandoned(folder, '.wordkin-', '.tmp');
  expect(readdirSync(folder).sort()).toEqual(kept.sort());
  removeAbandoned(join(folder, 'nowhere'), '.wordkin-', '.tmp');
});

it.runIf(process.platform === 'linux')(
  'what a zombie has left goes: a process that nobody has waited for',
  async () => {
    // The shell becomes a program that waits for no child; only then its child is told to end.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    const until = async (file: string, pattern: RegExp) => {
      while (!pattern.test(readFileSync(file, 'latin1'))) await new Promise((done) => setTimeout(done, 5));
    };
    try {
      const [told] = await once(parent.stdout!, 'data');
      const zombie = Number(String(told));
      await until(`/proc/${parent.pid}/cmdline`, /^sleep\0/);
      (parent.stdio[3] as Writable).end();
      await until(`/proc/${zombie}/stat`, /\) Z /);
      const [, scope] = /^x\d+-([0-9a-f]{8})-/.exec(temporaryName('x'))!;
      const of = (pid: number) => place(`zombie-${pid}-${scope}-0123456789ab`);
      const [, kept] = [of(zombie), of(parent.pid!)];
      removeAbandoned(folder, 'zombie-');
      expect(readdirSync(folder).filter((name) => name.startsWith('zombie-'))).toEqual([kept]);
    } finally {
      parent.kill('SIGKILL');
    }
  },
);

it('temporary folders: one listener for all of them, none when they are gone; those of killed processes are removed', () => {
  const parent = mkdtempSync(join(folder, 'parent-'));
  const [, scope] = /^x\d+-([0-9a-f]{8})-/.exec(temporaryName('x'))!;
  mkdirSync(join(parent, `wordkin-${GONE}-${scope}-0123456789ab`));
  mkdirSync(join(parent, 'wordkin-of-mine'));
  const before = process.listenerCount('exit');
  const folders = Array.from({ length: 12 }, () => new TemporaryFolder(parent));
  expect(readdirSync(parent).length).toBe(13);
  expect(process.listenerCount('exit')).toBe(before + 1);
  for (const one of folders) one.dispose();
  expect(process.listenerCount('exit')).toBe(before);
  expect(readdirSync(parent)).toEqual(['wordkin-of-mine']);
  expect(() => new TemporaryFolder(join(parent, 'nowhere'))).toThrow(
    /^Cannot keep temporary files in ".*nowhere": there is no such file or folder; give another temporaryFolder/,
  );
  expect(process.listenerCount('exit')).toBe(before);
});
