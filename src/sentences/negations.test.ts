import { expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import type { TokenizerDescriptor } from '../text/tokenizer.ts';
import { fitSentences } from './fit-sentences.ts';
import { defaultSentenceSettings } from './sentence-encoder.ts';

/** Counts of a million words in all. */
const COUNTS: Record<string, number> = {
  the: 60_000,
  not: 3_000,
  Not: 100,
  "isn't": 200,
  never: 10,
  knot: 3_000,
  不: 4_000,
  沒有: 500,
  rest: 1,
  filler: 1_000_000 - 70_812,
};
const model = (tokenizer?: TokenizerDescriptor, counts = COUNTS) =>
  new EmbeddingModel({
    words: Object.keys(counts),
    dimensions: 2,
    inputVectors: new Float32Array(2 * Object.keys(counts).length).fill(1),
    counts: Float64Array.from(Object.values(counts)),
    tokenizer,
  });
const words = Object.keys(COUNTS);
const weightOf = ({ weights }: { weights?: Float32Array | undefined }, word: string) => weights![words.indexOf(word)];
const icf = (word: string) => Math.log(1 + 0.03 / (COUNTS[word] / 1e6));

it('weighs negations as a word of 3 in 100,000, in capitals and in Chinese, too, and others as icf does', () => {
  const settings = defaultSentenceSettings(model());
  for (const word of ['not', 'Not', "isn't", '不', '沒有'])
    expect(weightOf(settings, word), word).toBeCloseTo(Math.log(1 + 0.03 / 3e-5), 5);
  for (const word of ['the', 'knot', 'rest', 'filler'])
    expect(weightOf(settings, word), word).toBeCloseTo(icf(word), 5);
});

it('leaves a negation that is rare enough by itself', () => {
  expect(weightOf(defaultSentenceSettings(model()), 'never')).toBeCloseTo(icf('never'), 5);
});

it('weighs none more than the rarest word', () => {
  const few = defaultSentenceSettings(model(undefined, { no: 6, dog: 2, runs: 2 })).weights!;
  expect(few[0]).toBe(few[1]);
});

it('is part of fitSentences with icf unless it is turned off, and of no names that are no language', () => {
  expect(fitSentences(model(), [])).toEqual(defaultSentenceSettings(model()));
  expect(weightOf(fitSentences(model(), [], { negations: false }), 'not')).toBeCloseTo(icf('not'), 5);
  expect(weightOf(defaultSentenceSettings(model({ name: 'ids', version: 1 })), 'not')).toBeCloseTo(icf('not'), 5);
  const smoothed = fitSentences(model(), [], { smoothing: 0.05 });
  expect(weightOf(smoothed, 'not')).toBeCloseTo(Math.log(1 + 0.05 / 3e-5), 5);
  expect(weightOf(smoothed, 'the')).toBeCloseTo(Math.log(1 + 0.05 / 0.06), 5);
});

it('is refused where another weighting would ignore it', () => {
  expect(() => fitSentences(model(), [], { weighting: 'sif', negations: true })).toThrow(
    '"negations" is for the weighting "icf", not for "sif"',
  );
  expect(() => fitSentences(model(), [], { weighting: 'usif', smoothing: 0.1 })).toThrow(
    '"smoothing" is for the weightings "icf" and "sif", not for "usif"',
  );
});
