import { describe, expect, it } from 'vitest';
import { evaluateAnalogies } from '../evaluation/analogies.ts';
import { neighborOverlap } from '../evaluation/neighbor-overlap.ts';
import { Random } from '../math/random.ts';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { EmbeddingModel } from './embedding-model.ts';
import { memoryFile } from './formats/model-file.ts';
import { readModel } from './formats/read-model.ts';
import { writeSafetensors } from './formats/write-wordkin.ts';
import { QUANTIZATIONS, QuantizedVectors } from './quantized-vectors.ts';
import { shrinkModel } from './shrink-model.ts';

const random = new Random(4);
const dimensions = 40;
const words = Array.from({ length: 300 }, (_, i) => `w${i}`);
const centres = Array.from({ length: 20 }, () => Array.from({ length: dimensions }, () => random.normal()));
const near = (i: number) => Float32Array.from(centres[i % 20], (value) => value + 0.3 * random.normal());
const matrix = (rows: number) => Float32Array.from(Array.from({ length: rows }, (_, i) => [...near(i)]).flat());
const model = new EmbeddingModel({
  words,
  dimensions,
  inputVectors: matrix(300),
  outputVectors: matrix(300),
  counts: Float64Array.from(words, (_, i) => ((i * 7) % 300) + 1),
  subwords: {
    options: { minNgram: 2, maxNgram: 3, buckets: 9 },
    buckets: Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
    vectors: matrix(9),
  },
  tokenizer: {
    name: 'whitespace',
    version: 1,
    phrases: [
      [
        ['a', 'b'],
        ['w', '1'],
        ['x', 'y'],
      ],
      [['a_b', 'c']],
    ],
  },
});
const bytesOf = (of: EmbeddingModel) => Buffer.concat([...writeSafetensors(of.contents)]);

