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
    const offsets = centroidOffsets(centroids, dimensions);
    for (let point = 0; point < pointCount; point++) {
      const cluster = nearestCentroid(points, point * dimensions, centroids, offsets, dimensions);
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

/** |c|² / 2 of each centroid: the nearest has the largest p · c − |c|² / 2. */
export function centroidOffsets(centroids: Float32Array, dimensions: number): Float64Array {
  const offsets = new Float64Array(centroids.length / dimensions);
  for (let i = 0; i < centroids.length; i++) {
    offsets[Math.floor(i / dimensions)] += (centroids[i] * centroids[i]) / 2;
  }
  return offsets;
}

/** Number of the centroid nearest to the point at `values[at]`; of equally near ones the first. */
export function nearestCentroid(
  values: Float32Array,
  at: number,
  centroids: Float32Array,
  offsets: Float64Array,
  dimensions: number,
): number {
  let nearest = 0;
  let best = -Infinity;
  for (let cluster = 0, c = 0; cluster < offsets.length; cluster++) {
    let value = -offsets[cluster];
    for (let d = 0; d < dimensions; d++, c++) value += values[at + d] * centroids[c];
    if (value > best) {
      best = value;
      nearest = cluster;
    }
  }
  return nearest;
}
