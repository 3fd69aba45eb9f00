import { expect, it } from 'vitest';
import { type ModelFormat, writeModel } from '../model/formats/write-model.ts';
import { MODEL_FORMATS } from '../model-entry.ts';
import { expectedByteLength } from './model-forecast.ts';

const words = Array.from({ length: 300 }, (_, i) => `word${i}`);
const dimensions = 40;
const counts = new Float64Array(300).fill(7);
const values = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i + 0.5) / 30);
const options = { dimensions, subwords: false, buckets: 2000 };
const contents = { words, counts, dimensions, inputVectors: values(12_000), outputVectors: values(12_000) };
const sizeOf = (format: ModelFormat, more = {}) => {
  let byteLength = 0;
  for (const [, chunks] of writeModel({ ...contents, ...more }, format).files)
    for (const chunk of chunks) byteLength += chunk.length;
  return byteLength;
};

it.each(MODEL_FORMATS)('%s takes about what is expected', (format) => {
  const share = expectedByteLength({ words, counts }, options, format) / sizeOf(format);
  expect(share).toBeGreaterThan(0.8);
  expect(share).toBeLessThan(1.1);
});

it('n-grams count where they are kept: all buckets in a .bin', () => {
  const subwords = {
    options: { minNgram: 3, maxNgram: 6, buckets: 2000 },
    buckets: Uint32Array.from({ length: 1500 }, (_, i) => i),
    vectors: values(1500 * dimensions),
  };
  for (const format of ['safetensors', 'fasttext-binary'] as const) {
    const share =
      expectedByteLength({ words, counts }, { ...options, subwords: true }, format) / sizeOf(format, { subwords });
    expect(share).toBeGreaterThan(0.8);
    expect(share).toBeLessThan(1.1);
  }
});

it.each([
  ['word2vec-binary', 'new york'],
  ['word2vec-text', 'new york'],
  ['numpy', 'a\nb'],
  ['projector', '\u3000'],
  ['fasttext-binary', 'a\0b'],
] as const)('%s cannot hold %j, which is told', (format, word) => {
  const vocabulary = { words: [...words.slice(1), word], counts };
  expect(() => expectedByteLength(vocabulary, options, format)).toThrow(RangeError);
  expect(() => expectedByteLength(vocabulary, options, 'safetensors')).not.toThrow();
});
