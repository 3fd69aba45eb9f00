import { expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { MappedRows } from './mapped-rows.ts';
import { PLAIN_MEAN, SentenceEncoder } from './sentence-encoder.ts';

const words = Array.from({ length: 40 }, (_, i) => `w${i}`);
const inputVectors = Float32Array.from({ length: 3 * words.length }, (_, i) => Math.sin(i * i));
const model = new EmbeddingModel({ words, dimensions: 3, inputVectors });

it('maps a row when it is first asked for, once', () => {
  let calls = 0;
  const rows = new MappedRows(model, 2, ([x, y, z]) => {
    calls++;
    return Float32Array.of(x + y, z);
  });
  expect(rows.hold(7)).toBe(true);
  expect(rows.hold(7)).toBe(true);
  expect(calls).toBe(1);
  const [x, y, z] = model.row(7);
  expect(Array.from(rows.floats.subarray(14, 16))).toEqual([Math.fround(x + y), z]);
});

it('keeps the rows of the first words only, where there are too many', () => {
  // 2²² dimensions of 4 bytes: two rows are 32 MB.
  const wide = new MappedRows(model, 2 ** 22, () => new Float32Array(2 ** 22).fill(5));
  expect([wide.hold(1), wide.hold(2)]).toEqual([true, false]);
  expect(wide.floats.length).toBe(2 ** 23);
  expect(wide.row(2)[3]).toBe(5);
});

it('gives a text the mapped mean of its words', () => {
  const projection = Float32Array.of(1, 2, 3, -1, 0, 0.5);
  const mapped = new SentenceEncoder(model, createTokenizer('whitespace'), { ...PLAIN_MEAN, projection });
  const plain = new SentenceEncoder(model, createTokenizer('whitespace'), PLAIN_MEAN);
  for (const text of ['w3', 'w3 w3 w9 unheard', 'w1 w2 w3 w4 w5 w6 w7 w8 w9']) {
    const expected = mapped.transform(plain.encode(text).vector);
    const { vector } = mapped.encode(text);
    expect(vector).toHaveLength(2);
    vector.forEach((value, axis) => expect(value).toBeCloseTo(expected[axis], 5));
  }
});
