import { NOT_EMPTY, type OptionRules, oneOf } from './check-options.ts';

/** The choices of `TextFormat`. */
export const TEXT_FORMATS = ['auto', 'text', 'jsonl', 'csv', 'tsv'] as const;
/** How records lie in a file: `text` is one sentence a line, the others are records of which one field is the text. */
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** How the files of a text are read. In a page, files are plain text: no other format, no field. */
export interface TextFileOptions {
  /**
   * How records are written; `auto` (if omitted) goes by the file name, and is `text` for stdin. `jsonl` takes an array of
   * records, too.
   */
  readonly format?: TextFormat | undefined;
  /** JSON field, or CSV column by its name or its number from 1, that holds the text; "text" if omitted. */
  readonly field?: string | undefined;
}

export const TEXT_FILE_RULES: OptionRules<TextFileOptions> = { format: oneOf(TEXT_FORMATS), field: NOT_EMPTY };
