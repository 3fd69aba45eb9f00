import { describe, expect, it } from 'vitest';
import { EmbeddingModel, type ModelContents } from '../model/embedding-model.ts';
import { textsSource } from '../text/text-source.ts';
import { trainFromText } from '../train.ts';
import { continuationWarnings, continuedOptions } from './continued-options.ts';
import type { TrainSettings } from './train-settings.ts';
import { resolveTrainingOptions } from './training-options.ts';

const words = ['apple', 'pear', 'plum'];
const modelOf = (more: Partial<ModelContents> = {}) =>
  new EmbeddingModel({
    words,
    counts: Float64Array.of(3, 2, 1),
    dimensions: 2,
    inputVectors: Float32Array.of(1, 2, 3, 4, 5, 6),
    ...more,
  });
const subwords = (more = {}) => ({
  options: { minNgram: 2, maxNgram: 3, buckets: 7, ...more },
  buckets: Uint32Array.from([0, 1, 2, 3, 4, 5, 6]),
  vectors: new Float32Array(14),
});
const settings = (more: Partial<ModelContents>, keepWords = true): TrainSettings => ({
  start: { model: modelOf(more), keepWords },
});
const train = (options: object) =>
  trainFromText(textsSource(['apple pear plum fig']), { dimensions: 2, minCount: 1, ...options });

describe('continuedOptions', () => {
  it.each([
    ['a model of another tool', {}, { subwords: false }],
    [
      'skip-gram',
      { training: { options: { algorithm: 'skip-gram', loss: 'softmax', cbowInput: 'sum' } } },
      { algorithm: 'skip-gram', loss: 'softmax', subwords: false },
    ],
    [
      'cbow',
      { training: { options: { algorithm: 'cbow', cbowInput: 'sum' } } },
      { algorithm: 'cbow', cbowInput: 'sum', subwords: false },
    ],
    ['n-grams', { subwords: subwords() }, { subwords: true, minNgram: 2, maxNgram: 3, buckets: 7 }],
    ['values that are none', { training: { options: { algorithm: 'glove', loss: 7 } } }, { subwords: false }],
  ] as [string, Partial<ModelContents>, object][])('are those of the model: %s', (_, contents, expected) => {
    expect(continuedOptions(settings(contents))).toEqual(expected);
    expect(continuedOptions(settings(contents, false))).toEqual({});
  });

  it('take over the bias of products with any vectors to begin with: they have learned what is left beside it', () => {
    const contents = { training: { options: { algorithm: 'skip-gram', logitBias: -1.61 } } } as Partial<ModelContents>;
    expect(continuedOptions(settings(contents))).toEqual({ algorithm: 'skip-gram', logitBias: -1.61, subwords: false });
    expect(continuedOptions(settings(contents, false))).toEqual({ logitBias: -1.61 });
  });

  it.each([
    [{ algorithm: 'cbow' }, 'algorithm skip-gram, now cbow'],
    [{ subwords: true }, 'subwords false, now true'],
    [{ loss: 'softmax', algorithm: 'skip-gram' }, 'loss negative-sampling, now softmax'],
    [{ cbowInput: 'sum' }, undefined],
    [{}, undefined],
  ] as const)('tells of other ones: %o', (given, told) => {
    const options = { algorithm: 'skip-gram', loss: 'negative-sampling' };
    const earlier = settings({ training: { options } });
    const resolved = resolveTrainingOptions({ ...continuedOptions(earlier), ...given });
    const [warning] = continuationWarnings(earlier, resolved, 'words');
    expect(warning?.message).toEqual(told && expect.stringContaining(told));
  });

  it('goes on with a model of n-grams without a word of them', async () => {
    const { model } = await train({ subwords: true, minNgram: 2, maxNgram: 3, buckets: 50 });
    const { model: after } = await train({ start: { model, keepWords: true } });
    expect(after.contents.subwords?.options).toEqual({ minNgram: 2, maxNgram: 3, buckets: 50 });
  });
});

it('refuses counts that no file of a model could hold, before the training', async () => {
  const vocabulary = { words: ['apple'], counts: [1e20] };
  await expect(train({ vocabulary })).rejects.toThrow('The count of "apple" in "vocabulary" must be a whole number');
});

describe('a training that keeps words', () => {
  it.each([
    [{ maxVocabulary: 2 }, {}, '"maxVocabulary" is not for a training that keeps the words of a model'],
    [{ vocabulary: { words: ['fig'], counts: [1] } }, {}, '"vocabulary" is not for a training that keeps the words'],
    [{}, { subwords: subwords({ hash: 'finalfusion', buckets: 8 }) }, "find their rows as finalfusion's do"],
    [
      {},
      { subwords: { ...subwords(), buckets: Uint32Array.of(1), vectors: new Float32Array(2) } },
      'n-grams were left out',
    ],
  ] as [object, Partial<ModelContents>, string][])(
    'loses none and mixes nothing: %o',
    async (options, contents, message) => {
      await expect(train({ ...options, ...settings(contents) })).rejects.toThrow(message);
    },
  );

  it.each([{}, null, { model: null }, { model: {} }])('needs a model: %o', async (start) => {
    await expect(train({ start: start && { keepWords: true, ...start } })).rejects.toThrow('"start" must be { model }');
  });
});
