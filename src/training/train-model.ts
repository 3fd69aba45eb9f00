import { LEAST_CONTRAST } from './over-training.ts';
import type { TrainControls } from './train-controls.ts';
import { composeWords } from './trained-rows.ts';
import type { CreateTrainer, TrainingPlan } from './trainer.ts';
import type { TrainingReport } from './training-events.ts';
import { TrainingSession } from './training-session.ts';

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
  if (report.endedBy === 'end' && (report.epochPairs.length === 0 || vocabulary.words.length === 1)) {
    controls.onEvent?.({ type: 'warning', code: 'nothing-learned', message: nothingLearned(plan) });
  } else if (report.endedBy === 'end' && knowsNothing(report)) {
    controls.onEvent?.({ type: 'warning', code: 'degenerate-vectors', message: hardlyAnything(report) });
  }
  if (subwords) composeWords(rows.inputVectors, options.dimensions, subwords);
  const wordValues = vocabulary.words.length * options.dimensions;
  return {
    inputVectors: rows.inputVectors.subarray(0, wordValues),
    outputVectors: rows.outputVectors,
    ngramVectors: subwords && rows.inputVectors.subarray(wordValues),
    report,
  };
}

/** Where text is held out, as of 50,000 tokens and more. */
function knowsNothing({ heldOutContrasts }: TrainingReport): boolean {
  return (heldOutContrasts.at(-1) ?? Infinity) < LEAST_CONTRAST;
}

function hardlyAnything({ heldOutContrasts }: TrainingReport): string {
  return `The vectors know hardly anything: in held-out text words of one window are more alike than any two by ${heldOutContrasts.at(-1)?.toFixed(2)} standard deviations (useful: .4 and more); give more text, or more epochs or a higher learningRate`;
}

function nothingLearned({ corpus, options, vocabulary }: TrainingPlan): string {
  if (vocabulary.words.length === 1)
    return `Nothing was learned: the vocabulary is the one word ${JSON.stringify(vocabulary.words[0])}; give more text, a lower minCount or a higher maxVocabulary`;
  const thinned = options.subsample > 0 ? ', or subsampling left none (subsample: 0 keeps all)' : '';
  return `Nothing was learned: no pair of words was found among ${corpus.tokenCount} tokens: each line holds one word${thinned}; give lines of several words`;
}
