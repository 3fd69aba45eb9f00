import { createDotProducts, type DotProducts } from '../kernels/dot-products.ts';
import { normalized } from '../math/vector-operations.ts';

export interface SearchHit {
  /** Row of the index. */
  readonly row: number;
  /** Cosine similarity, −1 to 1. */
  readonly similarity: number;
}

export interface SearchOptions {
  /** Most hits wanted; 10 if absent. */
  readonly count?: number;
  /** Rows that are no hits. */
  readonly exclude?: ReadonlySet<number>;
  /** Only rows 0 … limit − 1. */
  readonly limit?: number;
}

const SEGMENT_BYTES = 2 ** 30;
const MAXIMUM_QUERIES = 16;

/**
 * Nearest rows by cosine similarity: every row is compared, so the answer is exact. Rows are kept at length 1
 * in WebAssembly memory, in segments of 1 GiB.
 */
export class ExactIndex {
  readonly size: number;
  readonly dimensions: number;
  readonly #segments: { begin: number; rowCount: number; products: DotProducts }[] = [];

  /** @param vectors - (rows × dimensions), copied */
  constructor(vectors: Float32Array, dimensions: number) {
    this.size = vectors.length / dimensions;
    this.dimensions = dimensions;
    const rowsPerSegment = Math.max(4, Math.floor(SEGMENT_BYTES / (4 * dimensions + 4 * MAXIMUM_QUERIES)) & ~3);
    for (let begin = 0; begin < this.size; begin += rowsPerSegment) {
      const rowCount = Math.min(rowsPerSegment, this.size - begin);
      const products = createDotProducts({ rowCount, dimensions, maximumQueries: MAXIMUM_QUERIES });
      for (let row = 0; row < rowCount; row++) {
        const start = (begin + row) * dimensions;
        const target = row * products.rowLength;
        let sum = 0;
        for (let d = 0; d < dimensions; d++) sum += vectors[start + d] ** 2;
        const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
        for (let d = 0; d < dimensions; d++) products.rows[target + d] = vectors[start + d] * scale;
      }
      this.#segments.push({ begin, rowCount, products });
    }
  }

  /** The nearest rows to one query, best first; equal similarities in row order. */
  search(query: ArrayLike<number>, options: SearchOptions = {}): SearchHit[] {
    return this.searchMany([query], [options])[0];
  }

  /** As `search`, for many queries; up to 16 of them share one pass over the memory. */
  searchMany(queries: readonly ArrayLike<number>[], options: readonly SearchOptions[]): SearchHit[][] {
    return queries.flatMap((_, first) =>
      first % MAXIMUM_QUERIES === 0
        ? this.#searchBatch(queries.slice(first, first + MAXIMUM_QUERIES), options.slice(first))
        : [],
    );
  }

  /** Cosine similarity of every row with one query, in row order. */
  similarities(query: ArrayLike<number>): Float32Array {
    const result = new Float32Array(this.size);
    const flat = this.#normalizedQueries([query]);
    for (const { begin, rowCount, products } of this.#segments) {
      result.set(products.multiply(flat, rowCount).products.subarray(0, rowCount), begin);
    }
    return result;
  }

  #normalizedQueries(queries: readonly ArrayLike<number>[]): Float32Array {
    const flat = new Float32Array(queries.length * this.dimensions);
    queries.forEach((query, i) => {
      if (query.length !== this.dimensions) {
        throw new RangeError(`Cannot search: the query must have ${this.dimensions} dimensions, got ${query.length}`);
      }
      flat.set(normalized(query), i * this.dimensions);
    });
    return flat;
  }

  #searchBatch(queries: readonly ArrayLike<number>[], options: readonly SearchOptions[]): SearchHit[][] {
    const flat = this.#normalizedQueries(queries);
    const best = queries.map((_, i) => new BestHits(options[i]?.count ?? 10));
    const limit = Math.max(0, ...queries.map((_, i) => options[i]?.limit ?? Infinity));
    for (const { begin, rowCount, products } of this.#segments) {
      const rows = Math.min(rowCount, limit - begin);
      if (rows <= 0) break;
      const { products: values, stride } = products.multiply(flat, rows);
      for (let i = 0; i < queries.length; i++) {
        const { exclude, limit: ownLimit = Infinity } = options[i] ?? {};
        best[i].addAll(values, i * stride, Math.min(rows, ownLimit - begin), begin, exclude);
      }
    }
    return best.map((hits) => hits.sorted());
  }
}

/** Keeps the best of a stream in a heap with the worst of them on top. */
class BestHits {
  readonly #count: number;
  readonly #heap: SearchHit[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  addAll(values: Float32Array, from: number, length: number, firstRow: number, exclude?: ReadonlySet<number>): void {
    if (this.#count === 0) return;
    let threshold = this.#threshold();
    for (let i = 0; i < length; i++) {
      // Most rows end here, so this is the whole cost of the scan beside the products.
      if (!(values[from + i] > threshold)) continue;
      if (exclude?.has(firstRow + i)) continue;
      this.#add({ row: firstRow + i, similarity: Math.max(-1, Math.min(1, values[from + i])) });
      threshold = this.#threshold();
    }
  }

  sorted(): SearchHit[] {
    return this.#heap.sort((a, b) => b.similarity - a.similarity || a.row - b.row);
  }

  #threshold(): number {
    return this.#heap.length < this.#count ? -Infinity : this.#heap[0].similarity;
  }

  #add(hit: SearchHit): void {
    const heap = this.#heap;
    const worse = (a: SearchHit, b: SearchHit) =>
      a.similarity < b.similarity || (a.similarity === b.similarity && a.row > b.row);
    let at = 0;
    if (heap.length < this.#count) {
      at = heap.length;
      for (let parent = (at - 1) >> 1; at > 0 && worse(hit, heap[parent]); parent = (at - 1) >> 1) {
        heap[at] = heap[parent];
        at = parent;
      }
    } else {
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && worse(heap[child + 1], heap[child])) child++;
        if (!worse(heap[child], hit)) break;
        heap[at] = heap[child];
        at = child;
      }
    }
    heap[at] = hit;
  }
}
