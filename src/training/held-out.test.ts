import { describe, expect, it } from 'vitest';
import { readMemoryCorpus } from '../corpus/encoded-corpus.ts';
import { createSetup } from '../kernels/word2vec/word2vec.contract.ts';
import type { Loss } from '../kernels/word2vec/word2vec.ts';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { blankHeldOut, heldOutStretches } from './held-out.ts';
import { heldOutContrasts } from './held-out-contrasts.ts';
import { heldOutLosses } from './held-out-losses.ts';
import { createTrainControl } from './train-messages.ts';

describe('heldOutStretches', () => {
  it('lie in order inside of the corpus, do not overlap, and are no more than asked for', () => {
    for (const [length, tokens] of [
      [60_000, 20_000],
      [1_000_003, 20_000],
      [1e8, 20_000],
      [1e8, 120],
    ]) {
      const stretches = heldOutStretches(length, tokens, 1);
      expect(stretches.length).toBeGreaterThan(0);
      let end = 0;
      let total = 0;
      for (let i = 0; i < stretches.length; i += 2) {
        expect(stretches[i]).toBeGreaterThanOrEqual(end);
        end = stretches[i + 1];
        total += end - stretches[i];
      }
      expect(end).toBeLessThanOrEqual(length);
      expect(total).toBeLessThanOrEqual(Math.min(tokens, Math.max(length / 500, Math.min(2000, length / 50))));
      expect(total).toBeGreaterThan(0.9 * Math.min(tokens, 1200) - 50);
    }
    expect(heldOutStretches(1e6, 20_000, 1)).not.toEqual(heldOutStretches(1e6, 20_000, 2));
  });

  it('are none for a small text, or if none are wanted', () => {
    expect(heldOutStretches(49_000, 20_000, 1)).toHaveLength(0);
    expect(heldOutStretches(1e7, 0, 1)).toHaveLength(0);
  });
});

