import { expect, it } from 'vitest';
import { type PartialTrainingOptions, PRESET_NAMES, resolveTrainingOptions } from '../training/training-options.ts';
import { unusedOptionWarnings } from './unused-options.ts';

const names = (given: PartialTrainingOptions) =>
  unusedOptionWarnings(given, resolveTrainingOptions(given)).map(({ message }) => message.split('"')[1]);

it.each<[PartialTrainingOptions, string[]]>([
  [{ loss: 'hierarchical-softmax', negative: 3, noiseExponent: 0.5 }, ['negative', 'noiseExponent']],
  [{ negative: 3, noiseExponent: 0.5 }, []],
  [{ cbowInput: 'sum', cbowGradient: 'exact' }, ['cbowInput', 'cbowGradient']],
  [{ algorithm: 'cbow', cbowInput: 'sum' }, []],
  [{ phraseThreshold: 0.4, phraseScore: 'npmi', phrasePasses: 1 }, []],
  [{ phraseThreshold: 5 }, ['phraseThreshold']],
  [{ minNgram: 2, maxNgram: 4, buckets: 1000 }, ['minNgram', 'maxNgram', 'buckets']],
  [{ subwords: true, minNgram: 2, maxNgram: 4, buckets: 1000 }, []],
  [{ earlyStop: true, heldOutTokens: 0 }, ['earlyStop']],
  [{ earlyStop: true }, []],
])('tells of %j', (given, expected) => expect(names(given)).toEqual(expected));

it('says nothing of options at their defaults', () => {
  for (const preset of PRESET_NAMES) {
    const all = resolveTrainingOptions({ preset });
    expect(unusedOptionWarnings({ preset, ...all }, all)).toEqual([]);
  }
});
