import { describe, expect, it } from 'vitest';
import { centroidTable, kMeans, nearestCentroid } from './k-means.ts';
import { Random } from './random.ts';

describe('kMeans', () => {
  it('finds the means of clusters that lie apart', () => {
    const random = new Random(5);
    const centres = [
      [0, 0],
      [9, 1],
      [-4, 7],
    ];
    const points = Float32Array.from({ length: 600 }, (_, i) => centres[(i >> 1) % 3][i % 2] + random.uniform() - 0.5);
    // More clusters than centres: from a start with two in one cluster and none in another k-means does not come away.
    const means = kMeans(points, 2, 8, { iterations: 20, random });
    const table = centroidTable(means, 2);
    for (let point = 0; point < 300; point++) {
      const nearest = nearestCentroid(points, 2 * point, table);
      const distances = Array.from({ length: 8 }, (_, i) =>
        Math.hypot(means[2 * i] - points[2 * point], means[2 * i + 1] - points[2 * point + 1]),
      );
      expect(distances[nearest]).toBeCloseTo(Math.min(...distances), 5);
      expect(distances[nearest]).toBeLessThan(1);
    }
    const [single] = [kMeans(points, 2, 1, { iterations: 1, random })];
    const mean = (d: number) => points.filter((_, i) => i % 2 === d).reduce((sum, x) => sum + x, 0) / 300;
    expect(single[0]).toBeCloseTo(mean(0), 5);
    expect(single[1]).toBeCloseTo(mean(1), 5);
  });

  it('takes the points themselves where there are fewer than clusters', () => {
    const means = kMeans(Float32Array.of(1, 5, 3), 1, 256, { iterations: 3, random: new Random(1) });
    expect(Array.from(means).sort()).toEqual([1, 3, 5]);
  });
});
