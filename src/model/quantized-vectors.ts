import { float16Values, toFloat16 } from '../math/float16.ts';
import { centroidTable, kMeans, nearestCentroid } from '../math/k-means.ts';
import { Random } from '../math/random.ts';
import { vectorNorm } from '../math/vector-operations.ts';
import { floatRows, type VectorRows } from '../search/exact-index.ts';
import { showValue } from '../text/show-value.ts';
import { principalAxes } from './principal-axes.ts';

/** What vectors can be stored as in place of float32, see `Quantization`. */
export const QUANTIZATIONS = ['float16', 'int8', 'product', 'binary'] as const;
/**
 * - `float16`: half precision, 2 bytes a dimension.
 * - `int8`: a byte a dimension, and the scale of each row; and a byte for each of a few directions that rows share.
 * - `product`: each part of a row is the nearest of 256 of its kind (product quantisation; Jégou et al. 2011, "Product
 *   Quantization for Nearest Neighbor Search"), a byte a part, and the scale of each row.
 * - `binary`: the signs, a bit a dimension, and the scale of each row.
 */
export type Quantization = (typeof QUANTIZATIONS)[number];

/** The vectors of a model: floats, or fewer bits. */
export type Vectors = Float32Array | QuantizedVectors;

/** What quantised vectors are made of. */
export interface QuantizedParts {
  readonly quantization: Quantization;
  readonly dimensions: number;
  /**
   * (rows × row length): bits of half precision numbers, int8 codes, numbers of centroids for each part, or bits, the
   * lowest of a byte first, 1 for a value of 0 or more.
   */
  readonly codes: Uint16Array | Int8Array | Uint8Array;
  /** One a row, all but float16: what the decoded row is multiplied by. */
  readonly scales?: Float32Array | undefined;
  /** `int8`: (directions × dimensions), what the last codes of a row are multiplied by and added to the others. */
  readonly directions?: Float32Array | undefined;
  /** `product`: (centroids × dimensions), at most 256; part p of `parts` has the dimensions from `partBegin(p)` on. */
  readonly codebook?: Float32Array | undefined;
}

/** Vectors in fewer bits than float32, decoded a row at a time. */
export class QuantizedVectors implements VectorRows, QuantizedParts {
  readonly quantization: Quantization;
  readonly dimensions: number;
  readonly codes: Uint16Array | Int8Array | Uint8Array;
  readonly scales: Float32Array | undefined;
  readonly directions: Float32Array | undefined;
  readonly codebook: Float32Array | undefined;
  readonly size: number;
  /** Codes of a row. */
  readonly rowLength: number;

  /** @throws RangeError if the parts do not fit together */
  constructor({ quantization, dimensions, codes, scales, directions, codebook }: QuantizedParts) {
    this.quantization = quantization;
    this.dimensions = dimensions;
    this.codes = codes;
    this.scales = scales;
    this.directions = directions;
    this.codebook = codebook;
    this.size = scales ? scales.length : codes.length / dimensions;
    this.rowLength = this.size === 0 ? 0 : codes.length / this.size;
    const expected = {
      float16: dimensions,
      int8: dimensions + (directions ?? []).length / dimensions,
      product: this.rowLength,
      binary: Math.ceil(dimensions / 8),
    };
    const fits =
      Number.isInteger(this.size) &&
      (this.size === 0 || this.rowLength === expected[quantization]) &&
      (quantization === 'float16') === (scales === undefined) &&
      (quantization === 'product') === (codebook !== undefined) &&
      (quantization === 'int8') === (directions !== undefined) &&
      (!codebook || (Number.isInteger(this.rowLength) && this.rowLength <= dimensions));
    if (!fits) {
      throw new RangeError(
        `Cannot take ${codes.length} codes and ${scales?.length ?? 'no'} scales as ${quantization} rows of ${dimensions} dimensions`,
      );
    }
    const centroids = codebook ? codebook.length / dimensions : 256;
    if (centroids < 256 && codes.some((code) => code >= centroids)) {
      throw new RangeError(`Cannot take a code of ${centroids} or more: the codebook has ${centroids} rows`);
    }
  }

  /** Of all that is stored. */
  get byteLength(): number {
    return (
      this.codes.byteLength +
      [this.scales, this.directions, this.codebook].reduce((sum, part) => sum + (part?.byteLength ?? 0), 0)
    );
  }

