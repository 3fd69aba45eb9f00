import { BlockEncoder, takeWholeRun } from '../corpus/block-encoder.ts';
import { type EncodedCorpus, type ReadCorpus, type RenumberFiles, readMemoryCorpus } from '../corpus/encoded-corpus.ts';
import { firstOccurrences } from '../corpus/first-occurrences.ts';
import type { EncodedHere, Encoder, TakenRun } from '../corpus/prepare-corpus.ts';
import { createRenumberer } from '../kernels/renumber/renumber.ts';
import { createWord2VecKernel } from '../kernels/word2vec/word2vec-kernel.ts';
import type { Tokenizer, TokenizerDescriptor } from '../text/tokenizer.ts';
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

/** One end of a thread: post a message, get the other end's. */
export interface WorkerPort {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The other end has failed or gone away. */
  onFailure(listener: (error: Error) => void): void;
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

type Request = { id: number } & (
  | { call: 'tokenizer'; arguments: [TokenizerDescriptor] }
  | { call: 'encode'; arguments: Parameters<Encoder['encode']> }
  | { call: 'takeRun'; arguments: Parameters<Encoder['takeRun']> }
  | { call: 'renumber'; arguments: Parameters<RenumberFiles> }
  | { call: 'train'; arguments: Parameters<Worker['train']> }
  | { call: 'heldOutLosses'; arguments: Parameters<Worker['heldOutLosses']> }
  | { call: 'firstOccurrences'; arguments: Parameters<Worker['firstOccurrences']> }
);
type Reply = { id: number; value?: unknown; error?: { name: string; message: string } };

const ERROR_CLASSES: Record<string, new (message: string) => Error> = { RangeError, SyntaxError, TypeError };

/** The error of another thread, of the class that it was there. */
function revived({ name, message }: { name: string; message: string }): Error {
  return Object.assign(new (ERROR_CLASSES[name] ?? Error)(message), { name });
}

/**
 * A worker in another thread, whose end of the port is served by `serveWorker`.
 *
 * @param tokenizer - loaded there for `encode`; absent if the thread only trains
 */
export function remoteWorker(port: WorkerPort, tokenizer?: TokenizerDescriptor): Worker {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  port.onMessage((message) => {
    const { id, value, error } = message as Reply;
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(revived(error));
    else call?.resolve(value as never);
  });
  port.onFailure((error) => {
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  });
  const request = <T>(call: Request['call'], args: unknown[], transfer?: ArrayBuffer[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      port.post({ id, call, arguments: args }, transfer);
    });
  const ready = tokenizer && request<void>('tokenizer', [tokenizer]);
  ready?.catch(() => {}); // reported by the first call that needs it
  return {
    async encode(block, ...rest) {
      await ready;
      return request('encode', [block, ...rest], ArrayBuffer.isView(block) ? [block.buffer] : []);
    },
    takeRun: (...call) => request('takeRun', call),
    renumber: (...call) => request('renumber', call),
    train: (task, worker) => request('train', [task, worker]),
    heldOutLosses: (task) => request('heldOutLosses', [task]),
    firstOccurrences: (...call) => request('firstOccurrences', call),
    close: () => port.close(),
  };
}

/** The other end: answers the calls of `remoteWorker`. */
export function serveWorker(port: Pick<WorkerPort, 'post' | 'onMessage'>, edge: WorkerEdge): void {
  let encoder: ReturnType<typeof createEncoder> | undefined;
  const renumberHere = edge.files && renumberFiles(edge.files);

  async function answer(request: Request): Promise<{ value: unknown; transfer?: ArrayBuffer[] }> {
    switch (request.call) {
      case 'tokenizer':
        encoder = createEncoder(await edge.loadTokenizer(...request.arguments), edge.files);
        return { value: undefined };
      case 'encode': {
        const value = encoder!.encode(...request.arguments);
        const tokens = ArrayBuffer.isView(value.tokens) ? [value.tokens.buffer] : [];
        return { value, transfer: value.spare ? [...tokens, value.spare] : tokens };
      }
      case 'takeRun': {
        const value = encoder!.takeRun(...request.arguments);
        return { value, transfer: ArrayBuffer.isView(value.run) ? [value.run.buffer] : [] };
      }
      case 'renumber':
        return { value: await renumberHere!(...request.arguments) };
      case 'train': {
        const [task, worker] = request.arguments;
        return withCorpus(task.corpus, (read) => {
          for (const step of trainLoop(task, worker, createWord2VecKernel, read)) {
            if (step !== undefined) Atomics.wait(task.control.shared, BARRIERS, step, WAIT_MILLISECONDS);
          }
        });
      }
      case 'heldOutLosses': {
        const [task] = request.arguments;
        return withCorpus(task.corpus, (read) => heldOutLosses(task, read));
      }
      case 'firstOccurrences': {
        const [corpus, wordCount] = request.arguments;
        return withCorpus(corpus, (read) => firstOccurrences(read, corpus.length, wordCount));
      }
    }
  }

  function withCorpus<T>(encoded: EncodedCorpus, use: (read: ReadCorpus) => T): { value: T } {
    const corpus = edge.openCorpus(encoded);
    try {
      return { value: use(corpus.read) };
    } finally {
      corpus.close();
    }
  }

  port.onMessage(async (message) => {
    const request = message as Request;
    try {
      const { value, transfer } = await answer(request);
      port.post({ id: request.id, value } satisfies Reply, transfer);
    } catch (error) {
      const { name, message: text } = error as Error;
      port.post({ id: request.id, error: { name, message: text } } satisfies Reply);
    }
  });
}
