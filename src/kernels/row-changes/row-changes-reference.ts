import { LEAST_SCALE, type MergeFactor, MOST_MORE, packedBytes, ROUNDING, type RowChanges } from './row-changes.ts';

/** The plain version. */
export function createPlainRowChanges(capacity: number, dimensions: number, parts = 0): RowChanges {
  const rows = new Float32Array(capacity * dimensions);
  const base = new Float32Array(capacity * dimensions);
  const sums = new Float32Array(capacity * (dimensions + 2) + MOST_MORE);
  const mostBytes = packedBytes(capacity, dimensions, MOST_MORE);
  const packed = new Uint8Array(mostBytes);
  const received = new Uint8Array(parts * mostBytes);
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
    pack(count, more = 0) {
      const bytes = packed.subarray(0, packedBytes(count, dimensions, more));
      const { scales, told, codes } = packedParts(bytes, count, dimensions, more);
      told.set(sums.subarray(count * (dimensions + 2), count * (dimensions + 2) + more));
      for (let row = 0; row < count; row++) {
        const change = rows.subarray(row * dimensions, (row + 1) * dimensions);
        const code = codes.subarray(row * dimensions, (row + 1) * dimensions);
        scales[row] = sums[count * (dimensions + 1) + row] === 0 ? 0 : scaleOf(change);
        if (scales[row] === 0) code.fill(0);
        else {
          for (let d = 0; d < dimensions; d++) {
            const rounded = nearest(change[d] / scales[row]);
            code[d] = rounded;
            change[d] = rounded * scales[row];
          }
        }
      }
      return bytes;
    },
    received: (count, more = 0) => received.subarray(0, parts * packedBytes(count, dimensions, more)),
    unpack(count, more = 0) {
      const byteLength = packedBytes(count, dimensions, more);
      const values = sums.subarray(0, count * (dimensions + 2) + more).fill(0);
      for (let part = 0; part < parts; part++) {
        const bytes = received.subarray(part * byteLength, (part + 1) * byteLength);
        const { scales, told, codes } = packedParts(bytes, count, dimensions, more);
        for (let row = 0; row < count; row++) {
          if (scales[row] === 0) continue;
          let square = 0;
          for (let at = row * dimensions; at < (row + 1) * dimensions; at++) {
            values[at] += codes[at] * scales[row];
            square += codes[at] ** 2;
          }
          values[count * dimensions + row] += Math.fround(square * Math.fround(scales[row] ** 2));
          values[count * (dimensions + 1) + row]++;
        }
        for (let i = 0; i < more; i++) values[count * (dimensions + 2) + i] += told[i];
      }
    },
    merge(count, factor: MergeFactor) {
      const changes = sums.subarray(0, count * dimensions);
      const squares = sums.subarray(count * dimensions, count * (dimensions + 1));
      const movers = sums.subarray(count * (dimensions + 1), count * (dimensions + 2));
      for (let row = 0; row < count; row++) {
        let square = 0;
        for (let at = row * dimensions; at < (row + 1) * dimensions; at++) square += changes[at] ** 2;
        const by = movers[row] > 1 ? factor(square / squares[row], movers[row]) : 1;
        for (let at = row * dimensions; at < (row + 1) * dimensions; at++) {
          const change = by * changes[at];
          rows[at] = change - rows[at];
          base[at] += change;
        }
      }
    },
  };
}

/** What lies in packed bytes: see `packedBytes`. */
export function packedParts({ buffer, byteOffset }: Uint8Array, count: number, dimensions: number, more: number) {
  return {
    scales: new Float32Array(buffer, byteOffset, count),
    told: new Float32Array(buffer, byteOffset + 4 * count, more),
    codes: new Int8Array(buffer, byteOffset + 4 * (count + more), count * dimensions),
  };
}

/** The least power of two that brings the values within 127. */
function scaleOf(values: Float32Array): number {
  const part = Math.fround(values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127);
  if (!(part < Number.POSITIVE_INFINITY)) return Number.NaN;
  const power = 2 ** Math.floor(Math.log2(part));
  return Math.max(LEAST_SCALE, power < part ? 2 * power : power);
}

/** To the nearest whole number, from the middle to the even one: what is added to 1.5 × 2²³ is rounded so. */
function nearest(value: number): number {
  return Math.fround(value + SHIFT) - SHIFT;
}

const SHIFT = 12_582_912;
