export interface RankedCounts {
  /** Places of the largest counts, the largest first, equal ones as they stand. */
  readonly order: Uint32Array;
  /** For each place where it stands in `order`, or −1. */
  readonly ranks: Int32Array;
}

/**
 * Ranks whole numbers.
 *
 * @param most - so many get a rank
 * @param lists - of places, or −1: each place becomes its rank
 */
export type RankCounts = (counts: Float64Array, most: number, lists: readonly Int32Array[]) => RankedCounts;
