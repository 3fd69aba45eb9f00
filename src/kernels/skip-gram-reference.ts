import { Random } from '../math/random.ts';
import { CENTRES_PER_DRAW, type CreateSkipGramKernel, planScratch, type SkipGramLayout } from './skip-gram.ts';

/**
 * Skip-gram with negative sampling, in plain TypeScript: the explanation of the algorithm, and the oracle
 * that the fast kernel is compared with.
 *
 * For a centre word c and a context word w the model says how likely they are to stand together:
 * σ(u_c · v_w), with v from the input matrix and u from the output matrix. (word2vec.c lets the context word
 * predict the centre; the set of pairs is the same as the other way round.) For noise words n drawn at
 * random the answer should be "not likely". The loss of a pair is
 *
 *     −ln σ(u_c · v_w) − Σ_n ln σ(−u_n · v_w)
 *
 * and its gradient is (σ(u · v) − label) · u for v, and (σ(u · v) − label) · v for u, where label is 1 for c
 * and 0 for noise (Goldberg and Levy 2014, "word2vec Explained").
 *
 * All context words of a centre share its noise words, and so do two centres that follow each other. Pairs are trained in tiles of up to two context rows
 * and three output rows: the errors of a tile are all taken before its rows move. That is what lets a fast
 * kernel keep the tile in registers; it is as good as one pair after the other (docs/design.md).
 */
export const createSkipGramReference: CreateSkipGramKernel = (memory, layout, worker) => {
  const { wordCount, dimensions, rowLength, window, negatives } = layout;
  const buffer = memory.buffer;
  const inputVectors = new Float32Array(buffer, layout.inputVectors, wordCount * rowLength);
  const outputVectors = new Float32Array(buffer, layout.outputVectors, wordCount * rowLength);
  const keepThresholds = new Uint32Array(buffer, layout.keepThresholds, wordCount);
  const aliasThresholds = new Uint32Array(buffer, layout.aliasThresholds, wordCount);
  const aliasWords = new Uint32Array(buffer, layout.aliasWords, wordCount);
  const tokens = blockBuffer(buffer, layout, worker);

  /** The distinct noise words with the number of times they were drawn. */
  function drawNoise(random: Random): Output[] {
    const noise: Output[] = [];
    for (let k = 0; k < negatives; k++) {
      const column = random.below(wordCount);
      const word = random.next() <= aliasThresholds[column] ? column : aliasWords[column];
      const earlier = noise.find((output) => output.word === word);
      if (earlier) earlier.weight++;
      else noise.push({ word, weight: 1 });
    }
    return noise;
  }

  /** One tile: every context word with every output word. Returns the loss. */
  function trainTile(contexts: number[], outputs: Output[], centre: number, learningRate: number): number {
    let loss = 0;
    const inputRows = contexts.map((word) => inputVectors.subarray(word * rowLength, word * rowLength + dimensions));
    const outputRows = outputs.map(({ word }) =>
      outputVectors.subarray(word * rowLength, word * rowLength + dimensions),
    );
    const gradients = inputRows.map((input) =>
      outputRows.map((output, o) => {
        const { word, weight } = outputs[o];
        const label = word === centre ? 1 : 0;
        const x = dot(input, output);
        loss += weight * softplus(label ? -x : x);
        return weight * (label - 1 / (1 + Math.exp(-x))) * learningRate;
      }),
    );
    for (let d = 0; d < dimensions; d++) {
      const inputs = inputRows.map((row) => row[d]);
      const values = outputRows.map((row) => row[d]);
      for (let i = 0; i < inputs.length; i++) {
        for (let o = 0; o < values.length; o++) {
          inputRows[i][d] += gradients[i][o] * values[o];
          outputRows[o][d] += gradients[i][o] * inputs[i];
        }
      }
    }
    return loss;
  }

  return {
    tokens,
    trainBlock(tokenCount, begin, end, learningRate, seed0, seed1) {
      const random = new Random(seed0, seed1);
      const keeps = (word: number) => random.next() <= keepThresholds[word];

      // 1. Subsampling: kept words of the block, framed by up to `window` kept words before and after it.
      const before: number[] = [];
      for (let i = begin - 1; i >= 0 && before.length < window && tokens[i] >= 0; i--) {
        if (keeps(tokens[i])) before.unshift(tokens[i]);
      }
      const block: number[] = [];
      for (let i = begin; i < end; i++) {
        if (tokens[i] < 0 || keeps(tokens[i])) block.push(tokens[i]);
      }
      const after: number[] = [];
      for (let i = end; i < tokenCount && after.length < window && tokens[i] >= 0; i++) {
        if (keeps(tokens[i])) after.push(tokens[i]);
      }
      const kept = [...before, ...block, ...after];
      const centres: number[] = [];
      for (let i = 0; i < block.length; i++) if (block[i] >= 0) centres.push(before.length + i);

      // 2. Every kept word of the block as a centre. Noise words are drawn one turn early, because a fast
      // kernel wants to know them before it needs them.
      let pairs = 0;
      let loss = 0;
      let noise: Output[] = [];
      let nextNoise = drawNoise(random);
      centres.forEach((position, index) => {
        if (index % CENTRES_PER_DRAW === 0) {
          noise = nextNoise;
          nextNoise = drawNoise(random);
        }
        const centre = kept[position];
        // A draw of the centre itself is skipped, as word2vec.c does.
        const outputs = [{ word: centre, weight: 1 }, ...noise.filter(({ word }) => word !== centre)];
        const reach = window - random.below(window);
        const contexts: number[] = [];
        for (let i = position - 1; i >= 0 && i >= position - reach && kept[i] >= 0; i--) contexts.push(kept[i]);
        for (let i = position + 1; i < kept.length && i <= position + reach && kept[i] >= 0; i++)
          contexts.push(kept[i]);
        pairs += contexts.length;
        for (let i = 0; i < contexts.length; ) {
          // A word that follows itself trains alone: one row cannot hold two different updates.
          const tile = contexts.slice(i, i + (contexts[i] === contexts[i + 1] ? 1 : 2));
          for (let o = 0; o < outputs.length; o += 3) {
            loss += trainTile(tile, outputs.slice(o, o + 3), centre, learningRate);
          }
          i += tile.length;
        }
      });
      return { pairs, loss };
    },
  };
};

/** The block buffer of a worker, as every kernel exposes it. */
export function blockBuffer(buffer: ArrayBufferLike, layout: SkipGramLayout, worker: number): Int32Array {
  const scratch = layout.scratch + worker * layout.scratchByteLength;
  const { tokens } = planScratch(layout, layout.rowLength, layout.marginTokens);
  return new Int32Array(buffer, scratch + tokens, layout.blockTokens + 2 * layout.marginTokens);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

/** An output word, and how often it counts. */
interface Output {
  readonly word: number;
  weight: number;
}

/** ln(1 + e^x) without overflow: −ln σ(−x). */
function softplus(x: number): number {
  return Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
}
