import type { EmbeddingModelV3 } from '@ai-sdk/provider';
import { cosineSimilarity, embed, embedMany } from 'ai';
import { expect, it } from 'vitest';
import { normalized, cosineSimilarity as ownCosine, vectorNorm } from '../math/vector-operations.ts';
import { testEncoder } from '../server/model.contract.ts';
import { createWordkin, wordkinModel } from './ai-sdk.ts';

const encoder = testEncoder();
const model = wordkinModel(encoder, 'news') satisfies EmbeddingModelV3;
const unit = (text: string) => normalized(encoder.encode(text).vector);

it('is used by embed, embedMany and cosineSimilarity', async () => {
  const { embedding, usage } = await embed({ model, value: 'the king' });
  expect(embedding).toEqual([...unit('the king')]);
  expect(vectorNorm(embedding)).toBeCloseTo(1, 6);
  expect(usage).toEqual({ tokens: 2 });
  const values = ['the king', 'sea', 'the queen'];
  const { embeddings } = await embedMany({ model, values });
  expect(embeddings).toEqual(values.map((text) => [...unit(text)]));
  expect(cosineSimilarity(embeddings[0], embeddings[2])).toBeCloseTo(ownCosine(embeddings[0], embeddings[2]), 10);
});

it('honours dimensions', async () => {
  const wanted = [...normalized(encoder.encode('sea').vector.subarray(0, 4))];
  const { embedding } = await embed({ model, value: 'sea', providerOptions: { wordkin: { dimensions: 4 } } });
  expect(embedding).toEqual(wanted);
  expect((await model.doEmbed({ values: ['sea'], dimensions: 4 })).embeddings).toEqual([wanted]);
  await expect(model.doEmbed({ values: ['sea'], dimensions: 11 })).rejects.toThrow(
    '"dimensions" must be an integer from 1 to 10',
  );
});

it('warns of a value without a known word, and stops when it is told to', async () => {
  const { warnings } = await embed({ model, value: 'unheard' });
  expect(warnings).toMatchObject([{ type: 'other', message: expect.stringContaining('all zeros') }]);
  await expect(embed({ model, value: 'sea', abortSignal: AbortSignal.abort(), maxRetries: 0 })).rejects.toThrow(
    'abort',
  );
});

it('is a provider of models by their names', async () => {
  const wordkin = createWordkin({ news: encoder });
  const { embedding } = await embed({ model: wordkin.embeddingModel('news'), value: 'sea' });
  expect(embedding).toEqual([...unit('sea')]);
  expect(() => wordkin.textEmbeddingModel('old')).toThrow('There is no model "old"; there are news');
});

it.each([
  [
    'values',
    () => model.doEmbed({ values: 'sea' as unknown as string[] }),
    /"values" must be an array of texts, got "sea"/,
  ],
  [
    'a value',
    () => model.doEmbed({ values: ['sea', null] as unknown as string[] }),
    /"values" must be a text, got null/,
  ],
  [
    'dimensions',
    () => model.doEmbed({ values: ['sea'], dimensions: '3' as unknown as number }),
    /from 1 to 10, got "3"/,
  ],
  [
    'an option',
    () => model.doEmbed({ values: ['sea'], providerOptions: { wordkin: { dimension: 3 } } }),
    /There is no option "dimension" of wordkin; there is "dimensions"/,
  ],
  ['an encoder', async () => wordkinModel(null as unknown as typeof encoder), /"encoder" must be a sentence encoder/],
  ['encoders', async () => createWordkin({}), /"encoders" must hold an encoder at least/],
])('refuses what is none of the %s', async (_, ask, message) => {
  await expect((async () => ask())()).rejects.toThrow(message);
});
