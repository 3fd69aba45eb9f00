import { expect, it } from 'vitest';
import { Random } from './random.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

it('solves a case by hand', () => {
  const { values, vectors } = symmetricEigen([2, 1, 1, 2], 2);
  expect([...values]).toEqual([expect.closeTo(3, 12), expect.closeTo(1, 12)]);
  const root = Math.SQRT1_2;
  expect(vectors[0]).toBeCloseTo(root, 12);
  expect(vectors[1]).toBeCloseTo(root, 12);
  expect(Math.abs(vectors[2])).toBeCloseTo(root, 12);
  expect(vectors[2]).toBeCloseTo(-vectors[3], 12);
});

it.each([1, 3, 20, 60])('vectors are orthonormal and give the matrix back, n = %i', (n) => {
  const random = new Random(n, 1);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
  const { values, vectors } = symmetricEigen(a, n);
  for (let i = 0; i < n; i++) {
    if (i > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
    for (let j = 0; j < n; j++) {
      let product = 0;
      let entry = 0;
      for (let k = 0; k < n; k++) {
        product += vectors[i * n + k] * vectors[j * n + k];
        entry += values[k] * vectors[k * n + i] * vectors[k * n + j];
      }
      expect(product).toBeCloseTo(i === j ? 1 : 0, 10);
      expect(entry).toBeCloseTo(a[i * n + j], 10);
    }
  }
});
