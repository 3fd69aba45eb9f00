import type { TrainControls } from './train-controls.ts';
import { composeWords } from './trained-rows.ts';
import type { CreateTrainer, TrainingPlan } from './trainer.ts';
import type { TrainingReport } from './training-events.ts';

export interface TrainedVectors {
  /** (words × dimensions), row by row. */
  readonly inputVectors: Float32Array;
  readonly outputVectors: Float32Array;
  /** (buckets in use × dimensions), with subwords. */
  readonly ngramVectors?: Float32Array | undefined;
  readonly report: TrainingReport;
}

/**
 * Trains word vectors on an encoded corpus, leg after leg. A leg ends with its epoch, or earlier where a checkpoint is due
 * or the caller aborts.
 *
 * @throws RangeError if the model does not fit into the memory that there is, Error if it diverges at any rate
 */
export async function trainModel(
  plan: TrainingPlan,
  createTrainer: CreateTrainer,
  controls: TrainControls = {},
): Promise<TrainedVectors> {
  // A page loads them when it trains.
  const [{ TrainingSession }, { warningAtEnd }] = await Promise.all([
    import('./training-session.ts'),
    import('./warning-at-end.ts'),
  ]);
  const session = await TrainingSession.open(plan, createTrainer, controls);
  try {
    while (!session.isAtEnd) {
      await session.waitWhilePaused();
      await session.runLeg();
      if (await session.hasDiverged()) {
        await session.setBack();
        continue;
      }
      if (session.isAtEndOfEpoch) await session.endEpoch();
      session.keepTime();
      await session.saveIfDue();
    }
  } finally {
    session.close();
  }
  const { rows, report } = await session.finish();
  const { vocabulary, options, subwords } = plan;
  const warning = warningAtEnd(report, plan);
  if (warning) controls.onEvent?.(warning);
  if (subwords) composeWords(rows.inputVectors, options.dimensions, subwords);
  const wordValues = vocabulary.words.length * options.dimensions;
  return {
    inputVectors: rows.inputVectors.subarray(0, wordValues),
    outputVectors: rows.outputVectors,
    ngramVectors: subwords && rows.inputVectors.subarray(wordValues),
    report,
  };
}
