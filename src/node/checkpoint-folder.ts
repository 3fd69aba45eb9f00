import { existsSync } from 'node:fs';
import { rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddingModel, floatContents } from '../model/embedding-model.ts';
import { formatSizes } from '../model/formats/model-file.ts';
import type { CheckpointStore } from '../training/checkpoint.ts';
import { makeFolder } from './make-folder.ts';
import { loadModel, saveModel } from './model-files.ts';
import { freeBytes } from './output-target.ts';
import { explainError } from './read-error.ts';
import { removeUnfinished } from './replace-files.ts';
import { lockStore } from './store-lock.ts';

const path = (folder: string, name: string) => join(folder, `${name}.checkpoint.safetensors`);

export interface CheckpointFolder extends CheckpointStore {
  /** Lets another training have the folder. */
  close(): void;
}

/**
 * Checkpoints as model files in a folder, each written beside, synced and renamed.
 *
 * @throws Error if nothing can be kept there, or another training does so now
 */
export async function openCheckpointFolder(folder: string): Promise<CheckpointFolder> {
  let close: () => void;
  try {
    makeFolder(folder);
    close = lockFolder(folder);
  } catch (error) {
    throw explainError(error as NodeJS.ErrnoException, `Cannot keep checkpoints in "${folder}"`);
  }
  return {
    name: folder,
    save: (name, contents) => saveModel(new EmbeddingModel(contents), path(folder, name), 'safetensors'),
    async load(name) {
      const file = path(folder, name);
      if (!(await stat(file).catch(() => undefined))) return undefined;
      // A number that has changed on the disk would change the model, and nobody would know.
      const { contents } = await loadModel(file, { verify: true }).catch((error: Error) => {
        throw new Error(
          `Cannot resume from "${folder}": ${error.message}; without this file the training begins anew`,
          { cause: error },
        );
      });
      return floatContents(contents);
    },
    close,
  };
}

/** Removes the checkpoints of a training whose model has been saved; a folder that is empty then goes, too. */
export async function removeCheckpoints(folder: string): Promise<void> {
  let close: () => void;
  try {
    close = lockFolder(folder);
  } catch {
    return; // there is none, or what is in it belongs to a training that has begun meanwhile
  }
  for (const name of ['latest', 'best']) await rm(path(folder, name), { force: true });
  removeUnfinished(folder); // of a training that was killed while it wrote one
  close();
  await rmdir(folder).catch(() => {}); // other files are not ours to remove
}

/** Whether a training can go on from there. */
export function holdsCheckpoint(folder: string): boolean {
  return existsSync(path(folder, 'latest'));
}

/** Whether a training has kept any state there. */
export function mayResume(folder: string): boolean {
  return holdsCheckpoint(folder) || existsSync(path(folder, 'best'));
}

/** What to say if the disk may be too small for checkpoints of so many bytes. */
export async function warnOfSpace(folder: string, byteLength: number): Promise<string | undefined> {
  const needed = 2 * byteLength; // a new one beside the old one
  const left = await freeBytes(folder);
  if (left === undefined || left >= needed) return undefined;
  const sizes = formatSizes(needed, left);
  return `the disk of "${folder}" may be too small for checkpoints: two take ${sizes[0]}, ${sizes[1]} are left; the training goes on without those that do not fit`;
}

function lockFolder(folder: string): () => void {
  try {
    return lockStore(folder);
  } catch (error) {
    // What is said of databases is not for trainings.
    const owner = /process \d.*/s.exec((error as Error).message)?.[0].replace(/; an embedded store.*/s, '');
    if (owner === undefined) throw error;
    throw new Error(`Cannot keep checkpoints in "${folder}": ${owner}; give each training a folder of its own`, {
      cause: error,
    });
  }
}
