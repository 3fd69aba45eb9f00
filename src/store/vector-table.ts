import { euclideanDistance, vectorNorm } from '../math/vector-operations.ts';
import { ExactIndex } from '../search/exact-index.ts';
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
    const exclude = new Set<number>();
    if (where) {
      const matches = compileFilter(where);
      rows.forEach(({ metadata }, row) => !matches(metadata) && exclude.add(row));
    }
    if (metric === 'cosine') {
      for (let row = 0; row < norms.length; row++) if (norms[row] === 0) exclude.add(row); // no direction
      return index
        .search(vector, { count, exclude })
        .map(({ row, similarity }) => ({ id: rows[row].id, value: similarity }));
    }
    // |x − q|² = |x|² + |q|² − 2 |x| |q| cos; the few that win are measured anew.
    const similarities = index.similarities(vector);
    const squares = Float64Array.from(norms, (length, row) => length * (length - 2 * norm * similarities[row]));
    const best: number[] = []; // rows, nearest first
    for (let row = 0; row < squares.length; row++) {
      if (exclude.has(row) || (best.length === count && squares[row] >= squares[best.at(-1)!])) continue;
      let at = best.length;
      while (at > 0 && squares[best[at - 1]] > squares[row]) at--;
      best.splice(at, 0, row);
      if (best.length > count) best.pop();
    }
    return best
      .map((row) => ({ id: rows[row].id, value: euclideanDistance(rows[row].vector!, vector) }))
      .sort((a, b) => a.value - b.value);
  }

  #prepare(dimensions: number) {
    if (this.#scan) return this.#scan;
    const rows = [...this.#entries.values()].filter(({ vector }) => vector !== undefined);
    const flat = new Float32Array(rows.length * dimensions);
    rows.forEach(({ vector }, row) => flat.set(vector!, row * dimensions));
    const norms = Float64Array.from(rows, ({ vector }) => vectorNorm(vector!));
    this.#scan = { rows, norms, index: new ExactIndex(flat, dimensions) };
    return this.#scan;
  }
}
