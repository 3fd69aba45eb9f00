import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CorpusStore, CorpusTotal, type FilePart } from '../corpus/encoded-corpus.ts';
import type { StoreRun } from '../corpus/prepare-corpus.ts';
import type { RenumberedBlock } from '../kernels/renumber/renumber.ts';
import { renumberFiles } from '../training/worker-role.ts';
import { sharedBuffer } from '../vocabulary/word-run.ts';
import { OpenFiles } from './open-files.ts';

/** Blocks that a thread renumbers before it asks for more … */
const BLOCKS_AT_ONCE = 8;
/** … and so many times as many are asked for before, because this thread may be busy for a while (1.05 × for 100 MB). */
const REQUESTS_UNDER_WAY = 4;

/**
 * A folder for what does not stay in memory during a training: the encoded corpus (4 bytes a token) and
 * counts beyond the memory budget. Gone with `dispose`, and when the process ends.
 */
export function createTemporaryFiles(parent = tmpdir()) {
  const folder = mkdtempSync(join(parent, 'wordkin-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const files = new OpenFiles();

  const storeRun: StoreRun = (run, wordCount) => {
    let place = run;
    if (ArrayBuffer.isView(place)) {
      const path = join(folder, 'runs');
      place = { path, position: files.append(path, place), byteLength: place.length };
    }
    const { path, position, byteLength } = place;
    return { wordCount, byteLength, read: (offset, target) => files.read(path, position + offset, target) };
  };

  function createCorpusStore(): CorpusStore {
    const own = join(folder, 'corpus');
    const blocks: { part: FilePart; run: number }[] = [];
    return {
      fileOf: (encoder) => `${own}-${encoder}`,
      append(tokens, run) {
        const part = ArrayBuffer.isView(tokens)
          ? { path: own, position: files.append(own, bytesOf(tokens)), length: tokens.length }
          : tokens;
        blocks.push({ part, run });
      },
      get blockCount() {
        return blocks.length;
      },
      readBlock(index) {
        const { part, run } = blocks[index];
        const tokens = new Int32Array(part.length);
        files.read(part.path, part.position, bytesOf(tokens));
        return { tokens, run };
      },
      replaceBlock(index, { tokens, run }) {
        const { path, position } = blocks[index].part;
        files.write(path, position, bytesOf(tokens));
        blocks[index] = { part: { path, position, length: tokens.length }, run };
      },
      async finish(wordIds, helpers = []) {
        const renumbered: RenumberedBlock[] = [];
        let next = 0;
        const others = helpers.length > 0 ? helpers : [renumberFiles(files)];
        const ways = others.flatMap((renumber) => Array.from({ length: REQUESTS_UNDER_WAY }, () => renumber));
        await Promise.all(
          ways.map(async (renumber) => {
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
      },
      dispose() {
        files.close();
        process.off('exit', remove);
        remove();
      },
    };
  }

  return { folder, storeRun, createCorpusStore };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
