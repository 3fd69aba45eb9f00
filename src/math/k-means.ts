import type { Random } from './random.ts';

/**
 * The means of clusters of points (Lloyd 1982, "Least squares quantization in PCM"), from points drawn as a start; a
 * cluster that has lost all its points begins anew at a point drawn.
 *
 * @param points - (points × dimensions)
 * @param count - how many clusters; as many as points if there are fewer
 * @returns (clusters × dimensions)
 */
export function kMeans(
  points: Float32Array,
  dimensions: number,
  count: number,
  { iterations, random }: { iterations: number; random: Random },
): Float32Array {
  const pointCount = points.length / dimensions;
  const clusters = Math.min(count, pointCount);
  const order = Uint32Array.from({ length: pointCount }, (_, i) => i);
  const centroids = new Float32Array(clusters * dimensions);
  const setToPoint = (cluster: number, point: number) => {
    for (let d = 0; d < dimensions; d++) centroids[cluster * dimensions + d] = points[point * dimensions + d];
  };
  for (let cluster = 0; cluster < clusters; cluster++) {
    const other = cluster + random.below(pointCount - cluster);
    [order[cluster], order[other]] = [order[other], order[cluster]];
    setToPoint(cluster, order[cluster]);
  }
  const sums = new Float64Array(clusters * dimensions);
  const sizes = new Uint32Array(clusters);
  for (let iteration = 0; iteration < iterations; iteration++) {
    sums.fill(0);
    sizes.fill(0);
    const table = centroidTable(centroids, dimensions);
    for (let point = 0; point < pointCount; point++) {
      const cluster = nearestCentroid(points, point * dimensions, table);
      sizes[cluster]++;
      for (let d = 0; d < dimensions; d++) sums[cluster * dimensions + d] += points[point * dimensions + d];
    }
    for (let cluster = 0; cluster < clusters; cluster++) {
      if (sizes[cluster] === 0) setToPoint(cluster, random.below(pointCount));
      else
        for (let at = cluster * dimensions, d = 0; d < dimensions; d++, at++) centroids[at] = sums[at] / sizes[cluster];
    }
  }
  return centroids;
}

/** Centroids made ready for `nearestCentroid`. */
export interface CentroidTable {
  readonly dimensions: number;
  /** (centroids × a multiple of four), padded with zeros. */
  readonly values: Float64Array;
  /** |c|² / 2 of each: the nearest has the largest p · c − |c|² / 2. */
  readonly offsets: Float64Array;
  /** A point, padded in the same way. */
  readonly point: Float64Array;
}

/** @param centroids - (centroids × dimensions) */
export function centroidTable(centroids: Float32Array, dimensions: number): CentroidTable {
  const length = Math.ceil(dimensions / 4) * 4;
  const count = centroids.length / dimensions;
  const values = new Float64Array(count * length);
  const offsets = new Float64Array(count);
  centroids.forEach((value, i) => {
    const cluster = Math.floor(i / dimensions);
    values[cluster * length + (i % dimensions)] = value;
    offsets[cluster] += (value * value) / 2;
  });
  return { dimensions, values, offsets, point: new Float64Array(length) };
}

/** Number of the centroid nearest to the point at `points[at]`; of equally near ones the first. */
export function nearestCentroid(points: Float32Array, at: number, table: CentroidTable): number {
  const { dimensions, values, offsets, point } = table;
  for (let d = 0; d < dimensions; d++) point[d] = points[at + d];
  let nearest = 0;
  let best = -Infinity;
  let c = 0;
  for (let cluster = 0; cluster < offsets.length; cluster++) {
    let value = -offsets[cluster];
    // By fours: the parts of a product quantiser are about that long.
    for (let d = 0; d < point.length; d += 4, c += 4) {
      value += point[d] * values[c] + point[d + 1] * values[c + 1];
      value += point[d + 2] * values[c + 2] + point[d + 3] * values[c + 3];
    }
    if (value > best) {
      best = value;
      nearest = cluster;
    }
  }
  return nearest;
}
