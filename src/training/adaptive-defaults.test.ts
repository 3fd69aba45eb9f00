import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptTrainingOptions, type TextFacts } from './adaptive-defaults.ts';
import { GOALS, type PartialTrainingOptions, PRESET_NAMES, resolveTrainingOptions } from './training-options.ts';

const adapt = (tokens: number, given: PartialTrainingOptions = {}, facts: Partial<TextFacts> = {}) =>
  adaptTrainingOptions(given, resolveTrainingOptions(given), { tokens, corpusTokens: tokens, ...facts });

describe('adaptTrainingOptions', () => {
  it('gives a small text more passes, a higher rate, a wider start and window', () => {
    const { options, reason } = adapt(150_000);
    expect(options).toMatchObject({
      epochs: 29,
      learningRate: 0.035,
      endLearningRate: expect.closeTo(0.035e-4, 12),
      subsample: 1e-4,
      initialScale: 0.05,
      logitBias: -1.61,
      weightDecay: 0,
      window: 10,
      minCount: 2,
      negativeSharing: 'centre',
    });
    expect(reason).toBe(
      '150 thousand tokens: 29 epochs, learning rate .035, subsample 1e-4, initial scale .05, logit bias -1.61, window 10, min count 2, negative sharing centre',
    );
  });

  it.each([
    [20_000, 57, 0.035, 10],
    [830_000, 20, 0.05, 5],
    [1_990_000, 20, 0.05, 5],
    [3_300_000, 20, 0.035, 5],
    [4_900_000, 20, 0.035, 5],
    [10_000_000, 10, 0.025, 5],
    [16_900_000, 6, 0.025, 5],
    [1e9, 5, 0.025, 5],
  ])('%d tokens: %d epochs, rate %d, window %d', (tokens, epochs, learningRate, window) => {
    expect(adapt(tokens).options).toMatchObject({ epochs, learningRate, window });
  });

  it('takes as many epochs as are of use where the time is given', () => {
    const epochs = (tokens: number) => adapt(tokens, {}, { timeIsGiven: true }).options.epochs;
    expect([20_000, 1e6, 1e9].map(epochs)).toEqual([57, 20, 20]);
  });

  it('keeps rare words of a small text, but where phrases are scored by the min count', () => {
    expect(adapt(4e5).options.minCount).toBe(2);
    expect(adapt(4e5, { minCount: 3 }).options.minCount).toBe(3);
    expect(adapt(4e5, { phrasePasses: 1 }).options.minCount).toBe(5);
    expect(adapt(4e5, {}, { corpusTokens: 6e5 }).options.minCount).toBe(5);
  });

  it('shares negative samples by one centre in a wide window', () => {
    const sharing = (tokens: number, given: PartialTrainingOptions = {}) =>
      adapt(tokens, given).options.negativeSharing;
    expect([4e5, 5e5].map((tokens) => sharing(tokens))).toEqual(['centre', 'two-centres']);
    expect(sharing(4e5, { window: 5 })).toBe('two-centres');
    expect(sharing(1e7, { window: 10 })).toBe('centre');
    expect([5, 6].map((window) => sharing(1e6, { window }))).toEqual(['two-centres', 'centre']);
    expect(sharing(4e5, { negativeSharing: 'pair' })).toBe('pair');
    expect(sharing(4e5, { algorithm: 'cbow' })).toBe('two-centres');
  });

  it('leaves out no word of a toy text', () => {
    expect(adapt(4000).options.subsample).toBe(0);
    expect(adapt(4000, { subsample: 1e-3 }).options.subsample).toBe(1e-3);
    expect(adapt(5000).options.subsample).toBe(1e-4);
  });

  it('doubles the rate of skip-gram alone, less long with a tree, and with any text where deterministic training divides by a root', () => {
    expect(adapt(1e6, { algorithm: 'cbow' }).options.learningRate).toBe(0.075);
    expect(adapt(1e6, { algorithm: 'cbow', loss: 'hierarchical-softmax' }).options.learningRate).toBe(0.025);
    const ofTree = (tokens: number, given: PartialTrainingOptions = {}) => {
      const { learningRate, epochs } = adapt(tokens, { loss: 'hierarchical-softmax', ...given }).options;
      return [learningRate, epochs];
    };
    expect([4e5, 1.9e6, 2e6, 2e7].map((tokens) => ofTree(tokens))).toEqual([
      [0.035, 29],
      [0.05, 20],
      [0.025, 10],
      [0.025, 5],
    ]);
    expect(ofTree(2e6, { epochs: 20 })).toEqual([0.025, 20]);
    expect(ofTree(2e6, { algorithm: 'cbow' })).toEqual([0.025, 20]);
    for (const tokens of [1e5, 1e6, 1e8]) {
      const rate = (given: PartialTrainingOptions) =>
        adapt(tokens, { deterministic: true, ...given }).options.learningRate;
      expect(rate({ deterministicMerge: 'length' })).toBe(adapt(tokens).options.learningRate);
      expect(rate({ deterministicMerge: 'root' })).toBe(0.05);
    }
    // A small text is divided by a root, unless the caller wants otherwise.
    expect(adapt(1e5, { deterministic: true }).options).toMatchObject({
      deterministicMerge: 'root',
      learningRate: 0.05,
    });
    expect(adapt(1e5).options.deterministicMerge).toBe('length');
    expect(adapt(5e5, { deterministic: true }).options.deterministicMerge).toBe('length');
    expect(adapt(1e5, { deterministic: true, algorithm: 'cbow' }).options.deterministicMerge).toBe('length');
    expect(adapt(1e5, { window: 5 }).options.learningRate).toBe(0.05);
    for (const window of [6, 10]) {
      expect(adapt(1e6, { window }).options).toMatchObject({ learningRate: 0.035, epochs: 29 });
    }
    expect(adapt(3e6, { window: 10 }).options).toMatchObject({ learningRate: 0.025, epochs: 20 });
    expect(adapt(1e6, { window: 10, learningRate: 0.05 }).options.epochs).toBe(20);
  });

  it('leaves what was given, the presets of other tools, full softmax, and vectors to begin with', () => {
    const given = {
      epochs: 3,
      learningRate: 0.01,
      subsample: 0,
      initialScale: 0.1,
      logitBias: 0,
      weightDecay: 0,
      window: 2,
      minCount: 5,
    };
    expect(adapt(1e5, given)).toEqual({ chosen: [], options: resolveTrainingOptions(given), reason: undefined });
    expect(adapt(1e5, { epochs: 3 }).options.epochs).toBe(3);
    expect(adapt(1e5, { endLearningRate: 0.001 }).options).toMatchObject({
      learningRate: 0.035,
      endLearningRate: 0.001,
    });
    for (const preset of PRESET_NAMES.filter((name) => name !== 'wordkin')) {
      expect(adapt(1e5, { preset })).toEqual({
        chosen: [],
        options: resolveTrainingOptions({ preset }),
        reason: undefined,
      });
    }
    expect(adapt(1e5, { loss: 'softmax' }).reason).toBeUndefined();
    expect(adapt(1e5, {}, { started: true })).toEqual({
      chosen: [],
      options: resolveTrainingOptions(),
      reason: undefined,
    });
  });

  it('knows how many of the pairs that are asked for are true', () => {
    expect(adapt(1e6).options.logitBias).toBe(-1.61); // −ln 5
    expect(adapt(1e6, { algorithm: 'cbow' }).options.logitBias).toBe(0);
    expect(adapt(1e6, { negative: 20 }).options.logitBias).toBe(-3);
    expect(adapt(1e6, { negative: 20, logitBias: -1 }).options.logitBias).toBe(-1);
    expect(adapt(1e6, { loss: 'hierarchical-softmax' }).options.logitBias).toBe(0);
  });

  it('keeps what is chance in a small text out of the vectors of skip-gram', () => {
    expect(adapt(1e6).options.weightDecay).toBe(0.005);
    expect([4.9e5, 5e6].map((tokens) => adapt(tokens).options.weightDecay)).toEqual([0, 0]);
    expect(adapt(1e6).reason).toContain('logit bias -1.61, weight decay .005');
    expect(adapt(1e6, { weightDecay: 0.1 }).options.weightDecay).toBe(0.1);
    for (const other of [{ algorithm: 'cbow' }, { loss: 'hierarchical-softmax' }, { subwords: true }] as const) {
      expect(adapt(1e6, other).options.weightDecay).toBe(0);
    }
  });

  it('serves the goal that is given, where a text is not large', () => {
    const chosen = (tokens: number, given: PartialTrainingOptions) => {
      const { window, weightDecay, learningRate, epochs } = adapt(tokens, given).options;
      return [window, weightDecay, learningRate, epochs];
    };
    expect(chosen(4e5, { goal: 'search' })).toEqual(chosen(4e5, {}));
    expect(chosen(1e6, { goal: 'search' })).toEqual([10, 0, 0.035, 29]);
    expect(chosen(4e5, { goal: 'similarity' })).toEqual([10, 0.01, 0.035, 29]);
    expect(chosen(1e6, { goal: 'similarity' })).toEqual(chosen(1e6, {}));
    expect(chosen(3e6, { goal: 'search' })).toEqual([10, 0, 0.025, 20]);
    expect(chosen(1e6, { goal: 'analogies' })).toEqual([5, 0.01, 0.05, 20]);
    expect(chosen(1e6, { goal: 'search', window: 4, weightDecay: 0.02 })).toEqual([4, 0.02, 0.05, 20]);
    for (const goal of GOALS) {
      expect(chosen(5e6, { goal })).toEqual(chosen(5e6, {}));
      expect(chosen(1e6, { goal, algorithm: 'cbow' })).toEqual(chosen(1e6, { algorithm: 'cbow' }));
    }
  });

  it('names in its reason no more than it chose', () => {
    expect(adapt(1e6, { subsample: 1e-3, initialScale: 0.005, logitBias: 0, weightDecay: 0 }).reason).toBe(
      '1 M tokens: 20 epochs, learning rate .05',
    );
    expect(adapt(16_900_000, { subsample: 1e-4, initialScale: 0.05, logitBias: 0 }).reason).toBe(
      '17 M tokens: 6 epochs',
    );
  });

  it('gives valid options for any number of tokens, never more passes for more text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 0, max: 1e12 }), (a, b) => {
        const [less, more] = [adapt(Math.min(a, b)).options, adapt(Math.max(a, b)).options];
        expect(less.epochs).toBeGreaterThanOrEqual(more.epochs);
        for (const { phraseThreshold: _, ...options } of [less, more]) resolveTrainingOptions(options);
      }),
    );
  });
});
