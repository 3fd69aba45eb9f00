import { principalAxes } from './wordkin.ts';

/** The axes are those of so many rows. */
const AXIS_ROWS = 1500;
/** The frame is about the middle of this share of the points, on each axis; so many lie within 1 of that middle. */
const INNER_SHARE = 0.98;
/** How fast the frame follows its points, so that the map does not jump. */
const FOLLOW = 0.3;

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/**
 * Vectors on a plane: their directions on the two principal axes. The axes may be found anew while the vectors change; the plane is then
 * turned as it was.
 */
export class Projection {
  readonly dimensions: number;
  #axes: Float64Array | undefined;
  #mean: Float64Array;
  #frame: Frame | undefined;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#mean = new Float64Array(dimensions);
  }

  get hasAxes(): boolean {
    return this.#axes !== undefined;
  }

  /** @param rows - (rows × dimensions) */
  findAxes(rows: Float32Array): void {
    const n = this.dimensions;
    const size = rows.length / n;
    const sampled = Math.min(AXIS_ROWS, size);
    const units = new Float64Array(sampled * n);
    const mean = new Float64Array(n);
    for (let i = 0; i < sampled; i++) {
      const from = Math.floor((i * size) / sampled) * n;
      const factor = unitFactor(rows, from, n);
      for (let d = 0; d < n; d++) {
        units[i * n + d] = factor * rows[from + d];
        mean[d] += units[i * n + d] / sampled;
      }
    }
    const centred = new Float32Array(n);
    const axes = principalAxes({
      size: sampled,
      dimensions: n,
      row(id: number) {
        for (let d = 0; d < n; d++) centred[d] = units[id * n + d] - mean[d];
        return centred;
      },
    } as Parameters<typeof principalAxes>[0]).slice(0, 2 * n);
    if (n === 1) this.#axes = Float64Array.of(1, 0);
    else this.#axes = this.#axes ? turnedAs(axes, this.#axes, n) : axes;
    this.#mean = mean;
  }

  /**
   * x and y of each row, most of them within −1 to 1.
   *
   * @param isLast - the frame fits at once, as no other follows
   */
  project(rows: Float32Array, isLast = false): Float32Array {
    const n = this.dimensions;
    if (!this.#axes) this.findAxes(rows);
    const axes = this.#axes!;
    const size = rows.length / n;
    const positions = new Float32Array(2 * size);
    let [middleX, middleY] = [0, 0];
    for (let d = 0; d < n; d++) {
      middleX += axes[d] * this.#mean[d];
      middleY += (axes[n + d] ?? 0) * this.#mean[d];
    }
    for (let id = 0; id < size; id++) {
      let [x, y, squares] = [0, 0, 0];
      for (let d = 0, at = id * n; d < n; d++, at++) {
        const value = rows[at];
        squares += value * value;
        x += value * axes[d];
        y += value * axes[n + d];
      }
      const factor = squares > 0 && squares < Infinity ? 1 / Math.sqrt(squares) : 0;
      positions[2 * id] = factor * x - middleX;
      positions[2 * id + 1] = factor * y - middleY;
    }
    const frame = frameOf(positions);
    const last = isLast ? undefined : this.#frame;
    this.#frame = last ? between(last, frame) : frame;
    const { x, y, radius } = this.#frame;
    const scale = radius > 0 ? 1 / radius : 1;
    for (let i = 0; i < positions.length; i += 2) {
      positions[i] = scale * (positions[i] - x);
      positions[i + 1] = scale * (positions[i + 1] - y);
    }
    return positions;
  }
}

function unitFactor(rows: Float32Array, from: number, n: number): number {
  let squares = 0;
  for (let d = 0; d < n; d++) squares += rows[from + d] ** 2;
  return squares > 0 && squares < Infinity ? 1 / Math.sqrt(squares) : 0;
}

/** The two axes, turned in their plane (or mirrored) so that they lie as near to the earlier ones as they can. */
function turnedAs(axes: Float64Array, earlier: Float64Array, n: number): Float64Array {
  const dot = (i: number, j: number) => {
    let sum = 0;
    for (let d = 0; d < n; d++) sum += axes[i * n + d] * earlier[j * n + d];
    return sum;
  };
  const [a, b, c, d] = [dot(0, 0), dot(1, 0), dot(0, 1), dot(1, 1)];
  const mirrored = a * d - b * c < 0;
  const sign = mirrored ? -1 : 1;
  const angle = Math.atan2(sign * b - c, a + sign * d);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turned = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    const [x, y] = [axes[k], sign * axes[n + k]];
    turned[k] = cos * x + sin * y;
    turned[n + k] = -sin * x + cos * y;
  }
  return turned;
}

function frameOf(positions: Float32Array): Frame {
  const step = Math.max(1, Math.floor(positions.length / 2 / 2000));
  const xs: number[] = [];
  const ys: number[] = [];
  for (let i = 0; 2 * i < positions.length; i += step) {
    xs.push(positions[2 * i]);
    ys.push(positions[2 * i + 1]);
  }
  const [x, y] = [middleOf(xs), middleOf(ys)];
  const radii = xs.map((value, i) => Math.hypot(value - x, ys[i] - y));
  return { x, y, radius: shareOf(radii, INNER_SHARE) };
}

function between(last: Frame, wanted: Frame): Frame {
  const step = (from: number, to: number) => from + FOLLOW * (to - from);
  return { x: step(last.x, wanted.x), y: step(last.y, wanted.y), radius: step(last.radius, wanted.radius) };
}

function middleOf(values: readonly number[]): number {
  return (shareOf(values, 1 - INNER_SHARE) + shareOf(values, INNER_SHARE)) / 2;
}

/** The value that this share of all values does not exceed. */
function shareOf(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0;
}