  /** Row `id`, decoded: a new array. */
  row(id: number): Float32Array {
    const { dimensions, codes, rowLength, codebook, directions } = this;
    const scale = this.scales ? this.scales[id] : 1;
    const row = new Float32Array(dimensions);
    const begin = id * rowLength;
    switch (this.quantization) {
      case 'float16': {
        const values = float16Values();
        for (let d = 0; d < dimensions; d++) row[d] = values[codes[begin + d]];
        break;
      }
      case 'int8':
        for (let d = 0; d < dimensions; d++) {
          let value = codes[begin + d];
          for (let c = dimensions, at = d; c < rowLength; c++, at += dimensions)
            value += codes[begin + c] * directions![at];
          row[d] = scale * value;
        }
        break;
      case 'product':
        for (let part = 0, d = 0; part < rowLength; part++) {
          const centroid = codes[begin + part] * dimensions;
          const end = partBegin(part + 1, rowLength, dimensions);
          for (; d < end; d++) row[d] = scale * codebook![centroid + d];
        }
        break;
      case 'binary':
        for (let d = 0; d < dimensions; d++) {
          const sign = (codes[begin + (d >> 3)] >> (d & 7)) & 1 ? 1 : -1;
          row[d] = scale * sign;
        }
    }
    return row;
  }
}

/** How vectors are quantised. */
export interface QuantizeOptions {
  /** `product`: bytes a row, 1 to the number of dimensions; a quarter of that if omitted. */
  readonly parts?: number | undefined;
}

/**
 * Puts vectors into fewer bits. Product and binary rows keep their length exactly and their direction as well as they can;
 * product quantisation learns its centroids from at most 8,192 rows, the same each time.
 *
 * @throws RangeError for `parts` out of range, and for a value that float16 cannot hold
 */
export function quantize(
  rows: VectorRows,
  quantization: Quantization,
  { parts = Math.ceil(rows.dimensions / 4) }: QuantizeOptions = {},
): QuantizedVectors {
  const { size, dimensions } = rows;
  switch (quantization) {
    case 'float16': {
      const codes = new Uint16Array(size * dimensions);
      for (let id = 0; id < size; id++) {
        rows.row(id).forEach((value, d) => {
          codes[id * dimensions + d] = toFloat16(value);
          if ((codes[id * dimensions + d] & 0x7fff) === 0x7c00) {
            throw new RangeError(`Cannot store ${value} (row ${id}) as float16, which ends at 65504; take int8`);
          }
        });
      }
      return new QuantizedVectors({ quantization, dimensions, codes });
    }
    case 'int8':
      return quantizeInt8(rows);
    case 'product':
      if (!(Number.isInteger(parts) && parts >= 1 && parts <= dimensions)) {
        throw new RangeError(`"parts" must be an integer from 1 to ${dimensions}, the dimensions, got ${parts}`);
      }
      return quantizeProduct(rows, parts);
    case 'binary': {
      const rowLength = Math.ceil(dimensions / 8);
      const codes = new Uint8Array(size * rowLength);
      const scales = new Float32Array(size);
      for (let id = 0; id < size; id++) {
        const row = rows.row(id);
        for (let d = 0; d < dimensions; d++) if (row[d] >= 0) codes[id * rowLength + (d >> 3)] |= 1 << (d & 7);
        scales[id] = vectorNorm(row) / Math.sqrt(dimensions);
      }
      return new QuantizedVectors({ quantization, dimensions, codes, scales });
    }
  }
}

/** Below so many dimensions a byte a direction is too much beside the others. */
const DIMENSIONS_FOR_DIRECTIONS = 32;
const DIRECTIONS = 2;

/**
 * row ≈ scale × (codes + Σ code of a direction × direction). Word vectors point to one side: of ours 44 % of the squares lie
 * in one direction and 7 % in the next. What lies there need not take up the range of the codes, so that their steps are
 * smaller by a third.
 */
