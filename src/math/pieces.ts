/** A calculation that is done a piece at a time, so that nothing has to wait long for it. */
export class Pieces<Result> {
  readonly #pieces: Generator<undefined, Result>;
  #last: IteratorResult<undefined, Result> | undefined;

  constructor(pieces: Generator<undefined, Result>) {
    this.#pieces = pieces;
  }

  /** Does the next piece; nothing if all are done. */
  next(): void {
    if (!this.#last?.done) this.#last = this.#pieces.next();
  }

  /** Does the pieces that are left. */
  finish(): Result {
    for (;;) {
      if (this.#last?.done) return this.#last.value;
      this.next();
    }
  }
}
