import type { RowChanges } from '../kernels/row-changes/row-changes.ts';
import { createRowChanges } from '../kernels/row-changes/row-changes-kernel.ts';
import { gatherRows, type Rows, type StridedRows, scatterRows } from '../training/trained-rows.ts';
import type { LiveVectors } from '../training/trainer.ts';
import type { Communicator } from './communicator.ts';
import type { RowOrder } from './row-order.ts';

/** How the changes of several ranks to one row are put together. */
export const MERGE_RULES = ['damped', 'adaptive', 'average', 'sum'] as const;
/** See `MERGE_RULES`. */
export type MergeRule = (typeof MERGE_RULES)[number];

/**
 * When a rank has trained a row so often, times the learning rate, 1/e of the way is left to where the row tends to: about, and the best by
 * accuracy (docs/cluster.md).
 */
const DAMPING = 0.5;

/** By what the sum of changes is multiplied; see `MergeFactor`, and for `left` the rule `damped`. */
const FACTORS: Readonly<Record<MergeRule, (alike: number, movers: number, left: number) => number>> = {
  damped: (alike, _, left) => (alike > 1 && left < 1 ? (1 - left ** alike) / ((1 - left) * alike) : 1),
  adaptive: (alike) => (alike > 1 ? 1 / alike : 1),
  average: (_, movers) => 1 / movers,
  sum: () => 1,
};

/** Values that are sent at a time: 8 MB. */
const VALUES_AT_ONCE = 1 << 21;

/**
 * The changes of all ranks to the rows of a training, put together while it runs. Each rank keeps a base: the rows as they were when all
 * knew the same. It sends how far its rows have moved from there, and adds what the others have sent to its rows and the base; what its
 * workers have changed meanwhile stays, and is sent the next time.
 *
 * Rules, for a row that t ranks have moved by d₁ … dₜ:
 *
 * - `damped`: Σd × (1 − q^ρ) / ((1 − q) ρ), at most Σd, with ρ = |Σd|² / Σ|d|²: the sum of changes at right angles (ρ = 1), as those of rare words
 *   are. Of changes in one direction (ρ = t) the first as a whole and of each further one q times as much as of the one before: as if the
 *   ranks had moved the row one after the other to where it tends to, of which way each leaves q. The more often a rank has trained the
 *   row since its last exchange, and the larger the steps, the less is left: q = e^(−2 × times × learning rate).
 * - `adaptive`: Σd / ρ, at most Σd: the same with q = 0, so of changes in one direction their mean. A row-wise form of Adasum (Maleki et al.
 *   2021) and of the model combiner of GraphWord2Vec (Gill et al. 2021).
 * - `average`: Σd / t, as pWord2Vec but for ranks that have not touched the row.
 * - `sum`: Σd; it diverges where ranks are many or exchange rarely.
 */
export class RowExchange {
  readonly #communicator: Communicator;
  readonly #vectors: LiveVectors;
  readonly #order: RowOrder;
  readonly #rule: MergeRule;
  /** Tokens × learning rate that a rank has trained since the beginning, on the mean; and how many when each row was exchanged. */
  #progress = 0;
  readonly #progressAt: Readonly<Record<keyof Rows, Float64Array>>;
  /** Two, so that one piece is put together while another one is under way. */
  readonly #places: readonly RowChanges[];
  #base: Rows;

