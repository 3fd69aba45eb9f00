import { lookAhead, warnOfWords } from '../preflight/preflight.ts';
import type { TextSource } from '../text/text-source.ts';
import { cpuTrainer } from '../training/cpu-trainer.ts';
import { type OpenedText, openText } from '../training/open-text.ts';
import { type PlannedTraining, planTraining } from '../training/plan-training.ts';
import { tellVocabulary } from '../training/prepare-text.ts';
import { toTrainResult } from '../training/to-train-result.ts';
import type { TrainControls } from '../training/train-controls.ts';
import { trainModel } from '../training/train-model.ts';
import type { TrainEdge, TrainEvent, TrainResult, TrainSettings } from '../training/train-settings.ts';
import type { PartialTrainingOptions } from '../training/training-options.ts';
import { agreeOnTraining } from './agree-training.ts';
import type { Communicator } from './communicator.ts';
import type { ExchangeOptions } from './exchange-options.ts';
import { prepareShared, type SharedCorpus } from './prepare-shared.ts';
import { shareInputs } from './share-inputs.ts';
import { withSharedOccurrences } from './shared-occurrences.ts';
import { sharedStates } from './shared-states.ts';
import { type SharedSession, sharedTrainer } from './shared-trainer.ts';
import { failTogether, together } from './together.ts';

/** What a training on several machines has beside that on one. */
export interface Job {
  readonly communicator: Communicator;
  /** Of this package: all ranks must have the same. */
  readonly version: string;
  readonly exchange?: ExchangeOptions | undefined;
}

type Options = PartialTrainingOptions & TrainSettings;

/**
 * The whole path from text to model on many machines: called by all ranks of a job with the same text and options, it gives all the same
 * model. Events are those of this rank, but losses and words are of all. Rank 0 keeps the checkpoints.
 *
 * @throws on all ranks what any of them meets: on the first such rank the error, on the others an `OtherRankError` that tells of it
 */
export async function trainDistributed(
  input: readonly TextSource[],
  options: Options,
  edge: TrainEdge,
  job: Job,
): Promise<TrainResult> {
  const { communicator } = job;
  // 1. Open the text on each rank as on one machine, and compare what was found.
  const open = async () => {
    checkOptions(options, communicator.size);
    return openText(input, options, edge);
  };
  const opened = await together(communicator, open, ({ close }) => close());
  try {
    const threads = await agreeOnTraining(communicator, job.version, opened, {
      exchange: JSON.stringify(job.exchange ?? {}),
    });

    // 2. Share the text out; tell what is probably a mistake, and what the training will take.
    const { share, told } = shareText(communicator, opened, threads);
    const warned = await lookAhead(told); // what one rank throws until the next call of all, the others hear there (`failTogether`)

    // 3. Each rank reads, counts and encodes its share; the vocabulary is that of all.
    const prepared = await prepareShared(communicator, share, opened);

    // 4. Plan as on one machine, and train with a trainer that exchanges rows.
    tellVocabulary(prepared, options);
    const plan = await planTraining(prepared, opened);
    warnOfWords(prepared, plan, opened, warned);
    const trained = await trainTogether(prepared, plan, opened, job);
    return await together(communicator, async () => toTrainResult(trained, prepared, plan));
  } catch (error) {
    throw await failTogether(communicator, error);
  } finally {
    await opened.close();
  }
}

/** @throws RangeError for what one process alone can do */
function checkOptions({ deterministic, phrasePasses = 0, timeSeconds }: Options, size: number): void {
  if (size === 1) return;
  if (deterministic) {
    throw new RangeError(
      'Cannot train deterministically on several ranks: what they exchange depends on the moment; start one rank',
    );
  }
  if (timeSeconds !== undefined) {
    throw new RangeError(
      'Cannot keep a time on several ranks, each of which has a speed of its own; leave out "timeSeconds" and give "epochs"',
    );
  }
  if (phrasePasses > 0) {
    throw new RangeError('Cannot join phrases on several ranks; leave out "phrasePasses", or start one rank');
  }
}

/** What of the text is this rank's; `told`: as opened, but that forecasts are for the threads of all ranks. */
function shareText(
  communicator: Communicator,
  opened: OpenedText,
  threads: readonly number[],
): { share: readonly TextSource[]; told: OpenedText } {
  const { sources, workers, options } = opened;
  const { onEvent } = options;
  const shares = communicator.size === 1 ? [sources] : shareInputs(sources, threads); // on all ranks the same, and what it throws
  const idle = shares.filter((share) => share.length === 0).length;
  if (idle > 0) {
    onEvent?.({
      type: 'warning',
      code: 'ranks',
      message: `${idle} of ${communicator.size} ranks get no text and wait for the others: only files, and MiB of files of plain text, can be shared out; start fewer ranks, or give more and smaller files`,
    });
  }
  const part = workers.length / threads.reduce((sum, count) => sum + count, 0);
  const tell = (event: TrainEvent) =>
    onEvent?.(
      event.type === 'forecast' && event.seconds !== undefined ? { ...event, seconds: event.seconds * part } : event,
    );
  return { share: shares[communicator.rank], told: { ...opened, options: { ...options, onEvent: onEvent && tell } } };
}

/** Trains on all ranks: one that is to end the training ends that of all. */
async function trainTogether(
  prepared: SharedCorpus,
  plan: PlannedTraining,
  { edge, workers, options }: OpenedText,
  { communicator, exchange }: Job,
) {
  const agreed = new AbortController();
  const own = edge.createTrainer ?? cpuTrainer(withSharedOccurrences(communicator, workers, prepared.countsHere));
  const { checkpoints } = plan.controls;
  const session: SharedSession = {
    keepsStates: checkpoints !== undefined || plan.options.earlyStop,
    wantsAbort: () => options.signal?.aborted ?? false,
    agreeToAbort: () => agreed.abort(options.signal?.reason),
  };
  const controls: TrainControls = {
    ...plan.controls,
    signal: agreed.signal,
    checkpoints: checkpoints && { ...checkpoints, store: sharedStates(communicator, checkpoints.store) },
  };
  return trainModel(plan, sharedTrainer(communicator, own, exchange, session), controls);
}
