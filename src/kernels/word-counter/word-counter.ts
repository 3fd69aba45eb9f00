/** How a text is cut. */
export type CutRule =
  /** At ASCII white space; a line feed ends a sentence. */
  | 'whitespace'
  /** As the tokenizer `words` does; a line feed ends a sentence. */
  | 'words'
  /** A word a line; an empty line ends a sentence. For words that were found elsewhere. */
  | 'lines';

/**
 * Cuts text into words, numbers the words and counts them. Text and results lie in its own memory: views are valid until
 * the next call.
 */
export interface WordCounter {
  /** Room for a text of so many bytes; what is written there is the text of the next `isUtf8` and `cut`. */
  text(byteLength: number): Uint8Array<ArrayBuffer>;
  /** Whether the text is well-formed UTF-8. */
  isUtf8(byteLength: number): boolean;
  /**
   * The words of the text, which must be UTF-8, as numbers; −1 after each sentence. It may be overwritten meanwhile.
   */
  cut(byteLength: number, rule: CutRule): { tokens: Int32Array<ArrayBuffer>; sentences: number };
  /** Words so far, numbered from 0. */
  readonly wordCount: number;
  /** Memory for them, in bytes. */
  readonly byteLength: number;
  /**
   * Gives all words in the order of their bytes with their counts (see `WordRun`), piece by piece: the bytes are to be copied
   * before the call returns. Then it knows no word any more.
   */
  takeRun(write: (bytes: Uint8Array<ArrayBuffer>) => void): void;
}

/** @param tokenize - the tokenizer of the rule `words` */
export type CreateWordCounter = (tokenize: (text: string) => string[]) => WordCounter;

/** Bytes before a word in a run: uint32 number, float64 count, uint32 length; little endian. */
export const RUN_HEADER_BYTES = 16;