  /** @param rows - as all ranks have them now */
  constructor(communicator: Communicator, vectors: LiveVectors, rows: Rows, order: RowOrder, rule: MergeRule) {
    const { dimensions } = vectors;
    const most = Math.max(order.inputVectors.ids.length, order.outputVectors.ids.length);
    const capacity = Math.max(1, Math.min(most, Math.floor(VALUES_AT_ONCE / (dimensions + 2))));
    this.#communicator = communicator;
    this.#vectors = vectors;
    this.#order = order;
    this.#rule = rule;
    this.#progressAt = {
      inputVectors: new Float64Array(order.inputVectors.ids.length),
      outputVectors: new Float64Array(order.outputVectors.ids.length),
    };
    this.#places = [0, 1].map(() => createRowChanges(capacity, dimensions));
    this.#base = copyOf(rows);
  }

  /** The rows that all ranks know: after `exchange` of all rows between two legs, the rows themselves. */
  get base(): Rows {
    return this.#base;
  }

  /** Begins anew from rows that all ranks have. */
  restart(rows: Rows): void {
    this.#base = copyOf(rows);
    for (const progress of Object.values(this.#progressAt)) progress.fill(this.#progress);
  }

  /**
   * Puts together the changes to the first `share` of both matrices' rows, by their order.
   *
   * @param steps - tokens that a rank has trained since the last exchange, times the learning rate: the mean over ranks, the same on all
   * @returns the bytes that each rank gives to be added up
   */
  async exchange(share: number, steps: Promise<number>): Promise<number> {
    const progress = steps.then((more) => (this.#progress += more));
    progress.catch(() => {}); // told to who waits for it
    let byteLength = 0;
    let [place, next] = this.#places;
    let last: Sent | undefined;
    for (const piece of this.#piecesOf(share)) {
      const sent = await this.#send(piece, place);
      [place, next] = [next, place];
      byteLength += sent.byteLength;
      if (last) await this.#receive(last, await progress);
      last = sent;
    }
    if (last) await this.#receive(last, await progress);
    return byteLength;
  }

  *#piecesOf(share: number): Generator<Piece> {
    const [{ capacity }] = this.#places;
    for (const matrix of ['inputVectors', 'outputVectors'] as const) {
      const { ids } = this.#order[matrix];
      const rows = Math.min(ids.length, Math.ceil(share * ids.length));
      for (let begin = 0; begin < rows; begin += capacity) {
        yield { matrix, begin, ids: ids.subarray(begin, Math.min(rows, begin + capacity)) };
      }
    }
  }

  async #send(piece: Piece, place: RowChanges): Promise<Sent> {
    const { matrix, ids } = piece;
    await this.#vectors.readRows(matrix, ids, place.rows);
    gatherRows(this.#baseOf(matrix), ids, place.base);
    place.take(ids.length);
    const sums = place.sums(ids.length);
    const added = this.#communicator.allreduce(sums);
    added.catch(() => {}); // told to who waits for it
    return { ...piece, place, added, byteLength: sums.byteLength };
  }

  async #receive({ matrix, begin, ids, place, added }: Sent, progress: number): Promise<void> {
    await added;
    const factor = FACTORS[this.#rule];
    const before = this.#progressAt[matrix].subarray(begin, begin + ids.length);
    const rates = this.#order[matrix].rates.subarray(begin, begin + ids.length);
    const left = (row: number) => Math.exp((-rates[row] * (progress - before[row])) / DAMPING);
    place.merge(ids.length, (alike, movers, row) => factor(alike, movers, left(row)));
    before.fill(progress);
    scatterRows(place.base, ids, this.#baseOf(matrix));
    await this.#vectors.addToRows(matrix, ids, place.rows);
  }

  #baseOf(matrix: keyof Rows): StridedRows {
    const { dimensions } = this.#vectors;
    return { values: this.#base[matrix], rowLength: dimensions, dimensions };
  }
}

/** Rows of one matrix that are sent at once. */
interface Piece {
  readonly matrix: keyof Rows;
  /** Place in the order of rows. */
  readonly begin: number;
  readonly ids: Uint32Array;
}

interface Sent extends Piece {
  readonly place: RowChanges;
  readonly added: Promise<void>;
  readonly byteLength: number;
}

function copyOf({ inputVectors, outputVectors }: Rows): Rows {
  return { inputVectors: inputVectors.slice(), outputVectors: outputVectors.slice() };
}
