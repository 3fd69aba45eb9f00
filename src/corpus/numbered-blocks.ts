import { BLOCK_BYTES, type FileBlock, lineBlocks } from '../text/line-blocks.ts';
import type { TextSource } from '../text/text-source.ts';

export interface NumberedBlock {
  readonly number: number;
  readonly source: TextSource;
  /** Where it begins in the source, in bytes; of a file about. */
  readonly position: number;
  /** The number of its first line, of JSON. */
  readonly firstLine?: number | undefined;
  readonly text: Uint8Array<ArrayBuffer> | FileBlock;
}

export interface BlockReading {
  /** Whether a block of a file is read by who encodes it. */
  readonly readsFiles: boolean;
  readonly onRead: (byteLength: number) => void;
  /** Memory of blocks that are of no more use, to be used again. */
  readonly spare: ArrayBuffer[];
}

/** The blocks of all sources in order. An async generator queues `next` calls, so many may pull from it. */
export async function* numberedBlocks(
  sources: readonly TextSource[],
  { readsFiles, onRead, spare }: BlockReading,
): AsyncGenerator<NumberedBlock> {
  let number = 0;
  for (const source of sources) {
    const { file, part } = source.open;
    const { first, end, fileByteLength } = part ?? { first: 0, end: Infinity, fileByteLength: source.byteLength! };
    if (readsFiles && file !== undefined) {
      for (let index = first; index < end && index * BLOCK_BYTES < fileByteLength; index++) {
        const text = { path: file, index, fileByteLength };
        yield { number: number++, source, position: index * BLOCK_BYTES, text };
      }
      continue;
    }
    let position = 0;
    let firstLine = source.jsonField === undefined ? undefined : 1;
    let index = -1;
    for await (const text of lineBlocks(source, onRead, spare)) {
      index++;
      if (index < first || index >= end) continue; // another machine's
      const byteLength = text.length; // the block itself may be handed to another thread
      const lines = firstLine === undefined ? 0 : countLines(text);
      yield { number: number++, source, position, firstLine, text };
      position += byteLength;
      if (firstLine !== undefined) firstLine += lines;
    }
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}
