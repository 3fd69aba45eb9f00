import type { MergeFactor, RowChanges } from '../kernels/row-changes/row-changes.ts';
import { createRowChanges } from '../kernels/row-changes/row-changes-kernel.ts';
import { gatherRows, type Rows, type StridedRows, scatterRows } from '../training/trained-rows.ts';
import type { LiveVectors } from '../training/trainer.ts';
import type { Communicator } from './communicator.ts';

/** How the changes of several ranks to one row are put together. */
export const MERGE_RULES = ['adaptive', 'adasum', 'average', 'sum'] as const;
/** See `MERGE_RULES`. */
export type MergeRule = (typeof MERGE_RULES)[number];

/** Rows by how often they change, those that change most first. */
export type RowOrder = Readonly<Record<keyof Rows, Uint32Array>>;

/**
 * Of changes in one direction so many times their mean. What a rank does by itself brings a frequent row to its place: at 2 the ranks overshoot it as
 * far as they were away from it, at 1 they learn too little together (docs/cluster.md).
 */
const OF_ONE_DIRECTION = 1.5;

/** See `RowExchange`. */
const FACTORS: Readonly<Record<MergeRule, MergeFactor>> = {
  adaptive: (alike) => (alike > OF_ONE_DIRECTION ? OF_ONE_DIRECTION / alike : 1),
  adasum: (alike) => (alike > 1 ? 1 / alike : 1),
  average: (_, movers) => 1 / movers,
  sum: () => 1,
};

/** Values that are sent at a time: 2 MB, as rows, base and sums of a piece then stay in a processor's cache. */
const VALUES_AT_ONCE = 1 << 19;

/**
 * The changes of all ranks to the rows of a training, put together while it runs. Each rank keeps a base: the rows as they were when all
 * knew the same. It sends how far its rows have moved from there, and adds what the others have sent to its rows and the base; what its
 * workers have changed meanwhile stays, and is sent the next time.
 *
 * Rules, for a row that t ranks have moved by d₁ … dₜ:
 *
 * - `adaptive`: Σd × 1.5 / ρ with ρ = |Σd|² / Σ|d|², at most Σd: the sum of changes at right angles (ρ = 1), as those of rare words are, 1.5
 *   times the mean of changes in one direction (ρ = t), as those of frequent words are. With hierarchical softmax and more than two ranks the
 *   nodes of the tree follow `adasum`.
 * - `adasum`: Σd / ρ, at most Σd. A row-wise form of Adasum (Maleki et al. 2021) and of the model combiner of GraphWord2Vec (Gill et al. 2021).
 * - `average`: Σd / t, as pWord2Vec but for ranks that have not touched the row.
 * - `sum`: Σd; it diverges where ranks are many or exchange rarely.
 */
export class RowExchange {
  readonly #communicator: Communicator;
  readonly #vectors: LiveVectors;
  readonly #order: RowOrder;
  readonly #factors: Readonly<Record<keyof Rows, MergeFactor>>;
  /** Two, so that one piece is put together while another one is under way. */
  readonly #places: readonly RowChanges[];
  #base: Rows;

  /**
   * @param base - a copy of the rows as all ranks have them now
   * @param outputRule - of the output vectors
   */
  constructor(
    communicator: Communicator,
    vectors: LiveVectors,
    base: Rows,
    order: RowOrder,
    rule: MergeRule,
    outputRule = rule,
  ) {
    const { dimensions } = vectors;
    const all = order.inputVectors.length + order.outputVectors.length;
    const capacity = Math.max(1, Math.min(all, Math.floor(VALUES_AT_ONCE / (dimensions + 2))));
    this.#communicator = communicator;
    this.#vectors = vectors;
    this.#order = order;
    this.#factors = { inputVectors: FACTORS[rule], outputVectors: FACTORS[outputRule] };
    this.#places = [0, 1].map(() => createRowChanges(capacity, dimensions));
    this.#base = base;
  }

  /** The rows that all ranks know: after `exchange` of all rows between two legs, the rows themselves. */
  get base(): Rows {
    return this.#base;
  }

  /** Begins anew from rows that all ranks have. */
  restart(rows: Rows): void {
    this.#base = copyOf(rows);
  }

