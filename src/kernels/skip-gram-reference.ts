import { Random } from '../math/random.ts';
import {
  CENTRES_PER_DRAW,
  CENTRES_PER_GROUP,
  type CreateSkipGramKernel,
  planScratch,
  type SkipGramLayout,
} from './skip-gram.ts';

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
 * All context words of a centre share its noise words, and so do two centres that follow each other; a block takes
 * its noise words from a pool drawn for it. All errors of a centre are taken before its rows move. Then the rows move
 * in tiles of up to two context rows and three output rows. That is what lets a fast kernel keep its rows in
 * registers and caches; it is as good as one pair after the other (docs/design.md).
 */
export const createSkipGramReference: CreateSkipGramKernel = (memory, layout, worker) => {
  const { wordCount, dimensions, rowLength, window, negatives, noisePoolSize } = layout;
  const buffer = memory.buffer;
  const inputVectors = new Float32Array(buffer, layout.inputVectors, wordCount * rowLength);
  const outputVectors = new Float32Array(buffer, layout.outputVectors, wordCount * rowLength);
  const keepThresholds = new Uint32Array(buffer, layout.keepThresholds, wordCount);
  const aliasThresholds = new Uint32Array(buffer, layout.aliasThresholds, wordCount);
  const aliasWords = new Uint32Array(buffer, layout.aliasWords, wordCount);
  const tokens = blockBuffer(buffer, layout, worker);

  function drawPool(random: Random): number[] {
    return Array.from({ length: noisePoolSize }, () => {
      const column = random.below(wordCount);
      return random.next() <= aliasThresholds[column] ? column : aliasWords[column];
    });
  }

  /** The distinct noise words with the number of times they were drawn. */
  function drawNoise(random: Random, pool: number[]): Output[] {
    const noise: Output[] = [];
    for (let k = 0; k < negatives; k++) {
      const word = pool[random.below(noisePoolSize)];
      const earlier = noise.find((output) => output.word === word);
      if (earlier) earlier.weight++;
      else noise.push({ word, weight: 1 });
    }
    return noise;
  }

  const inputRow = (word: number) => inputVectors.subarray(word * rowLength, word * rowLength + dimensions);
  const outputRow = (word: number) => outputVectors.subarray(word * rowLength, word * rowLength + dimensions);

  /** All context words of a centre with all its output words. Returns the loss. */
  function trainCentre(contexts: number[], outputs: Output[], centre: number, learningRate: number): number {
    let loss = 0;
    const gradients = contexts.map((context) =>
      outputs.map(({ word, weight }) => {
        const label = word === centre ? 1 : 0;
        const x = dot(inputRow(context), outputRow(word));
        loss += weight * softplus(label ? -x : x);
        return weight * (label - 1 / (1 + Math.exp(-x))) * learningRate;
      }),
    );
    for (let i = 0; i < contexts.length; ) {
      // A word that follows itself moves alone: one row cannot hold two different updates.
      const count = contexts[i] === contexts[i + 1] ? 1 : 2;
      const inputs = contexts.slice(i, i + count).map(inputRow);
      for (let o = 0; o < outputs.length; o += 3) {
        const tile = gradients.slice(i, i + count).map((row) => row.slice(o, o + 3));
        moveTile(
          inputs,
          outputs.slice(o, o + 3).map(({ word }) => outputRow(word)),
          tile,
        );
      }
      i += count;
    }
    return loss;
  }

  function moveTile(inputs: Float32Array[], outputs: Float32Array[], gradients: number[][]): void {
    for (let d = 0; d < dimensions; d++) {
      const inputValues = inputs.map((row) => row[d]);
      const outputValues = outputs.map((row) => row[d]);
      for (let i = 0; i < inputs.length; i++) {
        for (let o = 0; o < outputs.length; o++) {
          inputs[i][d] += gradients[i][o] * outputValues[o];
          outputs[o][d] += gradients[i][o] * inputValues[i];
        }
      }
    }
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

      // 2. Every kept word of the block as a centre.
      const pool = drawPool(random);
      let pairs = 0;
      let loss = 0;
      let noise: Output[][] = [];
      centres.forEach((position, index) => {
        const inGroup = index % CENTRES_PER_GROUP;
        if (inGroup === 0) {
          noise = Array.from({ length: CENTRES_PER_GROUP / CENTRES_PER_DRAW }, () => drawNoise(random, pool));
        }
        const centre = kept[position];
        // A draw of the centre itself is skipped, as word2vec.c does.
        const drawn = noise[Math.floor(inGroup / CENTRES_PER_DRAW)];
        const outputs = [{ word: centre, weight: 1 }, ...drawn.filter(({ word }) => word !== centre)];
        const reach = window - random.below(window);
        const contexts: number[] = [];
        for (let i = position - 1; i >= 0 && i >= position - reach && kept[i] >= 0; i--) contexts.push(kept[i]);
        for (let i = position + 1; i < kept.length && i <= position + reach && kept[i] >= 0; i++)
          contexts.push(kept[i]);
        pairs += contexts.length;
        loss += trainCentre(contexts, outputs, centre, learningRate);
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
