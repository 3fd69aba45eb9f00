import { describe, expect, it } from 'vitest';
import { createAliasTable, toThreshold } from '../../math/alias-table.ts';
import { Random } from '../../math/random.ts';
import { createHuffmanTree } from '../../vocabulary/huffman-tree.ts';
import type { CreateWord2VecKernel, Word2VecSettings } from './word2vec.ts';
import { matricesInside, planScratch, planWord2VecMemory } from './word2vec-memory.ts';
import { createWord2VecReference } from './word2vec-reference.ts';
import { copiedRows, mergeShare } from './word2vec-tuning.ts';

interface Setup {
  settings?: Partial<Word2VecSettings>;
  keep?: number;
  noise?: number[];
  /** Each word has rows behind those of the words, which other words have, too. */
  subwords?: boolean;
}

/** A memory filled from a fixed seed: every value of both matrices in (−scale, scale). */
export function createSetup({ settings, keep = 1, noise, subwords }: Setup, scale = 0.5) {
  const loss = settings?.loss ?? 'negative-sampling';
  const wordCountOfTree = settings?.wordCount ?? 20;
  const tree =
    loss === 'hierarchical-softmax'
      ? createHuffmanTree(Array.from({ length: wordCountOfTree }, (_, i) => Math.ceil(1000 / (i + 1))))
      : undefined;
  const words = settings?.wordCount ?? 20;
  const lists = Array.from({ length: subwords ? words : 0 }, (_, word) => [
    word,
    ...Array.from({ length: word % 4 }, (_, i) => words + ((word * 5 + i * 3) % 11)),
  ]);
  const layout = planWord2VecMemory({
    algorithm: 'skip-gram',
    loss,
    cbowInput: 'mean',
    cbowGradient: 'word2vec',
    longestPath: tree?.longestPath ?? 0,
    pathSteps: tree?.steps.length ?? 0,
    wordCount: 20,
    dimensions: 8,
    window: 3,
    negatives: loss === 'negative-sampling' ? 5 : 0,
    negativeSharing: 'two-centres',
    negativePool: undefined,
    logitBias: 0,
    weightDecay: 0,
    blockTokens: 400,
    blocks: 2000,
    workers: 1,
    deterministic: false,
    deterministicMerge: 'root',
    outside: false,
    inputFactors: false,
    inputRows: subwords ? words + 11 : words,
    subwordSteps: lists.flat().length,
    mostSubwords: subwords ? 4 : 0,
    ...settings,
  });
  const pages = Math.ceil(layout.byteLength / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const { wordCount, dimensions, rowLength } = layout;
  const random = new Random(7, 11);
  const outside = layout.outside
    ? {
        inputVectors: new Float32Array(new SharedArrayBuffer(layout.inputRows * rowLength * 4)),
        outputVectors: new Float32Array(new SharedArrayBuffer(wordCount * rowLength * 4)),
      }
    : undefined;
  const { inputVectors: inputs, outputVectors: outputs } = outside ?? matricesInside(memory, layout);
  for (const matrix of [inputs, outputs]) {
    for (let word = 0; word < matrix.length / rowLength; word++) {
      for (let d = 0; d < dimensions; d++) matrix[word * rowLength + d] = (2 * random.uniform() - 1) * scale;
    }
  }
  if (tree) {
    new Uint32Array(memory.buffer, layout.pathOffsets, wordCount + 1).set(tree.offsets);
    new Uint32Array(memory.buffer, layout.pathStepsAt, tree.steps.length).set(tree.steps);
  }
  const table = createAliasTable(noise ?? Array.from({ length: wordCount }, (_, i) => 1 / (i + 1)));
  if (loss === 'negative-sampling') {
    new Uint32Array(memory.buffer, layout.aliasThresholds, wordCount).set(table.thresholds);
    new Uint32Array(memory.buffer, layout.aliasWords, wordCount).set(table.aliases);
  }
  if (subwords) {
    const offsets = new Uint32Array(memory.buffer, layout.subwordOffsets, wordCount + 1);
    lists.forEach((list, word) => {
      offsets[word + 1] = offsets[word] + list.length;
    });
    new Uint32Array(memory.buffer, layout.subwordRows, layout.subwordSteps).set(lists.flat());
  }
  if (layout.inputFactors) {
    const factors = new Float32Array(memory.buffer, layout.inputFactorsAt, wordCount);
    factors.set(Array.from(factors, (_, word) => [1, 0, 0.25][word % 3]));
  }
  new Uint32Array(memory.buffer, layout.keepThresholds, wordCount).fill(toThreshold(keep));
  return { layout, memory, inputs, outputs, outside };
}

/** `sentences` as a block: ids with −1 after each sentence. */
function fill(target: Int32Array, sentences: number[][]): number {
  const tokens = sentences.flatMap((sentence) => [...sentence, -1]);
  target.set(tokens);
  return tokens.length;
}

function randomSentences(wordCount: number, count: number): number[][] {
  const random = new Random(3, 5);
  return Array.from({ length: count }, () =>
    Array.from({ length: random.below(25) }, () => Math.floor(random.uniform() ** 2 * wordCount)),
  );
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

/** Three blocks, with what is merged after each. */
function trainThrice(create: CreateWord2VecKernel, setup: Setup) {
  const { memory, layout, inputs, outputs } = createSetup(setup);
  const before = inputs.slice();
  const kernel = create(memory, layout, 0);
  const sentences = randomSentences(layout.wordCount, 20);
  const results = [0, 1, 2].map((step) => {
    const count = fill(kernel.tokens, sentences);
    const result = kernel.trainBlock(count, 10, count - 10, 0.025, 1234 + step, 99);
    if (layout.deterministic) kernel.mergeSlots(0, 1);
    else if (step > 0) kernel.mergeCopies();
    return result;
  });
  return { layout, results, before, after: inputs.slice(), outputs: outputs.slice() };
}

/** What the reference makes of each setup: all kernels are compared with it. */
const ofReference = new Map<string, ReturnType<typeof trainThrice>>();

/** Every kernel must pass this. */
export function testWord2VecKernel(name: string, createKernel: CreateWord2VecKernel): void {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  /** It is not compared with itself. */
  const isReference = createKernel === createWord2VecReference;

  describe(name, () => {
    it('moves one pair by the gradient worked by hand', () => {
      const { layout, memory, inputs, outputs } = createSetup({
        settings: { wordCount: 3, dimensions: 2, window: 1, negatives: 0 },
      });
      const kernel = createKernel(memory, layout, 0);
      const row = layout.rowLength;
      inputs.set([1, 2], 0 * row);
      inputs.set([0.5, -1], 1 * row);
      outputs.set([0.1, 0.2], 0 * row);
      outputs.set([0.3, -0.4], 1 * row);
      // Centre 0 with context 1: x = u0·v1 = .1×.5 + .2×(−1) = −.15. Then centre 1 with context 0:
      // x = u1·v0 = .3×1 + (−.4)×2 = −.5. The two share no row.
      const { pairs, loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1]]), 0, 2, 0.1, 1, 2);
      const g0 = 0.1 * (1 - sigmoid(-0.15));
      const g1 = 0.1 * (1 - sigmoid(-0.5));
      expect(pairs).toBe(2);
      expect(loss).toBeCloseTo(-Math.log(sigmoid(-0.15)) - Math.log(sigmoid(-0.5)), 5);
      const expected = (values: ArrayLike<number>, wanted: number[]) =>
        wanted.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6));
      expected(inputs.subarray(row, row + 2), [0.5 + g0 * 0.1, -1 + g0 * 0.2]);
      expected(outputs.subarray(0, 2), [0.1 + g0 * 0.5, 0.2 + g0 * -1]);
      expected(inputs.subarray(0, 2), [1 + g1 * 0.3, 2 + g1 * -0.4]);
      expected(outputs.subarray(row, row + 2), [0.3 + g1 * 1, -0.4 + g1 * 2]);
    });

    it('moves a negative sample away by the gradient worked by hand', () => {
      // Only word 2 can be drawn as noise, five times: one row, five times the gradient.
      const { layout, memory, inputs, outputs } = createSetup({
        settings: { wordCount: 3, dimensions: 1, window: 1, negatives: 5 },
        noise: [0, 0, 1],
      });
      const kernel = createKernel(memory, layout, 0);
      const row = layout.rowLength;
      inputs[row] = 2;
      outputs[0] = 0.5;
      outputs[2 * row] = 0.25;
      // Centre 0 only, context 1: x = .5×2 for the centre, .25×2 for the negative sample.
      const { pairs, loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1]]), 0, 1, 0.1, 1, 2);
      const positive = 0.1 * (1 - sigmoid(1));
      const negative = 5 * 0.1 * (0 - sigmoid(0.5));
      expect(pairs).toBe(1);
      expect(loss).toBeCloseTo(-Math.log(sigmoid(1)) - 5 * Math.log(sigmoid(-0.5)), 5);
      expect(inputs[row]).toBeCloseTo(2 + positive * 0.5 + negative * 0.25, 6);
      expect(outputs[0]).toBeCloseTo(0.5 + positive * 2, 6);
      expect(outputs[2 * row]).toBeCloseTo(0.25 + negative * 2, 6);
    });

    it('trains two centres together: a word in both windows meets the noise once, with twice the weight', () => {
      const { layout, memory, inputs, outputs } = createSetup({
        settings: { wordCount: 4, dimensions: 1, window: 2, negatives: 1 },
        noise: [0, 0, 0, 1],
      });
      const kernel = createKernel(memory, layout, 0);
      const row = layout.rowLength;
      const [v0, v1, v2, u0, u1, u3] = [0.5, -0.4, 0.8, 0.2, 0.3, 0.6];
      // Centres 0 and 1 in the sentence 0 1 2. With windows of two words these are the pairs 0-1, 0-2, 1-0, 1-2.
      let result = { pairs: 0, loss: 0 };
      for (let seed = 1; result.pairs !== 4; seed++) {
        [v0, v1, v2].forEach((value, word) => {
          inputs[word * row] = value;
        });
        [u0, u1, 0, u3].forEach((value, word) => {
          outputs[word * row] = value;
        });
        result = kernel.trainBlock(fill(kernel.tokens, [[0, 1, 2]]), 0, 2, 0.1, seed, 0);
      }
      const yes = (x: number) => 0.1 * (1 - sigmoid(x));
      const no = (x: number) => 0.1 * (0 - sigmoid(x));
      // All errors are taken first. Then word 1, in the window of 0 alone, moves the output rows, then word 2, then word 0.
      const [of1, of2, of0] = [
        [yes(u0 * v1), 0, no(u3 * v1)],
        [yes(u0 * v2), yes(u1 * v2), 2 * no(u3 * v2)],
        [0, yes(u1 * v0), no(u3 * v0)],
      ];
      const by = (rows: number[], value: number, gradients: number[]) =>
        rows.map((row, i) => row + gradients[i] * value);
      const after1 = by([u0, u1, u3], v1, of1);
      const after2 = by(after1, v2, of2);
      const after0 = by(after2, v0, of0);
      const moved = (value: number, rows: number[], gradients: number[]) =>
        rows.reduce((sum, row, i) => sum + gradients[i] * row, value);
      expect(inputs[row]).toBeCloseTo(moved(v1, [u0, u1, u3], of1), 6);
      expect(inputs[2 * row]).toBeCloseTo(moved(v2, after1, of2), 6);
      expect(inputs[0]).toBeCloseTo(moved(v0, after2, of0), 6);
      [0, 1, 3].forEach((word, i) => expect(outputs[word * row]).toBeCloseTo(after0[i], 6));
      const softplus = (x: number) => Math.log1p(Math.exp(x));
      const positive = softplus(-u1 * v0) + softplus(-u0 * v1) + softplus(-u0 * v2) + softplus(-u1 * v2);
      expect(result.loss).toBeCloseTo(positive + softplus(u3 * v0) + softplus(u3 * v1) + 2 * softplus(u3 * v2), 5);
    });

    it('trains pair by pair where none share negative samples: the second pair meets the rows that the first has moved', () => {
      for (const negativePool of [0, 256]) {
        const { layout, memory, inputs, outputs } = createSetup({
          settings: { wordCount: 4, dimensions: 1, window: 1, negatives: 1, negativeSharing: 'pair', negativePool },
          noise: [0, 0, 0, 1],
        });
        const kernel = createKernel(memory, layout, 0);
        const row = layout.rowLength;
        const [v0, v2, u1, u3] = [0.5, 0.8, 0.3, 0.6];
        inputs[0] = v0;
        inputs[2 * row] = v2;
        outputs[row] = u1;
        outputs[3 * row] = u3;
        // The centre 1 in 0 1 2: first the pair with 0, then that with 2.
        const { pairs, loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1, 2]]), 1, 2, 0.1, 1, 2);
        const yes = (x: number) => 0.1 * (1 - sigmoid(x));
        const no = (x: number) => 0.1 * (0 - sigmoid(x));
        const [moved1, moved3] = [u1 + yes(u1 * v0) * v0, u3 + no(u3 * v0) * v0];
        expect(pairs).toBe(2);
        expect(inputs[0]).toBeCloseTo(v0 + yes(u1 * v0) * u1 + no(u3 * v0) * u3, 6);
        expect(inputs[2 * row]).toBeCloseTo(v2 + yes(moved1 * v2) * moved1 + no(moved3 * v2) * moved3, 6);
        expect(outputs[row]).toBeCloseTo(moved1 + yes(moved1 * v2) * v2, 6);
        expect(outputs[3 * row]).toBeCloseTo(moved3 + no(moved3 * v2) * v2, 6);
        const softplus = (x: number) => Math.log1p(Math.exp(x));
        expect(loss).toBeCloseTo(
          softplus(-u1 * v0) + softplus(u3 * v0) + softplus(-moved1 * v2) + softplus(moved3 * v2),
          5,
        );
      }
    });

    it('moves the mean of a context by the gradients worked by hand', () => {
      // CBOW, centre 1 between 0 and 2, no noise. h = mean of v0, v2 = (1, −.5); x = u1·h = .4×1 + .2×(−.5) = .3.
      for (const [cbowInput, cbowGradient] of [
        ['mean', 'word2vec'],
        ['mean', 'exact'],
        ['sum', 'exact'],
      ] as const) {
        const { layout, memory, inputs, outputs } = createSetup({
          settings: {
            algorithm: 'cbow',
            cbowInput,
            cbowGradient,
            wordCount: 3,
            dimensions: 2,
            window: 1,
            negatives: 0,
          },
        });
        const kernel = createKernel(memory, layout, 0);
        const row = layout.rowLength;
        inputs.set([1.5, -1], 0);
        inputs.set([0.5, 0], 2 * row);
        outputs.set([0.4, 0.2], row);
        const { pairs, loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1, 2]]), 1, 2, 0.1, 1, 2);
        const hidden = cbowInput === 'mean' ? [1, -0.5] : [2, -1];
        const x = cbowInput === 'mean' ? 0.3 : 0.6;
        const gradient = 0.1 * (1 - sigmoid(x));
        const given = gradient * (cbowInput === 'mean' && cbowGradient === 'exact' ? 0.5 : 1);
        expect(pairs).toBe(1);
        expect(loss).toBeCloseTo(-Math.log(sigmoid(x)), 5);
        expect(inputs[0]).toBeCloseTo(1.5 + given * 0.4, 6);
        expect(inputs[1]).toBeCloseTo(-1 + given * 0.2, 6);
        expect(inputs[2 * row]).toBeCloseTo(0.5 + given * 0.4, 6);
        expect(outputs[row]).toBeCloseTo(0.4 + gradient * hidden[0], 6);
        expect(outputs[row + 1]).toBeCloseTo(0.2 + gradient * hidden[1], 6);
      }
    });

    it('moves the nodes on the path to a word by the gradients worked by hand', () => {
      // Counts 1000, 500, 334: word 0 is one step from the root (bit 1: node 0, its sibling, sums to less), the
      // others two. Context 0, centre 1: root node 1 with bit 0, then node 0 with bit 1.
      const { layout, memory, inputs, outputs } = createSetup({
        settings: { loss: 'hierarchical-softmax', wordCount: 3, dimensions: 1, window: 1 },
      });
      const tree = createHuffmanTree([1000, 500, 334]);
      expect(Array.from(tree.steps.subarray(tree.offsets[1], tree.offsets[2]))).toEqual([1 * 2 + 0, 0 * 2 + 1]);
      const kernel = createKernel(memory, layout, 0);
      const row = layout.rowLength;
      inputs[0] = 2;
      outputs[0] = 0.5;
      outputs[row] = -0.25;
      const { pairs, loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1]]), 1, 2, 0.1, 1, 2);
      const [atRoot, atNode] = [0.1 * (1 - sigmoid(-0.5)), 0.1 * (0 - sigmoid(1))];
      expect(pairs).toBe(1);
      expect(loss).toBeCloseTo(-Math.log(sigmoid(-0.5)) - Math.log(sigmoid(-1)), 5);
      expect(inputs[0]).toBeCloseTo(2 + atRoot * -0.25 + atNode * 0.5, 6);
      expect(outputs[row]).toBeCloseTo(-0.25 + atRoot * 2, 6);
      expect(outputs[0]).toBeCloseTo(0.5 + atNode * 2, 6);
    });

    it("gives the tutorial's softmax: apple [.2, .4], banana [.5, .7], orange [.3, .6]", () => {
      // The centre apple with the context banana. u·v: apple .20, banana .38, orange .30, so that p is
      // e^.38 / (e^.20 + e^.38 + e^.30) = .3625 for banana, .3347 for orange, .3028 for apple.
      const { layout, memory, inputs, outputs } = createSetup({
        settings: { loss: 'softmax', wordCount: 3, dimensions: 2, window: 1 },
      });
      const kernel = createKernel(memory, layout, 0);
      const row = layout.rowLength;
      const words = [
        [0.2, 0.4],
        [0.5, 0.7],
        [0.3, 0.6],
      ];
      words.forEach((vector, word) => {
        inputs.set(vector, word * row);
        outputs.set(vector, word * row);
      });
      const { pairs, loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1]]), 0, 1, 0.1, 1, 2);
      expect(pairs).toBe(1);
      expect(Math.exp(-loss)).toBeCloseTo(0.3625, 4);
      // v_apple moves by rate × (u_banana − Σ p u), u_w by rate × ([w is banana] − p) × v_apple.
      const p = [0.3028, 0.3625, 0.3347];
      for (const d of [0, 1]) {
        const mean = words.reduce((sum, vector, word) => sum + p[word] * vector[d], 0);
        expect(inputs[d]).toBeCloseTo(words[0][d] + 0.1 * (words[1][d] - mean), 4);
        words.forEach((vector, word) => {
          const gradient = (word === 1 ? 1 : 0) - p[word];
          expect(outputs[word * row + d]).toBeCloseTo(vector[d] + 0.1 * gradient * words[0][d], 4);
        });
      }
    });

    for (const [algorithm, loss, cbow] of [
      ['skip-gram', 'negative-sampling', {}],
      ['skip-gram', 'hierarchical-softmax', {}],
      ['cbow', 'negative-sampling', {}],
      ['cbow', 'negative-sampling', { cbowGradient: 'exact' }],
      ['cbow', 'hierarchical-softmax', { cbowInput: 'sum' }],
      ['skip-gram', 'softmax', {}],
      ['cbow', 'softmax', { cbowGradient: 'exact' }],
    ] as const) {
      for (const dimensions of isReference ? [] : [1, 2, 3, 50, 100, 102, 300]) {
        it(`equals the reference to 1e-5: ${algorithm}, ${loss} ${JSON.stringify(cbow)}, ${dimensions} dimensions`, () => {
          compareWithReference({ settings: { algorithm, loss, ...cbow, dimensions }, keep: 0.8 });
        });
      }
    }

    const edges: Partial<Word2VecSettings>[] = [
      { window: 1, negatives: 1 },
      { window: 2, negatives: 0 },
      { window: 10, negatives: 2 },
      { window: 40, negatives: 20 },
      { wordCount: 1, window: 5, negatives: 5 },
      { wordCount: 2, window: 5, negatives: 7 },
      { wordCount: 3, window: 5, negatives: 15 },
      { negativeSharing: 'centre' },
      { logitBias: -1.61, wordCount: 300 },
      { logitBias: -1.61, negativeSharing: 'pair', dimensions: 100 },
      { logitBias: 2, algorithm: 'cbow' },
      { weightDecay: 0.5, wordCount: 300 },
      { weightDecay: 100, wordCount: 30 },
      { weightDecay: 0.5, negativeSharing: 'pair', inputFactors: true },
      { weightDecay: 0.5, algorithm: 'cbow', window: 10 },
      { weightDecay: 0.5, loss: 'hierarchical-softmax', wordCount: 300 },
      { weightDecay: 0.5, deterministic: true, deterministicMerge: 'length' },
      { negativeSharing: 'centre', negativePool: 0, dimensions: 100 },
      { negativePool: 0, wordCount: 300, workers: 2 },
      { negativeSharing: 'pair', dimensions: 100, wordCount: 300 },
      { negativeSharing: 'pair', negativePool: 0, window: 10, negatives: 7, inputFactors: true },
      { negativeSharing: 'pair', negativePool: 0, deterministic: true },
      { algorithm: 'cbow', negativePool: 0 },
      { workers: 2, dimensions: 100 },
      { workers: 3, wordCount: 500 },
      { workers: 3, wordCount: 500, algorithm: 'cbow', cbowGradient: 'exact' },
      { loss: 'hierarchical-softmax', wordCount: 1 },
      { loss: 'hierarchical-softmax', wordCount: 2, window: 5 },
      { loss: 'hierarchical-softmax', wordCount: 500, window: 5 },
      { loss: 'hierarchical-softmax', wordCount: 500, workers: 3 },
      { loss: 'hierarchical-softmax', wordCount: 2000, workers: 2 },
      { loss: 'hierarchical-softmax', wordCount: 5, workers: 2, algorithm: 'cbow' },
      { algorithm: 'cbow', window: 40, negatives: 20 },
      { algorithm: 'cbow', wordCount: 400, negatives: 1 },
      { algorithm: 'cbow', wordCount: 1, window: 5 },
      { loss: 'softmax', wordCount: 1 },
      { loss: 'softmax', wordCount: 333, window: 10, workers: 2 },
      { loss: 'softmax', wordCount: 64, algorithm: 'cbow', cbowInput: 'sum' },
    ];
    for (const settings of isReference ? [] : edges) {
      it(`equals the reference to 1e-5 with ${JSON.stringify(settings)}`, () => {
        compareWithReference({ settings, keep: 0.7 });
      });
    }

    it('adds the bias to products before the sigmoid, worked by hand', () => {
      const { layout, memory, inputs, outputs } = createSetup({
        settings: { wordCount: 2, dimensions: 1, window: 1, negatives: 0, logitBias: -1.5 },
      });
      const kernel = createKernel(memory, layout, 0);
      inputs.fill(0);
      inputs[layout.rowLength] = 0.4;
      outputs[0] = 0.5;
      const { loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1]]), 0, 1, 0.1, 1, 2);
      const right = sigmoid(0.4 * 0.5 - 1.5);
      expect(loss).toBeCloseTo(-Math.log(right), 5);
      expect(inputs[layout.rowLength]).toBeCloseTo(0.4 + 0.1 * (1 - right) * 0.5, 6);
      expect(outputs[0]).toBeCloseTo(0.5 + 0.1 * (1 - right) * 0.4, 6);
    });

    it('takes the weight decay off both rows of each pair, worked by hand', () => {
      const { layout, memory, inputs, outputs } = createSetup({
        settings: { wordCount: 2, dimensions: 1, window: 1, negatives: 0, weightDecay: 0.3 },
      });
      const kernel = createKernel(memory, layout, 0);
      inputs[layout.rowLength] = 0.4;
      outputs[0] = 0.5;
      // Word 0 is the centre of one pair, with word 1.
      const { loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1]]), 0, 1, 0.1, 1, 2);
      const right = sigmoid(0.4 * 0.5);
      expect(loss).toBeCloseTo(-Math.log(right), 5);
      expect(inputs[layout.rowLength]).toBeCloseTo((0.4 + 0.1 * (1 - right) * 0.5) * 0.97, 6);
      expect(outputs[0]).toBeCloseTo((0.5 + 0.1 * (1 - right) * 0.4) * 0.97, 6);
    });

    it.each([
      [
        'length',
        [
          [3, 4],
          [3, 4],
        ],
        [Math.SQRT2 * 3, Math.SQRT2 * 4],
      ], // alike: cut to the root of the sum of squares
      [
        'length',
        [
          [3, 0],
          [0, 4],
        ],
        [3, 4],
      ], // nothing in common: the sum
      [
        'length',
        [
          [3, 0],
          [-2, 0],
        ],
        [1, 0],
      ], // against each other: the sum
      ['length', [[3, 4]], [3, 4]],
      [
        'root',
        [
          [3, 0],
          [0, 4],
        ],
        [Math.SQRT1_2 * 3, Math.SQRT1_2 * 4],
      ],
    ] as const)('adds up the changes of slots by %s: %j', (deterministicMerge, changes, expected) => {
      const settings = { wordCount: 2, dimensions: 2, workers: 3, deterministic: true, deterministicMerge } as const;
      const { layout, memory, inputs } = createSetup({ settings });
      const offsets = planScratch(layout, layout.rowLength, layout.marginTokens);
      const kernels = [0, 1, 2].map((slot) => createKernel(memory, layout, slot));
      inputs.set([10, 20], layout.rowLength);
      changes.forEach((change, slot) => {
        const scratch = layout.scratch + slot * layout.scratchByteLength;
        const copy = scratch + offsets.ownRows;
        new Uint32Array(memory.buffer, scratch + offsets.inputMap, 2)[1] = copy;
        new Float32Array(memory.buffer, copy, layout.rowLength).set([10 + change[0], 20 + change[1]]);
      });
      kernels[0].mergeSlots(0, 1);
      expect(inputs[layout.rowLength]).toBeCloseTo(10 + expected[0], 5);
      expect(inputs[layout.rowLength + 1]).toBeCloseTo(20 + expected[1], 5);
    });

    it('trains the mean of subwords by the gradient worked by hand', () => {
      const { layout, memory, inputs, outputs } = createSetup({
        settings: { wordCount: 2, dimensions: 1, window: 1, negatives: 0 },
        subwords: true,
      });
      const kernel = createKernel(memory, layout, 0);
      const row = layout.rowLength;
      // Word 1 has its own row 1 and row 2 + 5 % 11 = 7; centre 0 sees their mean h = (.4 + .2) / 2.
      inputs.fill(0);
      inputs[1 * row] = 0.4;
      inputs[7 * row] = 0.2;
      outputs[0] = 0.5;
      const { loss } = kernel.trainBlock(fill(kernel.tokens, [[0, 1]]), 0, 1, 0.1, 1, 2);
      const gradient = 0.1 * (1 - sigmoid(0.3 * 0.5));
      expect(loss).toBeCloseTo(-Math.log(sigmoid(0.15)), 5);
      // As in fastText each row gets the whole gradient.
      expect(inputs[1 * row]).toBeCloseTo(0.4 + gradient * 0.5, 6);
      expect(inputs[7 * row]).toBeCloseTo(0.2 + gradient * 0.5, 6);
      expect(outputs[0]).toBeCloseTo(0.5 + gradient * 0.3, 6);
    });

    for (const algorithm of ['skip-gram', 'cbow'] as const) {
      for (const loss of ['negative-sampling', 'hierarchical-softmax'] as const) {
        for (const more of [
          {},
          { deterministic: true },
          { workers: 3, wordCount: 300 },
          { window: 20, dimensions: 3 },
          { negativeSharing: 'pair', negativePool: 0 },
        ] as const) {
          it(`equals the reference to 1e-5 with subwords: ${algorithm}, ${loss}, ${JSON.stringify(more)}`, () => {
            const { before, after } = compareWithReference({
              settings: { algorithm, loss, ...more },
              subwords: true,
              keep: 0.8,
            });
            expect(after).not.toEqual(before);
          });
        }
      }
    }

    for (const algorithm of ['skip-gram', 'cbow'] as const) {
      for (const loss of ['negative-sampling', 'hierarchical-softmax', 'softmax'] as const) {
        for (const deterministic of [false, true]) {
          it(`moves input rows by their factors as the reference does: ${algorithm}, ${loss}, ${deterministic}`, () => {
            const setup: Setup = { settings: { algorithm, loss, wordCount: 30, inputFactors: true, deterministic } };
            const { before, after, layout } = compareWithReference(setup);
            const row = (values: Float32Array, word: number) =>
              values.slice(word * layout.rowLength, (word + 1) * layout.rowLength);
            expect(row(after, 0)).not.toEqual(row(before, 0));
            expect(row(after, 1)).toEqual(row(before, 1)); // frozen
            expect(row(after, 2)).not.toEqual(row(before, 2));
          });
        }
      }
    }

    for (const [algorithm, loss, deterministicMerge] of [
      ['skip-gram', 'negative-sampling', 'root'],
      ['skip-gram', 'negative-sampling', 'length'],
      ['cbow', 'negative-sampling', 'length'],
      ['skip-gram', 'hierarchical-softmax', 'root'],
      ['skip-gram', 'softmax', 'length'],
    ] as const) {
      it(`equals the reference to 1e-5 in rounds of slots: ${algorithm}, ${loss}, ${deterministicMerge}`, () => {
        const setup: Setup = {
          settings: { algorithm, loss, wordCount: 60, workers: 3, deterministic: true, deterministicMerge },
          keep: 0.8,
        };
        const [fast, plain] = [createSetup(setup), createSetup(setup)];
        const before = fast.inputs.slice();
        const sentences = randomSentences(60, 12);
        for (let round = 0; round < 2; round++) {
          for (const [create, setup] of [
            [createKernel, fast],
            [createWord2VecReference, plain],
          ] as const) {
            const { memory, layout } = setup;
            const slots = [0, 1, 2].map((slot) => create(memory, layout, slot));
            // The last slot of the second round has no block.
            for (const [slot, kernel] of slots.slice(0, 3 - round).entries()) {
              const count = fill(kernel.tokens, sentences.slice(4 * slot, 4 * slot + 4));
              kernel.trainBlock(count, 0, count, 0.05, 77 + slot, round);
            }
            if (round === 0) expect(setup.inputs).toEqual(before);
            slots[1].mergeSlots(0, 2);
            slots[2].mergeSlots(1, 2);
          }
        }
        expect(fast.inputs).not.toEqual(before);
        expect(largestDifference(fast.inputs, plain.inputs)).toBeLessThan(1e-5);
        expect(largestDifference(fast.outputs, plain.outputs)).toBeLessThan(1e-5);
      });
    }

    const trainers = [
      { algorithm: 'skip-gram', loss: 'negative-sampling' },
      { algorithm: 'cbow', loss: 'negative-sampling' },
      { algorithm: 'cbow', loss: 'hierarchical-softmax' },
    ] as const;
    for (const trainer of trainers) {
      it(`brings in what workers have in common twice at most: ${trainer.algorithm}, ${trainer.loss}`, () => {
        const settings = { ...trainer, wordCount: 16, dimensions: 9 }; // all rows are copied
        const [together, alone] = [createSetup({ settings: { ...settings, workers: 3 } }), createSetup({ settings })];
        const before = together.inputs.slice();
        const sentences = randomSentences(16, 8);
        const train = ({ memory, layout }: typeof alone, worker: number) => {
          const kernel = createKernel(memory, layout, worker);
          const count = fill(kernel.tokens, sentences);
          kernel.trainBlock(count, 0, count, 0.05, 5, 6);
          return kernel;
        };
        train(alone, 0).mergeCopies();
        const kernels = [0, 1, 2].map((worker) => train(together, worker));
        expect(together.inputs).toEqual(before);
        const share = mergeShare(together.layout);
        for (const [merged, total] of [share, 2 * share, 2 * share].entries()) {
          kernels[merged].mergeCopies();
          kernels[merged].mergeCopies(); // once more does nothing
          const expected = before.map((value, i) => value + total * (alone.inputs[i] - value));
          expect(largestDifference(together.inputs, expected)).toBeLessThan(1e-6);
        }
        expect(largestDifference(together.inputs, before)).toBeGreaterThan(1e-3);
      });

      it(`copies rows that other workers change, as the reference: ${trainer.algorithm}, ${trainer.loss}`, () => {
        const setups = [createKernel, createWord2VecReference].map((create) => {
          const setup = createSetup({ settings: { ...trainer, wordCount: 400, workers: 2, blockTokens: 2000 } });
          const kernels = [0, 1].map((worker) => create(setup.memory, setup.layout, worker));
          const sentences = randomSentences(400, 20);
          for (let block = 0; block < 8; block++) {
            const kernel = kernels[block % 2];
            const count = fill(kernel.tokens, sentences.slice(block, block + 8));
            kernel.trainBlock(count, 0, count, 0.05, block, 6);
            if (block > 1) kernel.mergeCopies(block > 5 ? 'all' : 'hottest');
          }
          return setup;
        });
        expect(largestDifference(setups[0].inputs, setups[1].inputs)).toBeLessThan(1e-5);
        expect(largestDifference(setups[0].outputs, setups[1].outputs)).toBeLessThan(1e-5);
      });
    }

    for (const loss of ['negative-sampling', 'hierarchical-softmax'] as const) {
      it(`merges the hottest rows alone, once, and the others when all are merged: cbow, ${loss}`, () => {
        const setup = createSetup({
          settings: { algorithm: 'cbow', loss, wordCount: 400, workers: 2, blockTokens: 2000 },
        });
        const { layout, memory } = setup;
        const kernel = createKernel(memory, layout, 0);
        const count = fill(kernel.tokens, randomSentences(400, 100));
        kernel.trainBlock(count, 0, count, 0.05, 5, 6);
        const rows = copiedRows(layout);
        const matrices = [
          { vectors: setup.inputs, before: setup.inputs.slice(), ...rows.inputs },
          { vectors: setup.outputs, before: setup.outputs.slice(), ...rows.outputs },
        ];
        /** The largest change of the hottest rows, and of the others. */
        const changes = () =>
          matrices.map(({ vectors, before, firstHottest, hottest }) => {
            const [begin, end] = [firstHottest, firstHottest + hottest].map((row) => row * layout.rowLength);
            const others = before.slice();
            others.set(vectors.subarray(begin, end), begin);
            const hot = before.slice();
            hot.set(others.subarray(begin, end), begin);
            return [largestDifference(hot, before), largestDifference(vectors, others)];
          });
        kernel.mergeCopies('hottest');
        const once = changes();
        for (const [hot, others] of once) {
          expect(hot).toBeGreaterThan(1e-4);
          expect(others).toBe(0);
        }
        kernel.mergeCopies('hottest');
        expect(changes()).toEqual(once);
        kernel.mergeCopies();
        changes().forEach(([hot, others], matrix) => {
          expect(hot).toBe(once[matrix][0]);
          expect(others).toBeGreaterThan(1e-4);
        });
      });
    }

    for (const trainer of [
      ...trainers,
      { algorithm: 'skip-gram', loss: 'hierarchical-softmax' },
      { algorithm: 'skip-gram', loss: 'negative-sampling', negativeSharing: 'pair', negativePool: 0 },
    ] as const) {
      const name = Object.values(trainer).join(', ');
      const train = (create: CreateWord2VecKernel, settings: Partial<Word2VecSettings>, blocks: number, inTurn = 1) => {
        const setup = createSetup({ settings: { ...trainer, wordCount: 40, dimensions: 9, ...settings } });
        const { memory, layout, outside } = setup;
        const kernels = Array.from({ length: inTurn }, (_, worker) => create(memory, layout, worker, outside));
        const sentences = randomSentences(40, blocks + 8);
        let loss = 0;
        for (let block = 0; block < blocks; block++) {
          const kernel = kernels[block % inTurn];
          const count = fill(kernel.tokens, sentences.slice(block, block + 8));
          loss += kernel.trainBlock(count, 0, count, 0.05, block, 6).loss;
          if (inTurn > 1 && block > 1) kernel.mergeCopies();
        }
        for (const kernel of kernels) kernel.mergeCopies();
        return { ...setup, loss };
      };

      it(`trains the same bits where the matrices lie outside, however often it merges: ${name}`, () => {
        // Enough blocks that the own rows of a kernel are used up several times; the reference has any number of them.
        const blocks = isReference ? 6 : 60;
        const [inside, outside] = [false, true].map((outside) =>
          train(createKernel, { outside, blockTokens: 200 }, blocks),
        );
        expect(outside.loss).toBe(inside.loss);
        expect(outside.inputs).toEqual(inside.inputs);
        expect(outside.outputs).toEqual(inside.outputs);
      });

      it(`merges rows of matrices outside that other workers change, as the reference: ${name}`, () => {
        const [fast, plain] = [createKernel, createWord2VecReference].map((create) =>
          train(create, { outside: true, workers: 2 }, 6, 2),
        );
        expect(largestDifference(fast.inputs, plain.inputs)).toBeLessThan(1e-5);
        expect(largestDifference(fast.outputs, plain.outputs)).toBeLessThan(1e-5);
      });
    }

    it('takes tokens outside of the block as context only', () => {
      const { layout, memory, inputs, outputs } = createSetup({ settings: { wordCount: 6, window: 1, negatives: 0 } });
      const kernel = createKernel(memory, layout, 0);
      kernel.tokens.set([0, 1, 2, 3, 4, 5]);
      const inputsBefore = inputs.slice();
      const outputsBefore = outputs.slice();
      const { pairs } = kernel.trainBlock(6, 2, 4, 0.1, 1, 1);
      expect(pairs).toBe(4);
      const changed = (after: Float32Array, before: Float32Array) =>
        [0, 1, 2, 3, 4, 5].filter((word) =>
          Array.from({ length: 8 }, (_, d) => word * layout.rowLength + d).some((i) => after[i] !== before[i]),
        );
      expect(changed(outputs, outputsBefore)).toEqual([2, 3]);
      expect(changed(inputs, inputsBefore)).toEqual([1, 2, 3, 4]);
    });

    it('makes no pair across the end of a sentence', () => {
      const { layout, memory } = createSetup({});
      const kernel = createKernel(memory, layout, 0);
      const count = fill(kernel.tokens, [[1], [2], [], [3]]);
      expect(kernel.trainBlock(count, 0, count, 0.1, 1, 1).pairs).toBe(0);
    });

    it('draws windows and kept words with the promised frequencies', () => {
      const { layout, memory } = createSetup({ settings: { blockTokens: 20_000, window: 4 }, keep: 0.25 });
      const kernel = createKernel(memory, layout, 0);
      kernel.tokens.fill(7, 0, 20_000);
      let pairs = 0;
      for (let seed = 0; seed < 5; seed++) pairs += kernel.trainBlock(20_000, 0, 20_000, 0, seed * 2 + 1, seed).pairs;
      // A kept word has 2 × (1 + 2 + 3 + 4) / 4 = 5 context words; 25,000 words are kept.
      expect(pairs / (5 * 20_000 * 0.25)).toBeCloseTo(5, 1);
    });

    function compareWithReference(setup: Setup) {
      const key = JSON.stringify(setup);
      const fast = trainThrice(createKernel, setup);
      const plain = ofReference.get(key) ?? trainThrice(createWord2VecReference, setup);
      ofReference.set(key, plain);
      for (const [step, { pairs, loss }] of plain.results.entries()) {
        expect(fast.results[step].pairs).toBe(pairs);
        expect(Math.abs(fast.results[step].loss - loss)).toBeLessThan(1e-5 * Math.max(1, loss));
      }
      expect(largestDifference(fast.after, plain.after)).toBeLessThan(1e-5);
      expect(largestDifference(fast.outputs, plain.outputs)).toBeLessThan(1e-5);
      return fast;
    }
  });
}
