import { rankCountsRelaxedSimd, rankCountsSimd } from '../generated/rank-counts.ts';
import { wasmModule } from '../wasm-module.ts';

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

interface Exports {
  setup(length: number, listLength: number): void;
  countsAt(): number;
  orderAt(): number;
  ranksAt(): number;
  listAt(): number;
  rank(most: number): void;
  renameList(length: number): void;
}

const LIST_LENGTH = 1 << 16;
/** 16 bytes each in a memory of 4 GiB. */
const MOST_COUNTS = 1 << 27;

export const rankCounts: RankCounts = (counts, most, lists) => {
  const { length } = counts;
  if (length > MOST_COUNTS) return rankCountsReference(counts, most, lists);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = wasmModule({ simd: rankCountsSimd, relaxedSimd: rankCountsRelaxedSimd });
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  wasm.setup(length, LIST_LENGTH);
  const { buffer } = memory;
  new Float64Array(buffer, wasm.countsAt(), length).set(counts);
  wasm.rank(Math.min(most, length));
  const renamed = new Int32Array(buffer, wasm.listAt(), LIST_LENGTH);
  for (const list of lists) {
    for (let begin = 0; begin < list.length; begin += LIST_LENGTH) {
      const piece = list.subarray(begin, begin + LIST_LENGTH);
      renamed.set(piece);
      wasm.renameList(piece.length);
      piece.set(renamed.subarray(0, piece.length));
    }
  }
  return {
    order: new Uint32Array(buffer, wasm.orderAt(), Math.min(most, length)),
    ranks: new Int32Array(buffer, wasm.ranksAt(), length),
  };
};

/** The plain version. */
export const rankCountsReference: RankCounts = (counts, most, lists) => {
  const places = Uint32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const order = places.subarray(0, Math.min(most, counts.length));
  const ranks = new Int32Array(counts.length).fill(-1);
  order.forEach((place, rank) => {
    ranks[place] = rank;
  });
  for (const list of lists) list.set(list.map((place) => (place < 0 ? place : ranks[place])));
  return { order, ranks };
};
