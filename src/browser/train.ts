import { trainFromText } from '../train.ts';
import { openTrainInput, type TrainInput, type TrainOptions } from '../training/train-input.ts';
import type { Preflight, TrainEdge, TrainResult } from '../training/train-settings.ts';
import { runTraining, type TrainingRun } from '../training/training-run.ts';
import { loadSegmenter } from './chinese-segmenter.ts';
import { openTextFiles } from './text-files.ts';
import { startThread } from './training-threads.ts';

/** See src/environment/train.ts. */
export async function train(input: TrainInput, options: TrainOptions = {}): Promise<TrainResult> {
  const { sources, settings, folders } = await openTrainInput(input, options, openTextFiles);
  for (const [name, folder] of Object.entries({ ...folders, resume: settings.resume || undefined })) {
    if (folder !== undefined)
      throw new RangeError(`Cannot use "${name}" in a page, which has no folders: leave it out`);
  }
  return trainFromText(sources, settings, page());
}

/** See src/environment/train.ts. */
export async function preflight(input: TrainInput, options: TrainOptions = {}): Promise<Preflight> {
  const { sources, settings } = await openTrainInput(input, options, openTextFiles);
  const { preflightFromText } = await import('../preflight/preflight.ts');
  return preflightFromText(sources, { ...settings, resume: undefined }, page());
}

/** See src/environment/train.ts. */
export function startTraining(input: TrainInput, options: TrainOptions = {}): TrainingRun {
  return runTraining((settings) => train(input, settings), options);
}

/** See src/environment/train.ts. */
export async function removeCheckpoints(folder: string): Promise<void> {
  throw new Error(`Cannot remove checkpoints in "${folder}": a page has no folders, and makes no checkpoints`);
}

function page(): TrainEdge {
  return {
    loadSegmenter,
    createWorker: startThread,
    processors: globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1,
  };
}
