import { rowChangesRelaxedSimd, rowChangesSimd } from '../generated/row-changes.ts';
import { wasmModule } from '../wasm-module.ts';
import { MOST_MORE, packedBytes, type RowChanges } from './row-changes.ts';

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
  packChanges(rows: number, movers: number, scales: number, codes: number, count: number, dimensions: number): void;
  unpackChanges(
    scales: number,
    codes: number,
    stride: number,
    parts: number,
    changes: number,
    squares: number,
    movers: number,
    count: number,
    dimensions: number,
  ): void;
  compareLengths(changes: number, squares: number, count: number, dimensions: number): void;
  applyChanges(rows: number, base: number, changes: number, factors: number, count: number, dimensions: number): void;
}

/**
 * The fast version, in WebAssembly, in a memory of its own.
 *
 * @param parts - of whom packed changes are received; none if omitted
 */
export function createRowChanges(capacity: number, dimensions: number, parts = 0): RowChanges {
  const matrixBytes = Math.ceil((capacity * dimensions * 4) / 64) * 64;
  const rowsAt = 1024;
  const baseAt = rowsAt + matrixBytes;
  const sumsAt = baseAt + matrixBytes;
  const packedAt = sumsAt + matrixBytes + capacity * 8 + MOST_MORE * 4;
  const mostBytes = packedBytes(capacity, dimensions, MOST_MORE);
  const receivedAt = packedAt + mostBytes;
  const byteLength = receivedAt + parts * mostBytes;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(byteLength / 65536) });
  const module = wasmModule({ simd: rowChangesSimd, relaxedSimd: rowChangesRelaxedSimd });
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const values = (offset: number, length: number) => new Float32Array(memory.buffer, offset, length);
  const squaresAt = (count: number) => sumsAt + count * dimensions * 4;
  const moversAt = (count: number) => squaresAt(count) + count * 4;
  const toldAt = (count: number) => moversAt(count) + count * 4;
  return {
    capacity,
    rows: values(rowsAt, capacity * dimensions),
    base: values(baseAt, capacity * dimensions),
    sums: (count, more = 0) => values(sumsAt, count * (dimensions + 2) + more),
    take(count) {
      wasm.takeChanges(rowsAt, baseAt, sumsAt, squaresAt(count), moversAt(count), count, dimensions);
    },
    pack(count, more = 0) {
      const codesAt = packedAt + 4 * (count + more);
      wasm.packChanges(rowsAt, moversAt(count), packedAt, codesAt, count, dimensions);
      values(packedAt + 4 * count, more).set(values(toldAt(count), more));
      return new Uint8Array(memory.buffer, packedAt, packedBytes(count, dimensions, more));
    },
    received: (count, more = 0) =>
      new Uint8Array(memory.buffer, receivedAt, parts * packedBytes(count, dimensions, more)),
    unpack(count, more = 0) {
      const stride = packedBytes(count, dimensions, more);
      const codesAt = receivedAt + 4 * (count + more);
      const [squares, movers] = [squaresAt(count), moversAt(count)];
      wasm.unpackChanges(receivedAt, codesAt, stride, parts, sumsAt, squares, movers, count, dimensions);
      const told = values(toldAt(count), more).fill(0);
      for (let part = 0; part < parts; part++) {
        const ofPart = values(receivedAt + part * stride + 4 * count, more);
        for (let i = 0; i < more; i++) told[i] += ofPart[i];
      }
    },
    merge(count, factor) {
      wasm.compareLengths(sumsAt, squaresAt(count), count, dimensions);
      const factors = values(squaresAt(count), count);
      const movers = values(moversAt(count), count);
      for (let row = 0; row < count; row++) factors[row] = movers[row] > 1 ? factor(factors[row], movers[row]) : 1;
      wasm.applyChanges(rowsAt, baseAt, sumsAt, squaresAt(count), count, dimensions);
    },
  };
}
