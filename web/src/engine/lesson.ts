import type {
  CostView,
  GradientView,
  NoiseDraw,
  Plane,
  SoftmaxView,
  SpeedView,
  StartRequest,
  StartView,
  TreeView,
} from './api.ts';
import { PageError } from './page-error.ts';
import {
  createAliasTable,
  createHuffmanTree,
  createWord2VecReference,
  dotProduct,
  EmbeddingModel,
  fillStartVectors,
  mixKeys,
  noiseWeights,
  planWord2VecMemory,
  Random,
  resolveTrainingOptions,
  type TextSource,
  train,
} from './wordkin.ts';

/** The vectors that a training with these options begins with. */
export function startVectors({ words, dimensions, ...options }: StartRequest): StartView {
  const layout = planWord2VecMemory({ ...KERNEL_SETTINGS, wordCount: words, dimensions, inputRows: words });
  const matrices = {
    inputVectors: new Float32Array(words * layout.rowLength),
    outputVectors: new Float32Array(words * layout.rowLength),
  };
  fillStartVectors(matrices, layout, resolveTrainingOptions({ dimensions, ...options }), undefined);
  const packed = (matrix: Float32Array) =>
    Float32Array.from(
      { length: words * dimensions },
      (_, i) => matrix[Math.floor(i / dimensions) * layout.rowLength + (i % dimensions)],
    );
  return { inputs: packed(matrices.inputVectors), outputs: packed(matrices.outputVectors) };
}

const KERNEL_SETTINGS = {
  algorithm: 'skip-gram',
  loss: 'softmax',
  cbowInput: 'mean',
  cbowGradient: 'word2vec',
  longestPath: 0,
  pathSteps: 0,
  window: 1,
  negatives: 0,
  negativeSharing: 'centre',
  negativePool: undefined,
  logitBias: 0,
  weightDecay: 0,
  blockTokens: 4,
  blocks: 1,
  workers: 1,
  deterministic: false,
  deterministicMerge: 'length',
  outside: false,
  inputFactors: false,
  subwordSteps: 0,
  mostSubwords: 0,
} as const;

/** p(w | centre) = e^(u_w · v) / Σ e^(u · v): the parts, and what the model says. */
export function softmax({ words, dimensions, inputs, outputs }: Plane, centre: number): SoftmaxView {
  const model = new EmbeddingModel({
    words,
    dimensions,
    inputVectors: Float32Array.from(inputs),
    outputVectors: Float32Array.from(outputs),
  });
  const predicted = new Map(
    model.predictContext(words[centre], { count: words.length }).map(({ word, probability }) => [word, probability]),
  );
  const row = (matrix: readonly number[], id: number) => matrix.slice(id * dimensions, (id + 1) * dimensions);
  const logits = words.map((_, id) => dotProduct(row(inputs, centre), row(outputs, id)));
  const powers = logits.map(Math.exp);
  return {
    logits,
    powers,
    sum: powers.reduce((a, b) => a + b, 0),
    probabilities: words.map((word) => predicted.get(word) ?? 0),
  };
}

/** A step of the full softmax kernel for the pair (centre, target). */
export function gradientStep(plane: Plane, centre: number, target: number, learningRate: number): GradientView {
  const { loss, moved } = trainPair(plane, centre, target, learningRate);
  // At rate 1 a row moves by its gradient downwards.
  const whole = trainPair(plane, centre, target, 1).moved;
  const { dimensions } = plane;
  const difference = (before: readonly number[], after: readonly number[]) =>
    before.map((value, i) => value - after[i]);
  const centreRow = [centre * dimensions, (centre + 1) * dimensions] as const;
  return {
    loss,
    lossAfter: trainPair(moved, centre, target, 0).loss,
    before: softmax(plane, centre),
    after: softmax(moved, centre),
    centreGradient: difference(plane.inputs, whole.inputs).slice(...centreRow),
    contextGradients: difference(plane.outputs, whole.outputs),
    plane: moved,
  };
}

/** What the plain version of the kernel makes of the plane when the pair is trained once. */
function trainPair(plane: Plane, centre: number, target: number, learningRate: number) {
  const { words, dimensions } = plane;
  const layout = planWord2VecMemory({
    ...KERNEL_SETTINGS,
    wordCount: words.length,
    dimensions,
    inputRows: words.length,
  });
  const buffer = new ArrayBuffer(layout.byteLength);
  const rows = (offset: number) => new Float32Array(buffer, offset, words.length * layout.rowLength);
  const [inputs, outputs] = [rows(layout.inputVectors), rows(layout.outputVectors)];
  for (let id = 0; id < words.length; id++) {
    inputs.set(plane.inputs.slice(id * dimensions, (id + 1) * dimensions), id * layout.rowLength);
    outputs.set(plane.outputs.slice(id * dimensions, (id + 1) * dimensions), id * layout.rowLength);
  }
  new Uint32Array(buffer, layout.keepThresholds, words.length).fill(0xffffffff);
  const kernel = createWord2VecReference({ buffer } as unknown as WebAssembly.Memory, layout, 0);
  kernel.tokens.set([centre, target]);
  // The first token is the centre, the second its context.
  const { loss } = kernel.trainBlock(2, 0, 1, learningRate, 1, 1);
  kernel.mergeCopies();
  const packed = (matrix: Float32Array) =>
    Array.from(
      { length: words.length * dimensions },
      (_, i) => matrix[Math.floor(i / dimensions) * layout.rowLength + (i % dimensions)],
    );
  return { loss, moved: { words, dimensions, inputs: packed(inputs), outputs: packed(outputs) } satisfies Plane };
}

