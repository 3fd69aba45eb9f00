import { lstatSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { TrainingOptions, Vocabulary } from '../entries/training.ts';
import type { EmbeddingModel } from '../model/embedding-model.ts';
import type { ModelFormat } from '../model/formats/writable-formats.ts';
import { holdsCheckpoint, warnOfSpace } from '../node/checkpoint-folder.ts';
import { saveModel } from '../node/model-files.ts';
import { expectedByteLength } from '../node/model-forecast.ts';
import { checkFileOutput, checkModelOutput } from '../node/output-target.ts';
import { openTextFiles } from '../node/text-files.ts';
import type { TextFileOptions } from '../text/text-file-options.ts';
import { note } from './output.ts';

/** What a training writes and reads, by its options. */
export interface TrainPaths {
  readonly output: string;
  readonly outputFormat: ModelFormat;
  readonly saveVocabulary?: string | undefined;
  readonly readVocabulary?: string | undefined;
  readonly dictionary?: string | undefined;
  readonly start?: string | undefined;
  readonly continue?: string | undefined;
  readonly checkpoint?: string | undefined;
}

/**
 * Looks at all places that a training writes to, before it begins.
 *
 * @returns all that it reads
 * @throws Error if one cannot be written, or what lies there would be lost
 */
export async function checkTrainOutput(
  texts: string[],
  paths: TrainPaths,
  { format: textFormat, field }: TextFileOptions,
): Promise<readonly string[]> {
  const { output, outputFormat: format, saveVocabulary, readVocabulary, checkpoint } = paths;
  await checkModelOutput(output, { format }); // its name first: it may be the only thing that is wrong
  const files = await openTextFiles(texts, { format: textFormat, field });
  // A model may take the place of the one that it goes on from, where the format keeps all of it: it is replaced when it is whole.
  const continued = format === 'safetensors' ? undefined : paths.continue;
  const others = [readVocabulary, paths.dictionary, paths.start, continued].filter((path) => path !== undefined);
  const inputs = [...texts, ...files.map(({ name }) => name), ...others];
  await checkModelOutput(output, { format, inputs });
  if (saveVocabulary !== undefined) {
    await checkFileOutput(saveVocabulary, 'vocabulary', { inputs, model: [output, format] });
  }
  if (checkpoint !== undefined && resolve(checkpoint) === resolve(output))
    throw new Error(`Cannot keep checkpoints in "${checkpoint}": the model goes there; give another folder`);
  return inputs;
}

/**
 * Looks again when the words are known: whether the format can hold them, and the disk the model.
 *
 * @returns when the disks have been looked at; rejects if that of the model is too small
 * @throws RangeError, at once, for a word that the format cannot hold
 */
export function checkTrainedSize(
  vocabulary: Pick<Vocabulary, 'words' | 'counts'>,
  options: TrainingOptions,
  { output, outputFormat: format, checkpoint }: TrainPaths,
): Promise<void> {
  const byteLength = expectedByteLength(vocabulary, options, format);
  const checkDisks = async () => {
    await checkModelOutput(output, { format, byteLength });
    if (checkpoint === undefined) return;
    const warning = await warnOfSpace(checkpoint, expectedByteLength(vocabulary, options, 'safetensors'));
    if (warning !== undefined) note(warning);
  };
  return checkDisks();
}

/**
 * Saves a model that took long to train. Where that fails it is kept elsewhere, in the format that holds everything.
 *
 * @throws Error that says why it was not saved, and where it is kept
 */
export async function saveOrKeep(
  model: EmbeddingModel,
  path: string,
  inputs: readonly string[],
  { outputFormat, checkpoint }: TrainPaths,
): Promise<void> {
  try {
    await checkModelOutput(path, { format: outputFormat, inputs });
    await saveModel(model, path, outputFormat);
  } catch (error) {
    const { message } = error as Error;
    const kept = await keepElsewhere(model, path, [dirname(path), checkpoint, tmpdir(), process.cwd(), homedir()]);
    if (kept === undefined)
      throw new Error(`${message}. It could not be kept anywhere else${resumeHint(checkpoint)}`, { cause: error });
    throw new Error(`${message}. The model is kept in "${kept}"; "wordkin convert" makes other formats of it`, {
      cause: error,
    });
  }
}

async function keepElsewhere(
  model: EmbeddingModel,
  path: string,
  folders: readonly (string | undefined)[],
): Promise<string | undefined> {
  const stem =
    basename(path)
      .replace(/\.[^.]*$/, '')
      .slice(0, 100) || 'model';
  for (const folder of folders) {
    if (folder === undefined) continue;
    try {
      let place = join(folder, `${stem}.kept.safetensors`);
      for (let number = 2; lstatSync(place, { throwIfNoEntry: false }); number++)
        place = join(folder, `${stem}.kept-${number}.safetensors`);
      await saveModel(model, place, 'safetensors');
      return place;
    } catch {} // the next one
  }
  return undefined;
}

/** What was stopped is not what was asked for, so it does not take the place of what is there. */
export function partialName(output: string): string {
  const [, path, slash] = /^(.*?)([\\/]*)$/.exec(output)!;
  return path.replace(/(\.[^./\\]*)?$/, '.partial$1') + slash;
}

export function resumeHint(checkpoint: string | undefined): string {
  return checkpoint !== undefined && holdsCheckpoint(checkpoint) ? '; --resume goes on from the last checkpoint' : '';
}
