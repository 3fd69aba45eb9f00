import { describe, expect, it } from 'vitest';
import { nearestOrthogonal } from './orthogonal-procrustes.ts';
import { Random } from './random.ts';

describe('nearestOrthogonal', () => {
  it('takes the stretch out of a turn, worked by hand', () => {
    // A turn by 90° times a stretch by 2 and 3.
    expect(Array.from(nearestOrthogonal([0, -3, 2, 0], 2), (x) => Math.round(1e12 * x) / 1e12 + 0)).toEqual([
      0, -1, 1, 0,
    ]);
  });

  it('gives an orthogonal matrix, and back what a symmetric positive stretch was laid on', () => {
    const random = new Random(3);
    const n = 60;
    const r = nearestOrthogonal(
      Float64Array.from({ length: n * n }, () => random.normal()),
      n,
    );
    const product = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Float64Array.from({ length: n * n }, (_, at) => {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += a[Math.floor(at / n) * n + k] * b[k * n + (at % n)];
        return sum;
      });
    const transposed = Float64Array.from(r, (_, at) => r[(at % n) * n + Math.floor(at / n)]);
    const largest = (errors: Float64Array) => Math.max(...errors.map(Math.abs));
    expect(largest(product(r, transposed).map((x, at) => x - (at % (n + 1) === 0 ? 1 : 0)))).toBeLessThan(1e-12);
    // The polar decomposition is unique: R S gives R for every symmetric positive S.
    const any = Float64Array.from({ length: n * n }, () => random.normal());
    const stretch = product(
      any,
      Float64Array.from(any, (_, at) => any[(at % n) * n + Math.floor(at / n)]),
    );
    for (let i = 0; i < n; i++) stretch[i * n + i] += 1;
    expect(largest(nearestOrthogonal(product(r, stretch), n).map((x, at) => x - r[at]))).toBeLessThan(1e-9);
  });

  it('refuses a matrix that does not determine it', () => {
    expect(() => nearestOrthogonal([1, 1, 1, 1], 2)).toThrow('is not determined');
  });
});
