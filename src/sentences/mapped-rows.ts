import type { EmbeddingModel } from '../model/embedding-model.ts';

/** Rows that are kept: 80,000 words at 100 dimensions. Words lie in the order of their frequency, so most texts have no other ones. */
const MOST_BYTES = 32 * 2 ** 20;

/**
 * The vectors of a model's words after a linear map. Each is mapped when it is first asked for: to map all at once would take a second
 * or more for a large model, and to map each text takes longer than all the rest of its encoding.
 */
export class MappedRows {
  /** (kept words × dimensions): row `id` holds its values once `hold(id)` was true. */
  readonly floats: Float32Array;
  readonly #model: EmbeddingModel;
  readonly #map: (row: Float32Array) => Float32Array;
  readonly #isMapped: Uint8Array;

  /**
   * @param map - from a row of the model to `dimensions` numbers
   */
  constructor(model: EmbeddingModel, dimensions: number, map: (row: Float32Array) => Float32Array) {
    const kept = Math.min(model.size, Math.floor(MOST_BYTES / (4 * dimensions)));
    this.floats = new Float32Array(kept * dimensions);
    this.#isMapped = new Uint8Array(kept);
    this.#model = model;
    this.#map = map;
  }

  /** Makes sure that the row lies in `floats`; false for a word whose row is not kept. */
  hold(id: number): boolean {
    if (this.#isMapped[id] === 1) return true;
    if (id >= this.#isMapped.length) return false;
    const row = this.row(id);
    this.floats.set(row, id * row.length);
    this.#isMapped[id] = 1;
    return true;
  }

  /** The mapped row of a word, made anew. */
  row(id: number): Float32Array {
    return this.#map(this.#model.row(id));
  }
}