function quantizeInt8(rows: VectorRows): QuantizedVectors {
  const { size, dimensions } = rows;
  const count = dimensions < DIMENSIONS_FOR_DIRECTIONS ? 0 : DIRECTIONS;
  const axes = count > 0 ? principalAxes(rows).subarray(0, count * dimensions) : new Float64Array(0);
  // So that most rows' codes of directions stay within ±127 by the scale of their rest, whose length is at most 127 × √dimensions scales.
  const step = Math.ceil(Math.sqrt(dimensions));
  const directions = Float32Array.from(axes, (value) => step * value);
  const rowLength = dimensions + count;
  const codes = new Int8Array(size * rowLength);
  const scales = new Float32Array(size);
  const rest = new Float64Array(dimensions);
  for (let id = 0; id < size; id++) {
    const row = rows.row(id);
    const shares = Array.from({ length: count }, (_, i) => {
      let product = 0;
      for (let d = 0; d < dimensions; d++) product += axes[i * dimensions + d] * row[d];
      return product;
    });
    let largest = 0;
    for (let d = 0; d < dimensions; d++) {
      rest[d] = row[d];
      for (let i = 0; i < count; i++) rest[d] -= shares[i] * axes[i * dimensions + d];
      largest = Math.max(largest, Math.abs(rest[d]));
    }
    // A row that lies nearly in a direction has a code for that which is larger than all others.
    for (const share of shares) largest = Math.max(largest, Math.abs(share) / step);
    // Of a few scales, the smallest possible and larger ones, that with the least rounding error: 4 % less on the mean.
    let least = Infinity;
    for (let attempt = 0; attempt < 8 && largest > 0; attempt++) {
      const scale = Math.fround((largest / 127) * (1 + 0.004 * attempt));
      const shareCodes = shares.map((share) => Math.round(share / (scale * step)));
      let error = 0;
      for (let d = 0; d < dimensions; d++) {
        let value = row[d] / scale;
        for (let i = 0; i < count; i++) value -= shareCodes[i] * directions[i * dimensions + d];
        const code = Math.max(-127, Math.min(127, Math.round(value)));
        rest[d] = code;
        error += (scale * (value - code)) ** 2;
      }
      if (error >= least) continue;
      least = error;
      scales[id] = scale;
      codes.set(rest, id * rowLength);
      codes.set(shareCodes, id * rowLength + dimensions);
    }
  }
  return new QuantizedVectors({ quantization: 'int8', dimensions, codes, scales, directions });
}

const CENTROIDS = 256;
const SAMPLE_ROWS = 32 * CENTROIDS;
const ITERATIONS = 8;

function quantizeProduct(rows: VectorRows, parts: number): QuantizedVectors {
  const { size, dimensions } = rows;
  const sampled = Math.min(size, SAMPLE_ROWS);
  const centroids = Math.min(CENTROIDS, sampled);
  const codes = new Uint8Array(size * parts);
  const codebook = new Float32Array(centroids * dimensions);
  const sample = new Float32Array(sampled * dimensions);
  for (let i = 0; i < sampled; i++) sample.set(unitRow(rows, Math.floor((i * size) / sampled)), i * dimensions);
  const columns = Array.from({ length: parts }, (_, part) => {
    const begin = partBegin(part, parts, dimensions);
    const length = partBegin(part + 1, parts, dimensions) - begin;
    const points = new Float32Array(sampled * length);
    for (let i = 0; i < points.length; i++) {
      points[i] = sample[Math.floor(i / length) * dimensions + begin + (i % length)];
    }
    const means = kMeans(points, length, centroids, { iterations: ITERATIONS, random: new Random(1, part) });
    means.forEach((value, i) => (codebook[Math.floor(i / length) * dimensions + begin + (i % length)] = value));
    return { begin, length, means, table: centroidTable(means, length) };
  });
  const scales = new Float32Array(size);
  for (let id = 0; id < size; id++) {
    const unit = unitRow(rows, id);
    let squares = 0;
    columns.forEach(({ begin, length, means, table }, part) => {
      const nearest = nearestCentroid(unit, begin, table);
      codes[id * parts + part] = nearest;
      for (let d = nearest * length; d < (nearest + 1) * length; d++) squares += means[d] * means[d];
    });
    scales[id] = squares > 0 ? vectorNorm(rows.row(id)) / Math.sqrt(squares) : 0;
  }
  return new QuantizedVectors({ quantization: 'product', dimensions, codes, scales, codebook });
}

/** Lengths differ, directions are what neighbors are told by, so these are quantised. */
function unitRow(rows: VectorRows, id: number): Float32Array {
  const row = rows.row(id).slice();
  const norm = vectorNorm(row);
  for (let d = 0; d < row.length; d++) row[d] = norm > 0 ? row[d] / norm : 0;
  return row;
}

/** The first dimension of a part: parts of equal length, as far as it comes out even. */
function partBegin(part: number, parts: number, dimensions: number): number {
  return Math.floor((part * dimensions) / parts);
}

/** The rows of a model's vectors. */
export function vectorRows(vectors: Vectors, dimensions: number): VectorRows {
  if (vectors instanceof Float32Array) return floatRows(vectors, dimensions);
  if (Number.isNaN(Number(vectors?.size)))
    throw new TypeError(`"inputVectors" must be a Float32Array, got ${showValue(vectors)}`);
  return vectors;
}

/** All vectors as floats: themselves, or all of them decoded, which takes their full size. */
export function floatVectors(vectors: Vectors): Float32Array {
  if (vectors instanceof Float32Array) return vectors;
  const { size, dimensions } = vectors;
  const floats = new Float32Array(size * dimensions);
  for (let id = 0; id < size; id++) floats.set(vectors.row(id), id * dimensions);
  return floats;
}
