import type { DeterministicMerge, NegativeSharing } from '../kernels/word2vec/word2vec.ts';
import { LOSS_TRAITS } from './loss-traits.ts';
import type { Goal, PartialTrainingOptions, TrainingOptions } from './training-options.ts';

/** The options that follow the text, in the order in which the reason names them. */
export const FOLLOWS_TEXT = [
  'epochs',
  'learningRate',
  'subsample',
  'initialScale',
  'logitBias',
  'weightDecay',
  'window',
  'minCount',
  'negativeSharing',
  'deterministicMerge',
] as const;
/** An option whose default follows the text. */
export type FollowsText = (typeof FOLLOWS_TEXT)[number];
type Following = Pick<TrainingOptions, FollowsText>;

export interface AdaptedOptions {
  readonly options: TrainingOptions;
  /** Names of the options that were chosen. */
  readonly chosen: readonly FollowsText[];
  /** A line for people, such as `1.2 M tokens: 20 epochs, learning rate .05`; undefined where nothing was chosen. */
  readonly reason: string | undefined;
}

/** So many tokens are visited in all epochs together, within bounds: a text of 100 MB takes about as long as 6 epochs do. */
const TOKEN_VISITS = 1e8;
const FEWEST_EPOCHS = 5;
/** More is no gain: similarity falls again, while search gains little. Texts of less than .6 MB bear more. */
const MOST_EPOCHS = 20;
const MOST_EPOCHS_OF_LITTLE = { visits: 2e6, epochs: 40 };
/**
 * Below, skip-gram takes twice the rate: the usual one leaves it unfinished. Above, relatedness would gain and similarity lose. In a wide
 * window each row gets up to twice the gradients at once, and in a text of 2 million tokens or more vectors grow long: each of both diverges at
 * twice the rate, or is near it, and both together do at 1.4 times.
 */
const RAISED_RATE = { tokens: 5e6, factor: 2, carefulFactor: 1.4, longFromTokens: 2e6 };
/** From here on skip-gram with hierarchical softmax is trained gently: more passes, or larger steps, cost word pairs. Below they gain search. */
const GENTLE_TREE = { fromTokens: 2e6, epochs: 10 };
/** Below, every word of a text is frequent: thinned out, it would have hardly a pair left. */
const TOY_TOKENS = 5000;
/** Below, the words of a text see too few others in a window of 5. Above, 10 costs time and brings nothing. */
const WIDE_WINDOW = { tokens: 5e5, window: 10 };
/** Above, a goal changes nothing: chance matters less. */
const LARGE_TEXT = 5e6;
/** A wider one is trained with smaller steps. */
const USUAL_WINDOW = 5;
/**
 * Weight decay keeps skip-gram from learning what is chance in a text: in a small one, and in one that is not. It brings words nearer to their
 * kind and costs search, most of all in a small text, so who asks for no goal has none there.
 */
const WEIGHT_DECAY: Record<Goal | 'any', readonly [small: number, larger: number]> = {
  any: [0, 0.005],
  search: [0, 0],
  similarity: [0.01, 0.005],
  analogies: [0, 0.01],
};
/** Of fewer tokens, most of what a text is about stands in words that occur less than five times. */
const RARE_WORDS = { corpusTokens: 5e5, minCount: 2 };

/** What is known of a text when the options of its training are chosen. */
export interface TextFacts {
  /** Of the words of the vocabulary, before subsampling; known or estimated. */
  readonly tokens: number;
  /** Of all words. */
  readonly corpusTokens: number;
  /** Whether the training begins with the vectors of a model. */
  readonly started?: boolean | undefined;
  /** Whether the training lasts as long as the caller says: then as many epochs as are of any use. */
  readonly timeIsGiven?: boolean | undefined;
}

/**
 * The options of a training for a text of so many tokens, as they measured best (docs/experiments.md): a small text needs more
 * passes, larger steps and a wider start, or its words stay where they began. What the caller gave stands. Presets of other tools stay
 * as they are, full softmax too, for which more passes take too long, and a training that begins with vectors.
 *
 * @param given - as the caller gave them
 * @param resolved - by `resolveTrainingOptions`
 */
