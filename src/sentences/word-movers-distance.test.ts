import { expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { SentenceEncoder } from './sentence-encoder.ts';
import { nearestByWordMovers, transportCost, wordMoversDistance } from './word-movers-distance.ts';

const random = (() => {
  let state = 1;
  return () => {
    state = (Math.imul(state, 48271) + 11) >>> 0;
    return state / 2 ** 32;
  };
})();

it('brings shares to where they are wanted at the least cost, worked by hand', () => {
  // One half each; the cheap way of the first row is taken by the second, which has no other cheap one.
  expect(
    transportCost(
      [0.5, 0.5],
      [0.5, 0.5],
      [
        [1, 2],
        [1, 9],
      ],
    ),
  ).toBeCloseTo(0.5 * 2 + 0.5 * 1, 12);
  expect(transportCost([1], [0.25, 0.75], [[4, 8]])).toBeCloseTo(7, 12);
  expect(transportCost([], [1], [])).toBe(Infinity);
});

it('finds the best of all assignments', () => {
  const permutations = (items: number[]): number[][] =>
    items.length === 0
      ? [[]]
      : items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
  for (let round = 0; round < 200; round++) {
    const size = 1 + Math.floor(random() * 6);
    const costs = Array.from({ length: size }, () => Array.from({ length: size }, random));
    const shares = new Array<number>(size).fill(1 / size);
    const best = Math.min(
      ...permutations([...shares.keys()]).map((order) => order.reduce((sum, j, i) => sum + costs[i][j] / size, 0)),
    );
    expect(transportCost(shares, shares, costs)).toBeCloseTo(best, 10);
  }
});

it('is a distance of texts', () => {
  const words = Array.from({ length: 40 }, (_, i) => `w${i}`);
  const model = new EmbeddingModel({
    words,
    dimensions: 5,
    inputVectors: Float32Array.from({ length: 200 }, () => random() - 0.5),
  });
  const encoder = new SentenceEncoder(model, createTokenizer('whitespace'));
  const text = () =>
    Array.from({ length: 1 + Math.floor(random() * 9) }, () => words[Math.floor(random() * 40)]).join(' ');
  expect(wordMoversDistance(encoder, 'w1 w2 w2', 'w2 w1 w2 unknown')).toBeCloseTo(0, 6);
  expect(wordMoversDistance(encoder, 'w1', 'unknown')).toBe(Infinity);
  const texts = Array.from({ length: 60 }, text);
  for (let round = 0; round < 20; round++) {
    const [a, b, c] = [text(), text(), text()];
    const distance = (x: string, y: string) => wordMoversDistance(encoder, x, y);
    expect(distance(a, b)).toBeCloseTo(distance(b, a), 9);
    expect(distance(a, c)).toBeLessThanOrEqual(distance(a, b) + distance(b, c) + 1e-9);
    const all = texts.map((other, index) => ({ index, distance: distance(a, other) }));
    all.sort((x, y) => x.distance - y.distance || x.index - y.index);
    expect(nearestByWordMovers(encoder, a, texts, { count: 5 }).map(({ index }) => index)).toEqual(
      all.slice(0, 5).map(({ index }) => index),
    );
  }
});
