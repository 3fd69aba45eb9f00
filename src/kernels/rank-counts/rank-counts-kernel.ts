import { rankCountsRelaxedSimd, rankCountsSimd } from '../generated/rank-counts.ts';
import { wasmMemory } from '../wasm-memory.ts';
import { wasmModule } from '../wasm-module.ts';
import type { RankCounts } from './rank-counts.ts';
import { rankCountsReference } from './rank-counts-reference.ts';

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

/** The fast version, in WebAssembly; the plain one where the counts do not fit into its memory. */
export const rankCounts: RankCounts = (counts, most, lists) => {
  const { length } = counts;
  if (length > MOST_COUNTS) return rankCountsReference(counts, most, lists);
  const memory = wasmMemory({ initial: 1 });
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
