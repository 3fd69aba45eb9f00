import type { PreparedCorpus } from '../corpus/prepare-corpus.ts';
import { createSubwords } from '../text/subwords.ts';
import type { TokenizerDescriptor } from '../text/tokenizer.ts';
import { adaptTrainingOptions } from './adaptive-defaults.ts';
import type { OpenedText } from './open-text.ts';
import type { TrainControls } from './train-controls.ts';
import type { TrainingPlan } from './trainer.ts';
import { subwordOptions } from './training-options.ts';

/** A training of a text: with what queries cut text by, and how it is watched. */
export interface PlannedTraining extends TrainingPlan {
  /** Workers cut text with the tokenizer alone; a query's words are also joined to the phrases of the text. */
  readonly tokenizer: TokenizerDescriptor;
  readonly controls: TrainControls;
}

/** @throws RangeError if the model to start from does not fit */
export async function planTraining(prepared: PreparedCorpus, opened: OpenedText): Promise<PlannedTraining> {
  const { vocabulary, corpus, statistics, phrases } = prepared;
  const { options: settings, resolved, edge } = opened;
  const { start, signal, onEvent, onVectors, resume, pause, checkpointSeconds = 60, timeSeconds } = settings;
  const adapted = adaptTrainingOptions(settings, resolved, {
    tokens: corpus.tokenCount,
    corpusTokens: statistics.corpusTokens,
    started: start !== undefined,
    timeIsGiven: timeSeconds !== undefined,
  });
  const { reason, chosen } = adapted;
  if (reason) onEvent?.({ type: 'adapted', options: adapted.options, tokens: corpus.tokenCount, chosen, reason });
  const subwords = resolved.subwords
    ? createSubwords(vocabulary.words, subwordOptions(resolved, vocabulary.words))
    : undefined;
  const options = subwords ? { ...adapted.options, ...subwords.options } : adapted.options;
  const { descriptor } = opened.tokenizer;
  const tokenizer = phrases ? { ...descriptor, phrases } : descriptor;
  const plan = { corpus, vocabulary, options, subwords, start };
  // What does not fit is refused here, before anything is trained.
  const given = start && (await import('./match-start.ts')).matchStart(start, vocabulary, resolved, subwords);
  const identity = { ...plan, tokenizer, start: given };
  return {
    ...plan,
    tokenizer,
    controls: {
      signal,
      onEvent,
      onVectors: onVectors && ((vectors) => onVectors(vectors, vocabulary)),
      resume,
      endTime: timeSeconds === undefined ? undefined : opened.beginTime + 1000 * timeSeconds,
      pause,
      seesGains: options.algorithm === 'skip-gram' && !chosen.includes('epochs'),
      checkpoints: edge.checkpoints && {
        // Loaded where there is a place for checkpoints; pages have none.
        store: (await import('./checkpoint.ts')).checkpointStates(edge.checkpoints, identity),
        everyMilliseconds: 1000 * checkpointSeconds,
      },
    },
  };
}
