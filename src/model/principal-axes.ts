import { symmetricEigen } from '../math/symmetric-eigen.ts';
import type { VectorRows } from '../search/exact-index.ts';

/** The axes are those of so many rows, spread over all. */
const SAMPLE_ROWS = 20_000;

/**
 * The principal axes of rows at length 1, not centred, as cosine similarities are not.
 *
 * @returns (dimensions × dimensions): axes at length 1, the one with the most squares first
 */
export function principalAxes(rows: VectorRows): Float64Array {
  const { size, dimensions: n } = rows;
  const moments = new Float64Array(n * n);
  const sampled = Math.min(size, SAMPLE_ROWS);
  for (let i = 0; i < sampled; i++) {
    const row = rows.row(Math.floor((i * size) / sampled));
    let squares = 0;
    for (let a = 0; a < n; a++) squares += row[a] * row[a];
    if (!(squares > 0 && squares < Infinity)) continue;
    for (let a = 0; a < n; a++) for (let b = 0; b <= a; b++) moments[a * n + b] += (row[a] * row[b]) / squares;
  }
  for (let a = 0; a < n; a++) for (let b = 0; b < a; b++) moments[b * n + a] = moments[a * n + b];
  return symmetricEigen(moments, n).vectors;
}