/** Output rows that one pair visits. */
export function costs(counts: Float64Array, negative: number): CostView {
  const { meanPath } = pathLengths(counts);
  return { words: counts.length, softmaxRows: counts.length, treeRows: meanPath, samplingRows: 1 + negative };
}

/** Draws noise words as the training does. */
export function drawNoise(
  words: readonly string[],
  counts: Float64Array,
  draws: number,
  exponent: number,
  seed: number,
): NoiseDraw[] {
  const weights = noiseWeights(counts, exponent);
  const { thresholds, aliases } = createAliasTable(weights);
  const random = new Random(mixKeys(seed, 1), mixKeys(seed, 2));
  const times = new Map<number, number>();
  for (let draw = 0; draw < draws; draw++) {
    const column = random.below(words.length);
    const word = random.next() <= thresholds[column] ? column : aliases[column];
    times.set(word, (times.get(word) ?? 0) + 1);
  }
  const total = counts.reduce((a, b) => a + b, 0);
  const weightTotal = weights.reduce((a, b) => a + b, 0);
  return [...times]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .map(([id, count]) => ({
      word: words[id],
      times: count,
      share: counts[id] / total,
      noiseShare: weights[id] / weightTotal,
    }));
}

function pathLengths(counts: Float64Array) {
  const tree = createHuffmanTree(counts);
  let sum = 0;
  let total = 0;
  counts.forEach((count, id) => {
    sum += count * (tree.offsets[id + 1] - tree.offsets[id]);
    total += count;
  });
  return { tree, meanPath: total > 0 ? sum / total : 0 };
}

/** The path from the root of the Huffman tree to a word. */
export function treePath(words: readonly string[], counts: Float64Array, id: number): TreeView {
  const { tree, meanPath } = pathLengths(counts);
  const stepsOf = (word: number) => tree.steps.subarray(tree.offsets[word], tree.offsets[word + 1]);
  const own = stepsOf(id);
  const beside = Array.from(own, () => ({ words: 0, examples: [] as string[] }));
  words.forEach((word, other) => {
    if (other === id) return;
    const steps = stepsOf(other);
    let shared = 0;
    while (steps[shared] === own[shared]) shared++;
    beside[shared].words++;
    if (beside[shared].examples.length < 3) beside[shared].examples.push(word);
  });
  return {
    word: words[id],
    count: counts[id],
    steps: Array.from(own, (step, i) => ({
      node: step >>> 1,
      bit: (step & 1) as 0 | 1,
      otherWords: beside[i].words,
      otherExamples: beside[i].examples,
    })),
    longestPath: tree.longestPath,
    meanPath,
  };
}

const MEASURED_TOKENS = 1200;

/** Trains a little of the text by each loss, with the words of all of it: pairs a second of the real kernels, one thread. */
export async function measureSpeeds(
  source: TextSource,
  tokens: Iterable<readonly string[]>,
  vocabulary: { words: readonly string[]; counts: Float64Array },
): Promise<SpeedView> {
  const sentences: (readonly string[])[] = [];
  let length = 0;
  for (const sentence of tokens) {
    if (sentence.length > 1) sentences.push(sentence);
    length += sentence.length;
    if (length > MEASURED_TOKENS) break;
  }
  if (sentences.length === 0) throw new PageError('few-words', { name: source.name });
  const measure = async (loss: 'softmax' | 'hierarchical-softmax' | 'negative-sampling', epochs: number) => {
    const { report } = await train(
      { tokens: sentences },
      {
        loss,
        epochs,
        vocabulary,
        threads: 1,
        subsample: 0,
        window: 5,
        learningRate: 0.01,
        initialScale: 0.05,
        heldOutTokens: 0,
      },
    );
    return report.epochPairs.reduce((a, b) => a + b, 0) / report.seconds;
  };
  return {
    softmax: await measure('softmax', 1),
    hierarchical: await measure('hierarchical-softmax', 20),
    sampling: await measure('negative-sampling', 20),
  };
}
