import { normalized } from '../math/vector-operations.ts';
import { BestRows } from './best-rows.ts';
import { CodeIndex, type RowQuery } from './code-index.ts';
import { MAXIMUM_QUERIES } from './exact-index.ts';
import { METRIC_TRAITS } from './metrics.ts';

/** A row that is near. */
export interface VectorRowHit {
  readonly row: number;
  /** Cosine similarity, or Euclidean distance. */
  readonly value: number;
}

/** A search among the rows of a `VectorIndex`. */
export interface VectorRowQuery extends RowQuery {
  /** Order of rows of the same value; that of their numbers if omitted. */
  readonly compare?: ((a: number, b: number) => number) | undefined;
}

/** Binary logarithm of the rows that lie in one array. */
const ROW_BITS = 10;
const ROWS_MASK = (1 << ROW_BITS) - 1;

/**
 * Vectors in memory that are searched by comparing each, exactly, as by `ExactIndex`, but that rows can be set and deleted at any time: a
 * `CodeIndex` tells which rows may be among the nearest, and these are compared as they are.
 */
export class VectorIndex {
  readonly dimensions: number;
  /** What the vectors are found by. */
  readonly codes: CodeIndex;
  readonly #vectors: Float32Array[] = [];

  /** @param helperCount - threads that scan with the one that asks, once there are enough rows; if omitted, as many as serve this machine */
  constructor(dimensions: number, helperCount?: number) {
    this.dimensions = dimensions;
    this.codes = new CodeIndex(dimensions, { helperCount, vectorOf: (row) => this.vector(row) });
  }

  /** Ends its helpers; it can still be searched. */
  close(): void {
    this.codes.close();
  }

  /** @param vector - copied */
  set(row: number, vector: Float32Array): void {
    while (this.#vectors.length <= row >>> ROW_BITS) this.#vectors.push(new Float32Array(this.dimensions << ROW_BITS));
    this.#place(row).set(vector);
    this.codes.set(row, vector);
  }

  delete(row: number): void {
    this.codes.delete(row);
  }

  has(row: number): boolean {
    return !Number.isNaN(this.codes.norm(row));
  }

  /** A view; only to be read. */
  vector(row: number): Float32Array | undefined {
    return this.has(row) ? this.#place(row) : undefined;
  }

  /** The nearest rows, best first. A vector of zeros has no direction: by cosine it finds nothing and is not found. */
  search(query: VectorRowQuery): VectorRowHit[] {
    return this.searchMany([query])[0];
  }

  /** As `search`, for many: up to 16 of them share one pass over the memory. */
  searchMany(queries: readonly VectorRowQuery[]): VectorRowHit[][] {
    const answers: VectorRowHit[][] = queries.map(() => []);
    const waiting: number[] = [];
    queries.forEach((query, i) => {
      if (!this.codes.canFind(query)) return;
      if (this.codes.isForFew(query)) answers[i] = this.#measure(query, query.rows!.rows());
      else waiting.push(i);
    });
    for (let first = 0; first < waiting.length; first += MAXIMUM_QUERIES) {
      const batch = waiting.slice(first, first + MAXIMUM_QUERIES);
      this.codes.candidates(batch.map((i) => queries[i])).forEach((candidates, i) => {
        answers[batch[i]] = this.#measure(
          queries[batch[i]],
          candidates.map(({ row }) => row),
        );
      });
    }
    return answers;
  }

  #place(row: number): Float32Array {
    const begin = (row & ROWS_MASK) * this.dimensions;
    return this.#vectors[row >>> ROW_BITS].subarray(begin, begin + this.dimensions);
  }

  /** The best of some rows, by their vectors as they are. */
  #measure({ vector, metric, count, compare }: VectorRowQuery, rows: Iterable<number>): VectorRowHit[] {
    const unit = normalized(vector);
    const best = new BestRows(count, compare);
    const { nearerIsLarger, needsDirection, measure } = METRIC_TRAITS[metric];
    const sign = nearerIsLarger ? 1 : -1;
    for (const row of rows) {
      const norm = this.codes.norm(row);
      if (norm > 0 || (norm === 0 && !needsDirection)) best.add(row, sign * measure(this.#place(row), vector, unit));
    }
    return best.sorted().map(({ row, score }) => ({ row, value: sign * score + 0 })); // no −0
  }
}
