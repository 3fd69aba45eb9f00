import { expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { PRESET_NAMES, resolveTrainingOptions } from '../training/training-options.ts';
import {
  dictionaryWarnings,
  goalWarnings,
  heldOutWarnings,
  startWarnings,
  unusedOptionWarnings,
} from './unused-options.ts';

type Given = Parameters<typeof unusedOptionWarnings>[0];

const names = ({ vocabulary, start, ...options }: Given) =>
  unusedOptionWarnings({ vocabulary, start, ...options }, resolveTrainingOptions(options)).map(
    ({ message }) => message.split('"')[1],
  );

it.each<[Given, string[]]>([
  [{ loss: 'hierarchical-softmax', negative: 3, noiseExponent: 0.5 }, ['negative', 'noiseExponent']],
  [{ negative: 3, noiseExponent: 0.5 }, []],
  [{ loss: 'softmax', negativePool: 0, negativeSharing: 'pair' }, ['negativePool', 'negativeSharing']],
  [{ algorithm: 'cbow', negativeSharing: 'pair' }, ['negativeSharing']],
  [{ negativePool: 0, negativeSharing: 'pair' }, []],
  [{ loss: 'softmax', weightDecay: 0.1 }, ['weightDecay']],
  [{ goal: 'search', algorithm: 'cbow' }, ['goal']],
  [{ goal: 'search', subwords: true }, ['goal']],
  [{ goal: 'search', start: {} as NonNullable<Given['start']> }, ['goal']],
  [{ goal: 'search', preset: 'gensim' }, ['goal']],
  [{ goal: 'search' }, []],
  [{ deterministicMerge: 'root' }, ['deterministicMerge']],
  [{ deterministicMerge: 'root', deterministic: true }, []],
  [{ cbowInput: 'sum', cbowGradient: 'exact' }, ['cbowInput', 'cbowGradient']],
  [{ algorithm: 'cbow', cbowInput: 'sum' }, []],
  [{ algorithm: 'cbow', cbowInput: 'sum', cbowGradient: 'exact' }, ['cbowGradient']],
  [{ algorithm: 'cbow', cbowGradient: 'exact' }, []],
  [{ phraseThreshold: 0.4, phraseScore: 'npmi', phrasePasses: 1 }, []],
  [{ phraseThreshold: 5 }, ['phraseThreshold']],
  [{ minNgram: 2, maxNgram: 4, buckets: 1000 }, ['minNgram', 'maxNgram', 'buckets']],
  [{ subwords: true, minNgram: 2, maxNgram: 4, buckets: 1000 }, []],
  [{ earlyStop: true, heldOutTokens: 0 }, ['earlyStop']],
  [{ earlyStop: true }, []],
  [
    { minCount: 7, maxVocabulary: 9, vocabulary: { words: ['a'], counts: Float64Array.of(1) } },
    ['minCount', 'maxVocabulary'],
  ],
  [{ minCount: 7, maxVocabulary: 9 }, []],
])('tells of %j', (given, expected) => expect(names(given)).toEqual(expected));

it.each<[Given, number, string[]]>([
  [{ earlyStop: true, heldOutTokens: 1000 }, 49_999, ['earlyStop', 'heldOutTokens']],
  [{ earlyStop: true }, 50_000, []],
  [{ heldOutTokens: 99 }, 1e6, ['heldOutTokens']],
  [{ heldOutTokens: 0 }, 100, []],
  [{}, 100, []],
])('tells of %j of a text that nothing is held out of', (given, length, expected) =>
  expect(
    heldOutWarnings(given, resolveTrainingOptions(given as object), length).map(({ message }) => message.split('"')[1]),
  ).toEqual(expected),
);

it('says nothing of options at their defaults', () => {
  for (const preset of PRESET_NAMES) {
    const all = resolveTrainingOptions({ preset });
    expect(unusedOptionWarnings({ preset, ...all }, all)).toEqual([]);
  }
});

it('tells why a goal changes nothing', () => {
  const of = (given: Given) => unusedOptionWarnings(given, resolveTrainingOptions(given)).map(({ message }) => message);
  expect(of({ goal: 'search', preset: 'gensim' })).toEqual([
    '"goal" has no effect with the preset "gensim", whose options do not follow the text',
  ]);
  expect(of({ goal: 'search', algorithm: 'cbow' })).toEqual([expect.stringMatching(/but in a new skip-gram/)]);
});

it('tells of a goal that the text makes no difference to', () => {
  const of = (given: Given, tokens: number) =>
    goalWarnings(given, resolveTrainingOptions(given), { tokens, corpusTokens: tokens }).map(({ message }) => message);
  expect(of({ goal: 'search' }, 2e6)).toEqual([]);
  expect(of({ goal: 'search' }, 6e6)).toEqual([
    '"goal" has no effect on a text of 6000000 tokens with the options given: the others are chosen as without it',
  ]);
  expect(of({ goal: 'search', window: 5, weightDecay: 0 }, 2e6)).toHaveLength(1);
  expect(of({ goal: 'search', algorithm: 'cbow' }, 6e6)).toEqual([]); // it is told by `unusedOptionWarnings`
  expect(of({}, 6e6)).toEqual([]);
});

it('tells of lines of a dictionary that are one word with a frequency, which may have been meant as two words', () => {
  const told = (dictionary: string) => dictionaryWarnings({ dictionary }).map(({ message }) => message);
  expect(told('机器学习 10\nｉphone 15\r\nVitamin c\n')).toEqual([
    expect.stringMatching(/^2 lines of the dictionary change nothing: "ｉphone 15" is read as .* frequency 15/),
  ]);
  expect(told('vitamin c')).toEqual([expect.stringContaining('with the part of speech c')]);
  // Words that jieba would not get whole, and lines as jieba's own dictionary has them.
  expect(told('C++ 3\n云计算 5\niphone15手机 3\neasy_install 3 eng\niphone\nnode.js 5\n')).toEqual([]);
  expect(dictionaryWarnings({})).toEqual([]);
});

it('tells of a model to begin with that knows no word of the text', () => {
  const model = new EmbeddingModel({ words: ['the', 'of'], dimensions: 1, inputVectors: Float32Array.of(1, 2) });
  expect(startWarnings({ start: { model } }, ['我', '喜欢'])).toEqual([
    {
      code: 'unused-option',
      message: expect.stringMatching(/^"start" has no effect: none of 2 words .* such as "the"/),
    },
  ]);
  expect(startWarnings({ start: { model } }, ['我', 'of'])).toEqual([]);
  expect(startWarnings({}, ['我'])).toEqual([]);
});
