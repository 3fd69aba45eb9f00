import { Random } from '../../math/random.ts';
import { CENTRES_PER_GROUP, EXAMPLES_PER_BATCH } from './parameters.ts';
import type { CreateWord2VecKernel } from './word2vec.ts';
import { blockBuffer, matricesInside, planScratch } from './word2vec-memory.ts';
import { centresPerDraw, copiedRows, drawsPerPair, mergeShare } from './word2vec-tuning.ts';

/**
 * Skip-gram and CBOW with negative sampling, hierarchical softmax or full softmax, in plain TypeScript: the explanation of the
 * algorithms, and the oracle that the fast kernel is compared with.
 *
 * **Input.** In skip-gram each context word w of a centre word c predicts the centre: h = v_w, a row of the input
 * matrix. (word2vec.c does it so, too; the set of pairs is the same as the other way round.) In CBOW all context words
 * together do: h is the mean or the sum of their rows.
 *
 * **Output.** The answer is a row of yes-or-no questions, each with a row u of the output matrix and the probability
 * σ(u · h) for "yes". With negative sampling the centre should be yes and negative samples drawn at random no. With
 * hierarchical softmax the questions are the inner nodes on the centre's path in a Huffman tree, "yes" for bit 0.
 * The loss of an example is −Σ ln p over its questions, and its gradient is (σ(u · h) − label) · u for h, and
 * (σ(u · h) − label) · h for u, where label is 1 for yes and 0 for no (Goldberg and Levy 2014, "word2vec Explained").
 * Where there is a bias (`logitBias`), u · h + bias stands for u · h. With `weightDecay` λ a pair has the loss λ/2 (|u|² + |v|²) beside its
 * own for each of its rows, which is not counted: they become shorter by λ × the learning rate.
 *
 * With **full softmax** the probability is stated as it is: p(w) = e^(u_w · h) / Σ e^(u · h) over all words, the loss is
 * −ln p(target), and its gradient (Σ_w p(w) · u_w) − u_target for h and (p(w) − [w is the target]) · h for u_w. Here the
 * centre predicts each of its context words in skip-gram: the same pairs, but one sum over all words serves them all.
 *
 * With negative sampling all context words of a centre share its negative samples (see `NEGATIVE_SHARING`); a block takes them from a pool
 * drawn for it. Two centres that follow each other are trained together, with windows of the same size: a word in both windows
 * meets their negative samples once, with twice the weight; a word in one window has nothing to do with the other centre. All errors are taken
 * before rows move. Then the rows move in tiles of up to two input rows and three or four output rows, first those in the window of the first centre
 * alone, last those in that of the second alone. That is what lets a fast kernel keep its rows in registers and
 * caches, and do less; it is as good as one pair after the other (docs/design.md).
 */
