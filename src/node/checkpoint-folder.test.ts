import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openCheckpointFolder } from './checkpoint-folder.ts';

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
