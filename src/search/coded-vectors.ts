import { mixValues } from '../math/mix-values.ts';
import { mixKeys } from '../math/random.ts';
import { type WholeNumbers, withRoomFor } from '../math/whole-numbers.ts';
import type { CodeIndex } from './code-index.ts';
import type { VectorIndex, VectorRowQuery } from './vector-index.ts';

/** A row whose vector must be known to tell whether it is among the nearest. */
export interface VectorCandidate {
  readonly row: number;
  /** Its score is at most that: cosine similarity, or Euclidean distance with a minus. */
  readonly bound: number;
  /** `fingerprint` of the vector of which its codes were made. */
  readonly print: number;
}

/**
 * Vectors that lie elsewhere, as in a table, by their codes and fingerprints. Rows can be set and deleted at any time; a search tells the
 * few rows whose vectors are to be looked at.
 */
export class CodedVectors {
  readonly #codes: CodeIndex;
  #prints: WholeNumbers = new Uint32Array(0);

  /**
   * @param vectors - whose codes are taken over: it is not to be used any more, and what it holds is freed with it
   * @param rowCount - all of its rows are before this one
   */
  constructor(vectors: VectorIndex, rowCount: number) {
    this.#codes = vectors.codes;
    for (let row = 0; row < rowCount; row++) {
      const vector = vectors.vector(row);
      if (vector) this.#setPrint(row, vector);
    }
    this.#codes.forgetVectors();
  }

  /** Ends its helpers; it can still be searched. */
  close(): void {
    this.#codes.close();
  }

  set(row: number, vector: Float32Array): void {
    this.#setPrint(row, vector);
    this.#codes.set(row, vector);
  }

  delete(row: number): void {
    this.#codes.delete(row);
  }

  /**
   * The rows that may be among the nearest, those that can be nearest first. Of rows with one vector only the first so many as are asked
   * for: texts that are the same, of which there may be thousands, cannot be told apart by their codes.
   */
  candidates(query: VectorRowQuery): VectorCandidate[] {
    if (!this.#codes.canFind(query)) return [];
    const [found] = this.#codes.candidates([query]);
    const candidates = found.map(({ row, bound }) => ({ row, bound, print: this.#prints[row] }));
    return this.#withoutSurplus(candidates, query).sort((a, b) => b.bound - a.bound);
  }

  #setPrint(row: number, vector: Float32Array): void {
    const print = fingerprint(vector);
    this.#prints = withRoomFor(this.#prints, row, print);
    this.#prints[row] = print;
  }

  /** The same vector has the same print, length and bound in each segment. */
  #withoutSurplus(
    candidates: VectorCandidate[],
    { count, compare = (a, b) => a - b }: VectorRowQuery,
  ): VectorCandidate[] {
    if (candidates.length <= count) return candidates;
    const groups = new Map<string, VectorCandidate[]>();
    for (const candidate of candidates) {
      const key = `${candidate.print} ${candidate.bound} ${this.#codes.norm(candidate.row)}`;
      const group = groups.get(key);
      if (group) group.push(candidate);
      else groups.set(key, [candidate]);
    }
    return [...groups.values()].flatMap((group) =>
      group.length <= count ? group : group.sort((a, b) => compare(a.row, b.row)).slice(0, count),
    );
  }
}

/** 32 bits of a vector: that of another one, though it may differ in its last bit only, is hardly ever the same. */
export function fingerprint(vector: Float32Array): number {
  const state = Uint32Array.of(vector.length, 0);
  mixValues(state, vector);
  return mixKeys(...state);
}