export function adaptTrainingOptions(
  given: PartialTrainingOptions,
  resolved: TrainingOptions,
  { tokens, corpusTokens, started = false, timeIsGiven = false }: TextFacts,
): AdaptedOptions {
  const adapts = followsText(given, resolved, started);
  const goal = (learnsPairs(resolved) && given.goal) || 'any';
  const isWide = tokens < (goal === 'search' ? LARGE_TEXT : WIDE_WINDOW.tokens);
  const window = isWide ? WIDE_WINDOW.window : resolved.window;
  const deterministicMerge = given.deterministicMerge ?? mergeFor(tokens, resolved);
  const hasWideWindow = (given.window ?? window) > USUAL_WINDOW;
  const factor = rateFactorFor(tokens, hasWideWindow, { ...resolved, deterministicMerge });
  const most = timeIsGiven ? mostEpochsFor(tokens) : epochsFor(tokens);
  const epochs = isGentle(tokens, resolved) ? Math.min(GENTLE_TREE.epochs, most) : most;
  // Smaller steps in a small text: more of them.
  const isSlower = hasWideWindow && factor === RAISED_RATE.carefulFactor && given.learningRate === undefined;
  const wanted: Following = {
    epochs: isSlower ? Math.round((epochs * RAISED_RATE.factor) / factor) : epochs,
    learningRate: Number((factor * resolved.learningRate).toPrecision(6)),
    subsample: tokens < TOY_TOKENS ? 0 : 1e-4,
    initialScale: 0.05,
    logitBias: logitBiasFor(resolved),
    weightDecay: weightDecayFor(tokens, resolved, goal),
    window,
    minCount: minCountFor(given, resolved, corpusTokens, started),
    negativeSharing: sharingFor(hasWideWindow, resolved),
    deterministicMerge,
  };
  const chosen = adapts
    ? FOLLOWS_TEXT.filter((name) => given[name] === undefined && wanted[name] !== resolved[name])
    : [];
  if (chosen.length === 0) return { options: resolved, chosen, reason: undefined };
  const options = { ...resolved, ...Object.fromEntries(chosen.map((name) => [name, wanted[name]])) };
  // The end of the course keeps its share of the start.
  const end = given.endLearningRate ?? resolved.endLearningRate * (options.learningRate / resolved.learningRate);
  return { options: { ...options, endLearningRate: end }, chosen, reason: reasonFor(tokens, chosen, wanted) };
}

/**
 * Skip-gram: the log odds of a pair to be a true one, as one of 1 + negative is; to two decimals, as the reason shows it. Else all vectors first grow the
 * same way to know it, which takes a small text some epochs and is never undone. CBOW gains nothing; with subwords
 * it was not measured.
 */
function logitBiasFor(resolved: TrainingOptions): number {
  return learnsPairs(resolved) ? -Math.round(100 * Math.log(resolved.negative)) / 100 : 0;
}

/**
 * All pairs that share their negative samples move at once. In a window of 5 two centres have up to twenty, in one of 10 forty: a step that long
 * diverges, in a text with lists of one word above all.
 */
function sharingFor(hasWideWindow: boolean, resolved: TrainingOptions): NegativeSharing {
  return hasWideWindow && learnsPairs(resolved) ? 'centre' : resolved.negativeSharing;
}

function weightDecayFor(tokens: number, resolved: TrainingOptions, goal: Goal | 'any'): number {
  if (tokens >= LARGE_TEXT || !learnsPairs(resolved)) return resolved.weightDecay;
  return WEIGHT_DECAY[goal][tokens < WIDE_WINDOW.tokens ? 0 : 1];
}

