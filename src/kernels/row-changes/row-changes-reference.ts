import { type MergeFactor, MOST_MORE, ROUNDING, type RowChanges } from './row-changes.ts';

/** The plain version. */
export function createPlainRowChanges(capacity: number, dimensions: number): RowChanges {
  const rows = new Float32Array(capacity * dimensions);
  const base = new Float32Array(capacity * dimensions);
  const sums = new Float32Array(capacity * (dimensions + 2) + MOST_MORE);
  return {
    capacity,
    rows,
    base,
    sums: (count, more = 0) => sums.subarray(0, count * (dimensions + 2) + more),
    take(count) {
      const changes = sums.subarray(0, count * dimensions);
      const squares = sums.subarray(count * dimensions, count * (dimensions + 1));
      const movers = sums.subarray(count * (dimensions + 1), count * (dimensions + 2));
      for (let row = 0; row < count; row++) {
        const [begin, end] = [row * dimensions, (row + 1) * dimensions];
        let square = 0;
        let length = 0;
        for (let at = begin; at < end; at++) {
          length += rows[at] ** 2;
          rows[at] -= base[at];
          square += rows[at] ** 2;
        }
        const hasMoved = !(square <= ROUNDING * length && square < Number.POSITIVE_INFINITY);
        if (!hasMoved) rows.fill(0, begin, end);
        changes.set(rows.subarray(begin, end), begin);
        squares[row] = hasMoved ? square : 0;
        movers[row] = hasMoved ? 1 : 0;
      }
    },
    merge(count, factor: MergeFactor) {
      const changes = sums.subarray(0, count * dimensions);
      const squares = sums.subarray(count * dimensions, count * (dimensions + 1));
      const movers = sums.subarray(count * (dimensions + 1), count * (dimensions + 2));
      for (let row = 0; row < count; row++) {
        let square = 0;
        for (let at = row * dimensions; at < (row + 1) * dimensions; at++) square += changes[at] ** 2;
        const by = movers[row] > 1 ? factor(square / squares[row], movers[row], row) : 1;
        for (let at = row * dimensions; at < (row + 1) * dimensions; at++) {
          const change = by * changes[at];
          rows[at] = change - rows[at];
          base[at] += change;
        }
      }
    },
  };
}
