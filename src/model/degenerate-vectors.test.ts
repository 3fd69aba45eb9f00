import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { textsSource } from '../text/text-source.ts';
import { trainFromText } from '../train.ts';
import { degenerateVectors } from './degenerate-vectors.ts';
import { EmbeddingModel } from './embedding-model.ts';

/** A direction that all words share, and beside it `spread` times as much of their own. */
function modelOf(spread: number, { size = 400, dimensions = 20, ...contents } = {}) {
  const random = new Random(1, 2);
  const inputVectors = Float32Array.from(
    { length: size * dimensions },
    (_, i) => (i % dimensions === 0 ? 1 : 0) + (spread * (random.uniform() - 0.5)) / Math.sqrt(dimensions),
  );
  const words = Array.from({ length: size }, (_, id) => `w${id}`);
  return new EmbeddingModel({ words, dimensions, inputVectors, ...contents });
}

describe('degenerateVectors', () => {
  it('warns where all words point one direction, with figures and advice', () => {
    const found = degenerateVectors(modelOf(0.5))!;
    expect(found.code).toBe('degenerate-vectors');
    expect(found.meanSimilarity).toBeGreaterThan(0.95);
    expect(found.message).toMatch(/hardly tell words apart: .* \.?\d.* more epochs or a higher learning rate/);
  });

  it('is silent where words differ, and where they share a direction but differ beside it', () => {
    expect(degenerateVectors(modelOf(100))).toBeUndefined();
    expect(degenerateVectors(modelOf(3))).toBeUndefined();
  });

  it('is silent where words share rows in groups that differ', () => {
    const { contents } = modelOf(100);
    const rows = contents.inputVectors as Float32Array;
    for (let id = 0; id < 400; id++) rows.copyWithin(id * 20, (id % 20) * 20, (id % 20) * 20 + 20);
    expect(degenerateVectors(new EmbeddingModel({ ...contents, inputVectors: rows }))).toBeUndefined();
  });

  it('does not judge a handful of words, few dimensions, or vectors of zeros', () => {
    expect(degenerateVectors(modelOf(0.1, { size: 99 }))).toBeUndefined();
    expect(degenerateVectors(modelOf(0.1, { dimensions: 4 }))).toBeUndefined();
    const words = Array.from({ length: 200 }, (_, id) => `w${id}`);
    expect(
      degenerateVectors(new EmbeddingModel({ words, dimensions: 10, inputVectors: new Float32Array(2000) })),
    ).toBeUndefined();
  });

  it('finds it in a training that was too short, not in one that was long enough', async () => {
    // Ten topics of 20 words; half of a line is of one topic, half of words that all share.
    const random = new Random(3, 4);
    const lines = Array.from({ length: 1500 }, (_, line) =>
      Array.from({ length: 12 }, (_, i) => `t${i % 2 ? line % 10 : ''}w${random.below(20)}`).join(' '),
    );
    const text = textsSource(lines);
    const train = async (options: object) =>
      (
        await trainFromText(text, {
          tokenizer: 'whitespace',
          subsample: 0,
          initialScale: 0.005,
          logitBias: 0, // with it, vectors have no direction in common
          dimensions: 50,
          ...options,
        })
      ).model;
    expect(degenerateVectors(await train({ epochs: 4, learningRate: 0.025 }))).toBeDefined();
    expect(degenerateVectors(await train({ epochs: 20, learningRate: 0.05 }))).toBeUndefined();
  });
});
