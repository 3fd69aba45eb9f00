import type { SentenceSettings } from './sentence-settings.ts';

/** What of the settings is a linear map of the mean. */
type LinearSettings = Pick<SentenceSettings, 'components' | 'componentShares' | 'projection'>;

/**
 * Takes the components out of a mean of word vectors, and maps the rest, each if the settings say so. Both are linear: the mapped mean is
 * the mean of mapped vectors.
 *
 * @param mean - as many numbers as the model has dimensions
 */
export function mapSentence(mean: ArrayLike<number>, settings: LinearSettings): Float32Array {
  const { components, componentShares, projection } = settings;
  const n = mean.length;
  if (!components && !projection) {
    const vector = new Float32Array(n);
    for (let d = 0; d < n; d++) vector[d] = mean[d]; // faster by far than a conversion of the whole
    return vector;
  }
  const rest = new Float64Array(mean);
  if (components) {
    for (let c = 0; c * n < components.length; c++) {
      let product = 0;
      for (let d = 0; d < n; d++) product += components[c * n + d] * rest[d];
      product *= componentShares ? componentShares[c] : 1;
      for (let d = 0; d < n; d++) rest[d] -= product * components[c * n + d];
    }
  }
  return projection ? mapped(rest, projection) : new Float32Array(rest);
}

/** (rows × n) · vector, four rows at a time: one sum alone would wait for each addition. */
function mapped(vector: Float64Array, rows: Float32Array): Float32Array {
  const n = vector.length;
  const result = new Float32Array(rows.length / n);
  let row = 0;
  for (; row + 4 <= result.length; row += 4) {
    const [a, b, c, e] = [row * n, (row + 1) * n, (row + 2) * n, (row + 3) * n];
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (let d = 0; d < n; d++) {
      const x = vector[d];
      first += rows[a + d] * x;
      second += rows[b + d] * x;
      third += rows[c + d] * x;
      fourth += rows[e + d] * x;
    }
    result[row] = first;
    result[row + 1] = second;
    result[row + 2] = third;
    result[row + 3] = fourth;
  }
  for (; row < result.length; row++) {
    let sum = 0;
    for (let d = 0; d < n; d++) sum += rows[row * n + d] * vector[d];
    result[row] = sum;
  }
  return result;
}
