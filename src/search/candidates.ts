/**
 * The rows that may be among the best for one query, told by bounds of their values: a row's value is at most its upper bound + `error`, and at
 * least its upper bound − 2 · its own error − `error`.
 */
export class Candidates {
  /** Most rows wanted. */
  readonly count: number;
  /** Whether a row may be a hit. */
  readonly #allows: (row: number) => boolean;
  readonly #error: number;
  /** The largest lower bounds, a heap with the least of them on top: so many rows are that good at least. At first there are none. */
  readonly #lowest: Float64Array;
  readonly #seen: { readonly row: number; readonly upperBound: number }[] = [];

  /**
   * @param room - so many rows can be hits at most
   * @param nothingKnown - below each upper bound that a row can have
   */
  constructor(count: number, room: number, allows: (row: number) => boolean, error: number, nothingKnown: number) {
    this.count = count;
    this.#allows = allows;
    this.#error = error;
    this.#lowest = new Float64Array(Math.max(0, Math.min(count, room))).fill(nothingKnown + error);
  }

  /** A row whose upper bound, without the error of the query, is below this is none of the best. */
  get threshold(): number {
    return this.#lowest.length === 0 ? Infinity : this.#lowest[0] - this.#error;
  }

  /**
   * Whether a row may be among the best: then it is to be added.
   *
   * @param upperBound - without the error of the query
   */
  takes(row: number, upperBound: number): boolean {
    return upperBound >= this.threshold && this.#allows(row);
  }

  /** A row that it takes. */
  add(row: number, upperBound: number, rowError: number): void {
    this.#seen.push({ row, upperBound });
    this.#addLowest(upperBound - 2 * rowError - this.#error);
  }

  /** Those that are left when all have been seen. */
  left() {
    return this.#seen.filter(({ upperBound }) => upperBound >= this.threshold);
  }

  #addLowest(bound: number): void {
    const heap = this.#lowest;
    if (bound <= heap[0]) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= bound) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = bound;
  }
}
