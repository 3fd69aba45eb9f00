// What Node and pages do each in their own way: declared here once, written in node/ and browser/.
import type { EmbeddingModel } from '../model/embedding-model.ts';
import type { ReadOptions } from '../model/formats/model-file.ts';
import type { ModelFormat } from '../model/formats/writable-formats.ts';

/** How a model is loaded. */
export interface LoadOptions extends ReadOptions {
  /** Of an array (.npy): the word of each row; the file of words beside it if omitted. */
  readonly words?: readonly string[] | undefined;
  /**
   * Of a compressed file: the most bytes that it may unpack to (in Node into a temporary file); 32 times the file and 1 GiB
   * at least if omitted.
   */
  readonly maximumUnpackedBytes?: number | undefined;
  /** Gives up what is being read, also while a server is waited for. */
  readonly signal?: AbortSignal | undefined;
}

/** How a model is converted. */
export interface ConvertOptions extends LoadOptions {
  /** By the name of the output if omitted. */
  readonly format?: ModelFormat | undefined;
}

/** What became of a model that was converted. */
export interface Conversion {
  /** Words of the model. */
  readonly words: number;
  /** Length of a vector. */
  readonly dimensions: number;
  /** Format of the output. */
  readonly format: ModelFormat;
  /** What the format cannot hold, in words. */
  readonly lost: readonly string[];
  /** What was noticed when the input was read. */
  readonly warnings: readonly string[];
  /** Words that came back from the output with a vector. */
  readonly comparedRows: number;
  /** Rows that came back equal to the last bit. */
  readonly equalRows: number;
  /** Largest difference of a value that was written and the one that came back. */
  readonly largestError: number;
  /** SHA-256 of the words and their vectors as they were to be written. */
  readonly hash: string;
  /** The same as they came back. */
  readonly hashRead: string;
}

/**
 * Loads a model of any format that is known (docs/file-formats.md), told by content, not by name; it may be compressed
 * (.gz, .zst).
 *
 * @param place - the URL of a file, of which only what is needed is fetched where the server allows it, or of a folder (it ends
 * with a slash); a `Blob` or `File`; the `File`s of a folder that the user picked; in Node also the path of a file or folder
 * @throws Error or ModelFormatError with the file's name and what is wrong with it; TypeError if `place` is none of these
 */
export declare function loadModel(
  place: string | URL | Blob | Iterable<File>,
  options?: LoadOptions,
): Promise<EmbeddingModel>;

/**
 * Saves a model (Node only, a page takes `modelBlob`) so that what is at `path` is either the old one or the whole new one,
 * whatever happens. A symbolic link stays one, and the file behind it is replaced. In a folder the files of the model are
 * replaced, all others stay; a folder that holds other files and no model is refused.
 *
 * As Model2Vec the rows hold the weights and axes of sentences, if the model stores such settings (`fitSentences`): their mean has the
 * direction of its own sentence vector. Otherwise the vectors are written as they are.
 *
 * @param format - by the name if omitted, see `formatByName`; `lossesIn` tells what it cannot hold
 * @throws Error if it cannot be written, and what was there before is unchanged; RangeError for words that the format cannot hold; Error in a page
 */
export declare function saveModel(model: EmbeddingModel, path: string, format?: ModelFormat): Promise<void>;

/** The model as a safetensors file in a `Blob`, to download or to keep: what a page has in place of `saveModel`. */
export declare function modelBlob(model: EmbeddingModel): Blob;

/**
 * Loads a model, saves it in another format, reads that back, and compares every row (Node only).
 *
 * @throws what `loadModel` and `saveModel` throw; Error if words are missing in what was read back
 */
export declare function convertModel(
  input: string | URL,
  output: string,
  options?: ConvertOptions,
): Promise<Conversion>;
