/** Neighboring examples are alike: what tells the spread of a mean is that of so many stretches of the held-out text. */
const STRETCHES = 20;
const FEWEST_EXAMPLES = 20 * STRETCHES;
/** Less is chance: twenty epochs over 1 MB of text never had .5, fifty had 6 to 12 (docs/quality.md). */
const STANDARD_ERRORS = 4;

/**
 * Mean losses of 20 stretches of the held-out text, for `hasOverTrained`; none for less than 400 examples.
 *
 * @param losses - of the held-out examples, in the order of the text
 */
export function stretchLosses(losses: Float64Array): number[] {
  if (losses.length < FEWEST_EXAMPLES) return [];
  const edge = (stretch: number) => Math.round((stretch * losses.length) / STRETCHES);
  return Array.from({ length: STRETCHES }, (_, stretch) => mean(losses.subarray(edge(stretch), edge(stretch + 1))));
}

/** Earlier the rate is so high that the loss wanders with it, and falls again when the rate does. */
const JUDGED_FROM = 0.5;

/**
 * Whether a training learns its text by heart: whether the held-out loss has been above its lowest for two epochs, by
 * more than chance, which the differences within the same stretches tell. Each epoch is taken together with the one before:
 * with several threads the loss goes up and down from epoch to epoch.
 *
 * @param epochs - `stretchLosses` after each epoch, always of the same examples with the same negative samples
 * @param ofEpochs - how many the training has; nothing is said in the first half of them
 */
export function hasOverTrained(epochs: readonly (readonly number[])[], ofEpochs: number): boolean {
  if (epochs.length < Math.max(4, JUDGED_FROM * ofEpochs) || epochs[0].length === 0) return false;
  const pairs = epochs.slice(1).map((losses, i) => losses.map((loss, stretch) => (loss + epochs[i][stretch]) / 2));
  const means = pairs.map(mean);
  const lowest = pairs[means.indexOf(Math.min(...means))];
  return lowest !== undefined && pairs.slice(-2).every((pair) => rise(lowest, pair) > STANDARD_ERRORS);
}

/**
 * After how many more epochs a training that goes back to its best one ends: there the learning rate is still high, and vectors are
 * best when it has fallen to its end.
 */
export function epochsToEnd(bestEpoch: number): number {
  return bestEpoch;
}

/** From one epoch to another, in standard errors. */
function rise(from: readonly number[], to: readonly number[]): number {
  const differences = to.map((loss, stretch) => loss - from[stretch]);
  const average = mean(differences);
  const squares = differences.reduce((sum, difference) => sum + (difference - average) ** 2, 0);
  return average / Math.sqrt(squares / (differences.length * (differences.length - 1)));
}

function mean(values: readonly number[] | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
