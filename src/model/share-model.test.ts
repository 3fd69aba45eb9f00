import { expect, it } from 'vitest';
import { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { EmbeddingModel, type ModelContents } from './embedding-model.ts';
import { QUANTIZATIONS, type Vectors } from './quantized-vectors.ts';
import { openSharedModel, shareModel } from './share-model.ts';
import { shrinkModel } from './shrink-model.ts';

const words = ['der', 'Fluß', '水', 'a b', '🌊', 'rest'];
const dimensions = 8;
const values = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * i + 1));
const contents: ModelContents = {
  words,
  dimensions,
  inputVectors: values(words.length * dimensions),
  outputVectors: values(words.length * dimensions),
  counts: Float64Array.from(words, (_, i) => 100 - i),
  tokenizer: { name: 'whitespace', version: 1 },
  subwords: {
    options: { minimumLength: 3, maximumLength: 4, buckets: 50, hash: 'fasttext' } as never,
    buckets: Uint32Array.of(3, 7),
    vectors: values(2 * dimensions),
  },
};

/** What another thread gets. */
const through = (model: EmbeddingModel) => openSharedModel(structuredClone(shareModel(model)));

function sharedBytes(value: unknown): boolean[] {
  if (ArrayBuffer.isView(value)) return [value.buffer instanceof SharedArrayBuffer];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(sharedBytes);
}

it('is the same model in the memory of the first', () => {
  const model = new EmbeddingModel(contents);
  const shared = shareModel(model);
  expect(sharedBytes(shared).length).toBeGreaterThan(8);
  expect(sharedBytes(shared)).not.toContain(false);
  const again = openSharedModel(shared);
  expect(again.words).toEqual(words);
  expect(words.map((word) => again.find(word))).toEqual([0, 1, 2, 3, 4, 5]);
  expect([again.find('der '), again.word(4)]).toEqual([undefined, '🌊']);
  expect(again.contents).toEqual({ ...contents, words });
  expect(again.neighbors('水')).toEqual(model.neighbors('水'));
  (shared.contents as { inputVectors: Float32Array }).inputVectors[0] = 9;
  expect(again.row(0)[0]).toBe(9);
});

it.each(QUANTIZATIONS)('takes vectors of the form %s', (quantization) => {
  const model = shrinkModel(new EmbeddingModel({ ...contents, subwords: undefined }), { quantization });
  const again = through(model as EmbeddingModel);
  for (const id of words.keys()) expect(again.row(id)).toEqual(model.row(id));
  expect((again.contents.inputVectors as Vectors).constructor).toBe(model.contents.inputVectors.constructor);
});

it('makes the same vectors of sentences, with settings that were made before', () => {
  const tokenizer = createTokenizer('whitespace');
  const encoder = new SentenceEncoder(new EmbeddingModel(contents), tokenizer);
  const again = new SentenceEncoder(openSharedModel(shareModel(encoder.model, encoder.settings)), tokenizer);
  expect(again.settings).toEqual(encoder.settings);
  expect(sharedBytes(again.settings)).toEqual([true]);
  expect(again.encode('der Fluß x')).toEqual(encoder.encode('der Fluß x'));
});
