/** The rows with the largest scores of many, found in one pass: a heap whose top is the least of them. */
export class BestRows {
  /** So many are kept. */
  readonly count: number;
  readonly #compare: (a: number, b: number) => number;
  readonly #rows: number[] = [];
  readonly #scores: number[] = [];

  /**
   * @param compare - the order of rows of the same score; that of their numbers if omitted
   */
  constructor(count: number, compare: (a: number, b: number) => number = (a, b) => a - b) {
    this.count = count;
    this.#compare = compare;
  }

  /** What is not above this is none of the best. */
  get threshold(): number {
    return this.#rows.length < this.count ? -Infinity : this.#scores[0];
  }

  add(row: number, score: number): void {
    const [rows, scores] = [this.#rows, this.#scores];
    if (rows.length < this.count) {
      let at = rows.length;
      rows.push(row);
      scores.push(score);
      for (let parent = (at - 1) >> 1; at > 0 && this.#isLess(row, score, parent); parent = (at - 1) >> 1) {
        this.#move(parent, at);
        at = parent;
      }
      this.#set(at, row, score);
      return;
    }
    if (rows.length === 0 || this.#isLess(row, score, 0)) return;
    let at = 0;
    for (let child = 1; child < rows.length; child = 2 * at + 1) {
      if (child + 1 < rows.length && this.#isLess(rows[child + 1], scores[child + 1], child)) child++;
      if (this.#isLess(row, score, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, row, score);
  }

  /** Best first. */
  sorted(): { row: number; score: number }[] {
    return this.#rows
      .map((row, i) => ({ row, score: this.#scores[i] }))
      .sort((a, b) => b.score - a.score || this.#compare(a.row, b.row));
  }

  #isLess(row: number, score: number, than: number): boolean {
    const other = this.#scores[than];
    return score < other || (score === other && this.#compare(row, this.#rows[than]) > 0);
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#rows[from], this.#scores[from]);
  }

  #set(at: number, row: number, score: number): void {
    this.#rows[at] = row;
    this.#scores[at] = score;
  }
}
