import { skipGramRelaxedSimd, skipGramSimd } from './generated/skip-gram.ts';
import { planScratch, type SkipGramKernel, type SkipGramLayout } from './skip-gram.ts';
import { blockBuffer } from './skip-gram-reference.ts';
import { wasmModule } from './wasm-module.ts';

interface Exports {
  trainBlock(
    parameters: number,
    tokens: number,
    tokenCount: number,
    begin: number,
    end: number,
    learningRate: number,
    seed0: number,
    seed1: number,
  ): void;
  lossSum(): number;
  pairCount(): number;
}

/**
 * The fast kernel (`assembly/skip-gram.ts`) as an instance on the given memory.
 *
 * @param relaxedSimd - whether it uses fused multiply-add; by default, where that is there
 */
export const createSkipGramKernel = (
  memory: WebAssembly.Memory,
  layout: SkipGramLayout,
  worker: number,
  relaxedSimd?: boolean,
): SkipGramKernel => {
  const module = wasmModule({ simd: skipGramSimd, relaxedSimd: skipGramRelaxedSimd }, relaxedSimd);
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as unknown as Exports;
  const scratch = layout.scratch + worker * layout.scratchByteLength;
  const offsets = planScratch(layout, layout.rowLength, layout.marginTokens);
  const tokens = blockBuffer(memory.buffer, layout, worker);
  // The order of the constants at the top of assembly/skip-gram.ts.
  new Uint32Array(memory.buffer, scratch + offsets.parameters, 32).set([
    layout.inputVectors,
    layout.outputVectors,
    layout.rowLength * 4,
    layout.keepThresholds,
    layout.aliasThresholds,
    layout.aliasWords,
    layout.wordCount,
    layout.window,
    layout.negatives,
    layout.noisePoolSize,
    scratch + offsets.noisePool,
    scratch + offsets.noiseSets,
    offsets.noiseSetByteLength,
    scratch + offsets.outputRows,
    scratch + offsets.outputWeights,
    scratch + offsets.contextRows,
    scratch + offsets.products,
    scratch + offsets.kept,
    scratch + offsets.zeroRow,
    scratch + offsets.loss,
  ]);
  return {
    tokens,
    trainBlock(tokenCount, begin, end, learningRate, seed0, seed1) {
      exports.trainBlock(
        scratch + offsets.parameters,
        tokens.byteOffset,
        tokenCount,
        begin,
        end,
        learningRate,
        seed0,
        seed1,
      );
      return { pairs: exports.pairCount(), loss: exports.lossSum() };
    },
  };
};
