import type { FileBlock } from '../text/line-blocks.ts';
import type { WordRun } from '../vocabulary/word-run.ts';
import type { EncodedBlock, TextKind } from './block-encoder.ts';
import type { FilePart, RenumberFiles } from './encoded-corpus.ts';

/** Encodes blocks, in this thread or another; `training/worker-role.ts` has both. Calls are answered in their order. */
export interface Encoder {
  /**
   * @param block - bytes, which become the encoder's own, or where it has files, a block that it reads itself
   * @param file - where it writes the tokens, if it has files
   */
  encode(block: Uint8Array<ArrayBuffer> | FileBlock, kind: TextKind, file?: string): Promise<EncodedHere>;
  /** @param last - nothing will be encoded any more */
  takeRun(last: boolean, file?: string): Promise<TakenRun>;
  /** Present where the encoder reads and writes files itself. */
  readonly renumber?: RenumberFiles | undefined;
}

export interface EncodedHere extends Omit<EncodedBlock, 'tokens'> {
  readonly tokens: Int32Array<ArrayBuffer> | FilePart;
  /** The memory of the block, if it was bytes and is of no more use. */
  readonly spare?: ArrayBuffer | undefined;
  /** The encoder's table that the numbers belong to: 0, and one more after each `takeRun`. */
  readonly table: number;
  readonly tableByteLength: number;
}

export interface TakenRun {
  readonly run: Uint8Array<ArrayBuffer> | FileRun;
  readonly wordCount: number;
  /** See WordRun. */
  readonly pieces: readonly number[];
  /** See EncodedHere. */
  readonly table: number;
}

/** A run in a file, where the encoder has written it itself. */
export interface FileRun {
  readonly path: string;
  /** In bytes. */
  readonly position: number;
  readonly byteLength: number;
}

/** Keeps a sorted run until the merge: in memory, or on disk. */
export type StoreRun = (run: Uint8Array | FileRun, wordCount: number, pieces: readonly number[]) => WordRun;
