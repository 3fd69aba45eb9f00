// What Node and pages do each in their own way: declared here once, written in node/ and browser/.
import type { TrainInput, TrainOptions } from '../training/train-input.ts';
import type { Preflight, TrainResult } from '../training/train-settings.ts';
import type { TrainingRun } from '../training/training-run.ts';

/**
 * Trains word vectors: in Node in worker threads, in a page that is cross-origin isolated in web workers (shared memory needs
 * the headers COOP and COEP), elsewhere in slices of 50 ms. A `warning` event says why where no worker can be started.
 *
 *     const { model } = await train({ files: 'corpus.txt.gz' }, { dimensions: 200 });
 *     await saveModel(model, 'corpus.safetensors');
 *
 * @throws RangeError for options out of range, TypeError for an input of the other environment, Error for text that cannot be
 * read or holds too few words
 */
export declare function train(input: TrainInput, options?: TrainOptions): Promise<TrainResult>;

/**
 * What `train` with the same arguments would need (tokens, words, memory, time), and which mistakes are likely, by
 * the first megabyte of the text. Takes less than a second, trains and writes nothing. A pipe is used up by it. How much
 * memory there is, a page cannot know.
 *
 * @throws what `train` throws for options and for text that cannot be read
 */
export declare function preflight(input: TrainInput, options?: TrainOptions): Promise<Preflight>;

/**
 * Trains as `train` does, and hands out its events one by one; a loop that is left early stops the training.
 *
 *     const run = startTraining({ files: 'corpus.txt' });
 *     for await (const event of run) if (event.type === 'epoch') console.log(event.epoch, event.loss);
 *     const { model } = await run.result;
 */
export declare function startTraining(input: TrainInput, options?: TrainOptions): TrainingRun;

/**
 * Removes the checkpoints of a training whose model has been saved (Node only); a folder that is empty then goes, too.
 *
 * @throws Error in a page, which has no checkpoints
 */
export declare function removeCheckpoints(folder: string): Promise<void>;
