import type { Matrices, Word2VecLayout } from '../kernels/word2vec/word2vec.ts';
import type { Subwords } from '../text/subwords.ts';

/** Both matrices of a training, row by row without padding. */
export interface Rows {
  /** (input rows × dimensions): words, and with subwords behind them buckets. */
  readonly inputVectors: Float32Array;
  /** (words × dimensions) */
  readonly outputVectors: Float32Array;
}

/** Both matrices without padding: copies, or where there is no padding the rows in training themselves. */
export function rowsNow({ inputVectors, outputVectors }: Matrices, { dimensions, rowLength }: Word2VecLayout): Rows {
  const copy = (matrix: Float32Array) => {
    if (rowLength === dimensions) return matrix;
    const rows = matrix.length / rowLength;
    const packed = new Float32Array(rows * dimensions);
    for (let row = 0; row < rows; row++) {
      packed.set(matrix.subarray(row * rowLength, row * rowLength + dimensions), row * dimensions);
    }
    return packed;
  };
  return { inputVectors: copy(inputVectors), outputVectors: copy(outputVectors) };
}

/** Puts both matrices to what `rowsNow` gave. */
export function setRows(
  { inputVectors, outputVectors }: Matrices,
  { dimensions, rowLength }: Word2VecLayout,
  rows: Rows,
): void {
  const set = (matrix: Float32Array, packed: Float32Array) => {
    if (rowLength === dimensions) return matrix.set(packed);
    matrix.fill(0); // padding, too
    for (let row = 0; row < matrix.length / rowLength; row++) {
      matrix.set(packed.subarray(row * dimensions, (row + 1) * dimensions), row * rowLength);
    }
  };
  set(inputVectors, rows.inputVectors);
  set(outputVectors, rows.outputVectors);
}

/** Rows that lie in a matrix, each so many values behind the one before. */
export interface StridedRows {
  readonly values: Float32Array;
  readonly rowLength: number;
  /** The first values of each row; what follows is padding. */
  readonly dimensions: number;
}

/** Copies the rows `ids` to `target`, one behind the other; those that lie so already at once. */
export function gatherRows(from: StridedRows, ids: ArrayLike<number>, target: Float32Array): void {
  const { values, rowLength, dimensions } = from;
  for (let i = 0, end = 0; i < ids.length; i = end) {
    end = endOfRun(from, ids, i);
    const begin = ids[i] * rowLength;
    target.set(values.subarray(begin, begin + (end - i) * dimensions), i * dimensions);
  }
}

/** The opposite of `gatherRows`. */
export function scatterRows(source: Float32Array, ids: ArrayLike<number>, to: StridedRows): void {
  const { values, rowLength, dimensions } = to;
  for (let i = 0, end = 0; i < ids.length; i = end) {
    end = endOfRun(to, ids, i);
    values.set(source.subarray(i * dimensions, end * dimensions), ids[i] * rowLength);
  }
}

/** Behind the last of the rows that lie one behind the other without padding, from `ids[begin]` on. */
function endOfRun({ rowLength, dimensions }: StridedRows, ids: ArrayLike<number>, begin: number): number {
  let end = begin + 1;
  if (rowLength === dimensions) while (end < ids.length && ids[end] === ids[end - 1] + 1) end++;
  return end;
}

/** Both matrices, their rows moved together in place: no second copy of a matrix that may take gigabytes. */
export function packRows({ inputVectors, outputVectors }: Matrices, { dimensions, rowLength }: Word2VecLayout): Rows {
  const pack = (matrix: Float32Array) => {
    const rows = matrix.length / rowLength;
    for (let row = 1; rowLength !== dimensions && row < rows; row++) {
      matrix.copyWithin(row * dimensions, row * rowLength, row * rowLength + dimensions);
    }
    return matrix.subarray(0, rows * dimensions);
  };
  return { inputVectors: pack(inputVectors), outputVectors: pack(outputVectors) };
}

/** Makes of each word's own row, in place, the mean of all its rows: the word's vector. */
export function composeWords(inputVectors: Float32Array, dimensions: number, { offsets, rows }: Subwords): void {
  const mean = new Float64Array(dimensions);
  for (let word = 0; word < offsets.length - 1; word++) {
    mean.fill(0);
    for (let i = offsets[word]; i < offsets[word + 1]; i++) {
      for (let d = 0, at = rows[i] * dimensions; d < dimensions; d++, at++) mean[d] += inputVectors[at];
    }
    const share = 1 / (offsets[word + 1] - offsets[word]);
    for (let d = 0; d < dimensions; d++) inputVectors[word * dimensions + d] = mean[d] * share;
  }
}

/** Whether all values are numbers, of the input vectors alone where these are given alone: a loss can be one while some vectors are none. */
export function areFinite({
  inputVectors,
  outputVectors = inputVectors,
}: Pick<Rows, 'inputVectors'> & Partial<Rows>): boolean {
  let sum = 0;
  for (const matrix of [inputVectors, outputVectors]) for (let i = 0; i < matrix.length; i++) sum += 0 * matrix[i];
  return sum === 0;
}
