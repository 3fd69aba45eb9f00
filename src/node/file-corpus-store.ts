import { join } from 'node:path';
import {
  type CorpusBlock,
  type CorpusStore,
  CorpusTotal,
  type EncodedCorpus,
  type FilePart,
  type RenumberFiles,
} from '../corpus/encoded-corpus.ts';
import type { RenumberedBlock } from '../kernels/renumber/renumber.ts';
import { renumberFiles } from '../training/worker-role.ts';
import { sharedBuffer } from '../vocabulary/word-run.ts';
import type { OpenFiles } from './open-files.ts';

/** Blocks that a thread renumbers before it asks for more … */
const BLOCKS_AT_ONCE = 8;
/** … and so many times as many are asked for before, because this thread may be busy for a while (1.05 × for 100 MB). */
const REQUESTS_UNDER_WAY = 4;

/** Encoded blocks in files of a folder: one of its own, and one for each encoder that writes itself. */
export class FileCorpusStore implements CorpusStore {
  readonly #path: string;
  readonly #files: OpenFiles;
  readonly #blocks: { part: FilePart; run: number }[] = [];
  readonly dispose: () => void;

  /** @param dispose - frees the files and the folder */
  constructor(folder: string, files: OpenFiles, dispose: () => void) {
    this.#path = join(folder, 'corpus');
    this.#files = files;
    this.dispose = dispose;
  }

  readonly fileOf = (encoder: number): string => `${this.#path}-${encoder}`;

  append(tokens: Int32Array | FilePart, run: number): void {
    const part = ArrayBuffer.isView(tokens)
      ? { path: this.#path, position: this.#files.append(this.#path, bytesOf(tokens)), length: tokens.length }
      : tokens;
    this.#blocks.push({ part, run });
  }

  get blockCount(): number {
    return this.#blocks.length;
  }

  readBlock(index: number): CorpusBlock {
    const { part, run } = this.#blocks[index];
    const tokens = new Int32Array(part.length);
    this.#files.read(part.path, part.position, bytesOf(tokens));
    return { tokens, run };
  }

  replaceBlock(index: number, { tokens, run }: CorpusBlock): void {
    const { path, position } = this.#blocks[index].part;
    this.#files.write(path, position, bytesOf(tokens));
    this.#blocks[index] = { part: { path, position, length: tokens.length }, run };
  }

  async finish(wordIds: readonly Int32Array[], helpers: readonly RenumberFiles[] = []): Promise<EncodedCorpus> {
    const blocks = this.#blocks;
    const renumbered = await this.#renumber(wordIds, helpers);
    const paths = [...new Set(blocks.map(({ part }) => part.path))];
    const numbers = new Map(paths.map((path, number) => [path, number]));
    const parts = new Float64Array(sharedBuffer(24 * blocks.length));
    const total = new CorpusTotal();
    blocks.forEach(({ part }, index) => {
      const { begin, skip } = total.add(renumbered[index]);
      parts.set([begin, numbers.get(part.path)!, part.position + 4 * skip], 3 * index);
    });
    const { length, tokenCount, fingerprint } = total;
    return { length, tokenCount, fingerprint, place: { kind: 'files', paths, parts } };
  }

  async #renumber(wordIds: readonly Int32Array[], helpers: readonly RenumberFiles[]): Promise<RenumberedBlock[]> {
    const blocks = this.#blocks;
    const renumbered: RenumberedBlock[] = [];
    let next = 0;
    const others = helpers.length > 0 ? helpers : [renumberFiles(this.#files)];
    const requests = others.flatMap((renumber) => Array.from({ length: REQUESTS_UNDER_WAY }, () => renumber));
    await Promise.all(
      requests.map(async (renumber) => {
        while (next < blocks.length) {
          const begin = next;
          const some = blocks.slice(begin, begin + BLOCKS_AT_ONCE);
          next += some.length;
          const done = await renumber(
            some.map(({ part }) => part),
            some.map(({ run }) => wordIds[run]),
          );
          done.forEach((block, i) => {
            renumbered[begin + i] = block;
          });
        }
      }),
    );
    return renumbered;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
