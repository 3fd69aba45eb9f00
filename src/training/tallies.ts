/** Examples of an epoch and the sum of their losses, of all writers; see `Trainer.tallies`. */
export function tallyOf(tallies: Float64Array, epoch: number, epochs: number): { pairs: number; loss: number } {
  let pairs = 0;
  let loss = 0;
  for (let at = 2 * epoch; at < tallies.length; at += 2 * epochs) {
    pairs += tallies[at];
    loss += tallies[at + 1];
  }
  return { pairs, loss };
}

/** Sets tallies to earlier ones; of another number of writers the sums of all go to the first. */
export function setTallies(tallies: Float64Array, earlier: readonly number[], epochs: number): void {
  tallies.fill(0);
  earlier.forEach((value, i) => {
    tallies[earlier.length === tallies.length ? i : i % (2 * epochs)] += value;
  });
}
