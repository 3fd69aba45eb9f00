import { LEAST_CONTRAST } from './over-training.ts';
import type { TrainingPlan } from './trainer.ts';
import type { TrainingEvent, TrainingReport } from './training-events.ts';

/** What is to be said of a training that has ended: that its vectors know nothing, or hardly anything. */
export function warningAtEnd(report: TrainingReport, plan: TrainingPlan): TrainingEvent | undefined {
  if (report.endedBy !== 'end') return undefined;
  if (report.epochPairs.length === 0 || plan.vocabulary.words.length === 1)
    return { type: 'warning', code: 'nothing-learned', message: nothingLearned(plan) };
  if (knowsNothing(report)) return { type: 'warning', code: 'degenerate-vectors', message: hardlyAnything(report) };
  return undefined;
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
