import { trainFromText } from '../train.ts';
import { openTrainInput, type TrainInput, type TrainOptions } from '../training/train-input.ts';
import type { Preflight, TrainResult } from '../training/train-settings.ts';
import { type CheckpointFolder, openCheckpointFolder } from './checkpoint-folder.ts';
import { loadSegmenter } from './chinese-segmenter.ts';
import { createTemporaryFiles } from './temporary-files.ts';
import { openTextFiles } from './text-files.ts';
import { availableMemoryBytes, processors, startThread } from './training-threads.ts';

const machine = { createWorker: startThread, processors, loadSegmenter, availableMemoryBytes };

/** See src/environment/train.ts. */
export async function train(input: TrainInput, options: TrainOptions = {}): Promise<TrainResult> {
  const { sources, settings, folders } = await openTrainInput(input, options, openTextFiles);
  const { checkpointFolder, temporaryFolder } = folders;
  const { createCorpusStore, storeRun, dispose } = createTemporaryFiles(temporaryFolder);
  let checkpoints: CheckpointFolder | undefined;
  try {
    checkpoints = checkpointFolder === undefined ? undefined : await openCheckpointFolder(checkpointFolder);
    return await trainFromText(sources, settings, { ...machine, createCorpusStore, storeRun, checkpoints });
  } finally {
    checkpoints?.close();
    dispose();
  }
}

/** See src/environment/train.ts. */
export async function preflight(input: TrainInput, options: TrainOptions = {}): Promise<Preflight> {
  const { sources, settings } = await openTrainInput(input, options, openTextFiles);
  const { preflightFromText } = await import('../preflight/preflight.ts');
  return preflightFromText(sources, { ...settings, resume: undefined }, machine);
}
