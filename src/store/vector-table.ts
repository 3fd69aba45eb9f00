import { euclideanDistance, vectorNorm } from '../math/vector-operations.ts';
import { BestRows } from '../search/best-rows.ts';
import { ExactIndex } from '../search/exact-index.ts';
import { compareUtf8 } from '../text/utf8.ts';
import { checkQuestion } from './check-texts.ts';
import { compileFilter } from './filter.ts';
import type { Metadata } from './metadata.ts';
import type { VectorHit, VectorQuery } from './text-store.ts';

/** A text without its text. */
export interface Entry {
  readonly id: string;
  readonly vector: Float32Array | undefined;
  readonly metadata: Metadata;
}

/** Vectors in memory, searched by comparing each: the answer is exact. */
export class VectorTable {
  readonly #entries = new Map<string, Entry>();
  #scan: { rows: Entry[]; norms: Float64Array; index: ExactIndex } | undefined;

  set(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    this.#scan = undefined;
  }

  delete(id: string): boolean {
    this.#scan = undefined;
    return this.#entries.delete(id);
  }

  get size(): number {
    return this.#entries.size;
  }

  values(): Iterable<Entry> {
    return this.#entries.values();
  }

  search({ vector, metric, count, where }: VectorQuery): VectorHit[] {
    checkQuestion({ count, where });
    const norm = vectorNorm(vector);
    const { rows, norms, index } = this.#prepare(vector.length);
    if (rows.length === 0 || (metric === 'cosine' && norm === 0)) return [];
    const excluded = new Uint8Array(rows.length);
    if (where) {
      const matches = compileFilter(where);
      for (let row = 0; row < excluded.length; row++) excluded[row] = matches(rows[row].metadata) ? 0 : 1;
    }
    if (metric === 'cosine') {
      for (let row = 0; row < norms.length; row++) if (norms[row] === 0) excluded[row] = 1; // no direction
      return index
        .search(vector, { count, exclude: { has: (row) => excluded[row] === 1 } })
        .map(({ row, similarity }) => ({ id: rows[row].id, value: similarity }));
    }
    return this.#nearestByDistance(vector, norm, count, excluded);
  }

  /** |x − q|² = |x|² + |q|² − 2 |x| |q| cos, whose rounding error is bounded; those that may be among the nearest are measured anew. */
  #nearestByDistance(vector: Float32Array, norm: number, count: number, excluded: Uint8Array): VectorHit[] {
    const { rows, norms, index } = this.#prepare(vector.length);
    const similarities = index.similarities(vector);
    const squareOf = (row: number) => norms[row] * (norms[row] - 2 * norm * similarities[row]);
    const errorOf = (row: number) => norms[row] * norm * vector.length * 2 ** -22;
    const best = new BestRows(count);
    for (let row = 0; row < excluded.length; row++)
      if (excluded[row] === 0) best.add(row, -squareOf(row) - errorOf(row));
    const farthest = -best.threshold;
    const hits: (VectorHit & { row: number })[] = [];
    for (let row = 0; row < excluded.length; row++)
      if (excluded[row] === 0 && squareOf(row) - errorOf(row) <= farthest)
        hits.push({ row, id: rows[row].id, value: euclideanDistance(rows[row].vector!, vector) });
    return hits
      .sort((a, b) => a.value - b.value || a.row - b.row)
      .slice(0, count)
      .map(({ id, value }) => ({ id, value }));
  }

  #prepare(dimensions: number) {
    if (this.#scan) return this.#scan;
    const rows = [...this.#entries.values()].filter(({ vector }) => vector !== undefined);
    rows.sort((a, b) => compareUtf8(a.id, b.id)); // so that equal values are in the order of the ids, as in SQL
    const flat = new Float32Array(rows.length * dimensions);
    rows.forEach(({ vector }, row) => flat.set(vector!, row * dimensions));
    const norms = Float64Array.from(rows, ({ vector }) => vectorNorm(vector!));
    this.#scan = { rows, norms, index: new ExactIndex(flat, dimensions) };
    return this.#scan;
  }
}
