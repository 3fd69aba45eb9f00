import { euclideanDistance, normalized, vectorNorm } from '../math/vector-operations.ts';
import { BestRows } from '../search/best-rows.ts';
import { cosineWithUnit, ExactIndex } from '../search/exact-index.ts';
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

interface Scan {
  /** Those with a vector when it was made, by the bytes of their ids: equal values come in that order, as in SQL. */
  readonly rows: readonly Entry[];
  readonly norms: Float64Array;
  readonly index: ExactIndex;
}

/** The scan is made anew when more than this, and than a sixteenth of its rows, have changed. */
const MOST_CHANGED = 256;

/** Vectors in memory, searched by comparing each: the answer is exact. What has changed lately is compared beside the scan. */
export class VectorTable {
  readonly #entries = new Map<string, Entry>();
  #scan: Scan | undefined;
  /** Ids that were set or deleted since the scan was made. */
  readonly #changed = new Set<string>();

  set(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    if (this.#scan) this.#changed.add(entry.id);
  }

  delete(id: string): boolean {
    if (!this.#entries.delete(id)) return false;
    if (this.#scan) this.#changed.add(id);
    return true;
  }

  get size(): number {
    return this.#entries.size;
  }

  values(): Iterable<Entry> {
    return this.#entries.values();
  }

  search({ vector, metric, count, where }: VectorQuery): VectorHit[] {
    checkQuestion({ count, where });
    if (metric === 'cosine' && vectorNorm(vector) === 0) return [];
    const matches = where && compileFilter(where);
    const scan = this.#prepare(vector.length);
    const excluded = new Uint8Array(scan.rows.length);
    if (matches)
      for (let row = 0; row < excluded.length; row++) if (!matches(scan.rows[row].metadata)) excluded[row] = 1;
    const changed: Entry[] = [];
    for (const id of this.#changed) {
      const row = rowOf(scan.rows, id);
      if (row !== undefined) excluded[row] = 1;
      const entry = this.#entries.get(id);
      if (entry?.vector && (!matches || matches(entry.metadata))) changed.push(entry);
    }
    const hits =
      metric === 'cosine'
        ? nearestByCosine(scan, changed, vector, count, excluded)
        : nearestByDistance(scan, changed, vector, count, excluded);
    const sign = metric === 'cosine' ? -1 : 1;
    // The hits of the scan are in order already; sorting keeps the order of equal ones.
    return hits
      .sort((a, b) => sign * (a.value - b.value) || (changed.length > 0 ? compareUtf8(a.id, b.id) : 0))
      .slice(0, count);
  }

  #prepare(dimensions: number): Scan {
    if (this.#scan && this.#changed.size <= Math.max(MOST_CHANGED, this.#scan.rows.length / 16)) return this.#scan;
    const rows = [...this.#entries.values()].filter(({ vector }) => vector !== undefined);
    rows.sort((a, b) => compareUtf8(a.id, b.id));
    const flat = new Float32Array(rows.length * dimensions);
    rows.forEach(({ vector }, row) => flat.set(vector!, row * dimensions));
    const norms = Float64Array.from(rows, ({ vector }) => vectorNorm(vector!));
    this.#changed.clear();
    this.#scan = { rows, norms, index: new ExactIndex(flat, dimensions) };
    return this.#scan;
  }
}

type Nearest = (
  scan: Scan,
  changed: readonly Entry[],
  vector: Float32Array,
  count: number,
  excluded: Uint8Array,
) => VectorHit[];

/** A vector of zeros has no direction, and is no hit. */
const nearestByCosine: Nearest = ({ rows, norms, index }, changed, vector, count, excluded) => {
  const exclude = { has: (row: number) => excluded[row] === 1 || norms[row] === 0 };
  const hits: VectorHit[] =
    rows.length === 0
      ? []
      : index
          .search(vector, { count, exclude })
          .map(({ row, similarity }) => ({ id: rows[row].id, value: similarity }));
  const unit = normalized(vector);
  for (const { id, vector: own } of changed)
    if (vectorNorm(own!) > 0) hits.push({ id, value: cosineWithUnit(own!, unit) });
  return hits;
};

/** |x − q|² = |x|² + |q|² − 2 |x| |q| cos, whose rounding error is bounded; those that may be among the nearest are measured anew. */
const nearestByDistance: Nearest = ({ rows, norms, index }, changed, vector, count, excluded) => {
  const norm = vectorNorm(vector);
  const similarities = index.similarities(vector);
  const squareOf = (row: number) => norms[row] * (norms[row] - 2 * norm * similarities[row]);
  const errorOf = (row: number) => norms[row] * norm * vector.length * 2 ** -22;
  const best = new BestRows(count);
  for (let row = 0; row < excluded.length; row++) if (excluded[row] === 0) best.add(row, -squareOf(row) - errorOf(row));
  const farthest = -best.threshold;
  const hits: VectorHit[] = [];
  for (let row = 0; row < excluded.length; row++)
    if (excluded[row] === 0 && squareOf(row) - errorOf(row) <= farthest)
      hits.push({ id: rows[row].id, value: euclideanDistance(rows[row].vector!, vector) });
  for (const { id, vector: own } of changed) hits.push({ id, value: euclideanDistance(own!, vector) });
  return hits;
};

/** Place of an id in rows that are in the order of their ids. */
function rowOf(rows: readonly Entry[], id: string): number | undefined {
  let [begin, end] = [0, rows.length];
  while (begin < end) {
    const middle = (begin + end) >> 1;
    if (compareUtf8(rows[middle].id, id) < 0) begin = middle + 1;
    else end = middle;
  }
  return rows[begin]?.id === id ? begin : undefined;
}