  /**
   * Puts together the changes to the first `share` of both matrices' rows, by their order.
   *
   * @param told - small whole numbers that are added up over all ranks with them
   * @param trains - false where the rows rest and are set to the base afterwards: then only the base gets the changes
   * @returns the bytes that each rank gives to be added up, how long it worked for that and did not wait, and the sums of `told`
   */
  async exchange(share: number, told: readonly number[] = [], trains = true): Promise<Exchanged> {
    let byteLength = 0;
    let workMilliseconds = 0;
    let sums: number[] = [];
    let [place, next] = this.#places;
    let last: Sent | undefined;
    const timed = async <T>(work: () => Promise<T>): Promise<T> => {
      const begin = performance.now();
      const result = await work();
      workMilliseconds += performance.now() - begin;
      return result;
    };
    const receive = async (sent: Sent) => {
      await sent.added;
      const more = await timed(() => this.#receive(sent, trains));
      if (sums.length === 0) sums = more; // told with the first piece
    };
    for (const piece of this.#piecesOf(share)) {
      const sent = await timed(() => this.#send(piece, place, byteLength === 0 ? told : []));
      [place, next] = [next, place];
      byteLength += sent.values.byteLength;
      if (last) await receive(last);
      last = sent;
    }
    if (last) await receive(last);
    return { byteLength, workMilliseconds, sums };
  }

  /** Rows of both matrices are sent at once where they are few: a call takes as long as its slowest rank. */
  *#piecesOf(share: number): Generator<Piece> {
    const [{ capacity }] = this.#places;
    let piece: Stretch[] = [];
    let count = 0;
    for (const matrix of ['inputVectors', 'outputVectors'] as const) {
      const order = this.#order[matrix];
      const rows = Math.min(order.length, Math.ceil(share * order.length));
      for (let begin = 0; begin < rows; ) {
        const end = Math.min(rows, begin + capacity - count);
        // By their numbers: rows that lie side by side are copied at once.
        piece.push({ matrix, ids: order.slice(begin, end).sort(), first: count });
        count += end - begin;
        begin = end;
        if (count < capacity) continue;
        yield { stretches: piece, count };
        [piece, count] = [[], 0];
      }
    }
    if (count > 0) yield { stretches: piece, count };
  }

  async #send(piece: Piece, place: RowChanges, told: readonly number[]): Promise<Sent> {
    for (const { matrix, ids, first } of piece.stretches) {
      await this.#vectors.readRows(matrix, ids, this.#part(place.rows, first, ids.length));
      gatherRows(this.#baseOf(matrix), ids, this.#part(place.base, first, ids.length));
    }
    place.take(piece.count);
    const values = place.sums(piece.count, told.length);
    values.set(told, values.length - told.length);
    const added = this.#communicator.allreduce(values);
    added.catch(() => {}); // told to who waits for it
    return { ...piece, place, added, values, told: told.length };
  }

  /** When all has been added up; gives the sums of what was told. */
  async #receive({ stretches, count, place, values, told }: Sent, trains: boolean): Promise<number[]> {
    const { inputVectors, outputVectors } = this.#factors;
    const outputRow = stretches.find(({ matrix }) => matrix === 'outputVectors')?.first ?? count; // these stand last
    place.merge(count, (alike, movers, row) => (row < outputRow ? inputVectors : outputVectors)(alike, movers, row));
    for (const { matrix, ids, first } of stretches) {
      scatterRows(this.#part(place.base, first, ids.length), ids, this.#baseOf(matrix));
      if (trains) await this.#vectors.addToRows(matrix, ids, this.#part(place.rows, first, ids.length));
    }
    return [...values.subarray(values.length - told)];
  }

  #part(rows: Float32Array, first: number, count: number): Float32Array {
    const { dimensions } = this.#vectors;
    return rows.subarray(first * dimensions, (first + count) * dimensions);
  }

  #baseOf(matrix: keyof Rows): StridedRows {
    const { dimensions } = this.#vectors;
    return { values: this.#base[matrix], rowLength: dimensions, dimensions };
  }
}

/** See `RowExchange.exchange`. */
export interface Exchanged {
  readonly byteLength: number;
  readonly workMilliseconds: number;
  readonly sums: readonly number[];
}

/** Rows that are sent at once. */
interface Piece {
  readonly stretches: readonly Stretch[];
  readonly count: number;
}

/** Rows of one matrix, from row `first` of a piece on. */
interface Stretch {
  readonly matrix: keyof Rows;
  readonly ids: Uint32Array;
  readonly first: number;
}

interface Sent extends Piece {
  readonly place: RowChanges;
  readonly added: Promise<void>;
  readonly values: Float32Array;
  readonly told: number;
}

function copyOf({ inputVectors, outputVectors }: Rows): Rows {
  return { inputVectors: inputVectors.slice(), outputVectors: outputVectors.slice() };
}
