import { rowChangesRelaxedSimd, rowChangesSimd } from '../generated/row-changes.ts';
import { wasmModule } from '../wasm-module.ts';

/** Adds changes to values: both are copied in, and the values out again. */
export interface ValueAdder {
  readonly values: Float32Array;
  readonly changes: Float32Array;
  /** Adds the first `length` changes to the values. */
  add(length: number): void;
}

/** In WebAssembly, in a memory of its own, for up to `length` values at a time. */
export function createValueAdder(length: number): ValueAdder {
  const [valuesAt, changesAt] = [1024, 1024 + 4 * length];
  const memory = new WebAssembly.Memory({ initial: Math.ceil((changesAt + 4 * length) / 65536) });
  const module = wasmModule({ simd: rowChangesSimd, relaxedSimd: rowChangesRelaxedSimd });
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as {
    add(values: number, changes: number, byteLength: number): void;
  };
  return {
    values: new Float32Array(memory.buffer, valuesAt, length),
    changes: new Float32Array(memory.buffer, changesAt, length),
    add: (count) => wasm.add(valuesAt, changesAt, 4 * count),
  };
}