export const createWord2VecReference: CreateWord2VecKernel = (memory, layout, worker, outside) => {
  const { wordCount, dimensions, rowLength, window, negatives, noisePoolSize } = layout;
  const buffer = memory.buffer;
  const { inputVectors, outputVectors } = outside ?? matricesInside(memory, layout);
  const keepThresholds = new Uint32Array(buffer, layout.keepThresholds, wordCount);
  const aliasThresholds = new Uint32Array(buffer, layout.aliasThresholds, wordCount);
  const aliasWords = new Uint32Array(buffer, layout.aliasWords, wordCount);
  const cbow = layout.algorithm === 'cbow';
  const hierarchical = layout.loss === 'hierarchical-softmax';
  const pathOffsets = new Uint32Array(buffer, layout.pathOffsets, hierarchical ? wordCount + 1 : 0);
  const pathSteps = new Uint32Array(buffer, layout.pathStepsAt, layout.pathSteps);
  const copiedOf = copiedRows(layout);
  /** The worker's copies of some rows, and these rows as they were when they were copied. */
  const copies = [
    { vectors: inputVectors, rows: copiedOf.inputs },
    { vectors: outputVectors, rows: copiedOf.outputs },
  ].map(({ vectors, rows }) => {
    const { first, count } = rows;
    const shared = vectors.subarray(first * rowLength, (first + count) * rowLength);
    return { vectors, ...rows, shared, own: shared.slice(), before: shared.slice() };
  });
  let copied = false;
  /** Where the matrices lie outside: the rows that have been trained since the last merge, by matrix and number. */
  const ownRows = new Map<Float32Array, Map<number, { row: Float32Array; before: Float32Array }>>([
    [inputVectors, new Map()],
    [outputVectors, new Map()],
  ]);
  const tokens = blockBuffer(buffer, layout, worker);
  const offsets = planScratch(layout, rowLength, layout.marginTokens);
  const mapOf = (slot: number, map: number, rows: number) =>
    new Uint32Array(buffer, layout.scratch + slot * layout.scratchByteLength + map, layout.deterministic ? rows : 0);
  const inputMap = mapOf(worker, offsets.inputMap, layout.inputRows);
  const outputMap = mapOf(worker, offsets.outputMap, wordCount);
  let ownRowsEnd = 0;

  /** Draws negative samples, a column of the alias table and its upper or lower part each. */
  function drawPool(random: Random, count: number): number[] {
    return Array.from({ length: count }, () => {
      const column = random.below(wordCount);
      const word = random.next() <= aliasThresholds[column] ? column : aliasWords[column];
      rowOf(word);
      return word;
    });
  }

  /** The distinct negative samples with the number of times they were drawn. */
  function drawNoise(random: Random, pool: number[]): Map<number, number> {
    const noise = new Map<number, number>();
    for (let k = 0; k < negatives; k++) {
      const [word] = noisePoolSize ? [pool[random.below(noisePoolSize)]] : drawPool(random, 1);
      noise.set(word, (noise.get(word) ?? 0) + 1);
    }
    return noise;
  }

  /** Each centre as yes, the negative samples between them as no. A draw of a centre is skipped, as word2vec.c does. */
  function outputsOf(centres: number[], noise: Map<number, number>): Output[] {
    const yes = [...new Set(centres)].map((row) => ({
      row,
      label: 1,
      weights: centres.map((centre) => (centre === row ? 1 : 0)),
    }));
    const no = [...noise]
      .filter(([row]) => !centres.includes(row))
      .map(([row, weight]) => ({ row, label: 0, weights: centres.map(() => weight) }));
    return [yes[0], ...no, ...yes.slice(1)];
  }

  /** The inner nodes on the path to a word. */
  function pathTo(word: number): Output[] {
    return Array.from(pathSteps.subarray(pathOffsets[word], pathOffsets[word + 1]), (step) => ({
      row: step >>> 1,
      label: 1 - (step & 1),
      weights: [1],
    }));
  }

  const matrixRow = (row: number) => ownRow(inputMap, inputVectors, row);
  /** The input row of a word; with subwords it is asked for by −1 − its position in the block. */
  const inputRow = (word: number) => (word < 0 ? inWindows.get(-1 - word)!.row : matrixRow(word));

  const hasSubwords = layout.subwordSteps > 0;
  const subwordOffsets = new Uint32Array(buffer, layout.subwordOffsets, hasSubwords ? wordCount + 1 : 0);
  const subwordRows = new Uint32Array(buffer, layout.subwordRows, layout.subwordSteps);
  const rowsOf = (word: number) => subwordRows.subarray(subwordOffsets[word], subwordOffsets[word + 1]);
  /** The words that stand in a window, by position: see `positionsAtOnce`. */
  const inWindows = new Map<number, { word: number; row: Float32Array; before: Float32Array }>();

  /** Makes the words at [low, high) of `kept` those that stand in a window. */
  function moveWindow(kept: number[], low: number, high: number): void {
    for (const [position, { word, row, before }] of inWindows) {
      if (position >= low) continue;
      for (const each of rowsOf(word))
        matrixRow(each).forEach((_, d, target) => {
          target[d] += row[d] - before[d];
        });
      inWindows.delete(position);
    }
    for (let position = low; position < high; position++) {
      const word = kept[position];
      if (word < 0 || inWindows.has(position)) continue;
      const row = new Float32Array(dimensions);
      for (const each of rowsOf(word))
        matrixRow(each).forEach((value, d) => {
          row[d] += value;
        });
      row.forEach((value, d) => {
        row[d] = value / rowsOf(word).length;
      });
      inWindows.set(position, { word, row, before: row.slice() });
    }
  }

  const rowOf = (row: number) => ownRow(outputMap, outputVectors, row);

  /**
   * A row of a matrix, or the worker's copy of it; in deterministic training, and of matrices outside, that is made when it is first
   * asked for.
   */
  function ownRow(map: Uint32Array, vectors: Float32Array, number: number): Float32Array {
    const begin = number * rowLength;
    const { first, count, own } = copies[vectors === inputVectors ? 0 : 1];
    if (number >= first && number < first + count) {
      return own.subarray((number - first) * rowLength, (number - first) * rowLength + dimensions);
    }
    if (outside) {
      const own = ownRows.get(vectors)!;
      const row = own.get(number) ?? {
        row: vectors.slice(begin, begin + dimensions),
        before: vectors.slice(begin, begin + dimensions),
      };
      own.set(number, row);
      return row.row;
    }
    if (!layout.deterministic) return vectors.subarray(begin, begin + dimensions);
    if (map[number] === 0) {
      map[number] = ownRowsEnd;
      ownRowsEnd += rowLength * 4;
      new Float32Array(buffer, map[number], rowLength).set(vectors.subarray(begin, begin + rowLength));
    }
    return new Float32Array(buffer, map[number], dimensions);
  }
  const outputRow = ({ row }: Output) => rowOf(row);

  const inputFactors = new Float32Array(buffer, layout.inputFactorsAt, layout.inputFactors ? wordCount : 0);
  const factorOf = (word: number) => (layout.inputFactors ? inputFactors[word] : 1);

  /** Runs an update of the rows of `words`, and leaves of it the share that the factor of each word allows. */
  function updateByFactors(words: number[], update: () => number): number {
    const before = new Map(words.map((word) => [word, inputRow(word).slice()]));
    const loss = update();
    for (const [word, old] of before) {
      const row = inputRow(word);
      if (factorOf(word) !== 1)
        row.forEach((value, d) => {
          row[d] = old[d] + factorOf(word) * (value - old[d]);
        });
    }
    return loss;
  }

  /** Brings into `target` what has changed in `own` since it was as `before`. */
  function mergeRow(target: Float32Array, own: Float32Array, before: Float32Array): void {
    const change = own.map((value, d) => value - before[d]);
    const square = dot(change, change);
    if (square === 0) return;
    const others = target.map((value, d) => value - before[d]);
    // What they have brought in since has so much of this change already.
    const already = dot(change, others) / square;
    const most = mergeShare(layout);
    const share = Math.min(most, Math.max(0, 2 * most - already));
    for (let d = 0; d < dimensions; d++) target[d] += share * change[d];
  }

  /** Gradient of each output for one input, and the loss; `counts` says how often each centre has the input. */
  function gradientsOf(input: Float32Array, counts: number[], outputs: Output[], learningRate: number) {
    let loss = 0;
    const gradients = outputs.map((output) => {
      const { label, weights } = output;
      const weight = weights.reduce((sum, each, centre) => sum + each * counts[centre], 0);
      const x = dot(input, outputRow(output)) + layout.logitBias;
      loss += weight * softplus(label ? -x : x);
      return weight * (label - 1 / (1 + Math.exp(-x))) * learningRate;
    });
    return { gradients, loss };
  }

  function decay(row: Float32Array, share: number): void {
    if (layout.weightDecay === 0) return;
    for (let d = 0; d < dimensions; d++) row[d] *= Math.max(0, 1 - layout.weightDecay * share);
  }

  /** Skip-gram: each context word predicts the outputs. Returns the loss. */
  function trainPairs(contexts: Context[], outputs: Output[], learningRate: number): number {
    const groups = groupsOf(contexts, outputs).map((group) => {
      // A word that would follow itself in a tile is there once: one row cannot hold two different updates.
      const merged: Context[] = [];
      for (const context of group.contexts) {
        const partner = merged.length % 2 === 1 ? merged.at(-1)! : undefined;
        if (partner?.word !== context.word) merged.push({ ...context });
        else partner.counts = partner.counts.map((count, centre) => count + context.counts[centre]);
      }
      const examples = merged.map(({ word, counts }) =>
        gradientsOf(inputRow(word), counts, group.outputs, learningRate),
      );
      return { merged, examples, outputs: group.outputs };
    });
    for (const { merged, examples, outputs } of groups) {
      for (let i = 0; i < merged.length; i += 2) {
        const inputs = merged.slice(i, i + 2).map(({ word }) => inputRow(word));
        let o = 0;
        for (const tile of tilesOf(outputs)) {
          const gradients = examples.slice(i, i + 2).map((example) => example.gradients.slice(o, o + tile.length));
          moveTile(inputs, tile.map(outputRow), gradients);
          o += tile.length;
        }
      }
    }
    const merged = groups.flatMap((group) => group.merged);
    const pairsOf = (centre: number) => merged.reduce((sum, { counts }) => sum + counts[centre], 0);
    for (const { word, counts } of merged) decay(inputRow(word), learningRate * counts.reduce((a, b) => a + b));
    for (const output of outputs) {
      const pairs = output.weights.reduce((sum, weight, centre) => sum + weight * pairsOf(centre), 0);
      decay(outputRow(output), learningRate * pairs);
    }
    return groups.flatMap(({ examples }) => examples).reduce((sum, { loss }) => sum + loss, 0);
  }

  /** CBOW: the context words together predict the outputs. Returns the loss. */
  function trainHidden(contexts: number[], outputs: Output[], learningRate: number): number {
    const share = 1 / contexts.length;
    const inputScale = layout.cbowInput === 'mean' ? share : 1;
    const errorScale = layout.cbowInput === 'mean' && layout.cbowGradient === 'exact' ? share : 1;
    const hidden = new Float32Array(dimensions);
    for (const word of contexts) addRow(hidden, inputScale, inputRow(word));
    const { gradients, loss } = gradientsOf(hidden, [1], outputs, learningRate);
    const error = new Float32Array(dimensions);
    outputs.forEach((output, o) => {
      const row = outputRow(output);
      for (let d = 0; d < dimensions; d++) {
        error[d] += gradients[o] * row[d];
        row[d] += gradients[o] * hidden[d];
      }
    });
    for (const word of contexts) addRow(inputRow(word), errorScale, error);
    for (const word of contexts) decay(inputRow(word), learningRate);
    for (const output of outputs) decay(outputRow(output), learningRate * output.weights[0]);
    return loss;
  }

  /** Full softmax: each example's inputs predict each of its targets; all see the rows as they are now. */
  function trainSoftmax(batch: { inputs: number[]; targets: number[] }[], learningRate: number): number {
    let loss = 0;
    const outputMoves = new Float64Array(wordCount * dimensions);
    const inputMoves: [number, Float64Array][] = [];
    for (const { inputs, targets } of batch) {
      const mean = cbow && layout.cbowInput === 'mean';
      const hidden = new Float32Array(dimensions);
      const error = new Float64Array(dimensions);
      const scale = mean ? 1 / inputs.length : 1;
      for (const word of inputs) addRow(hidden, scale, inputRow(word));
      const logits = Array.from({ length: wordCount }, (_, row) => dot(hidden, rowOf(row)));
      const maximum = logits.reduce((a, b) => Math.max(a, b));
      const powers = logits.map((x) => Math.exp(x - maximum));
      const sum = powers.reduce((a, b) => a + b);
      for (const target of targets) loss += maximum + Math.log(sum) - logits[target];
      for (let word = 0; word < wordCount; word++) {
        const wanted = targets.filter((target) => target === word).length;
        const gradient = learningRate * (wanted - (targets.length * powers[word]) / sum);
        const row = rowOf(word);
        for (let d = 0; d < dimensions; d++) {
          error[d] += gradient * row[d];
          outputMoves[word * dimensions + d] += gradient * hidden[d];
        }
      }
      const errorScale = mean && layout.cbowGradient === 'exact' ? scale : 1;
      for (const word of inputs) inputMoves.push([word, error.map((value) => value * errorScale * factorOf(word))]);
    }
    for (let word = 0; word < wordCount; word++) {
      addRow(rowOf(word), 1, outputMoves.subarray(word * dimensions, (word + 1) * dimensions));
    }
    for (const [word, move] of inputMoves) addRow(inputRow(word), 1, move);
    return loss;
  }

  /** All rows move by the others as they were. */
  function moveTile(inputs: Float32Array[], outputs: Float32Array[], gradients: number[][]): void {
    const [inputValues, outputValues] = [inputs, outputs].map((rows) => rows.map((row) => row.slice()));
    for (let i = 0; i < inputs.length; i++) {
      for (let o = 0; o < outputs.length; o++) {
        addRow(inputs[i], gradients[i][o], outputValues[o]);
        addRow(outputs[o], gradients[i][o], inputValues[i]);
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
      const positions: number[] = [];
      for (let i = 0; i < block.length; i++) if (block[i] >= 0) positions.push(before.length + i);

      for (const { own, before, shared } of copied ? [] : copies) {
        own.set(shared);
        before.set(shared);
      }
      copied = true;

      // 2. Every kept word of the block as a centre.
      ownRowsEnd = layout.scratch + worker * layout.scratchByteLength + offsets.ownRows;
      const pool = drawPool(random, noisePoolSize);
      let oldest = 0;
      if (layout.loss === 'softmax') for (let word = 0; word < wordCount; word++) rowOf(word);
      let batch: { inputs: number[]; targets: number[] }[] = [];
      let pairs = 0;
      let loss = 0;
      let noise: Map<number, number>[] = [];
      const together = centresPerDraw(layout);
      const perPair = drawsPerPair(layout);
      let draws = 0;
      for (let i = 0; i < positions.length; i++) {
        const position = positions[i];
        // Two centres that follow each other in a sentence are trained together, with windows of the same size.
        const centres = together > 1 && positions[i + 1] === position + 1 ? [position, position + 1] : [position];
        if (layout.loss !== 'softmax') i += centres.length - 1;
        const inGroup = draws++ % (CENTRES_PER_GROUP / together);
        if (inGroup === 0 && layout.loss === 'negative-sampling') {
          for (const word of draws > 1 ? drawPool(random, layout.freshNoise) : [])
            pool[oldest++ % noisePoolSize] = word;
          noise = Array.from({ length: perPair ? 0 : CENTRES_PER_GROUP / together }, () => drawNoise(random, pool));
        }
        const reach = window - random.below(window);
        if (hasSubwords) {
          moveWindow(kept, Math.max(0, position - window), Math.min(kept.length, position + window + 1));
        }
        const contexts: Context[] = [];
        const add = (at: number) => {
          const counts: number[] = centres.map((centre) => (at !== centre && Math.abs(at - centre) <= reach ? 1 : 0));
          contexts.push({ word: hasSubwords ? -1 - at : kept[at], counts });
          if (!cbow) pairs += counts.reduce((a, b) => a + b);
        };
        const last = centres[centres.length - 1];
        for (let at = position - 1; at >= 0 && at >= position - reach && kept[at] >= 0; at--) add(at);
        if (centres.length > 1) centres.forEach(add);
        for (let at = last + 1; at < kept.length && at <= last + reach && kept[at] >= 0; at++) add(at);
        if (contexts.length === 0) continue;
        if (cbow) pairs++;
        const words = contexts.map(({ word }) => word);
        if (layout.loss === 'softmax') {
          const centre = kept[position];
          batch.push(cbow ? { inputs: words, targets: [centre] } : { inputs: [centre], targets: words });
          if (batch.length < EXAMPLES_PER_BATCH) continue;
          loss += trainSoftmax(batch, learningRate);
          batch = [];
          continue;
        }
        if (perPair) {
          loss += updateByFactors(words, () =>
            words.reduce((sum, word) => {
              const outputs = outputsOf([kept[position]], drawNoise(random, pool));
              return sum + trainHidden([word], outputs, learningRate);
            }, 0),
          );
          continue;
        }
        const outputs = hierarchical
          ? pathTo(kept[position])
          : outputsOf(
              centres.map((centre) => kept[centre]),
              noise[inGroup],
            );
        loss += updateByFactors(words, () =>
          cbow ? trainHidden(words, outputs, learningRate) : trainPairs(contexts, outputs, learningRate),
        );
      }
      moveWindow(kept, kept.length, kept.length);
      if (batch.length > 0) loss += trainSoftmax(batch, learningRate);
      return { pairs, loss };
    },

    mergeCopies(which = 'all') {
      for (const [vectors, own] of which === 'all' ? ownRows : []) {
        for (const [number, { row, before }] of own) {
          const target = vectors.subarray(number * rowLength, number * rowLength + dimensions);
          // Most rows no other worker has changed: they take all of it.
          if (target.every((value, d) => value === before[d])) target.set(row);
          else mergeRow(target, row, before);
        }
        own.clear();
      }
      if (!copied) return;
      copied = which === 'hottest';
      for (const { own, before, shared, first, count, firstHottest, hottest } of copies) {
        const [begin, end] = copied ? [firstHottest - first, firstHottest - first + hottest] : [0, count];
        for (let row = begin; row < end; row++) {
          const part = (rows: Float32Array) => rows.subarray(row * rowLength, (row + 1) * rowLength);
          mergeRow(part(shared), part(own), part(before));
          for (const copy of [own, before]) part(copy).set(part(shared));
        }
      }
    },

    mergeSlots(part, parts) {
      for (const [vectors, map, rows] of [
        [inputVectors, offsets.inputMap, layout.inputRows],
        [outputVectors, offsets.outputMap, wordCount],
      ] as const) {
        const maps = Array.from({ length: layout.workers }, (_, slot) => mapOf(slot, map, rows));
        const [first, last] = [part, part + 1].map((edge) => Math.floor((edge * rows) / parts));
        for (let row = first; row < last; row++) {
          const target = vectors.subarray(row * rowLength, row * rowLength + dimensions);
          const copies = maps
            .filter((map) => map[row] > 0)
            .map((map) => new Float32Array(buffer, map[row], dimensions));
          if (copies.length === 0) continue;
          const changes = copies.map((copy) => copy.map((value, d) => value - target[d]));
          const sum = target.map((_, d) => changes.reduce((sum, change) => sum + change[d], 0));
          const squares = changes.reduce((sum, change) => sum + dot(change, change), 0);
          const length = Math.sqrt(dot(sum, sum));
          const byLength = length > 0 ? Math.min(1, Math.sqrt(squares) / length) : 1;
          const share = layout.deterministicMerge === 'length' ? byLength : 1 / Math.sqrt(copies.length);
          for (let d = 0; d < dimensions; d++) target[d] += share * sum[d];
          for (const map of maps) map[row] = 0;
        }
      }
    },
  };
};

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

function addRow(row: Float32Array, factor: number, other: Float32Array | Float64Array): void {
  for (let d = 0; d < row.length; d++) row[d] += factor * other[d];
}

/** A row of the output matrix, whether yes (1) or no (0) is right for it, and how often it counts for each centre. */
interface Output {
  readonly row: number;
  readonly label: number;
  readonly weights: number[];
}

/** A context word, and how often each centre has it in its window. */
interface Context {
  readonly word: number;
  counts: number[];
}

/** The context words of the first of two centres alone, of both and of the second alone, each with its outputs; all together where there is one centre. */
function groupsOf(contexts: Context[], outputs: Output[]): { contexts: Context[]; outputs: Output[] }[] {
  if (contexts[0].counts.length === 1) return [{ contexts, outputs }];
  return [
    [1, 0],
    [1, 1],
    [0, 1],
  ].map((wanted) => {
    const own = outputs.filter(({ weights }) => weights.some((weight, centre) => weight * wanted[centre] > 0));
    return {
      contexts: contexts.filter(({ counts }) => counts.every((count, centre) => count === wanted[centre])),
      outputs: makeTiles(own.length) ? own : outputs,
    };
  });
}

/** Whether so many rows are tiles of three and four. */
function makeTiles(count: number): boolean {
  return count >= 3 && count !== 5;
}

/** Output rows in tiles of three, then of four; 1, 2 and 5 rows are filled up in a fast kernel. */
function tilesOf(outputs: Output[]): Output[][] {
  const filled = outputs.length < 3 ? 3 : outputs.length === 5 ? 6 : outputs.length;
  const threes = ((3 * filled) % 4) * 3;
  const tiles: Output[][] = [];
  for (let o = 0; o < outputs.length; ) {
    const size = o < threes ? 3 : 4;
    tiles.push(outputs.slice(o, o + size));
    o += size;
  }
  return tiles;
}

/** ln(1 + e^x) without overflow: −ln σ(−x). */
function softplus(x: number): number {
  return Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
}
