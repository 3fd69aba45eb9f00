/** The held-out loss has risen, by far more than its spread. */
export interface OverTraining {
  /** The epoch, from 1, after which the loss was lowest. */
  readonly bestEpoch: number;
  /** By how much the mean loss of an example has risen since. */
  readonly rise: number;
  /** The same in standard errors. */
  readonly standardErrors: number;
}

/** A rise of less is chance: twenty epochs over 1 MB of text had .2 at most, fifty 6 to 12 (docs/quality.md). */
const STANDARD_ERRORS = 4;
/** Fewer stretches do not tell their own spread. */
const FEWEST_STRETCHES = 20;

/**
 * Whether a training learns its text by heart: whether the held-out loss has been above its lowest for two epochs, by more than
 * chance.
 *
 * Examples of one stretch of text are alike, so that the stretches are what spreads: the standard error is that of the
 * differences between two epochs in the same stretches, a ratio of sums (Cochran 1977, section 6). Each epoch is taken together with the one
 * before: with several threads the loss goes up and down from epoch to epoch.
 *
 * @param epochs - after each epoch the sum of the losses in each stretch, always of the same examples with the same noise words
 * @param examples - in each stretch
 * @returns undefined for less than 20 stretches, too, and before the fourth epoch
 */
export function findOverTraining(
  epochs: readonly ArrayLike<number>[],
  examples: ArrayLike<number>,
): OverTraining | undefined {
  if (examples.length < FEWEST_STRETCHES) return undefined;
  const pairs = epochs
    .slice(1)
    .map((losses, epoch) => Float64Array.from(losses, (loss, stretch) => (loss + epochs[epoch][stretch]) / 2));
  if (pairs.length < 3) return undefined;
  const totals = pairs.map((losses) => losses.reduce((total, loss) => total + loss, 0));
  const best = totals.indexOf(Math.min(...totals));
  const last = pairs.length - 1;
  if (best < 0 || best >= last - 1) return undefined;
  const [before, now] = [last - 1, last].map((pair) => riseOf(pairs[best], pairs[pair], examples));
  if (!(Math.min(before.standardErrors, now.standardErrors) > STANDARD_ERRORS)) return undefined;
  return { bestEpoch: best + 2, ...now };
}

/** From the loss of one epoch to that of another in the same stretches. */
function riseOf(from: ArrayLike<number>, to: ArrayLike<number>, examples: ArrayLike<number>) {
  const count = examples.length;
  let [sum, total] = [0, 0];
  for (let i = 0; i < count; i++) {
    sum += to[i] - from[i];
    total += examples[i];
  }
  const rise = sum / total;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (to[i] - from[i] - rise * examples[i]) ** 2;
  const standardError = Math.sqrt((count / (count - 1)) * squares) / total;
  return { rise, standardErrors: rise / standardError };
}
