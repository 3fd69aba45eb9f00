import { describe, expect, it } from 'vitest';
import { nearestOrthogonal } from '../math/orthogonal-procrustes.ts';
import { Random } from '../math/random.ts';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { alignModel } from './align-model.ts';
import { EmbeddingModel } from './embedding-model.ts';
import { mapModel } from './map-model.ts';
import { shrinkModel } from './shrink-model.ts';

const random = new Random(11);
const dimensions = 20;
const matrix = (rows: number) => Float32Array.from({ length: rows * dimensions }, () => random.normal());
const words = Array.from({ length: 90 }, (_, i) => `w${i}`);
const old = new EmbeddingModel({
  words,
  dimensions,
  inputVectors: matrix(90),
  outputVectors: matrix(90),
  subwords: {
    options: { minNgram: 2, maxNgram: 3, buckets: 50 },
    buckets: Uint32Array.of(1, 7, 30),
    vectors: matrix(3),
  },
  sentences: {
    weighting: 'mean',
    unknownWeight: 1,
    unitWords: false,
    normalize: false,
    sentences: 300,
    components: matrix(1),
    componentShares: Float32Array.of(1),
    projection: matrix(4),
  },
});
const turn = nearestOrthogonal(
  Float64Array.from({ length: dimensions * dimensions }, () => random.normal()),
  dimensions,
);
const close = (a: Float32Array, b: Float32Array, within = 1e-5) => {
  expect(a.length).toBe(b.length);
  a.forEach((value, i) => expect(Math.abs(value - b[i])).toBeLessThan(within));
};

describe('alignModel', () => {
  it('brings a model that was turned back to where it was, with all that is in it', () => {
    const { model, drift, meanSimilarity, meanSimilarityBefore } = alignModel(mapModel(old, turn), old);
    words.forEach((_, id) => close(model.row(id), old.row(id)));
    close(model.contents.outputVectors!, old.contents.outputVectors!);
    close(model.contents.subwords!.vectors as Float32Array, old.contents.subwords!.vectors as Float32Array);
    close(model.contents.sentences!.components!, old.contents.sentences!.components!);
    close(model.contents.sentences!.projection!, old.contents.sentences!.projection!);
    expect(drift).toHaveLength(90);
    expect(meanSimilarity).toBeCloseTo(1, 6);
    expect(Math.abs(meanSimilarityBefore)).toBeLessThan(0.3);
  });

  it('changes no similarity within the model, and names the word that has moved', () => {
    const turned = mapModel(old, turn);
    const vectors = (turned.contents.inputVectors as Float32Array).slice();
    for (let d = 0; d < dimensions; d++) vectors[5 * dimensions + d] *= -1;
    const names = words.map((word, i) => (i >= 80 ? `new${i}` : word));
    const moved = new EmbeddingModel({ words: names, dimensions, inputVectors: vectors });
    const { model, drift } = alignModel(moved, old);
    expect(drift).toHaveLength(80);
    expect(drift[0].word).toBe('w5');
    expect(drift[0].similarity).toBeLessThan(-0.8);
    expect(drift[1].similarity).toBeGreaterThan(0.9);
    for (let a = 0; a < 90; a += 7) {
      for (let b = 0; b < a; b++) {
        const before = cosineSimilarity(moved.row(a), moved.row(b));
        expect(Math.abs(cosineSimilarity(model.row(a), model.row(b)) - before)).toBeLessThan(1e-6);
      }
    }
  });

  it('refuses what cannot be aligned', () => {
    const few = shrinkModel(old, { words: 19 });
    expect(() => alignModel(few, old)).toThrow('19 words in common, at least 20 are needed');
    expect(() => alignModel(shrinkModel(old, { dimensions: 5 }), old)).toThrow(
      'a model of 5 dimensions with one of 20',
    );
    expect(() => alignModel(shrinkModel(old, { quantization: 'int8' }), old)).toThrow('align it first, then shrink it');
  });
});
