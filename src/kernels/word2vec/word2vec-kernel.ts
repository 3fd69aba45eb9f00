import { word2vecRelaxedSimd, word2vecSimd } from '../generated/word2vec.ts';
import { wasmModule } from '../wasm-module.ts';
import {
  centresPerDraw,
  copiedRows,
  LOSSES,
  type Matrices,
  mergeShare,
  planScratch,
  positionsAtOnce,
  type SharedMemory,
  type Word2VecKernel,
  type Word2VecLayout,
} from './word2vec.ts';
import { blockBuffer } from './word2vec-reference.ts';

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
  mergeSlots(
    vectors: number,
    rowBytes: number,
    maps: number,
    stride: number,
    slots: number,
    first: number,
    last: number,
  ): void;
  lossSum(): number;
  exampleCount(): number;
  mergeCopies(parameters: number): void;
  mergeHottest(parameters: number): void;
}

/**
 * The fast kernel (`assembly/word2vec.ts`) as an instance on the given memory.
 *
 * @param relaxedSimd - whether it uses fused multiply-add; by default, where that is there, but not in deterministic
 *   training, whose results shall be the same on all machines
 */
export const createWord2VecKernel = (
  memory: SharedMemory,
  layout: Word2VecLayout,
  worker: number,
  outside?: Matrices,
  relaxedSimd: boolean | undefined = layout.deterministic ? false : undefined,
): Word2VecKernel => {
  const module = wasmModule({ simd: word2vecSimd, relaxedSimd: word2vecRelaxedSimd }, relaxedSimd);
  const { rowLength } = layout;
  const rowIn = (output: number, row: number) =>
    (output ? outside!.outputVectors : outside!.inputVectors).subarray(row * rowLength, (row + 1) * rowLength);
  const rowAt = (address: number) => new Float32Array(memory.buffer, address >>> 0, rowLength);
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory: memory as WebAssembly.Memory,
      logarithm: Math.log,
      readRow: (output: number, row: number, address: number) => rowAt(address).set(rowIn(output, row)),
      writeRow: (output: number, row: number, address: number) => rowIn(output, row).set(rowAt(address)),
    },
  });
  const exports = instance.exports as unknown as Exports;
  const scratch = layout.scratch + worker * layout.scratchByteLength;
  const offsets = planScratch(layout, layout.rowLength, layout.marginTokens);
  const tokens = blockBuffer(memory.buffer, layout, worker);
  const copied = copiedRows(layout);
  // The order of the constants at the top of assembly/word2vec.ts.
  new Uint32Array(memory.buffer, scratch + offsets.parameters, 33).set([
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
    LOSSES.indexOf(layout.loss),
    layout.pathOffsets,
    layout.pathStepsAt,
    layout.algorithm === 'cbow' ? 1 : 0,
    layout.algorithm === 'cbow' && layout.cbowInput === 'mean' ? 1 : 0,
    layout.cbowInput === 'mean' && layout.cbowGradient === 'exact' ? 1 : 0,
    scratch + offsets.outputLabels,
    scratch + offsets.hidden,
    scratch + offsets.hiddenError,
    copied.inputs.count,
    copied.outputs.first,
    scratch + offsets.inputCopies,
    scratch + offsets.outputCopies,
  ]);
  new Float32Array(memory.buffer, scratch + offsets.parameters, 34)[33] = mergeShare(layout);
  new Uint32Array(memory.buffer, scratch + offsets.parameters + 136, 27).set([
    scratch + offsets.examples,
    offsets.exampleByteLength,
    scratch + offsets.batchHidden,
    scratch + offsets.batchErrors,
    scratch + offsets.logits,
    scratch + offsets.softmaxSums,
    scratch + offsets.softmaxScales,
    offsets.hasOwnRows ? scratch + offsets.inputMap : 0,
    offsets.hasOwnRows ? scratch + offsets.outputMap : 0,
    scratch + offsets.ownRows,
    layout.inputFactors ? layout.inputFactorsAt : 0,
    scratch + offsets.savedRows,
    scratch + offsets.savedValues,
    layout.subwordSteps > 0 ? layout.subwordOffsets : 0,
    layout.subwordRows,
    scratch + offsets.positionRows,
    positionsAtOnce(layout),
    centresPerDraw(layout),
    scratch + offsets.secondWeights,
    scratch + offsets.firstCounts,
    scratch + offsets.secondCounts,
    layout.freshNoise,
    copied.outputs.count,
    layout.outside ? scratch + offsets.ownRows + offsets.ownRowsLimit : 0,
    copied.inputs.hottest,
    copied.outputs.hottest,
    copied.outputs.firstHottest,
  ]);
  // A training that diverged may have left it with values that are not numbers.
  new Float32Array(memory.buffer, scratch + offsets.zeroRow, layout.rowLength).fill(0);
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
      return { pairs: exports.exampleCount(), loss: exports.lossSum() };
    },
    mergeCopies(rows = 'all') {
      const { mergeCopies, mergeHottest } = exports;
      (rows === 'all' ? mergeCopies : mergeHottest)(scratch + offsets.parameters);
    },
    mergeSlots(part, parts) {
      const { scratchByteLength, workers } = layout;
      for (const [vectors, map, rows] of [
        [layout.inputVectors, offsets.inputMap, layout.inputRows],
        [layout.outputVectors, offsets.outputMap, layout.wordCount],
      ]) {
        const [first, last] = [part, part + 1].map((edge) => Math.floor((edge * rows) / parts));
        exports.mergeSlots(vectors, rowLength * 4, layout.scratch + map, scratchByteLength, workers, first, last);
      }
    },
  };
};
