import { formatSizes, type ModelFile, refuse } from './model-file.ts';

/** The first line of word2vec's formats. */
export interface Word2vecHeader {
  readonly wordCount: number;
  readonly dimensions: number;
}

export function parseHeader(line: Uint8Array | undefined): Word2vecHeader | undefined {
  if (!line || line.length > 60) return undefined;
  const [, wordCount, dimensions] = /^\s*(\d+)[ \t]+(\d+)\s*$/.exec(new TextDecoder('latin1').decode(line)) ?? [];
  return wordCount === undefined ? undefined : { wordCount: Number(wordCount), dimensions: Number(dimensions) };
}

/**
 * Refuses a header that promises more than the file can hold, before memory is taken for it.
 *
 * @param wanted - so many of the words are to be read
 * @returns how many words will be read
 */
export function checkPromise(
  file: ModelFile,
  { wordCount, dimensions }: Word2vecHeader,
  wanted: number,
  left: number,
  leastRowBytes: number,
): number {
  if (wordCount < 1 || dimensions < 1)
    refuse(file, `its first line promises ${wordCount} words × ${dimensions} dimensions`);
  const rows = Math.min(wordCount, wanted);
  const least = rows * leastRowBytes - 1; // the last row may lack its line feed
  if (least > left) {
    const [needed, there] = formatSizes(least, left);
    refuse(
      file,
      `header promises ${wordCount} words × ${dimensions} dimensions (at least ${needed}${rows < wordCount ? ` for the first ${rows}` : ''}), file has ${there} left`,
    );
  }
  return rows;
}
