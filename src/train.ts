import type { TextSource } from './text/text-source.ts';
import { openText } from './training/open-text.ts';
import { planTraining } from './training/plan-training.ts';
import { prepareText } from './training/prepare-text.ts';
import { toTrainResult } from './training/to-train-result.ts';
import { trainModel } from './training/train-model.ts';
import type { TrainEdge, TrainResult, TrainSettings } from './training/train-settings.ts';
import type { PartialTrainingOptions } from './training/training-options.ts';
import { watchEvents } from './training/watch-events.ts';

/**
 * The whole path from text to model.
 *
 * @throws RangeError for options out of range, Error for text that cannot be read or holds too few words
 */
export async function trainFromText(
  input: TextSource | readonly TextSource[],
  options: PartialTrainingOptions & TrainSettings,
  edge: TrainEdge = {},
): Promise<TrainResult> {
  // 1. Check the options, look at the beginning of the text, choose a tokenizer, start the workers.
  const { onEvent, settled } = watchEvents(options.onEvent);
  const opened = await openText(input, { ...options, onEvent }, edge);
  try {
    // 2. Tell what is probably a mistake, and what the training will take.
    const { lookAhead, warnOfWords } = await import('./preflight/preflight.ts'); // a page loads it when it trains
    const warned = await lookAhead(opened);

    // 3. Text → tokens → vocabulary and word ids, in one pass over the text.
    const prepared = await prepareText(opened);

    // 4. Decide what is trained: options that suit the words, rows of character n-grams, given vectors, checkpoints.
    const plan = await planTraining(prepared, opened);
    warnOfWords(prepared, plan, opened, warned);

    // 5. Word ids → vectors, epoch after epoch.
    const createTrainer = edge.createTrainer ?? (await import('./training/cpu-trainer.ts')).cpuTrainer(opened.workers);
    const trained = await trainModel(plan, createTrainer, plan.controls);

    // 6. Words and vectors → a model, with what queries and later trainings need.
    const result = toTrainResult(trained, prepared, plan);
    await settled();
    return result;
  } finally {
    await opened.close();
  }
}
