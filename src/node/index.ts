// wordkin in Node: the portable list, with training in worker threads on files and models on disk.
import { type EmbeddingModel, inferTokenizer, SentenceEncoder } from '../model-entry.ts';
import { preflightFromText } from '../preflight/preflight.ts';
import type { TextSource } from '../text/text-source.ts';
import { TOKEN_SEPARATOR, textsSource, tokensSource } from '../text/text-source.ts';
import type { TokenizerName } from '../text/tokenizer.ts';
import { trainFromText } from '../train.ts';
import { INPUT_HELP, type Preflight, type TrainResult, type TrainSettings } from '../training/train-settings.ts';
import type { PartialTrainingOptions } from '../training/training-options.ts';
import { runTraining, type TrainingRun } from '../training/training-run.ts';
import { type CheckpointFolder, openCheckpointFolder } from './checkpoint-folder.ts';
import { loadSegmenter } from './chinese-segmenter.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import { createTemporaryFiles } from './temporary-files.ts';
import { openTextFiles, type TextFileOptions } from './text-files.ts';
import { availableMemoryBytes, createThread, processors } from './training-threads.ts';

export * from '../index.ts';
export { removeCheckpoints } from './checkpoint-folder.ts';
export type { Conversion, ConvertOptions } from './convert-model.ts';
export { convertModel } from './convert-model.ts';
export { loadTokenizer } from './load-tokenizer.ts';
export type { LoadOptions } from './model-files.ts';
export { loadModel, saveModel } from './model-files.ts';
export type { RecordOptions, RecordProgress } from './record-files.ts';
export { openRecords } from './record-files.ts';
export type { TextFileOptions, TextFormat } from './text-files.ts';
export { openTextFiles } from './text-files.ts';
export type { TextStoreOptions } from './text-stores.ts';
export { openTextStore } from './text-stores.ts';

/** What to train on: paths (files, folders, globs, "-"), or texts, or token lists, or sources of one's own. */
export type TrainInput =
  | { readonly files: string | readonly string[] }
  | { readonly texts: Iterable<string> }
  | { readonly tokens: Iterable<readonly string[]> }
  | { readonly sources: readonly TextSource[] };

export interface NodeTrainSettings extends TrainSettings, TextFileOptions {
  /** Folder for the encoded corpus, 4 bytes a token; the system's folder for temporary files if absent. */
  readonly temporaryFolder?: string | undefined;
  /** Folder for checkpoints; none are made if absent. `removeCheckpoints` when the model has been saved. */
  readonly checkpointFolder?: string | undefined;
}

/**
 * Trains word vectors.
 *
 *     const { model } = await train({ files: 'corpus.txt.gz' }, { dimensions: 200 });
 *     await saveModel(model, 'corpus.safetensors');
 *
 * @throws RangeError for options out of range, Error for text that cannot be read or holds too few words
 */
export async function train(
  input: TrainInput,
  options: PartialTrainingOptions & NodeTrainSettings = {},
): Promise<TrainResult> {
  const { temporaryFolder, checkpointFolder, format, field, ...settings } = options;
  if (typeof input !== 'object' || input === null) throw new TypeError(INPUT_HELP);
  const sources = await openInput(input, { format, field });
  const asTokens = 'tokens' in input ? ({ tokenizer: 'ids', separator: TOKEN_SEPARATOR } as const) : {};
  const files = createTemporaryFiles(temporaryFolder);
  let checkpoints: CheckpointFolder | undefined;
  try {
    checkpoints = checkpointFolder === undefined ? undefined : await openCheckpointFolder(checkpointFolder);
    return await trainFromText(
      sources,
      { ...settings, ...asTokens },
      {
        createWorker: createThread,
        processors,
        loadSegmenter,
        createCorpusStore: files.createCorpusStore,
        storeRun: files.storeRun,
        checkpoints,
        availableMemoryBytes,
      },
    );
  } finally {
    checkpoints?.close();
    files.dispose();
  }
}

/**
 * What `train` with the same arguments would need (tokens, words, memory, time), and which mistakes are likely, by
 * the first megabyte of the text. Takes less than a second, trains and writes nothing. A pipe is used up by it.
 *
 * @throws what `train` throws for options and for text that cannot be read
 */
export async function preflight(
  input: TrainInput,
  options: PartialTrainingOptions & NodeTrainSettings = {},
): Promise<Preflight> {
  const { temporaryFolder: _, checkpointFolder: __, resume: ___, format, field, ...settings } = options;
  if (typeof input !== 'object' || input === null) throw new TypeError(INPUT_HELP);
  const asTokens = 'tokens' in input ? ({ tokenizer: 'ids', separator: TOKEN_SEPARATOR } as const) : {};
  return preflightFromText(
    await openInput(input, { format, field }),
    { ...settings, ...asTokens },
    { createWorker: createThread, processors, loadSegmenter, availableMemoryBytes },
  );
}

/**
 * Trains as `train` does, and hands out its events one by one; a loop that is left early stops the training.
 *
 *     const run = startTraining({ files: 'corpus.txt' });
 *     for await (const event of run) if (event.type === 'epoch') console.log(event.epoch, event.loss);
 *     const { model } = await run.result;
 */
export function startTraining(
  input: TrainInput,
  options: PartialTrainingOptions & NodeTrainSettings = {},
): TrainingRun {
  return runTraining((settings) => train(input, settings), options);
}

async function openInput(input: TrainInput, options: TextFileOptions): Promise<readonly TextSource[]> {
  if ('files' in input) return openTextFiles(typeof input.files === 'string' ? [input.files] : input.files, options);
  if ('texts' in input) return [textsSource(input.texts)];
  if ('tokens' in input) return [tokensSource(input.tokens)];
  if ('sources' in input) return input.sources;
  throw new TypeError(INPUT_HELP);
}

/**
 * A sentence encoder with the tokenizer that the model was trained with, or `tokenizer`, or for a model of
 * another tool the one that suits its words.
 */
export async function createSentenceEncoder(
  model: EmbeddingModel,
  tokenizer?: TokenizerName,
): Promise<SentenceEncoder> {
  const stored = model.contents.tokenizer;
  return new SentenceEncoder(
    model,
    await loadTokenizer(tokenizer ? { name: tokenizer } : (stored ?? { name: inferTokenizer(model) })),
  );
}
