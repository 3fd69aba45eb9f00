import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { EncodedCorpus, ReadCorpus } from '../corpus/encoded-corpus.ts';
import type { FileAccess } from '../training/worker-role.ts';
import { explainError, explainReadError } from './read-error.ts';

/** Files that stay open for a while: many blocks are read from each of them. */
export class OpenFiles implements FileAccess {
  readonly #written = new Map<string, { file: number; end: number }>();
  #reading: { path: string; file: number } | undefined;

  /** @throws Error if the file cannot be read, or has become shorter */
  read = (path: string, position: number, target: Uint8Array): void => {
    const written = this.#written.get(path);
    try {
      if (!written && this.#reading?.path !== path) {
        if (this.#reading) closeSync(this.#reading.file);
        this.#reading = undefined;
        this.#reading = { path, file: openSync(path, 'r') };
      }
      readFully(written?.file ?? this.#reading!.file, path, position, target);
    } catch (error) {
      throw explainReadError(error as NodeJS.ErrnoException, path);
    }
  };

  write = (path: string, position: number, bytes: Uint8Array): void => {
    writeFully(this.#openToWrite(path, 'r+').file, path, position, bytes);
  };

  append = (path: string, bytes: Uint8Array): number => {
    const written = this.#openToWrite(path, 'wx+');
    const position = written.end;
    writeFully(written.file, path, position, bytes);
    written.end += bytes.length;
    return position;
  };

  /** Buffers search for a byte twenty times as fast as other typed arrays do. */
  view = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

  close(): void {
    for (const { file } of this.#written.values()) closeSync(file);
    if (this.#reading) closeSync(this.#reading.file);
    this.#written.clear();
    this.#reading = undefined;
  }

  #openToWrite(path: string, flags: 'r+' | 'wx+') {
    let written = this.#written.get(path);
    if (!written) {
      written = { file: openToKeep(path, flags), end: 0 };
      this.#written.set(path, written);
    }
    return written;
  }
}

/**
 * Reads a corpus in files, each part where it lies.
 *
 * @param kept - files that are open already, and stay open: what cleans folders for temporary files may take their names away meanwhile
 */
export function corpusFileReader(
  { paths, parts }: Extract<EncodedCorpus['place'], { kind: 'files' }>,
  kept: Map<string, number>,
): ReadCorpus {
  const files = paths.map((path) => {
    const file = kept.get(path) ?? openToRead(path);
    kept.set(path, file);
    return file;
  });
  const partCount = parts.length / 3;
  return (begin, target) => {
    // The last part that begins at or before `begin`.
    let part = 0;
    for (let end = partCount; end - part > 1; ) {
      const middle = (part + end) >> 1;
      if (parts[3 * middle] <= begin) part = middle;
      else end = middle;
    }
    for (let at = 0; at < target.length; part++) {
      if (part === partCount) throw new RangeError(`Cannot read the encoded corpus beyond its end, from ${begin} on`);
      const [from, file, position] = parts.subarray(3 * part, 3 * part + 3);
      const skipped = begin + at - from;
      const end = part + 1 < partCount ? parts[3 * part + 3] : Infinity;
      const ids = target.subarray(at, at + Math.min(target.length - at, end - from - skipped));
      const bytes = new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
      readFully(files[file], paths[file], position + 4 * skipped, bytes);
      at += ids.length;
    }
  };
}

function openToRead(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw explainReadError(error as NodeJS.ErrnoException, path);
  }
}

export function readFully(file: number, path: string, position: number, target: Uint8Array): void {
  for (let at = 0; at < target.length; ) {
    const count = readAt(file, path, position + at, target.subarray(at));
    if (count === 0) throw new Error(`Cannot read "${path}": it became shorter`);
    at += count;
  }
}

export function writeFully(file: number, path: string, position: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, position + at);
  } catch (error) {
    throw notKept(error, path);
  }
}

function openToKeep(path: string, flags: 'r+' | 'wx+'): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    throw notKept(error, path);
  }
}

function notKept(error: unknown, path: string): Error {
  const action = `Cannot keep the encoded corpus in "${path}"`;
  return explainError(
    error as NodeJS.ErrnoException,
    action,
    '; make room, give another temporaryFolder, or set TMPDIR',
  );
}

function readAt(file: number, path: string, position: number, target: Uint8Array): number {
  try {
    return readSync(file, target, 0, target.length, position);
  } catch (error) {
    throw explainReadError(error as NodeJS.ErrnoException, path);
  }
}
