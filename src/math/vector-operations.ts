/** a · b in float64; both of one length. */
export function dotProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** √(a · a) */
export function vectorNorm(a: ArrayLike<number>): number {
  return Math.sqrt(dotProduct(a, a));
}

/**
 * Cosine of the angle between two vectors, −1 to 1. 0 if one of them is all zeros, never NaN.
 *
 * @throws RangeError if the lengths differ, or a number is NaN or infinite
 */
export function cosineSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkLengths(a, b);
  const norms = vectorNorm(a) * vectorNorm(b);
  if (!(norms < Infinity)) throw notFinite();
  return norms === 0 ? 0 : Math.max(-1, Math.min(1, dotProduct(a, b) / norms));
}

/**
 * Length of a − b, 0 or more.
 *
 * @throws RangeError if the lengths differ, or a number is NaN or infinite
 */
export function euclideanDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkLengths(a, b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  if (!(sum < Infinity)) throw notFinite();
  return Math.sqrt(sum);
}

/** A copy of length 1, float64 inside; all zeros stay all zeros. */
export function normalized(a: ArrayLike<number>): Float32Array {
  const norm = vectorNorm(a);
  const result = new Float32Array(a.length);
  if (norm !== 0) for (let i = 0; i < a.length; i++) result[i] = a[i] / norm;
  return result;
}

/** Whether all are numbers: null and texts would be taken for some, and a bigint fails where it is used. */
export function areNumbers(values: ArrayLike<unknown>): boolean {
  if (ArrayBuffer.isView(values)) return typeof values[0] !== 'bigint';
  for (let i = 0; i < values.length; i++) if (typeof values[i] !== 'number') return false; // holes, too
  return true;
}

function notFinite(): RangeError {
  return new RangeError('Cannot compare two vectors: they hold NaN, infinity or what is no number');
}

function checkLengths(a: ArrayLike<number>, b: ArrayLike<number>): void {
  for (const vector of [a, b]) {
    if (typeof vector !== 'object' || typeof vector?.length !== 'number' || !areNumbers(vector))
      throw new TypeError(`Cannot compare two vectors: give arrays of numbers, got ${typeof vector}`);
  }
  if (a.length !== b.length) {
    throw new RangeError(`Cannot compare two vectors: their lengths must be equal, got ${a.length} and ${b.length}`);
  }
}
