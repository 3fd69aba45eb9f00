import { QUANTIZATIONS, type Quantization, QuantizedVectors, type Vectors } from '../quantized-vectors.ts';
import { parseJson } from './read-json.ts';
import type { SafetensorsFile } from './safetensors.ts';
import { CODE_TYPES } from './wordkin-layout.ts';

/** A file of ours, with what the readers of its parts need to know. */
export class StoredModel {
  readonly file: SafetensorsFile;
  /** Words in the file, and how many of them are read. */
  readonly storedWordCount: number;
  readonly wordCount: number;
  readonly dimensions: number;
  readonly #quantization: Record<string, unknown>;

  constructor(file: SafetensorsFile, storedWordCount: number, width: number, wordCount: number) {
    this.file = file;
    this.storedWordCount = storedWordCount;
    this.wordCount = wordCount;
    this.#quantization = this.json<Record<string, unknown>>('quantization') ?? {};
    const { input_vectors: kind, dimensions } = this.#quantization;
    this.dimensions = kind === undefined ? width : Number(dimensions);
    if (!(Number.isSafeInteger(this.dimensions) && this.dimensions > 0))
      file.fail(`its vectors must have 1 dimension or more, got ${String(dimensions).slice(0, 60)}`);
  }

  /** A value of the metadata that is JSON. */
  json<T>(name: string): T | undefined {
    const text = this.file.metadata[name];
    return text === undefined
      ? undefined
      : (parseJson<T>(text) ?? this.file.fail(`its metadata "${name}" are not JSON`));
  }

  /**
   * Vectors, as floats or as fewer bits.
   *
   * @param look - is told, while floats are read, how many of the values are there
   */
  async vectors(
    name: string,
    rows: number,
    kept = rows,
    look?: (values: Float32Array, there: number) => void,
  ): Promise<Vectors> {
    const { dimensions } = this;
    const { fail, info, tensor } = this.file;
    const kind = this.#quantization[name] as Quantization | undefined;
    if (kind === undefined) return tensor(name, 'F32', [rows, dimensions], Float32Array, kept, look);
    if (!QUANTIZATIONS.includes(kind)) fail(`tensor "${name}" is quantised as ${JSON.stringify(kind).slice(0, 60)}`);
    const [dtype, type] = CODE_TYPES[kind];
    const shapeOf = (name: string) => info(name)?.shape ?? [];
    const rows2D = (name: string) => tensor(name, 'F32', [shapeOf(name)[0], dimensions], Float32Array);
    const directions = kind === 'int8' ? await rows2D(`${name}_directions`) : undefined;
    const codebook = kind === 'product' ? await rows2D(`${name}_codebook`) : undefined;
    const scales = kind === 'float16' ? undefined : await tensor(`${name}_scales`, 'F32', [rows], Float32Array, kept);
    const codes = await tensor<Uint16Array | Int8Array | Uint8Array>(name, dtype, [rows, shapeOf(name)[1]], type, kept);
    try {
      return new QuantizedVectors({ quantization: kind, dimensions, codes, scales, directions, codebook });
    } catch (error) {
      return fail(`tensor "${name}": ${(error as Error).message}`);
    }
  }
}
