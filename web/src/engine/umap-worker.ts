// UMAP in a thread of its own: it takes many seconds, and is ended by ending the thread.
import { UMAP } from 'umap-js';

const thread = globalThis as unknown as {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  addEventListener(
    type: 'message',
    listener: (event: { data: { rows: Float32Array; dimensions: number } }) => void,
  ): void;
};

/** The same picture each time. */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

thread.addEventListener('message', ({ data: { rows, dimensions } }) => {
  const points = Array.from({ length: rows.length / dimensions }, (_, id) =>
    Array.from(rows.subarray(id * dimensions, (id + 1) * dimensions)),
  );
  const umap = new UMAP({
    nNeighbors: Math.min(15, points.length - 1),
    random: seeded(),
    distanceFn: (a, b) => {
      let [product, squaresA, squaresB] = [0, 0, 0];
      for (let d = 0; d < a.length; d++) {
        product += a[d] * b[d];
        squaresA += a[d] * a[d];
        squaresB += b[d] * b[d];
      }
      return squaresA > 0 && squaresB > 0 ? 1 - product / Math.sqrt(squaresA * squaresB) : 1;
    },
  });
  const epochs = umap.initializeFit(points);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % 10 === 0) thread.postMessage({ share: epoch / epochs });
  }
  const embedding = umap.getEmbedding();
  const positions = Float32Array.from(embedding.flat());
  let [middleX, middleY] = [0, 0];
  for (let i = 0; i < positions.length; i += 2) {
    middleX += (2 * positions[i]) / positions.length;
    middleY += (2 * positions[i + 1]) / positions.length;
  }
  let most = 0;
  for (let i = 0; i < positions.length; i += 2) {
    positions[i] -= middleX;
    positions[i + 1] -= middleY;
    most = Math.max(most, Math.hypot(positions[i], positions[i + 1]));
  }
  for (let i = 0; i < positions.length; i++) positions[i] /= most || 1;
  thread.postMessage({ positions }, [positions.buffer as ArrayBuffer]);
});