/** A small text is learned as well in fewer epochs where the slots' changes are divided: the rate is twice as high then, at any window. */
function mergeFor(tokens: number, resolved: TrainingOptions): DeterministicMerge {
  const isSmall = resolved.deterministic && tokens < WIDE_WINDOW.tokens && learnsPairs(resolved);
  return isSmall ? 'root' : resolved.deterministicMerge;
}

/** Whether a goal makes a difference. */
export function servesGoal(given: PartialTrainingOptions, resolved: TrainingOptions, started: boolean): boolean {
  return learnsPairs(resolved) && followsText(given, resolved, started);
}

/** Whether each pair has an answer of its own that is right or wrong: with these options the rules were measured. */
function learnsPairs({ algorithm, loss, subwords }: TrainingOptions): boolean {
  return algorithm === 'skip-gram' && LOSS_TRAITS[loss].usesNegatives && !subwords;
}

function followsText(given: PartialTrainingOptions, { loss }: TrainingOptions, started: boolean): boolean {
  return (given.preset ?? 'wordkin') === 'wordkin' && loss !== 'softmax' && !started;
}

/**
 * The min count for a text of so many tokens, which has to be known before its words are. The scores of phrases count on the usual one.
 */
export function minCountFor(
  given: PartialTrainingOptions,
  resolved: TrainingOptions,
  corpusTokens: number,
  started = false,
): number {
  const adapts = followsText(given, resolved, started) && given.minCount === undefined && resolved.phrasePasses === 0;
  return adapts && corpusTokens < RARE_WORDS.corpusTokens ? RARE_WORDS.minCount : resolved.minCount;
}

function epochsFor(tokens: number): number {
  return clamp(Math.round(TOKEN_VISITS / Math.max(1, tokens)), FEWEST_EPOCHS, mostEpochsFor(tokens));
}

/** More do no good. */
function mostEpochsFor(tokens: number): number {
  const { visits, epochs } = MOST_EPOCHS_OF_LITTLE;
  return clamp(Math.round(visits / Math.max(1, tokens)), MOST_EPOCHS, epochs);
}

/**
 * How much a small text raises the rate of skip-gram. Deterministic training that divides the sum of its slots by the root of their number has
 * steps half as large where all slots touch a row: it takes twice the rate with any text, and no more, or it diverges.
 */
function rateFactorFor(tokens: number, hasWideWindow: boolean, options: TrainingOptions): number {
  const { algorithm, deterministic, deterministicMerge } = options;
  const { factor, carefulFactor, longFromTokens } = RAISED_RATE;
  if (algorithm !== 'skip-gram') return 1;
  if (deterministic && deterministicMerge === 'root') return factor;
  if (tokens >= RAISED_RATE.tokens || isGentle(tokens, options)) return 1;
  const isLong = tokens >= longFromTokens;
  if (hasWideWindow && isLong) return 1;
  return hasWideWindow || isLong ? carefulFactor : factor;
}

function isGentle(tokens: number, { algorithm, loss }: TrainingOptions): boolean {
  return tokens >= GENTLE_TREE.fromTokens && algorithm === 'skip-gram' && LOSS_TRAITS[loss].usesTree;
}

function reasonFor(tokens: number, chosen: readonly (keyof Following)[], wanted: Following): string {
  const texts = chosen.map((name) => {
    const value = wanted[name];
    if (name === 'epochs') return `${value} epochs`;
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    if (typeof value === 'string') return `${words} ${value}`;
    if (name === 'subsample') return value === 0 ? 'no subsampling' : `subsample ${value.toExponential()}`;
    return `${words} ${decimal(value)}`;
  });
  return `${amount(tokens)} tokens: ${texts.join(', ')}`;
}

function amount(tokens: number): string {
  if (tokens < 1000) return String(Math.round(tokens));
  if (tokens < 1e6) return `${Number((tokens / 1e3).toPrecision(2))} thousand`;
  return `${Number((tokens / 1e6).toPrecision(tokens < 1e8 ? 2 : 3))} M`;
}

function decimal(value: number): string {
  return String(value).replace(/^(-?)0\./, '$1.');
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
