// `wordkin/distributed`: one training on many machines, over MPI. Node only.
import { cpus } from 'node:os';
import type { Communicator } from '../distributed/communicator.ts';
import type { ExchangeOptions } from '../distributed/exchange-options.ts';
import { failTogether } from '../distributed/together.ts';
import { trainDistributed as trainFromSources } from '../distributed/train-distributed.ts';
import type { CheckpointStore } from '../training/checkpoint.ts';
import { openTrainInput, type TrainInput, type TrainOptions } from '../training/train-input.ts';
import type { TrainResult } from '../training/train-settings.ts';
import { openCheckpointFolder } from './checkpoint-folder.ts';
import { loadSegmenter } from './chinese-segmenter.ts';
import { bindingMessage } from './mpi/binding.ts';
import type { Ranks } from './mpi/join-ranks.ts';
import { packageVersion } from './package-version.ts';
import { createTemporaryFiles } from './temporary-files.ts';
import { openTextFiles } from './text-files.ts';
import { availableMemoryBytes, processors, startThread } from './training-threads.ts';

export type { Communicator } from '../distributed/communicator.ts';
export { InterruptedJobError } from '../distributed/communicator.ts';
export type { ExchangeOptions } from '../distributed/exchange-options.ts';
export { singleProcess } from '../distributed/in-process-ranks.ts';
export type { MergeRule } from '../distributed/row-exchange.ts';
export { MERGE_RULES } from '../distributed/row-exchange.ts';
export { OtherRankError } from '../distributed/together.ts';
export type { TrainInput, TrainOptions } from '../training/train-input.ts';
export type { TrainResult } from '../training/train-settings.ts';
export type { JoinOptions, Ranks } from './mpi/join-ranks.ts';
export { joinRanks } from './mpi/join-ranks.ts';

/** What `trainDistributed` takes: the options of `train`, and how ranks exchange rows. */
export type DistributedOptions = TrainOptions & ExchangeOptions;

/** A rank writes a checkpoint or a model at least so fast while the others wait. */
const WRITING_BYTES_PER_SECOND = 1e7;

/**
 * Trains on all ranks of a job as `train` does on one machine: called by each with the same text and options, it gives all the same model.
 * Files must be there for all ranks; each reads its share. `checkpointFolder` is rank 0's, `temporaryFolder` is on each machine.
 *
 *     const ranks = await joinRanks();
 *     const { model } = await trainDistributed(ranks, { files: 'shards/*.txt' }, { checkpointFolder: 'checkpoints', resume: true });
 *     if (ranks.rank === 0) await saveModel(model, 'model.safetensors');
 *     await ranks.close();
 *
 * @throws what `train` throws, on all ranks: on the first that has met it the error, on the others an `OtherRankError`; RangeError for
 * deterministic training, phrases and text that is no file, with more than one rank
 */
export async function trainDistributed(
  ranks: Ranks | Communicator,
  input: TrainInput,
  options: DistributedOptions = {},
): Promise<TrainResult> {
  const { mergeRule, exchangeTokens, exchangeRows, onExchange, ...trainOptions } = options;
  const opened = await openRank(ranks, input, trainOptions).catch(async (error) => {
    throw await failTogether(ranks, error);
  });
  const { sources, settings, edge, close } = opened;
  try {
    const message = bindingMessage({ usable: processors, ofMachine: cpus().length }, settings.threads);
    if (message) settings.onEvent?.({ type: 'warning', code: 'ranks', message });
    return await trainFromSources(sources, settings, edge, {
      communicator: ranks,
      version: packageVersion(),
      exchange: { mergeRule, exchangeTokens, exchangeRows, onExchange },
    });
  } catch (error) {
    throw await failTogether(ranks, error);
  } finally {
    close();
  }
}

/** The text, and what this machine lends to the training. */
async function openRank(ranks: Ranks | Communicator, input: TrainInput, options: TrainOptions) {
  const { sources, settings, folders } = await openTrainInput(input, options, openTextFiles);
  const { temporaryFolder, checkpointFolder } = folders;
  const files = createTemporaryFiles(temporaryFolder);
  try {
    const { store, close } = await openCheckpoints(checkpointFolder, ranks.rank === 0);
    const { createCorpusStore, storeRun } = files;
    const machine = { createWorker: startThread, processors, loadSegmenter, availableMemoryBytes };
    return {
      sources,
      settings: { ...settings, onVectors: waitLongerFor(ranks, settings) },
      edge: { ...machine, createCorpusStore, storeRun, checkpoints: store },
      close() {
        close();
        files.dispose();
      },
    };
  } catch (error) {
    files.dispose();
    throw error;
  }
}

/** The folder itself for rank 0; the others know of it, and keep nothing there. */
async function openCheckpoints(
  folder: string | undefined,
  isFirst: boolean,
): Promise<{ store: CheckpointStore | undefined; close(): void }> {
  if (folder === undefined) return { store: undefined, close() {} };
  if (!isFirst) return { store: { name: folder, async save() {}, load: async () => undefined }, close() {} };
  const store = await openCheckpointFolder(folder);
  return { store, close: () => store.close() };
}

/** Once the size of the model is known, ranks have patience with the one that writes it. */
function waitLongerFor(ranks: Ranks | Communicator, { onVectors }: TrainOptions): TrainOptions['onVectors'] {
  return (vectors, vocabulary) => {
    const byteLength = 8 * vocabulary.counts.length * vectors.dimensions;
    if ('waitLonger' in ranks) ranks.waitLonger((1000 * byteLength) / WRITING_BYTES_PER_SECOND);
    onVectors?.(vectors, vocabulary);
  };
}
