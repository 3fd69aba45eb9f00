import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openCheckpointFolder, removeCheckpoints } from './checkpoint-folder.ts';
import { temporaryName } from './temporary-names.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-checkpoint-folder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('gives back what was kept, and refuses it where a bit has changed on the disk', async () => {
  const store = await openCheckpointFolder(folder);
  const inputVectors = Float32Array.of(1, 2, 3, 4);
  try {
    expect(await store.load('latest')).toBeUndefined();
    await store.save('latest', { words: ['a', 'b'], dimensions: 2, inputVectors, outputVectors: inputVectors });
    expect(await store.load('latest')).toMatchObject({ words: ['a', 'b'], inputVectors });
    const file = join(folder, 'latest.checkpoint.safetensors');
    const bytes = readFileSync(file);
    const at = bytes.indexOf(Buffer.from(inputVectors.buffer));
    bytes[at + 1] ^= 1;
    writeFileSync(file, bytes);
    await expect(store.load('latest')).rejects.toThrow(
      /^Cannot resume from ".*": .*: it was damaged; without this file the training begins anew$/,
    );
  } finally {
    store.close();
  }
});

it('goes when the training has ended, with what a killed process has left half written, and without what others have put there', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']); // a process that has ended
  const ofProcess = (id: number) => temporaryName('.wordkin-', '.tmp').replace(/\d+/, String(id));
  const place = join(folder, 'ended');
  mkdirSync(place);
  for (const name of ['latest.checkpoint.safetensors', ofProcess(pid)]) writeFileSync(join(place, name), 'x');
  await removeCheckpoints(place);
  expect(existsSync(place)).toBe(false);

  mkdirSync(place);
  const others = [ofProcess(process.pid), 'notes.txt'];
  for (const name of [...others, ofProcess(pid)]) writeFileSync(join(place, name), 'x');
  await removeCheckpoints(place);
  expect(readdirSync(place).sort()).toEqual(others.sort());
});
