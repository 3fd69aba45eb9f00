import { mkdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddingModel, floatContents } from '../model/embedding-model.ts';
import type { CheckpointStore } from '../training/checkpoint.ts';
import { loadModel, saveModel } from './model-files.ts';

const path = (folder: string, name: string) => join(folder, `${name}.checkpoint.safetensors`);

/** Checkpoints as model files in a folder, each written beside, synced and renamed. */
export async function openCheckpointFolder(folder: string): Promise<CheckpointStore> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw new Error(`Cannot keep checkpoints in "${folder}": it cannot be made a folder`, { cause });
  });
  return {
    name: folder,
    save: (name, contents) => saveModel(new EmbeddingModel(contents), path(folder, name), 'safetensors'),
    async load(name) {
      const file = path(folder, name);
      const found = await stat(file).catch(() => undefined);
      return found && floatContents((await loadModel(file)).contents);
    },
  };
}

/** Removes the checkpoints of a training whose model has been saved; a folder that is empty then goes, too. */
export async function removeCheckpoints(folder: string): Promise<void> {
  for (const name of ['latest', 'best']) await rm(path(folder, name), { force: true });
  await rmdir(folder).catch(() => {}); // other files are not ours to remove
}
