// `wordkin` in Node: src/index.ts with threads, files and stores. What trains and what opens stores is loaded when it is used: it is a third of
// the library, and most programs need one of them at most.

import type { TrainInput, TrainOptions } from '../training/train-input.ts';
import { runTraining, type TrainingRun } from '../training/training-run.ts';

export * from '../index.ts';
export { removeCheckpoints } from './checkpoint-folder.ts';
export { convertModel } from './convert-model.ts';
export { createSentenceEncoder, loadTokenizer } from './load-tokenizer.ts';
export { loadModel, modelBlob, saveModel } from './model-files.ts';
export { openTextStore } from './open-text-store.ts';
export { openRecords } from './record-files.ts';
export { openTextFiles } from './text-files.ts';

type Training = typeof import('./train.ts');

/** See src/environment/train.ts. */
export const train: Training['train'] = async (...request) => (await import('./train.ts')).train(...request);

/** See src/environment/train.ts. */
export const preflight: Training['preflight'] = async (...request) =>
  (await import('./train.ts')).preflight(...request);

/** See src/environment/train.ts. */
export function startTraining(input: TrainInput, options: TrainOptions = {}): TrainingRun {
  return runTraining((settings) => train(input, settings), options);
}
