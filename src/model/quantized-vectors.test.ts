import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { cosineSimilarity, vectorNorm } from '../math/vector-operations.ts';
import { floatRows } from '../search/exact-index.ts';
import { QUANTIZATIONS, QuantizedVectors, quantize } from './quantized-vectors.ts';

describe('QuantizedVectors', () => {
  it('decodes each form, worked by hand', () => {
    const row = (vectors: QuantizedVectors, id: number) => Array.from(vectors.row(id));
    const halves = new QuantizedVectors({
      quantization: 'float16',
      dimensions: 2,
      codes: Uint16Array.of(0x3c00, 0xc000),
    });
    expect(row(halves, 0)).toEqual([1, -2]);
    const int8 = new QuantizedVectors({
      quantization: 'int8',
      dimensions: 2,
      codes: Int8Array.of(1, -127, 2, 3, 4, 0),
      scales: Float32Array.of(0.5, 2),
      directions: Float32Array.of(10, 20),
    });
    expect(row(int8, 0)).toEqual([0.5 * (1 + 2 * 10), 0.5 * (-127 + 2 * 20)]);
    expect(row(int8, 1)).toEqual([6, 8]);
    const product = new QuantizedVectors({
      quantization: 'product',
      dimensions: 3,
      codes: Uint8Array.of(1, 0),
      scales: Float32Array.of(2),
      codebook: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(row(product, 0)).toEqual([8, 4, 6]); // the first part has one dimension, the second two
    const binary = new QuantizedVectors({
      quantization: 'binary',
      dimensions: 9,
      codes: Uint8Array.of(0b101, 1),
      scales: Float32Array.of(0.25),
    });
    expect(row(binary, 0).map((value) => value * 4)).toEqual([1, -1, 1, -1, -1, -1, -1, -1, 1]);
  });

  it('refuses parts that do not fit', () => {
    const codes = new Uint8Array(4);
    const scales = new Float32Array(2);
    expect(() => new QuantizedVectors({ quantization: 'binary', dimensions: 20, codes, scales })).toThrow(
      'Cannot take 4 codes and 2 scales as binary rows of 20 dimensions',
    );
    expect(() => new QuantizedVectors({ quantization: 'int8', dimensions: 2, codes, scales })).toThrow('Cannot take');
    const codebook = new Float32Array(6);
    const high = Uint8Array.of(0, 3, 0, 0);
    expect(
      () => new QuantizedVectors({ quantization: 'product', dimensions: 2, codes: high, scales, codebook }),
    ).toThrow('a code of 3 or more');
  });
});

describe('quantize', () => {
  for (const dimensions of [1, 3, 50, 102]) {
    it(`keeps rows of ${dimensions} dimensions as well as the form can, and zeros`, () => {
      const random = new Random(dimensions);
      const common = Array.from({ length: dimensions }, () => 2 * random.normal());
      const size = 400;
      const values = Float32Array.from(
        { length: size * dimensions },
        (_, i) => (1 + (i % 7)) * (common[i % dimensions] + random.normal()),
      );
      values.fill(0, 0, dimensions);
      const rows = floatRows(values, dimensions);
      const least = { float16: 0.9999, int8: 0.999, product: 0.9, binary: 0.3 };
      for (const quantization of QUANTIZATIONS) {
        const vectors = quantize(rows, quantization);
        expect(vectors.size).toBe(size);
        let sum = 0;
        let farthest = 0;
        for (let id = 1; id < size; id++) {
          sum += cosineSimilarity(vectors.row(id), rows.row(id));
          const length = vectorNorm(vectors.row(id)) / vectorNorm(rows.row(id));
          farthest = Math.max(farthest, Math.abs(length - 1));
        }
        expect(farthest).toBeLessThan(quantization === 'int8' ? 0.02 : 0.001);
        expect(sum / (size - 1)).toBeGreaterThan(least[quantization]);
        expect(vectors.row(0).every((value) => value === 0)).toBe(true);
      }
    });
  }

  it('keeps every row as int8 where rows lie nearly or wholly in one direction, as after a short training', () => {
    const random = new Random(4);
    const dimensions = 100;
    const common = Array.from({ length: dimensions }, () => random.normal());
    const values = Float32Array.from({ length: 400 * dimensions }, (_, i) => {
      const row = Math.floor(i / dimensions);
      return (1 + (row % 5)) * common[i % dimensions] + (row % 2 === 0 ? 0 : 10 ** -(1 + (row % 4))) * random.normal();
    });
    const rows = floatRows(values, dimensions);
    const vectors = quantize(rows, 'int8');
    expect(vectors.directions).toHaveLength(2 * dimensions);
    for (let id = 0; id < 400; id++) {
      expect(cosineSimilarity(vectors.row(id), rows.row(id))).toBeGreaterThan(0.9999);
      expect(vectorNorm(vectors.row(id)) / vectorNorm(rows.row(id))).toBeCloseTo(1, 2);
    }
  });

  it('is wrong by half a step at most as int8', () => {
    const values = Float32Array.from({ length: 600 }, (_, i) => Math.sin(i * i));
    const vectors = quantize(floatRows(values, 20), 'int8');
    expect(vectors.directions).toHaveLength(0);
    for (let id = 0; id < 30; id++) {
      vectors.row(id).forEach((value, d) => {
        expect(Math.abs(value - values[id * 20 + d])).toBeLessThanOrEqual(0.501 * vectors.scales![id]);
      });
    }
  });

  it('refuses parts out of range and what float16 cannot hold', () => {
    const rows = floatRows(Float32Array.of(1, 2, 3, 70000), 2);
    expect(() => quantize(rows, 'product', { parts: 3 })).toThrow('"parts" must be an integer from 1 to 2');
    expect(() => quantize(rows, 'float16')).toThrow('Cannot store 70000 (row 1) as float16');
  });
});
