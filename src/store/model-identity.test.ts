import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { EmbeddingModel, type ModelContents } from '../model/embedding-model.ts';
import { quantize } from '../model/quantized-vectors.ts';
import { floatRows } from '../search/exact-index.ts';
import { fitSentences } from '../sentences/fit-sentences.ts';
import {
  defaultSentenceSettings,
  earlierSentenceSettings,
  PLAIN_MEAN,
  SentenceEncoder,
} from '../sentences/sentence-encoder.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { encoderForStore, identifyModel } from './model-identity.ts';

const DIMENSIONS = 4;
const random = new Random(3, 3);
const words = Array.from({ length: 9_000 }, (_, i) => `w${i}`);
const inputVectors = Float32Array.from({ length: words.length * DIMENSIONS }, () => random.normal());
const subwords = {
  options: { minLength: 3, maxLength: 4, bucketCount: 10 },
  buckets: Uint32Array.of(1, 5),
  vectors: Float32Array.from({ length: 2 * DIMENSIONS }, () => random.normal()),
} as unknown as NonNullable<ModelContents['subwords']>;
const contents: ModelContents = { words, dimensions: DIMENSIONS, inputVectors, subwords };

async function fingerprint(change: Partial<ModelContents> = {}, settings = PLAIN_MEAN): Promise<string> {
  const encoder = new SentenceEncoder(
    new EmbeddingModel({ ...contents, ...change }),
    await createTokenizer('words'),
    settings,
  );
  return (await identifyModel(encoder)).fingerprint;
}
const changed = (values: Float32Array, change: (copy: Float32Array) => void) => {
  const copy = values.slice();
  change(copy);
  return copy;
};

describe('identifyModel', () => {
  it('is the same for the same vectors, however they lie in memory', async () => {
    const padded = new Float32Array(inputVectors.length + 3);
    padded.set(inputVectors, 3);
    expect(await fingerprint({ inputVectors: padded.subarray(3) })).toBe(await fingerprint());
    expect(await fingerprint()).toMatch(/^v2-[0-9a-f]{32}$/);
  });

  it.each([
    ['one value in any row', { inputVectors: changed(inputVectors, (copy) => (copy[1234 * DIMENSIONS + 1] += 1e-6)) }],
    [
      'the signs of an even number of values',
      { inputVectors: changed(inputVectors, (copy) => copy.forEach((x, i) => (copy[i] = i % 3 ? x : -x))) },
    ],
    [
      'two rows in the place of each other',
      { inputVectors: changed(inputVectors, (copy) => copy.copyWithin(4, 0, 4).set(inputVectors.subarray(4, 8))) },
    ],
    ['two words in the place of each other', { words: words.with(0, 'w1').with(1, 'w0') }],
    [
      'a vector of an n-gram',
      { subwords: { ...subwords, vectors: changed(subwords.vectors, (copy) => (copy[7] += 1)) } },
    ],
    ['an n-gram', { subwords: { ...subwords, buckets: Uint32Array.of(1, 6) } }],
    ['no n-grams', { subwords: undefined }],
  ])('is another with another %s', async (_, change) => {
    expect(await fingerprint(change)).not.toBe(await fingerprint());
  });

  it('is another with other sentence settings, and with rounded vectors', async () => {
    const own = await fingerprint();
    expect(await fingerprint({}, { ...PLAIN_MEAN, normalize: true })).not.toBe(own);
    expect(await fingerprint({}, { ...PLAIN_MEAN, weights: new Float32Array(words.length).fill(0.5) })).not.toBe(own);
    const rounded = quantize(floatRows(inputVectors, DIMENSIONS), 'int8');
    expect(await fingerprint({ inputVectors: rounded as never, subwords: undefined })).not.toBe(
      await fingerprint({ subwords: undefined }),
    );
  });

  it('answers a store of version 0.1 with the hash that it knows', async () => {
    const encoder = new SentenceEncoder(new EmbeddingModel(contents), await createTokenizer('words'), PLAIN_MEAN);
    const known = { fingerprint: '0'.repeat(32), description: '', dimensions: DIMENSIONS };
    expect((await identifyModel(encoder, known)).fingerprint).toMatch(/^[0-9a-f]{32}$/);
    const current = await identifyModel(encoder);
    expect(await identifyModel(encoder, current)).toEqual(current);
  });
});

describe('encoderForStore', () => {
  const counts = Float64Array.from(words, (_, id) => words.length - id);
  const model = new EmbeddingModel({ ...contents, subwords: undefined, counts });
  const encoderOf = (settings = defaultSentenceSettings(model)) =>
    new SentenceEncoder(model, createTokenizer('words'), settings);

  it.each([0, 1])(
    'takes an earlier default (%i) where that has filled the store, so that its texts stay where they are',
    async (age) => {
      const before = encoderOf(earlierSentenceSettings(model)[age]);
      const known = await identifyModel(before);
      const { encoder, identity } = await encoderForStore(encoderOf(), known);
      expect(identity).toEqual(known);
      const text = 'w1 w2 w8000';
      expect(encoder.encode(text)).toEqual(before.encode(text));
      expect(encoder.encode(text)).not.toEqual(encoderOf().encode(text));
    },
  );

  it('knows the defaults before by what they were', () => {
    const [even, alone] = earlierSentenceSettings(model);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const weights = Float32Array.from(counts, (count) => Math.log1p(total / (20 * count)));
    expect(alone).toEqual({ ...PLAIN_MEAN, weighting: 'icf', weights, unknownWeight: weights.at(-1) });
    expect(even).toEqual({ ...alone, standIns: true, projection: expect.any(Float32Array) });
    const ids = new EmbeddingModel({ ...model.contents, tokenizer: { name: 'ids', version: 1 } });
    expect(earlierSentenceSettings(ids)).toEqual([alone]);
  });

  it('cuts at white space where a store was filled so before texts of the model were cut by words', async () => {
    const recut = new EmbeddingModel({ ...model.contents, tokenizer: { name: 'whitespace', version: 1 } });
    const own = { ...PLAIN_MEAN, normalize: true };
    const by = (name: 'whitespace' | 'words', settings = defaultSentenceSettings(recut)) =>
      new SentenceEncoder(recut, createTokenizer(name), settings);
    for (const settings of [...earlierSentenceSettings(recut), own]) {
      const known = await identifyModel(by('whitespace', settings));
      const { encoder, identity } = await encoderForStore(by('words', settings === own ? own : undefined), known);
      expect(identity).toEqual(known);
      expect(encoder.tokenizer.tokenize('Wet grass.')).toEqual(['Wet', 'grass.']);
    }
    // Not the other way round: who asks for white space gets no store of words.
    const given = by('whitespace');
    expect((await encoderForStore(given, await identifyModel(by('words')))).encoder).toBe(given);
  });

  it('takes the given one for an empty store, for its own, and for that of another model', async () => {
    const encoder = encoderOf();
    const identity = await identifyModel(encoder);
    const other = { ...identity, fingerprint: `v2-${'0'.repeat(32)}` };
    for (const known of [undefined, identity, other])
      expect(await encoderForStore(encoder, known)).toEqual({ encoder, identity });
  });

  it('takes the given one where its settings are no default', async () => {
    const known = await identifyModel(encoderOf(earlierSentenceSettings(model)[1]));
    for (const settings of [PLAIN_MEAN, fitSentences(model, [], { standIns: false })]) {
      const encoder = encoderOf(settings);
      expect((await encoderForStore(encoder, known)).encoder).toBe(encoder);
    }
  });
});
