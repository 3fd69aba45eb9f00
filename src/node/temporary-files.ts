import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CorpusStore, Remapper } from '../corpus/encoded-corpus.ts';
import type { StoreRun } from '../corpus/prepare-corpus.ts';

/**
 * A folder for what does not stay in memory during a training: the encoded corpus (4 bytes a token) and
 * counts beyond the memory budget. Gone with `dispose`, and when the process ends.
 */
export function createTemporaryFiles(parent = tmpdir()) {
  const folder = mkdtempSync(join(parent, 'wordkin-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  let files = 0;

  const storeRun: StoreRun = (run, wordCount) => {
    const file = openSync(join(folder, `run-${files++}`), 'wx+');
    write(file, run);
    const byteLength = run.length;
    return {
      wordCount,
      byteLength,
      read(offset, length) {
        const bytes = new Uint8Array(Math.min(length, byteLength - offset));
        readSync(file, bytes, 0, bytes.length, offset);
        return bytes;
      },
    };
  };

  function createCorpusStore(): CorpusStore {
    const path = join(folder, 'corpus');
    const file = openSync(path, 'wx+');
    const blocks: { position: number; length: number; run: number }[] = [];
    let end = 0;
    const readBlock = (index: number) => {
      const { position, length, run } = blocks[index];
      const tokens = new Int32Array(length);
      readSync(file, new Uint8Array(tokens.buffer), 0, tokens.byteLength, position);
      return { tokens, run };
    };
    return {
      append(tokens, run) {
        write(file, bytesOf(tokens));
        blocks.push({ position: end, length: tokens.length, run });
        end += tokens.byteLength;
      },
      get blockCount() {
        return blocks.length;
      },
      readBlock,
      replaceBlock(index, { tokens, run }) {
        const { position } = blocks[index];
        write(file, bytesOf(tokens), position);
        blocks[index] = { position, length: tokens.length, run };
      },
      finish(wordIds) {
        // In place: what is written is never longer than what was read before.
        const remapper = new Remapper(wordIds);
        let writtenAt = 0;
        for (let index = 0; index < blocks.length; index++) {
          const { tokens, run } = readBlock(index);
          const kept = tokens.subarray(0, remapper.remap(tokens, run));
          write(file, bytesOf(kept), writtenAt);
          writtenAt += kept.byteLength;
        }
        ftruncateSync(file, writtenAt);
        closeSync(file);
        const { length, tokenCount, fingerprint } = remapper;
        return { length, tokenCount, fingerprint, place: { kind: 'file', path } };
      },
      dispose() {
        process.off('exit', remove);
        remove();
      },
    };
  }

  function write(file: number, bytes: Uint8Array, position?: number): void {
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(file, bytes, at, bytes.length - at, position === undefined ? null : position + at);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new Error(
        `Cannot keep the encoded corpus in "${folder}": no space left on the device; free some, or set TMPDIR to another folder`,
      );
    }
  }

  return { folder, storeRun, createCorpusStore };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
