import type { ModelContents } from '../embedding-model.ts';
import type { Vectors } from '../quantized-vectors.ts';
import type { ModelFile, ModelFolder, ReadOptions } from './model-file.ts';

/** What a model may hold beside words and vectors as float32. */
export type ModelPart =
  | 'quantization'
  | 'counts'
  | 'outputVectors'
  | 'subwords'
  | 'classifier'
  | 'phrases'
  | 'tokenizer'
  | 'sentences'
  | 'training';

/** A file of a written model: its name in the folder, or what the path of the model ends in. */
export type WrittenFile = readonly [name: string, chunks: Iterable<Uint8Array>];

/** Beside the limit, what a file cannot tell by itself. */
export interface ReadFileOptions extends ReadOptions {
  /** Of an array: the word of each row; the file of words beside it if omitted. */
  readonly words?: readonly string[] | undefined;
  /** Where files lie that belong to the file, such as the words of an array. */
  readonly folder?: ModelFolder | undefined;
}

/** How files of a format are read. Its reader is loaded when such a file is there, so that pages need not load those of all formats. */
export interface ReadableFile {
  /** Whether a file begins so. */
  looksLike(start: Uint8Array, byteLength: number): boolean | Promise<boolean>;
  /** @throws ModelFormatError */
  read(file: ModelFile, options: ReadFileOptions): Promise<ModelContents<Vectors>>;
  /**
   * Compares the whole file with the hash that it holds; false if it holds none.
   *
   * @throws ModelFormatError if they differ
   */
  verify?(file: ModelFile): Promise<boolean>;
}

/** As `ReadableFile`, of a folder. */
export interface ReadableFolder {
  /** What the folder must hold, in words. */
  readonly mustHold: string;
  /**
   * Undefined if the folder does not hold that.
   *
   * @throws ModelFormatError
   */
  read(folder: ModelFolder, options: ReadOptions): Promise<ModelContents<Vectors> | undefined>;
}

interface WritableFormat {
  readonly name: string;
  /** Ends of paths that ask for the format; of several that fit, the longest one decides. Absent where the name alone asks for it. */
  readonly ending?: RegExp;
  /** Parts that it holds, or of which its own `losses` speaks. */
  readonly keeps: readonly ModelPart[];
  /** What is lost of the parts that it holds in part, in words for the user. */
  losses?(contents: ModelContents<Vectors>): readonly string[];
  /**
   * The model as files, which are made piece by piece as they are asked for.
   *
   * @param contents - with vectors as float32, unless the format keeps `quantization`
   * @throws RangeError for a word that the format cannot hold
   */
  write(contents: ModelContents): Iterable<WrittenFile>;
  /** The vectors as they are written, by the place of the word; undefined if they stay as they are. */
  rows?(contents: ModelContents): ((id: number) => Float32Array) | undefined;
  /** The path of the file to read, if it is not that under which the model was saved. */
  readPath?(path: string): string;
}

/** A format that is written as one file; or as one and another that belongs to it, under a name with another end. */
export interface FileFormat extends WritableFormat {
  readonly folder: false;
}

/** A format that is written as files in a folder of their own. */
export interface FolderFormat extends WritableFormat {
  readonly folder: true;
  /** The files that are written. */
  readonly fileNames: readonly string[];
  /** Those of them without which a folder holds no model of this format: others are not to be replaced then. */
  readonly neededFiles: readonly string[];
}

/** Keeps the name of the format as a type. */
export function fileFormat<const F extends Omit<FileFormat, 'folder'>>(format: F): F & { readonly folder: false } {
  return { ...format, folder: false };
}

/** As `fileFormat`, of a folder. */
export function folderFormat<const F extends Omit<FolderFormat, 'folder'>>(format: F): F & { readonly folder: true } {
  return { ...format, folder: true };
}
