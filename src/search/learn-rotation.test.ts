import { expect, it } from 'vitest';
import { turnedBy } from '../kernels/staged-scan/staged-scan-reference.ts';
import { Pieces } from '../math/pieces.ts';
import { Random } from '../math/random.ts';
import { dotProduct, normalized } from '../math/vector-operations.ts';
import { learnRotation, stillServes } from './learn-rotation.ts';

const DIMENSIONS = 30;
const random = new Random(4);
const randomVectors = (count: number) =>
  Array.from({ length: count }, () => Float32Array.from({ length: DIMENSIONS }, () => random.normal()));

const learn = (sample: readonly Float32Array[]) => new Pieces(learnRotation(sample, DIMENSIONS)).finish();

/** Along five directions, nearly. */
function flatVectors(directions: readonly Float32Array[], count: number): Float32Array[] {
  return randomVectors(count).map((noise) =>
    directions.reduce(
      (sum, direction) => {
        const weight = random.normal();
        return sum.map((x, d) => x + weight * direction[d]);
      },
      noise.map((x) => 0.1 * x),
    ),
  );
}

it('learnRotation brings most of what vectors are to the front, and keeps their products', () => {
  const directions = randomVectors(5);
  const rotation = learn(flatVectors(directions, 500))!;
  expect(rotation.leading).toBeLessThanOrEqual(8);
  expect(rotation.error).toBeLessThan(1e-5);
  const others = flatVectors(directions, 100).map(normalized);
  const turned = others.map((vector) => turnedBy(rotation.matrix, vector));
  others.forEach((vector, i) => {
    expect(Math.abs(dotProduct(vector, others[0]) - dotProduct(turned[i], turned[0]))).toBeLessThanOrEqual(
      rotation.error,
    );
  });
  const front = turned.map((vector) => vector.subarray(0, rotation.leading));
  const share = front.reduce((sum, vector) => sum + dotProduct(vector, vector), 0) / front.length;
  expect(share).toBeGreaterThan(0.85);
  // No number of the front takes more than its share.
  const largest = front.map((vector) => Math.max(...vector.map(Math.abs)));
  expect(largest.reduce((sum, x) => sum + x, 0) / largest.length).toBeLessThan(0.75);
  expect(stillServes(rotation, flatVectors(directions, 400))).toBe(true);
  expect(stillServes(rotation, flatVectors(randomVectors(5), 400))).toBe(false);
});

it('learnRotation tells where there is nothing to gain', () => {
  expect(learn(randomVectors(500))).toBeUndefined();
  expect(learn([])).toBeUndefined();
  expect(learn([new Float32Array(DIMENSIONS), new Float32Array(DIMENSIONS).fill(Number.NaN)])).toBeUndefined();
});
