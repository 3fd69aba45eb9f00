import { describe, expect, it } from 'vitest';
import { resolveTrainingOptions } from './training-options.ts';

describe('resolveTrainingOptions', () => {
  it('gives CBOW the negative samples and the learning rate of the tool', () => {
    expect(resolveTrainingOptions({ algorithm: 'cbow' }).negative).toBe(10);
    expect(resolveTrainingOptions({ algorithm: 'cbow', negative: 3 }).negative).toBe(3);
    expect(resolveTrainingOptions({ algorithm: 'cbow', preset: 'gensim' }).negative).toBe(5);
    expect(resolveTrainingOptions({ algorithm: 'cbow' }).learningRate).toBe(0.075);
    expect(resolveTrainingOptions({ algorithm: 'cbow', loss: 'hierarchical-softmax' }).learningRate).toBe(0.025);
    expect(resolveTrainingOptions({ algorithm: 'cbow', preset: 'word2vec.c' }).learningRate).toBe(0.05);
    expect(resolveTrainingOptions({ algorithm: 'cbow', preset: 'gensim' }).learningRate).toBe(0.025);
    expect(resolveTrainingOptions({ algorithm: 'cbow', learningRate: 0.1 }).learningRate).toBe(0.1);
  });

  it('gives the defaults of the three tools', () => {
    const common = {
      algorithm: 'skip-gram',
      loss: 'negative-sampling',
      cbowInput: 'mean',
      cbowGradient: 'word2vec',
      dimensions: 100,
      window: 5,
      negative: 5,
      negativeSharing: 'two-centres',
      logitBias: 0,
      weightDecay: 0,
      epochs: 5,
      blockOrder: 'sequential',
      minCount: 5,
      phrasePasses: 0,
      phraseScore: 'word2phrase',
      phraseThreshold: 100,
      initial: 'uniform',
      initialOutput: 'zeros',
      seed: 1,
      deterministic: false,
      deterministicMerge: 'root',
      subwords: false,
      buckets: 2_000_000,
      heldOutTokens: 20_000,
      earlyStop: false,
    };
    expect(resolveTrainingOptions()).toEqual({
      ...common,
      blockOrder: 'interleaved',
      deterministicMerge: 'length',
      subsample: 1e-3,
      noiseExponent: 0.75,
      learningRate: 0.025,
      endLearningRate: 0.025e-4,
      initialScale: 0.005,
    });
    expect(resolveTrainingOptions({ preset: 'gensim', dimensions: 50 })).toEqual({
      ...common,
      dimensions: 50,
      subsample: 1e-3,
      noiseExponent: 0.75,
      learningRate: 0.025,
      endLearningRate: 1e-4,
      initialScale: 0.02,
    });
    expect(resolveTrainingOptions({ preset: 'fasttext', window: 3 })).toEqual({
      ...common,
      subwords: true,
      window: 3,
      subsample: 1e-4,
      noiseExponent: 0.5,
      learningRate: 0.05,
      endLearningRate: 0,
      initialScale: 0.01,
    });
  });

  it('gives each score of phrases its own threshold', () => {
    expect(resolveTrainingOptions({ phraseScore: 'npmi' }).phraseThreshold).toBe(0.5);
    expect(resolveTrainingOptions({ phraseScore: 'npmi', phraseThreshold: 0.7 }).phraseThreshold).toBe(0.7);
    expect(resolveTrainingOptions({ preset: 'gensim', phraseThreshold: undefined }).phraseThreshold).toBe(100);
  });

  it('takes undefined for not given', () => {
    expect(resolveTrainingOptions({ dimensions: undefined, preset: undefined })).toEqual(resolveTrainingOptions());
  });

  it.each([
    [{ dimensions: 0 }, '"dimensions" must be an integer from 1 to 4096, got 0'],
    [{ dimensions: 1.5 }, '"dimensions" must be an integer from 1 to 4096, got 1.5'],
    [{ window: 'five' }, '"window" must be an integer from 1 to 1000, got "five"'],
    [{ minCount: -1 }, '"minCount" must be an integer of at least 1, got -1'],
    [{ phrasePasses: 11 }, '"phrasePasses" must be an integer from 0 to 10, got 11'],
    [{ phraseScore: 'nmpi' }, '"phraseScore" must be word2phrase or npmi, got "nmpi"; did you mean "npmi"?'],
    [{ phraseScore: 'npmi', phraseThreshold: 10 }, '"phraseThreshold" must be a number from -1 to 1 for npmi, got 10'],
    [{ initial: 'normla' }, '"initial" must be uniform or normal, got "normla"; did you mean "normal"?'],
    [{ preset: 'genism' }, 'did you mean "gensim"?'],
    [{ goal: 'serch' as 'search' }, 'did you mean "search"?'],
    [{ dimension: 100 }, 'there is no such option, did you mean "dimensions"?'],
  ])('refuses %j', (options, message) => {
    expect(() => resolveTrainingOptions(options as never)).toThrow(message);
    expect(() => resolveTrainingOptions(options as never)).toThrow(RangeError);
  });
});
