import { type AliasTable, createAliasTable as createPlainly, sumOfWeights } from '../../math/alias-table.ts';
import { aliasTableRelaxedSimd, aliasTableSimd } from '../generated/alias-table.ts';
import { wasmModule } from '../wasm-module.ts';

interface Exports {
  setup(count: number): void;
  weightsAt(): number;
  thresholdsAt(): number;
  aliasesAt(): number;
  build(total: number): void;
}

/** 24 bytes each in a memory of 4 GiB. */
const MOST_WEIGHTS = 1 << 27;

/** The fast version of `createAliasTable`, in WebAssembly; the plain one where the weights do not fit into its memory. */
export function createAliasTable(weights: Float64Array): AliasTable {
  if (weights.length > MOST_WEIGHTS) return createPlainly(weights);
  const total = sumOfWeights(weights);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = wasmModule({ simd: aliasTableSimd, relaxedSimd: aliasTableRelaxedSimd });
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  wasm.setup(weights.length);
  new Float64Array(memory.buffer, wasm.weightsAt(), weights.length).set(weights);
  wasm.build(total);
  return {
    thresholds: new Uint32Array(memory.buffer, wasm.thresholdsAt(), weights.length),
    aliases: new Uint32Array(memory.buffer, wasm.aliasesAt(), weights.length),
  };
}
