// What Node and pages do each in their own way: declared here once, written in node/ and browser/.
import type { TextRecord } from '../store/text-store.ts';
import type { TextFileOptions } from '../text/text-file-options.ts';
import type { TextSource } from '../text/text-source.ts';

/** Which fields of a record are read. */
export interface RecordOptions {
  /** Field or column of the id; if omitted "id" or "_id" where there is one, otherwise path#row. */
  readonly id?: string | undefined;
  /** Field or column of the text; "text" if omitted. */
  readonly text?: string | undefined;
  /** Fields or columns that are kept with the text. */
  readonly metadata?: readonly string[] | undefined;
}

/** How far the reading of records has come. */
export interface RecordProgress {
  /** Bytes of all files whose records have been given out. */
  readonly bytesRead: number;
  /** Bytes of all files. */
  readonly byteLength: number;
  /** Records so far that have no text in the field, and were passed over. */
  readonly skippedRecords: number;
  /** Fields of records so far that are neither id nor text nor asked for as metadata: up to 20 names. */
  readonly fieldsLeftOut: readonly string[];
  /** Malformed UTF-8 sequences so far that were replaced by U+FFFD. */
  readonly repairs: number;
}

/**
 * Text sources for files. In Node: paths of files, folders (all files below, in name order), globs, and "-" for stdin;
 * what is compressed by gzip or zstd is unpacked; .jsonl, .ndjson, .json, .csv and .tsv are read by field. In a page: the `File`s
 * that the user picked, plain text or .gz.
 *
 * @throws Error for a path that is not there or may not be read, or a folder without files; TypeError for files of the other environment
 */
export declare function openTextFiles(
  files: readonly string[] | Iterable<File>,
  options?: TextFileOptions,
): Promise<TextSource[]>;

/**
 * Texts with ids from files, folders and globs (Node only): a record of JSON, CSV, TSV or Parquet is a text; any other file
 * is cut into its paragraphs, with the id path#number and the metadata path and paragraph. A path is that from the current
 * folder; of what lies elsewhere, the whole one. One at a time, whatever the size. Records without text are passed over and
 * counted.
 *
 * @throws Error for a path that is not there, a field that no record has, a record that is not one; in a page
 */
export declare function openRecords(
  paths: readonly string[],
  options?: RecordOptions,
  onRead?: (progress: RecordProgress) => void,
): AsyncGenerator<TextRecord>;
