/** Neighboring pairs are alike: what tells the spread of a mean is that of so many stretches of the held-out text. */
const STRETCHES = 20;
const FEWEST_PAIRS = 20 * STRETCHES;
/** Less is chance. */
const STANDARD_ERRORS = 3;
/** By chance alone three standard errors are seen so often in one training of a hundred. */
const RUNNING = 4;
/** Less does no harm that word pairs or neighbors would show (docs/experiments.md). */
const LEAST_FALL = 0.1;

/**
 * Mean contrasts of 20 stretches of the held-out text, for `hasOverTrained`; none for less than 400 pairs.
 *
 * @param contrasts - of the held-out pairs, in the order of the text
 */
export function stretchContrasts(contrasts: Float64Array): number[] {
  if (contrasts.length < FEWEST_PAIRS) return [];
  const edge = (stretch: number) => Math.round((stretch * contrasts.length) / STRETCHES);
  return Array.from({ length: STRETCHES }, (_, stretch) => mean(contrasts.subarray(edge(stretch), edge(stretch + 1))));
}

/** Earlier the rate is so high that vectors wander with it, and may come back when the rate falls. */
const JUDGED_FROM = 0.5;

/**
 * Whether a training learns its text by heart: whether for four epochs words of held-out windows have been less alike than they were at best, by
 * a tenth, and by more than chance, which the differences within the same stretches tell. Each epoch is taken together with the one before:
 * with several threads vectors go to and fro from epoch to epoch.
 *
 * @param epochs - `stretchContrasts` after each epoch, always of the same pairs
 * @param ofEpochs - how many the training has; nothing is said in the first half of them
 */
export function hasOverTrained(epochs: readonly (readonly number[])[], ofEpochs: number): boolean {
  if (epochs.length < Math.max(4, JUDGED_FROM * ofEpochs) || epochs.some(({ length }) => length === 0)) return false;
  const pairs = epochs.slice(1).map((contrasts, i) => contrasts.map((value, k) => (value + epochs[i][k]) / 2));
  const means = pairs.map(mean);
  const highest = Math.max(...means);
  const best = pairs[means.indexOf(highest)];
  if (best === undefined || highest <= 0) return false; // nothing to lose
  return pairs
    .slice(-RUNNING)
    .every((pair) => highest - mean(pair) > LEAST_FALL * highest && fall(best, pair) > STANDARD_ERRORS);
}

/** So many epochs are taken together: what wanders from one to the next, with several threads above all, is no fall. */
const TOGETHER = 10;
/**
 * Of the best contrast, of one epoch. All that contrasts are below their best together is 0 to .08 of it by default, with 50 epochs of 1 MB .19 and
 * more, and 0 where words still gain (docs/experiments.md).
 */
const LEAST_LOST = 0.12;

/**
 * Since when more epochs bring the words of a skip-gram training nothing: since when contrasts have long been a little below their best, and not
 * by chance. By how much they are, is summed over the epochs. `hasOverTrained` looks how deep a fall is, this how long it lasts: by so little
 * neighbors and word pairs stay as good, or get a little worse.
 *
 * @param contrasts - mean contrast after each epoch
 * @param ofEpochs - how many the training has; nothing is said in the first half of them, nor in the first twenty
 * @returns the middle of the best ten epochs; undefined where words gain, or may gain
 */
export function noGainSince(contrasts: readonly number[], ofEpochs: number): number | undefined {
  if (contrasts.length < Math.max(2 * TOGETHER, JUDGED_FROM * ofEpochs)) return undefined;
  const means = contrasts.slice(TOGETHER - 1).map((_, i) => mean(contrasts.slice(i, i + TOGETHER)));
  const highest = Math.max(...means);
  if (!(highest >= LEAST_CONTRAST)) return undefined; // nothing to lose
  const best = means.indexOf(highest);
  const shortfalls = means.slice(best).map((value) => highest - value);
  const lost = shortfalls.reduce((sum, shortfall) => sum + shortfall, 0);
  const last = shortfalls[shortfalls.length - 1];
  const isSure = last > STANDARD_ERRORS * errorOfShortfall(contrasts);
  return lost > LEAST_LOST * highest && isSure ? best + TOGETHER / 2 : undefined;
}

/** Standard error of the difference of two means of ten epochs: from how the last contrasts go up and down from one epoch to the next. */
function errorOfShortfall(contrasts: readonly number[]): number {
  const last = contrasts.slice(-2 * TOGETHER);
  const squares = last.slice(1).map((contrast, i) => (contrast - last[i]) ** 2);
  return Math.sqrt(mean(squares) / TOGETHER);
}

/** English and Chinese, 1 to 20 MB: .4 to 1.3 in useful vectors, 0 where words have not found each other's company. */
export const LEAST_CONTRAST = 0.1;
/** Of the held-out loss, in relation to its least value. Useful vectors may see five times this: there the contrast judges. */
const LEAST_RISE = 1.3;

/**
 * Whether a training learns its text by heart and nothing else: in the last four epochs words of held-out windows were hardly more alike than any
 * two words, and the held-out loss lay far above its least value and did not fall. `hasOverTrained` is silent there: what never rose cannot fall.
 *
 * @param losses - mean loss of the held-out text after each epoch
 * @param contrasts - mean contrast after each epoch
 * @param ofEpochs - how many the training has; nothing is said in the first half of them
 */
export function learnsNothingElse(losses: readonly number[], contrasts: readonly number[], ofEpochs: number): boolean {
  if (losses.length < Math.max(RUNNING, JUDGED_FROM * ofEpochs)) return false;
  const least = Math.min(...losses);
  const last = losses.slice(-RUNNING);
  const isHigh = last.every((loss) => loss > LEAST_RISE * least);
  return isHigh && last[RUNNING - 1] >= last[0] && mean(contrasts.slice(-RUNNING)) < LEAST_CONTRAST;
}

/**
 * After how many more epochs a training that goes back to its best one ends: after as many again, for there the learning rate is still high,
 * and vectors are best when it has fallen to its end; but after no more than it had left, so that going back takes no time more, if these are not
 * too few for a fall.
 *
 * @param left - how many epochs the training had left
 */
export function epochsToEnd(bestEpoch: number, left: number): number {
  return Math.min(bestEpoch, Math.max(left, Math.ceil(bestEpoch / 4)));
}

/** From one epoch to another, in standard errors. */
function fall(from: readonly number[], to: readonly number[]): number {
  const differences = to.map((value, stretch) => from[stretch] - value);
  const average = mean(differences);
  const squares = differences.reduce((sum, difference) => sum + (difference - average) ** 2, 0);
  return average / Math.sqrt(squares / (differences.length * (differences.length - 1)));
}

function mean(values: readonly number[] | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
