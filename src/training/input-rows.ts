import { matricesInside } from '../kernels/word2vec/word2vec-memory.ts';
import type { TrainTask } from './train-messages.ts';

/** The word vectors of a training while it rests: a row of the input matrix, with subwords the mean of the word's rows. */
export class InputRows {
  readonly #layout: TrainTask['layout'];
  readonly #rows: Float32Array;
  readonly #offsets: Uint32Array | undefined;
  readonly #subwordRows: Uint32Array | undefined;

  constructor({ layout, memory, outside }: TrainTask) {
    const { subwordSteps, wordCount } = layout;
    this.#layout = layout;
    this.#rows = (outside ?? matricesInside(memory, layout)).inputVectors;
    if (subwordSteps === 0) return;
    this.#offsets = new Uint32Array(memory.buffer, layout.subwordOffsets, wordCount + 1);
    this.#subwordRows = new Uint32Array(memory.buffer, layout.subwordRows, subwordSteps);
  }

  /** Adds `scale` times the vector of a word to `sum`. */
  addTo(sum: Float64Array, word: number, scale: number): void {
    if (!this.#offsets || !this.#subwordRows) {
      this.#addRow(sum, word, scale);
      return;
    }
    const rows = this.#subwordRows.subarray(this.#offsets[word], this.#offsets[word + 1]);
    for (const row of rows) this.#addRow(sum, row, scale / rows.length);
  }

  #addRow(sum: Float64Array, row: number, scale: number): void {
    const { dimensions, rowLength } = this.#layout;
    for (let d = 0, at = row * rowLength; d < dimensions; d++, at++) sum[d] += scale * this.#rows[at];
  }
}
