import { counted } from '../text/counted.ts';
import { LOSS_TRAITS } from './loss-traits.ts';
import { LEAST_CONTRAST } from './over-training.ts';
import type { TrainingPlan } from './trainer.ts';
import type { TrainingEvent, TrainingReport } from './training-events.ts';
import { keepProbability } from './word-probabilities.ts';

/** What is to be said of a training that has ended: that its vectors know nothing, or hardly anything. */
export function warningAtEnd(report: TrainingReport, plan: TrainingPlan): TrainingEvent | undefined {
  if (report.endedBy !== 'end') return undefined;
  if (report.epochPairs.length === 0 || plan.vocabulary.words.length === 1)
    return { type: 'warning', code: 'nothing-learned', message: nothingLearned(plan) };
  if (knowsNothing(report)) return { type: 'warning', code: 'degenerate-vectors', message: hardlyAnything(report) };
  const little = learnedLittle(report, plan);
  if (little === undefined) return undefined;
  return { type: 'warning', code: 'nothing-learned', message: `Next to nothing was learned: ${little}` };
}

/** A word that is in fewer examples has hardly left the place where it began. */
const FEWEST_EXAMPLES_PER_WORD = 5;
/** Trained models were at .83 of the loss of vectors that know nothing and below; those of which nothing came, at .97 and above. */
const LEAST_OF_IGNORANCE = 0.97;
/** Subsampling that leaves out more than this share of the tokens is what is wrong with a training of few examples. */
const MOST_LEFT_OUT = 0.7;

/** Why next to nothing was learned, and what to do; undefined where something was. */
function learnedLittle(
  { epochPairs, epochLosses, learningRate }: TrainingReport,
  { options, vocabulary, corpus }: TrainingPlan,
): string | undefined {
  const examples = epochPairs.reduce((sum, count) => sum + count, 0);
  const epochs = epochPairs.length;
  const words = vocabulary.words.length;
  const loss = epochLosses.at(-1) ?? Number.NaN;
  const { loss: kind, negative: negatives, logitBias } = options;
  // Of a tree each word has its own: nothing is said.
  const size = { negatives, logitBias, longestPath: Infinity, wordCount: words };
  const ignorance = LOSS_TRAITS[kind].meanLossOfIgnorance(size);
  const areFew = examples < FEWEST_EXAMPLES_PER_WORD * words;
  if (!areFew && !(loss >= LEAST_OF_IGNORANCE * ignorance)) return undefined;
  const found = areFew
    ? `${examples} examples were trained in ${counted(epochs, 'epoch')}, for ${counted(words, 'word')} in ${counted(corpus.tokenCount, 'token')}`
    : `the loss of an example is ${loss.toFixed(3)} at the end, that of vectors that know nothing ${ignorance.toFixed(3)}`;
  const leftOut = shareLeftOut(vocabulary.counts, options.subsample);
  const thinned =
    leftOut > MOST_LEFT_OUT
      ? `subsampling leaves out ${Math.floor(100 * leftOut)} % of the tokens: set subsample to 0 (it is ${options.subsample}), or `
      : '';
  if (!areFew && learningRate < options.learningRate)
    return `${found}; the training diverged at learningRate ${options.learningRate} and went on with ${learningRate}: give a lower learningRate from the beginning, or a smaller window (it was ${options.window})`;
  const rate = areFew ? 'longer lines' : `a higher learningRate (it was ${learningRate})`;
  return `${found}; ${thinned}give more text, more epochs (there ${epochs === 1 ? 'was' : 'were'} ${epochs}) or ${rate}`;
}

function shareLeftOut(counts: Float64Array, subsample: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => sum + (1 - keepProbability(count / total, subsample)) * (count / total), 0);
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
  const thinned = options.subsample > 0 ? ', or subsampling left none (set subsample to 0 for all)' : '';
  return `Nothing was learned: no pair of words was found among ${counted(corpus.tokenCount, 'token')}: each line holds one word${thinned}; give lines of several words`;
}
