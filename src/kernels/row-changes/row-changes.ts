/**
 * How far rows of vectors have moved from a base, brought together with how far others have moved theirs: some rows at a time, which the
 * caller copies in and out.
 */
export interface RowChanges {
  /** So many rows at a time, at most. */
  readonly capacity: number;
  /** (capacity × dimensions) The rows; after `take` how far they have moved; after `merge` what is to be added to them. */
  readonly rows: Float32Array;
  /** (capacity × dimensions) Where all know that they were; after `merge` where all know that they are. */
  readonly base: Float32Array;
  /**
   * What is to be added up over all who have such rows, between `take` and `merge`: `count` × (dimensions + 2) values, and behind them
   * `more` of the caller's own, at most `MOST_MORE`.
   */
  sums(count: number, more?: number): Float32Array;
  /**
   * Writes to `sums` how far each row has moved, then the squared length of each change, then 1 for each row that has moved, 0 for others.
   * Rounding is no movement; what is no number is one.
   */
  take(count: number): void;
  /** Moves the base by the sums of changes, each multiplied by what `factor` says. */
  merge(count: number, factor: MergeFactor): void;
}

/**
 * By what a sum of changes is multiplied.
 *
 * @param alike - the squared length of the sum beside the sum of the squared lengths: 1 for right angles, `movers` for one direction
 * @param movers - how many have moved the row, two at least: the change of one is taken as it is
 * @param row - its place among those that are merged
 */
export type MergeFactor = (alike: number, movers: number, row: number) => number;

/** Of a row's squared length: a change below is what rounding has left. */
export const ROUNDING = 1e-13;

/** See `RowChanges.sums`. */
export const MOST_MORE = 16;
