import type { ModelContents, SubwordVectors } from './embedding-model.ts';
import { QuantizedVectors, type Vectors } from './quantized-vectors.ts';

/**
 * Some words of a model, in the order of `ids`; all that it has for each word goes with it. Context vectors of a Huffman tree,
 * which are no words', are left out.
 */
export function selectWords<V extends Vectors>(contents: ModelContents<V>, ids: Uint32Array): ModelContents<V> {
  const { words, dimensions, inputVectors, outputVectors, counts, sentences, training } = contents;
  const { weights } = sentences ?? {};
  const isTree = (training?.options as { loss?: unknown } | undefined)?.loss === 'hierarchical-softmax';
  return {
    ...contents,
    words: Array.from(ids, (id) => words[id]),
    inputVectors: selectRows(inputVectors, dimensions, ids),
    outputVectors: outputVectors && !isTree ? selectValues(outputVectors, dimensions, ids) : undefined,
    counts: counts && selectValues(counts, 1, ids),
    sentences: sentences && { ...sentences, weights: weights && selectValues(weights, 1, ids) },
  };
}

/** Some of the n-grams of a model. */
export function selectNgrams<V extends Vectors>(
  { options, buckets, vectors }: SubwordVectors<V>,
  rows: Uint32Array,
  dimensions: number,
): SubwordVectors<V> {
  return { options, buckets: selectValues(buckets, 1, rows), vectors: selectRows(vectors, dimensions, rows) };
}

function selectRows<V extends Vectors>(vectors: V, dimensions: number, ids: Uint32Array): V {
  if (!(vectors instanceof QuantizedVectors)) return selectValues(vectors as Float32Array, dimensions, ids) as V;
  const { rowLength, codes, scales } = vectors;
  return new QuantizedVectors({
    ...vectors,
    codes: selectValues(codes, rowLength, ids),
    scales: scales && selectValues(scales, 1, ids),
  }) as Vectors as V;
}

interface Values {
  readonly length: number;
  slice(begin: number, end: number): this;
  subarray(begin: number, end: number): this;
  set(values: this, offset: number): void;
}

/** Some rows of a matrix, as a copy. */
function selectValues<T extends Values>(values: T, width: number, ids: Uint32Array): T {
  const selected = values.slice(0, ids.length * width);
  ids.forEach((id, row) => {
    selected.set(values.subarray(id * width, (id + 1) * width), row * width);
  });
  return selected;
}
