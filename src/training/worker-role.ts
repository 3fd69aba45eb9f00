import { BlockEncoder, takeWholeRun } from '../corpus/block-encoder.ts';
import type { EncodedCorpus, ReadCorpus, RenumberFiles } from '../corpus/encoded-corpus.ts';
import type { EncodedHere, Encoder, TakenRun } from '../corpus/encoder.ts';
import { createRenumberer } from '../kernels/renumber/renumber-kernel.ts';
import type { Tokenizer, TokenizerDescriptor } from '../text/tokenizer.ts';
import { remoteCalls, type WorkerPort } from '../threads/remote-calls.ts';
import type { TrainingWorker } from './cpu-trainer.ts';

/**
 * What a worker thread can do. The portable core knows no threads: an edge gives it a way to run this in
 * another thread (`WorkerPort`), or it runs here (`localWorker`).
 */
export interface Worker extends Encoder, TrainingWorker {
  /** Ends the thread. */
  close(): Promise<void>;
}

/** What differs from edge to edge: how to make a tokenizer again, and how to read a corpus from a file. */
export interface WorkerEdge {
  loadTokenizer(descriptor: TokenizerDescriptor): Promise<Tokenizer>;
  openCorpus(corpus: EncodedCorpus): { read: ReadCorpus; close(): void };
  /** Absent where there are no files. */
  readonly files?: FileAccess;
}

/** Files by their paths; they stay open. */
export interface FileAccess {
  /** Fills `target` with the bytes from `position` on. */
  read(path: string, position: number, target: Uint8Array): void;
  write(path: string, position: number, bytes: Uint8Array): void;
  /** The same bytes as the array type that is searched fastest here. */
  view(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  /** Makes the file, or writes behind all that was appended before; returns where it begins, in bytes. */
  append(path: string, bytes: Uint8Array): number;
}

/** What `Encoder` promises, at once; encodes what lies in files if these are given. */
export function createEncoder(tokenizer: Tokenizer, files?: FileAccess) {
  const encoder = new BlockEncoder(tokenizer);
  let table = 0;
  return {
    encode(...[block, kind, file]: Parameters<Encoder['encode']>): EncodedHere {
      let encoded: ReturnType<BlockEncoder['encode']>;
      if (ArrayBuffer.isView(block)) encoded = encoder.encode(block, kind);
      else if (files) encoded = encoder.encodeFile(block, kind, files);
      else throw new Error('Cannot encode here: the text lies in a file');
      const { tokens, ...rest } = encoded;
      return {
        ...rest,
        tokens:
          files && file !== undefined
            ? { path: file, position: files.append(file, bytesOf(tokens)), length: tokens.length }
            : tokens.slice(),
        spare: ArrayBuffer.isView(block) ? block.buffer : undefined,
        table,
        tableByteLength: encoder.byteLength,
      };
    },
    takeRun(last: boolean, file?: string): TakenRun {
      const taken = table++;
      if (!files || file === undefined) return { ...takeWholeRun(encoder, last), table: taken };
      let position: number | undefined;
      let byteLength = 0;
      const pieces: number[] = [];
      const wordCount = encoder.takeRun((bytes) => {
        const at = files.append(file, bytes);
        position ??= at;
        pieces.push(byteLength);
        byteLength += bytes.length;
      }, last);
      return { run: { path: file, position: position ?? 0, byteLength }, wordCount, pieces, table: taken };
    },
  };
}

/** Renumbers blocks in files, in this thread. */
export function renumberFiles(files: FileAccess): RenumberFiles {
  const renumberer = createRenumberer();
  return async (parts, wordIds) => {
    renumberer.setWordIds(wordIds);
    return parts.map(({ path, position, length }, i) => {
      const tokens = renumberer.tokens(length);
      files.read(path, position, bytesOf(tokens));
      const block = renumberer.renumber(wordIds[i]);
      files.write(path, position, bytesOf(tokens.subarray(0, block.length)));
      return block;
    });
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * A worker in another thread, whose end of the port is served by `serveWorker`.
 *
 * @param tokenizer - loaded there for `encode`; absent if the thread only trains
 */
export function remoteWorker(port: WorkerPort, tokenizer?: TokenizerDescriptor): Worker {
  const request = remoteCalls(port);
  const ready = tokenizer && request<void>('tokenizer', [tokenizer]);
  ready?.catch(() => {}); // reported by the first call that needs it
  return {
    async encode(block, ...rest) {
      await ready;
      return request('encode', [block, ...rest], ArrayBuffer.isView(block) ? [block.buffer] : []);
    },
    takeRun: (...call) => request('takeRun', call),
    renumber: (...call) => request('renumber', call),
    train: (...call) => request('train', call),
    heldOutLosses: (...call) => request('heldOutLosses', call),
    heldOutContrasts: (...call) => request('heldOutContrasts', call),
    unseenPairs: (...call) => request('unseenPairs', call),
    firstOccurrences: (...call) => request('firstOccurrences', call),
    close: () => port.close(),
  };
}
