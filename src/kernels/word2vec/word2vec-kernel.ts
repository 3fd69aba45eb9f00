import { word2vecRelaxedSimd, word2vecSimd } from '../generated/word2vec.ts';
import { refuseWithoutWasm } from '../wasm-memory.ts';
import { wasmModule } from '../wasm-module.ts';
import * as at from './parameters.ts';
import { LOSSES, type Matrices, type SharedMemory, type Word2VecKernel, type Word2VecLayout } from './word2vec.ts';
import { blockBuffer, planScratch } from './word2vec-memory.ts';
import { centresPerDraw, copiedRows, drawsPerPair, mergeShare, positionsAtOnce } from './word2vec-tuning.ts';

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
    byLength: boolean,
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
  refuseWithoutWasm();
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
  // Written by the names that the kernel reads them by.
  const block = new DataView(memory.buffer, scratch + offsets.parameters, at.PARAMETER_BYTES);
  const values: readonly (readonly [offset: number, value: number])[] = [
    [at.INPUT_VECTORS, layout.inputVectors],
    [at.OUTPUT_VECTORS, layout.outputVectors],
    [at.ROW_BYTES, layout.rowLength * 4],
    [at.KEEP_THRESHOLDS, layout.keepThresholds],
    [at.ALIAS_THRESHOLDS, layout.aliasThresholds],
    [at.ALIAS_WORDS, layout.aliasWords],
    [at.WORD_COUNT, layout.wordCount],
    [at.WINDOW, layout.window],
    [at.NEGATIVES, layout.negatives],
    [at.NOISE_POOL_SIZE, layout.noisePoolSize],
    [at.NOISE_POOL, scratch + offsets.noisePool],
    [at.NOISE_SETS, scratch + offsets.noiseSets],
    [at.NOISE_SET_BYTES, offsets.noiseSetByteLength],
    [at.OUTPUT_ROWS, scratch + offsets.outputRows],
    [at.OUTPUT_WEIGHTS, scratch + offsets.outputWeights],
    [at.CONTEXT_ROWS, scratch + offsets.contextRows],
    [at.PRODUCTS, scratch + offsets.products],
    [at.KEPT, scratch + offsets.kept],
    [at.ZERO_ROW, scratch + offsets.zeroRow],
    [at.LOSS, scratch + offsets.loss],
    [at.LOSS_KIND, LOSSES.indexOf(layout.loss)],
    [at.PATH_OFFSETS, layout.pathOffsets],
    [at.PATH_STEPS, layout.pathStepsAt],
    [at.CBOW, layout.algorithm === 'cbow' ? 1 : 0],
    [at.CBOW_MEAN, layout.algorithm === 'cbow' && layout.cbowInput === 'mean' ? 1 : 0],
    [at.CBOW_SHARE, layout.cbowInput === 'mean' && layout.cbowGradient === 'exact' ? 1 : 0],
    [at.OUTPUT_SIGNS, scratch + offsets.outputLabels],
    [at.HIDDEN, scratch + offsets.hidden],
    [at.HIDDEN_ERROR, scratch + offsets.hiddenError],
    [at.COPIED_INPUTS, copied.inputs.count],
    [at.FIRST_COPIED_OUTPUT, copied.outputs.first],
    [at.INPUT_COPIES, scratch + offsets.inputCopies],
    [at.OUTPUT_COPIES, scratch + offsets.outputCopies],
    [at.EXAMPLE_WORDS, scratch + offsets.examples],
    [at.EXAMPLE_BYTES, offsets.exampleByteLength],
    [at.BATCH_HIDDEN, scratch + offsets.batchHidden],
    [at.BATCH_ERRORS, scratch + offsets.batchErrors],
    [at.LOGITS, scratch + offsets.logits],
    [at.SOFTMAX_SUMS, scratch + offsets.softmaxSums],
    [at.SOFTMAX_SCALES, scratch + offsets.softmaxScales],
    [at.INPUT_MAP, offsets.hasOwnRows ? scratch + offsets.inputMap : 0],
    [at.OUTPUT_MAP, offsets.hasOwnRows ? scratch + offsets.outputMap : 0],
    [at.OWN_ROWS, scratch + offsets.ownRows],
    [at.INPUT_FACTORS, layout.inputFactors ? layout.inputFactorsAt : 0],
    [at.SAVED_ROWS, scratch + offsets.savedRows],
    [at.SAVED_VALUES, scratch + offsets.savedValues],
    [at.SUBWORD_OFFSETS, layout.subwordSteps > 0 ? layout.subwordOffsets : 0],
    [at.SUBWORD_ROWS, layout.subwordRows],
    [at.POSITION_ROWS, scratch + offsets.positionRows],
    [at.POSITIONS, positionsAtOnce(layout)],
    [at.CENTRES_PER_DRAW, centresPerDraw(layout)],
    [at.SECOND_WEIGHTS, scratch + offsets.secondWeights],
    [at.FIRST_COUNTS, scratch + offsets.firstCounts],
    [at.SECOND_COUNTS, scratch + offsets.secondCounts],
    [at.FRESH_NOISE, layout.freshNoise],
    [at.COPIED_OUTPUTS, copied.outputs.count],
    [at.OWN_ROWS_LIMIT, layout.outside ? scratch + offsets.ownRows + offsets.ownRowsLimit : 0],
    [at.HOTTEST_INPUTS, copied.inputs.hottest],
    [at.HOTTEST_OUTPUTS, copied.outputs.hottest],
    [at.FIRST_HOTTEST_OUTPUT, copied.outputs.firstHottest],
    [at.NOISE_PER_PAIR, drawsPerPair(layout) ? 1 : 0],
    [at.ONE_INPUT, layout.algorithm === 'cbow' || drawsPerPair(layout) ? 1 : 0],
  ];
  for (const [offset, value] of values) block.setUint32(offset, value, true);
  block.setFloat32(at.MERGE_SHARE, mergeShare(layout), true);
  block.setFloat32(at.LOGIT_BIAS, layout.logitBias, true);
  block.setFloat32(at.WEIGHT_DECAY, layout.weightDecay, true);
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
      const byLength = layout.deterministicMerge === 'length';
      for (const [vectors, map, rows] of [
        [layout.inputVectors, offsets.inputMap, layout.inputRows],
        [layout.outputVectors, offsets.outputMap, layout.wordCount],
      ]) {
        const [first, last] = [part, part + 1].map((edge) => Math.floor((edge * rows) / parts));
        const maps = layout.scratch + map;
        exports.mergeSlots(vectors, rowLength * 4, maps, scratchByteLength, workers, first, last, byLength);
      }
    },
  };
};