describe('shrinkModel', () => {
  for (const quantization of QUANTIZATIONS) {
    it(`serves all queries as ${quantization}, the same when written and read`, async () => {
      const small = shrinkModel(model, { quantization, ...(quantization === 'product' && { parts: 20 }) });
      expect(small.contents.inputVectors).toBeInstanceOf(QuantizedVectors);
      expect(small.contents.outputVectors).toBeUndefined();
      const bytes = bytesOf(small);
      const back = await readModel(memoryFile(bytes, 'test'));
      expect(back.contents).toEqual({
        ...small.contents,
        outputVectors: undefined,
        sentences: undefined,
        training: undefined,
      });
      const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString());
      expect(header.__metadata__.format_version).toBe('2');

      const decoded = new EmbeddingModel({
        words,
        dimensions,
        inputVectors: Float32Array.from(words.flatMap((_, id) => [...back.row(id)])),
      });
      expect(back.neighbors('w3')).toEqual(decoded.neighbors('w3'));
      expect(back.analogy('w1', 'w21', 'w2')).toEqual(decoded.analogy('w1', 'w21', 'w2'));
      expect(back.analogy('w1', 'w21', 'w2', { method: '3CosMul' })).toEqual(
        decoded.analogy('w1', 'w21', 'w2', { method: '3CosMul' }),
      );
      expect(back.oddOneOut(['w1', 'w21', 'w2'])).toEqual(decoded.oddOneOut(['w1', 'w21', 'w2']));
      expect(back.rank('w1', 'w9')).toBe(decoded.rank('w1', 'w9'));
      expect(evaluateAnalogies(back, 'w1 w21 w2 w22')).toEqual(evaluateAnalogies(decoded, 'w1 w21 w2 w22'));
      const encode = (of: EmbeddingModel) =>
        new SentenceEncoder(of, createTokenizer('whitespace')).encode('w1 w5 w7').vector;
      encode(back).forEach((value, d) =>
        expect(value).toBeCloseTo(
          encode(new EmbeddingModel({ ...decoded.contents, counts: back.contents.counts }))[d],
          6,
        ),
      );
      const whole = model.findVector('unseen')!;
      expect(cosineSimilarity(back.findVector('unseen')!, whole)).toBeGreaterThan(
        quantization === 'binary' ? 0.5 : 0.9,
      );
      expect(neighborOverlap(model, back).overlap).toBeGreaterThan(
        { float16: 0.99, int8: 0.95, product: 0.6, binary: 0.5 }[quantization],
      );
    });
  }

  it('refuses every truncation of a file, and any codebook, codes or metadata that do not fit', async () => {
    const small = shrinkModel(
      new EmbeddingModel({ words: ['a', 'b'], dimensions: 2, inputVectors: Float32Array.of(1, 2, 3, 4) }),
      { quantization: 'product', parts: 1 },
    );
    const bytes = bytesOf(small);
    for (let length = 0; length < bytes.length; length++) {
      await expect(readModel(memoryFile(bytes.subarray(0, length), 'test'))).rejects.toThrow(
        'Cannot read model "test"',
      );
    }
    for (let at = 8; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1 << (at % 7);
      await readModel(memoryFile(changed, 'test')).catch((error) =>
        expect(error.message).toContain('Cannot read model "test"'),
      );
    }
  });

  it('keeps the most frequent words, and the phrases that still are words', () => {
    const named = new EmbeddingModel({
      ...model.contents,
      words: words.map((word, i) => (i === 3 ? 'a_b_c' : i === 42 ? 'w_1' : word)),
      counts: Float64Array.from(words, (_, i) => (i === 3 ? 1000 : i === 42 ? 0 : i)),
    });
    const small = shrinkModel(named, { words: 30 });
    expect(small.words).toEqual(['a_b_c', ...words.slice(271)]);
    expect(small.vector('w280')).toEqual(model.vector('w280'));
    expect(small.contents.counts).toEqual(Float64Array.of(1000, ...Array.from({ length: 29 }, (_, i) => 271 + i)));
    expect(small.contents.tokenizer!.phrases).toEqual([[['a', 'b']], [['a_b', 'c']]]);
  });

  it('keeps principal axes: all of them change no similarity, as many as the vectors fill lose nothing', () => {
    const flat = new EmbeddingModel({
      words,
      dimensions,
      inputVectors: Float32Array.from(
        words.flatMap(() => {
          const weights = [random.normal(), random.normal(), random.normal()];
          return centres[0].map((_, d) => weights.reduce((sum, weight, i) => sum + weight * centres[i][d], 0));
        }),
      ),
    });
    const small = shrinkModel(flat, { dimensions: 3 });
    for (let id = 1; id < 300; id++) {
      const before = cosineSimilarity(flat.row(id), flat.row(id - 1));
      expect(Math.abs(cosineSimilarity(small.row(id), small.row(id - 1)) - before)).toBeLessThan(1e-5);
    }
  });

  it('refuses options out of range', () => {
    expect(() => shrinkModel(model, { words: 301 })).toThrow('"words" must be an integer from 1 to 300');
    expect(() => shrinkModel(model, { dimensions: 0 })).toThrow('"dimensions" must be an integer from 1 to 40');
    expect(() => shrinkModel(model, { quantization: 'int8', parts: 3 })).toThrow('"parts" goes with');
    expect(() => shrinkModel(model, { quantization: 'int4' as 'int8' })).toThrow('must be float16 or int8');
  });
});

describe('neighborOverlap', () => {
  it('is 1 for the same model, and the share that was kept for another', () => {
    expect(neighborOverlap(model, model)).toEqual({ overlap: 1, words: 300, count: 10 });
    // Of a: b, then c; with c and d changed about: b, then d.
    const of = (c: number[], d: number[]) =>
      new EmbeddingModel({
        words: ['a', 'b', 'c', 'd'],
        dimensions: 2,
        inputVectors: Float32Array.of(1, 0, 1, 0.1, ...c, ...d),
      });
    const { overlap } = neighborOverlap(of([1, 0.5], [-1, 0]), of([-1, 0], [1, 0.5]), { words: 1, count: 2 });
    expect(overlap).toBe(0.5);
  });
});
