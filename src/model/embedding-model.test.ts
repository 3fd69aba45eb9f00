import { describe, expect, it } from 'vitest';
import { EmbeddingModel } from './embedding-model.ts';

const model = new EmbeddingModel({
  words: ['king', 'queen', 'man', 'woman', 'apple'],
  dimensions: 3,
  // Royalty, gender, fruit; of different lengths, which must not matter.
  inputVectors: Float32Array.of(2, 1, 0, 1, -0.5, 0, 0, 3, 0, 0, -2, 0, 0, 0, 1),
});

describe('EmbeddingModel', () => {
  it('finds neighbors by angle, without the words asked for', () => {
    const [first, second] = model.neighbors('king', { count: 2 });
    expect(first.word).toBe('queen');
    expect(first.similarity).toBeCloseTo((2 * 1 - 0.5) / (Math.sqrt(5) * Math.sqrt(1.25)), 6);
    expect(second.word).toBe('man');
    expect(model.neighbors('king', { count: 9 })).toHaveLength(4);
    expect(model.neighbors(['king', 'queen'], { limit: 3 }).map(({ word }) => word)).toEqual(['man']);
  });

  it('solves an analogy', () => {
    expect(model.analogy('man', 'king', 'woman', { count: 1 })[0].word).toBe('queen');
    expect(model.neighbors(['king', 'woman'], { minus: ['man'], count: 1 })[0].word).toBe('queen');
  });

  it('finds words near to a vector', () => {
    expect(model.neighbors(Float32Array.of(0, 0.1, 5), { count: 1 })[0].word).toBe('apple');
  });

  it('names the nearest spelling of an unknown word', () => {
    expect(() => model.vector('quen')).toThrow(
      'Cannot find word "quen" in the vocabulary of 5 words: nearest spelling is "queen"',
    );
    expect(() => model.neighbors(['king', 'xylophone'])).toThrow(
      'Cannot find word "xylophone" in the vocabulary of 5 words',
    );
  });

  it('refuses vectors that do not fit', () => {
    expect(() => new EmbeddingModel({ words: ['a'], dimensions: 2, inputVectors: new Float32Array(3) })).toThrow(
      '1 words × 2 dimensions need 2 values, got 3',
    );
  });
});
