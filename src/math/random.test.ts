import { expect, it } from 'vitest';
import { mixKeys, Random } from './random.ts';

it('Random repeats the published reference of xoroshiro64**', () => {
  // xoroshiro64starstar.c (Blackman and Vigna), the same steps in 64-bit integers.
  let [s0, s1] = [1n, 2n];
  const mask = 0xffffffffn;
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
  const random = new Random(1, 2);
  for (let i = 0; i < 1000; i++) {
    const expected = (rotate((s0 * 0x9e3779bbn) & mask, 5n) * 5n) & mask;
    const mixed = s1 ^ s0;
    s0 = rotate(s0, 26n) ^ mixed ^ ((mixed << 9n) & mask);
    s1 = rotate(mixed, 13n);
    expect(random.next()).toBe(Number(expected));
  }
});

it('Random draws uniform and normal numbers with the right mean and variance', () => {
  const random = new Random(42, 7);
  const moments = (draw: () => number) => {
    let [sum, squares] = [0, 0];
    const count = 200_000;
    for (let i = 0; i < count; i++) {
      const value = draw();
      sum += value;
      squares += value * value;
    }
    return { mean: sum / count, variance: squares / count - (sum / count) ** 2 };
  };
  const uniform = moments(() => random.uniform());
  expect(uniform.mean).toBeCloseTo(0.5, 2);
  expect(uniform.variance).toBeCloseTo(1 / 12, 2);
  const normal = moments(() => random.normal());
  expect(Math.abs(normal.mean)).toBeLessThan(0.01);
  expect(Math.abs(normal.variance - 1)).toBeLessThan(0.02);
});

it('mixKeys gives different results for different keys', () => {
  const seen = new Set<number>();
  for (let epoch = 0; epoch < 20; epoch++) {
    for (let block = 0; block < 1000; block++) seen.add(mixKeys(1, epoch, block));
  }
  expect(seen.size).toBe(20_000);
});

it('Random fills an array with the numbers that it would draw one by one, and goes on behind them', () => {
  const [filling, drawing] = [new Random(8, 9), new Random(8, 9)];
  const values = new Float32Array(1000);
  filling.fillUniform(values, 10, 990, 0.05);
  const expected = Float32Array.from({ length: 1000 }, (_, i) =>
    i < 10 || i >= 990 ? 0 : (2 * drawing.uniform() - 1) * 0.05,
  );
  expect(values).toEqual(expected);
  expect(filling.next()).toBe(drawing.next());
});
