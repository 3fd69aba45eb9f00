import type { Rows } from '../training/trained-rows.ts';
import type { LiveVectors } from '../training/trainer.ts';
import type { Communicator } from './communicator.ts';

/** How the changes of several ranks to one row are put together. */
export const MERGE_RULES = ['adaptive', 'damped', 'average', 'sum'] as const;
/** See `MERGE_RULES`. */
export type MergeRule = (typeof MERGE_RULES)[number];

/** Rows by how often they change, those that change most first. */
export type RowOrder = Readonly<Record<keyof Rows, Uint32Array>>;

/** By what the sum of changes is multiplied; `alike`: its squared length beside the sum of theirs, 1 for right angles, `ranks` for one direction. */
const FACTORS: Readonly<Record<MergeRule, (alike: number, ranks: number) => number>> = {
  adaptive: (alike) => (alike > 1 ? 1 / alike : 1),
  damped: (alike) => (alike > 1 ? (2 * (1 - 2 ** -alike)) / alike : 1),
  average: (_, ranks) => 1 / ranks,
  sum: () => 1,
};

/** Values that are sent at a time: 16 MB. */
const VALUES_AT_ONCE = 1 << 22;
/** Of a row's squared length: a change below is what rounding has left. */
const ROUNDING = 1e-13;

/**
 * The changes of all ranks to the rows of a training, put together while it runs. Each rank keeps a base: the rows as they were when all
 * knew the same. It sends how far its rows have moved from there, and adds what the others have sent to its rows and the base; what its
 * workers have changed meanwhile stays, and is sent the next time.
 *
 * Rules, for a row that t ranks have moved by d₁ … dₜ:
 *
 * - `adaptive`: Σd / ρ with ρ = |Σd|² / Σ|d|², at most Σd: the sum of changes at right angles (ρ = 1), as those of rare words are, the mean
 *   of changes in one direction (ρ = t), as those of frequent words are. A row-wise form of Adasum (Maleki et al. 2021) and of the model
 *   combiner of GraphWord2Vec (Gill et al. 2021).
 * - `damped`: Σd × 2 (1 − 2^−ρ) / ρ, at most Σd: of changes in one direction the first as a whole, of each further one half as much as of the
 *   one before. Nearer to the sum; with four ranks it came near to diverging.
 * - `average`: Σd / t, as pWord2Vec but for ranks that have not touched the row.
 * - `sum`: Σd; it diverges where ranks are many or exchange rarely.
 */
export class RowExchange {
  readonly #communicator: Communicator;
  readonly #vectors: LiveVectors;
  readonly #order: RowOrder;
  readonly #rule: MergeRule;
  #base: Rows;
  #buffer = new Float32Array(0);

  /** @param rows - as all ranks have them now */
  constructor(communicator: Communicator, vectors: LiveVectors, rows: Rows, order: RowOrder, rule: MergeRule) {
    this.#communicator = communicator;
    this.#vectors = vectors;
    this.#order = order;
    this.#rule = rule;
    this.#base = copyOf(rows);
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
   * @returns the bytes that each rank gives to be added up
   */
  async exchange(share: number): Promise<number> {
    let byteLength = 0;
    const piece = Math.max(1, Math.floor(VALUES_AT_ONCE / (this.#vectors.dimensions + 2)));
    for (const matrix of ['inputVectors', 'outputVectors'] as const) {
      const order = this.#order[matrix];
      const rows = Math.min(order.length, Math.ceil(share * order.length));
      for (let begin = 0; begin < rows; begin += piece) {
        byteLength += await this.#exchangeRows(matrix, order.subarray(begin, Math.min(rows, begin + piece)));
      }
    }
    return byteLength;
  }

  async #exchangeRows(matrix: keyof Rows, ids: Uint32Array): Promise<number> {
    const { dimensions } = this.#vectors;
    const values = ids.length * dimensions;
    const length = values + 2 * ids.length;
    if (this.#buffer.length < length) this.#buffer = new Float32Array(length);
    const sent = this.#buffer.subarray(0, length);
    const sums = { changes: sent, squares: values, touches: values + ids.length };
    const own = await this.#vectors.readRows(matrix, ids);
    toChanges(own, this.#base[matrix], ids, dimensions, sums);
    await this.#communicator.allreduce(sent);
    applyChanges(own, this.#base[matrix], ids, dimensions, sums, this.#rule);
    await this.#vectors.addToRows(matrix, ids, own);
    return sent.byteLength;
  }
}

/** Where in one array the changes, their squared lengths and the numbers of ranks that made them stand: those of this rank, then of all. */
interface Sums {
  readonly changes: Float32Array;
  readonly squares: number;
  readonly touches: number;
}

/** Makes of rows, in place and in `changes`, how far they have moved from the base. */
export function toChanges(rows: Float32Array, base: Float32Array, ids: Uint32Array, dimensions: number, sums: Sums) {
  const { changes, squares, touches } = sums;
  for (let i = 0; i < ids.length; i++) {
    const begin = i * dimensions;
    const end = begin + dimensions;
    let square = 0;
    let length = 0;
    for (let at = begin, from = ids[i] * dimensions; at < end; at++, from++) {
      const value = rows[at];
      const change = value - base[from];
      rows[at] = change;
      changes[at] = change;
      square += change * change;
      length += value * value;
    }
    const touched = !(square <= ROUNDING * length); // what is no number is told to all, too
    changes[squares + i] = touched ? square : 0;
    changes[touches + i] = touched ? 1 : 0;
    if (touched) continue;
    rows.fill(0, begin, end);
    changes.fill(0, begin, end);
  }
}

/** Moves the base by the changes of all, and makes of `own` changes, in place, what is to be added to the rows of this rank. */
export function applyChanges(
  own: Float32Array,
  base: Float32Array,
  ids: Uint32Array,
  dimensions: number,
  { changes, squares, touches }: Sums,
  rule: MergeRule,
): void {
  for (let i = 0; i < ids.length; i++) {
    const ranks = changes[touches + i];
    if (ranks === 0) continue;
    const begin = i * dimensions;
    const end = begin + dimensions;
    let square = 0;
    for (let at = begin; at < end; at++) square += changes[at] * changes[at];
    const factor = ranks > 1 ? FACTORS[rule](square / changes[squares + i], ranks) : 1;
    for (let at = begin, to = ids[i] * dimensions; at < end; at++, to++) {
      const change = factor * changes[at];
      own[at] = change - own[at];
      base[to] += change;
    }
  }
}

function copyOf({ inputVectors, outputVectors }: Rows): Rows {
  return { inputVectors: inputVectors.slice(), outputVectors: outputVectors.slice() };
}
