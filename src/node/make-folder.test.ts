import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpointFolder } from './checkpoint-folder.ts';
import { makeFolder } from './make-folder.ts';
import { openPglite } from './pglite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (...names: string[]) => join(folder, ...names);

it('makes a folder and those above it, and tells whether it did', () => {
  expect(makeFolder(path('a', 'b', 'c'))).toBe(true);
  expect(existsSync(path('a', 'b', 'c'))).toBe(true);
  expect(makeFolder(path('a', 'b', 'c'))).toBe(false);
  expect(makeFolder(path('a', 'b', '..', 'd/'))).toBe(true);
  expect(existsSync(path('a', 'd'))).toBe(true);
});

it('gives the errors of the system', () => {
  writeFileSync(path('file'), '');
  mkdirSync(path('target'));
  symlinkSync(path('target'), path('link'));
  symlinkSync(path('nowhere'), path('dangling'));
  expect(makeFolder(path('link', 'below'))).toBe(true);
  for (const [name, code] of [
    ['file', 'EEXIST'],
    ['file/below', 'ENOTDIR'],
    ['dangling', 'EEXIST'],
  ])
    expect(() => makeFolder(path(name)), name).toThrow(expect.objectContaining({ code }));
});

describe.skipIf(process.platform !== 'linux')('a file system that takes no folders', () => {
  it.each(['/proc/wordkin', '/proc/wordkin/deep', '/proc/self/fd/wordkin'])(
    'is told, not tried for ever: %s',
    async (place) => {
      expect(() => makeFolder(place)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/ENOTSUP|EACCES/) }),
      );
      await expect(openPglite(place, { mustExist: false })).rejects.toThrow(
        /^Cannot open .*(takes no folders|permission)/,
      );
      await expect(openCheckpointFolder(place)).rejects.toThrow(/^Cannot keep .*(takes no folders|permission)/);
    },
  );
});