describe('blankHeldOut', () => {
  it('blanks what the block and the stretches share', () => {
    const stretches = Float64Array.of(2, 4, 10, 13, 20, 22);
    const blank = (from: number, length: number) => {
      const tokens = Int32Array.from({ length }, (_, i) => from + i);
      blankHeldOut(stretches, tokens, from);
      return Array.from(tokens);
    };
    expect(blank(0, 6)).toEqual([0, 1, -1, -1, 4, 5]);
    expect(blank(3, 8)).toEqual([-1, 4, 5, 6, 7, 8, 9, -1]);
    expect(blank(11, 11)).toEqual([-1, -1, 13, 14, 15, 16, 17, 18, 19, -1, -1]);
    expect(blank(4, 6)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(blank(22, 2)).toEqual([22, 23]);
  });
});

/** Sentences of two words, 50 places of 60 held out. */
function heldOutOf(loss: Loss, algorithm: 'skip-gram' | 'cbow' = 'skip-gram', dimensions = 8) {
  const setup = createSetup({ settings: { loss, algorithm, dimensions, wordCount: 20, window: 1 } });
  const ids = Int32Array.from({ length: 60 }, (_, i) => (i % 3 === 2 ? -1 : i % 20));
  const task = {
    memory: setup.memory,
    layout: setup.layout,
    corpus: { length: 60, tokenCount: 40, fingerprint: 0, place: { kind: 'memory', ids } as const },
    epochs: 1,
    learningRate: 0.025,
    endLearningRate: 0,
    courseEnd: 1,
    seed: 1,
    heldOut: Float64Array.of(0, 50),
    firstBlock: 0,
    endBlock: 1,
    spans: 1,
    threads: 1,
    control: createTrainControl(1, 1),
  };
  const read = readMemoryCorpus(ids);
  return {
    setup,
    losses: () => heldOutLosses(task, read),
    contrasts: () => heldOutContrasts(task, read),
  };
}

describe('heldOutLosses', () => {
  it('are the same whenever they are asked for, one for each pair', () => {
    const { losses } = heldOutOf('negative-sampling');
    expect(losses()).toHaveLength(34); // 17 sentences of two words in 50 places
    expect(losses()).toEqual(losses());
  });

  it('are those of a model that knows nothing, when all output vectors are 0', () => {
    const expected = { 'negative-sampling': 6 * Math.LN2, softmax: Math.log(20) };
    for (const loss of ['negative-sampling', 'softmax'] as const) {
      const { setup, losses } = heldOutOf(loss);
      setup.outputs.fill(0);
      // A negative sample that is the centre is skipped, so a pair may have less.
      expect(Math.max(...losses())).toBeCloseTo(expected[loss], 6);
    }
  });

  it('are −ln p by hand: full softmax', () => {
    const { setup, losses } = heldOutOf('softmax');
    const row = (matrix: Float32Array, word: number) => matrix.subarray(word * setup.layout.rowLength).slice(0, 8);
    // The first sentence is 0 1: the centre 0 predicts 1.
    const hidden = row(setup.inputs, 0);
    const logits = Array.from({ length: 20 }, (_, word) =>
      row(setup.outputs, word).reduce((sum, value, d) => sum + value * hidden[d], 0),
    );
    const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
    expect(losses()[0]).toBeCloseTo(Math.log(sum) - logits[1], 5);
  });

  it('have one for each centre with cbow, and a path for each word with hierarchical softmax', () => {
    expect(heldOutOf('negative-sampling', 'cbow').losses()).toHaveLength(34);
    const { setup, losses } = heldOutOf('hierarchical-softmax');
    setup.outputs.fill(0);
    const steps = losses().map((loss) => loss / Math.LN2);
    for (const count of steps) expect(count).toBeCloseTo(Math.round(count), 5);
  });
});

describe('heldOutContrasts', () => {
  it('are the same whenever they are asked for, one for each pair, whatever the loss', () => {
    const { contrasts } = heldOutOf('negative-sampling');
    expect(contrasts()).toHaveLength(34); // 17 sentences of two words in 50 places
    expect(contrasts()).toEqual(contrasts());
    expect(heldOutOf('hierarchical-softmax', 'cbow').contrasts()).toHaveLength(34);
  });

  // Of vectors longer than twice the words that a word is compared with, the similarities are taken one by one.
  it.each([8, 100])(
    'are standard deviations by hand, and do not change when vectors grow longer: %i dimensions',
    (dimensions) => {
      const { setup, contrasts } = heldOutOf('negative-sampling', 'skip-gram', dimensions);
      const { rowLength } = setup.layout;
      const row = (word: number) => setup.inputs.subarray(word * rowLength, word * rowLength + dimensions);
      // The first sentence is 0 1: the pair of context 1 and centre 0. Each sentence has its two words as centres.
      const sentences = Array.from({ length: 17 }, (_, i) => [(3 * i) % 20, (3 * i + 1) % 20]);
      const others = sentences.flat().filter((word) => word !== 1);
      const similarities = others.map((word) => cosineSimilarity(row(1), row(word)));
      const mean = similarities.reduce((a, b) => a + b) / similarities.length;
      const deviation = Math.sqrt(similarities.reduce((sum, x) => sum + (x - mean) ** 2, 0) / similarities.length);
      const before = contrasts();
      expect(before[0]).toBeCloseTo((cosineSimilarity(row(1), row(0)) - mean) / deviation, 6);
      for (let i = 0; i < setup.inputs.length; i++) setup.inputs[i] *= 4;
      contrasts().forEach((contrast, i) => {
        expect(contrast).toBeCloseTo(before[i], 9);
      });
    },
  );

  it('are above 0 where the words of a sentence are alike, and 0 where all vectors are the same', () => {
    const { setup, contrasts } = heldOutOf('negative-sampling');
    const { rowLength, dimensions } = setup.layout;
    const set = (value: (word: number, d: number) => number) => {
      for (let word = 0; word < 20; word++) {
        for (let d = 0; d < dimensions; d++) setup.inputs[word * rowLength + d] = value(word, d);
      }
    };
    set(() => 1);
    expect(Math.max(...contrasts().map(Math.abs))).toBe(0);
    // Words that follow each other are near on a circle.
    set((word, d) => (d === 0 ? Math.cos((word * Math.PI) / 10) : d === 1 ? Math.sin((word * Math.PI) / 10) : 0));
    expect(Math.min(...contrasts())).toBeGreaterThan(1);
  });
});
