import { BlockEncoder, takeWholeRun } from '../corpus/block-encoder.ts';
import { type EncodedCorpus, type ReadCorpus, type RenumberFiles, readMemoryCorpus } from '../corpus/encoded-corpus.ts';
import { firstOccurrences } from '../corpus/first-occurrences.ts';
import type { EncodedHere, Encoder, TakenRun } from '../corpus/prepare-corpus.ts';
import { createRenumberer } from '../kernels/renumber/renumber.ts';
import { createWord2VecKernel } from '../kernels/word2vec/word2vec-kernel.ts';
import type { Tokenizer, TokenizerDescriptor } from '../text/tokenizer.ts';
import { type Answer, remoteCalls, serveCalls, type WorkerPort } from '../threads/remote-calls.ts';
import type { TrainingWorker } from './cpu-trainer.ts';
import { heldOutLosses } from './held-out.ts';
import { trainLoop } from './train-loop.ts';
import { BARRIERS } from './train-messages.ts';

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

const YIELD_MILLISECONDS = 50;
/** A worker that waits for others looks so often whether one has failed. */
const WAIT_MILLISECONDS = 100;

/** A worker in this very thread: for environments without threads, and for small jobs. */
export function localWorker(tokenizer: Tokenizer): Worker {
  const encoder = createEncoder(tokenizer);
  let paused = performance.now();
  return {
    encode: async (...block) => encoder.encode(...block),
    takeRun: async (last) => encoder.takeRun(last),
    async train(task, worker) {
      const read = readHere(task.corpus);
      // Give way now and then, so that the page stays alive and the abort signal is heard.
      for (const step of trainLoop(task, worker, createWord2VecKernel, read)) {
        if (step === undefined && performance.now() - paused < YIELD_MILLISECONDS) continue;
        await new Promise((resolve) => setTimeout(resolve));
        paused = performance.now();
      }
    },
    async heldOutLosses(task) {
      return heldOutLosses(task, readHere(task.corpus));
    },
    async firstOccurrences(corpus, wordCount) {
      return firstOccurrences(readHere(corpus), corpus.length, wordCount);
    },
    async close() {},
  };
}

/** What `Encoder` promises, at once. */
function createEncoder(tokenizer: Tokenizer, files?: FileAccess) {
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
      const wordCount = encoder.takeRun((bytes) => {
        const at = files.append(file, bytes);
        position ??= at;
        byteLength += bytes.length;
      }, last);
      return { run: { path: file, position: position ?? 0, byteLength }, wordCount, table: taken };
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

function readHere({ place }: EncodedCorpus): ReadCorpus {
  if (place.kind !== 'memory') throw new Error('Cannot train here: the corpus lies in a file');
  return readMemoryCorpus(place.ids);
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
    firstOccurrences: (...call) => request('firstOccurrences', call),
    close: () => port.close(),
  };
}

/** The other end: answers the calls of `remoteWorker`. */
export function serveWorker(port: Pick<WorkerPort, 'post' | 'onMessage'>, edge: WorkerEdge): void {
  let encoder: ReturnType<typeof createEncoder> | undefined;
  const renumberHere = edge.files && renumberFiles(edge.files);

  const withCorpus = <T>(encoded: EncodedCorpus, use: (read: ReadCorpus) => T): { value: T } => {
    const corpus = edge.openCorpus(encoded);
    try {
      return { value: use(corpus.read) };
    } finally {
      corpus.close();
    }
  };
  const answers: { [K in keyof Calls]: (...args: Calls[K]) => Answer | Promise<Answer> } = {
    async tokenizer(descriptor) {
      encoder = createEncoder(await edge.loadTokenizer(descriptor), edge.files);
      return { value: undefined };
    },
    encode(...call) {
      const value = encoder!.encode(...call);
      const tokens = ArrayBuffer.isView(value.tokens) ? [value.tokens.buffer] : [];
      return { value, transfer: value.spare ? [...tokens, value.spare] : tokens };
    },
    takeRun(...call) {
      const value = encoder!.takeRun(...call);
      return { value, transfer: ArrayBuffer.isView(value.run) ? [value.run.buffer] : [] };
    },
    renumber: async (...call) => ({ value: await renumberHere!(...call) }),
    train: (task, worker) =>
      withCorpus(task.corpus, (read) => {
        for (const step of trainLoop(task, worker, createWord2VecKernel, read)) {
          if (step !== undefined) Atomics.wait(task.control.shared, BARRIERS, step, WAIT_MILLISECONDS);
        }
      }),
    heldOutLosses: (task) => withCorpus(task.corpus, (read) => heldOutLosses(task, read)),
    firstOccurrences: (corpus, wordCount) =>
      withCorpus(corpus, (read) => firstOccurrences(read, corpus.length, wordCount)),
  };
  serveCalls(port, (call, args) => (answers[call as keyof Calls] as (...args: unknown[]) => Answer)(...args));
}

/** The calls of a worker and their arguments. */
type Calls = {
  [K in Exclude<keyof Worker, 'close' | 'renumber'>]: Parameters<Worker[K]>;
} & { tokenizer: [TokenizerDescriptor]; renumber: Parameters<RenumberFiles> };
