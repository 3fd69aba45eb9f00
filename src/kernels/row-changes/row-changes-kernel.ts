import { rowChangesRelaxedSimd, rowChangesSimd } from '../generated/row-changes.ts';
import { wasmMemory } from '../wasm-memory.ts';
import { wasmModule } from '../wasm-module.ts';
import { MOST_MORE, type RowChanges } from './row-changes.ts';

interface Exports {
  takeChanges(
    rows: number,
    base: number,
    changes: number,
    squares: number,
    movers: number,
    count: number,
    dimensions: number,
  ): void;
  compareLengths(changes: number, squares: number, count: number, dimensions: number): void;
  applyChanges(rows: number, base: number, changes: number, factors: number, count: number, dimensions: number): void;
}

/** The fast version, in WebAssembly, in a memory of its own. */
export function createRowChanges(capacity: number, dimensions: number): RowChanges {
  const matrixBytes = Math.ceil((capacity * dimensions * 4) / 64) * 64;
  const rowsAt = 1024;
  const baseAt = rowsAt + matrixBytes;
  const sumsAt = baseAt + matrixBytes;
  const byteLength = sumsAt + matrixBytes + capacity * 8 + MOST_MORE * 4;
  const memory = wasmMemory({ initial: Math.ceil(byteLength / 65536) });
  const module = wasmModule({ simd: rowChangesSimd, relaxedSimd: rowChangesRelaxedSimd });
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const values = (offset: number, length: number) => new Float32Array(memory.buffer, offset, length);
  const squaresAt = (count: number) => sumsAt + count * dimensions * 4;
  const moversAt = (count: number) => squaresAt(count) + count * 4;
  return {
    capacity,
    rows: values(rowsAt, capacity * dimensions),
    base: values(baseAt, capacity * dimensions),
    sums: (count, more = 0) => values(sumsAt, count * (dimensions + 2) + more),
    take(count) {
      wasm.takeChanges(rowsAt, baseAt, sumsAt, squaresAt(count), moversAt(count), count, dimensions);
    },
    merge(count, factor) {
      wasm.compareLengths(sumsAt, squaresAt(count), count, dimensions);
      const factors = values(squaresAt(count), count);
      const movers = values(moversAt(count), count);
      for (let row = 0; row < count; row++) factors[row] = movers[row] > 1 ? factor(factors[row], movers[row], row) : 1;
      wasm.applyChanges(rowsAt, baseAt, sumsAt, squaresAt(count), count, dimensions);
    },
  };
}
