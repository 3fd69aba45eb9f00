import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { concatenate } from '../text/concatenate.ts';
import { decodeZstd } from '../text/decode-zstd.ts';
import { checkText, compressionOf } from '../text/foreign-content.ts';
import { maskSecrets } from '../text/mask-secrets.ts';
import { isAddress } from './is-address.ts';
import { explainReadError } from './read-error.ts';

/** A file to be read from front to back. */
export interface InputFile {
  /** Its path; for messages, too. */
  readonly name: string;
  /** The name without the ending of a compression: it tells the format. */
  readonly plainName: string;
  /** Bytes of the file as it lies there, if known. */
  readonly byteLength: number | undefined;
  /** The same for all names and links of a file. */
  readonly identity: string | undefined;
  /** What others may read by themselves, at any place: a regular file that is not compressed. */
  readonly readable: boolean;
  /** Its bytes, unpacked. `onRead` is told how many more of `byteLength` have been read. */
  open(readBytes: number, onRead?: (byteLength: number) => void): AsyncGenerator<Uint8Array>;
}

const READ_BYTES = 1 << 20;
/** For what is not text as it stands: in small pieces, `onRead` keeps close to what has been given out. */
export const SMALL_READ_BYTES = 1 << 16;
/** So many bytes tell how a file is compressed. */
const SIGNATURE_BYTES = 4;

/**
 * Files, folders (all files below, in name order; a folder that several links lead to once; no hidden ones, no stores of texts), globs, and "-"
 * for stdin. What begins as gzip or zstd is unpacked, whatever its name.
 *
 * @throws Error for a path that is not there, a folder without files, what may not be read, a pipe that is given twice
 */
export async function openInputFiles(paths: readonly string[]): Promise<InputFile[]> {
  const files: InputFile[] = [];
  const pipes = new Set<string>();
  const addPipe = (identity: string, path: string) => {
    if (pipes.has(identity)) throw new Error(`Cannot read "${path}" twice: what comes through a pipe is there once`);
    pipes.add(identity);
  };
  for (const path of paths) {
    if (path === '-') {
      const stats = standardInput();
      addPipe(stats?.isFIFO() ? `${stats.dev} ${stats.ino}` : 'standard input', path);
      files.push(inputFile('standard input', { open: () => process.stdin }));
      continue;
    }
    for (const file of await expand(path)) {
      const stats = lookAt(file)!;
      if (stats.isFIFO()) addPipe(`${stats.dev} ${stats.ino}`, file);
      files.push(openFile(file, stats));
    }
  }
  return files;
}

function openFile(path: string, stats: Stats): InputFile {
  try {
    // What is no file of a known length, such as a named pipe, can be read once and from the front only.
    const start = stats.isFile() ? readStart(path) : undefined;
    const isLonger = stats.size === 0 && start !== undefined && start.length > 0; // as the files of /proc are
    return inputFile(path, {
      open: (highWaterMark) => (stats.isFIFO() ? openPipe(path) : createReadStream(path, { highWaterMark })),
      identity: `${stats.dev} ${stats.ino}`,
      ...(!isLonger && { byteLength: stats.size, start }),
    });
  } catch (error) {
    throw explainReadError(error as NodeJS.ErrnoException, path);
  }
}

function standardInput(): Stats | undefined {
  try {
    return fstatSync(0);
  } catch {
    return undefined; // it is closed
  }
}

/** A thread that waits in open() for somebody to write could not be stopped, and nor could the process. */
function openPipe(path: string): Socket {
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}

function readStart(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(SIGNATURE_BYTES);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

interface Opening {
  open(readBytes: number): NodeJS.ReadableStream;
  readonly byteLength?: number;
  readonly start?: Uint8Array | undefined;
  readonly identity?: string;
}

function inputFile(name: string, { open, byteLength, start, identity }: Opening): InputFile {
  const [, plainName, ending] = /^(.*?)(?:\.(gz|zst))?$/is.exec(name)!;
  const promised = ending === undefined ? undefined : ending.toLowerCase() === 'gz' ? 'gzip' : 'zstd';
  return {
    name,
    plainName,
    byteLength,
    identity,
    readable: start !== undefined && start.length > 0 && !promised && !compressionOf(start),
    async *open(readBytes, onRead) {
      try {
        const zstd = start && compressionOf(start) === 'zstd';
        const stream = open(zstd ? SMALL_READ_BYTES : start && compressionOf(start) ? READ_BYTES : readBytes);
        const { first, all } = await peek(stream as AsyncIterable<Uint8Array>);
        const compression = compressionOf(first);
        if (promised && first.length > 0 && !compression) {
          checkText(name, first);
          throw new Error(
            `the name ends in .${ending}, but it is no ${promised} file; name it otherwise if it is text`,
          );
        }
        if (compression === 'gzip') yield* gunzip(all, onRead);
        else if (compression === 'zstd') yield* unzstd(counted(all, onRead));
        else yield* counted(all, onRead);
      } catch (error) {
        throw explainReadError(error as NodeJS.ErrnoException, name);
      }
    },
  };
}

/** The beginning of a stream, and all of it. */
async function peek(bytes: AsyncIterable<Uint8Array>) {
  const iterator = bytes[Symbol.asyncIterator]();
  let first: Uint8Array = new Uint8Array(0);
  for (let ended = false; !ended && first.length < SIGNATURE_BYTES; ) {
    const next = await iterator.next();
    ended = next.done === true;
    if (!next.done) first = first.length === 0 ? next.value : concatenate([first, next.value]);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      if (first.length > 0) yield first;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { first, all: all() };
}

/** What lies at a path; `undefined` if nothing. */
export function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw explainReadError(error as NodeJS.ErrnoException, path);
  }
}

/** The names in a folder; none where there is no folder. */
export function namesIn(path: string): string[] {
  try {
    return lookAt(path)?.isDirectory() ? readdirSync(path).sort() : [];
  } catch (error) {
    throw explainReadError(error as NodeJS.ErrnoException, path);
  }
}

async function expand(path: string): Promise<string[]> {
  const stats = lookAt(path);
  if (stats) return stats.isDirectory() ? filesBelow(path) : [path];
  if (isAddress(path))
    throw new Error(
      `Cannot read "${maskSecrets(path)}": texts are read from files, not from addresses; fetch it first, such as with curl -O`,
    );
  const { glob } = await import('tinyglobby'); // it asks for its own place, which a bundle in CommonJS has not
  const files = await glob(path, { expandDirectories: false });
  if (files.length > 0) return files.sort();
  if (/[*?[{]/.test(path)) throw new Error(`Cannot read "${path}": no file matches`);
  throw new Error(`Cannot read "${path}": there is no such file or folder`);
}

/** What a folder of PostgreSQL's files holds, as an embedded store is one. */
const STORE_FILES = ['PG_VERSION', 'base', 'global'];

/** Files of a folder and of all folders in it, but for hidden ones and stores. A folder that is reached again by a link is left out. */
function filesBelow(root: string): string[] {
  const files: string[] = [];
  const seen = new Set<string>();
  const folders = [resolve(root)];
  const links: string[] = []; // later: what has a name of its own keeps it
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop() ?? links.shift()) {
    try {
      const real = realpathSync(folder);
      if (seen.has(real)) continue;
      seen.add(real);
      const entries = readdirSync(folder, { withFileTypes: true });
      if (STORE_FILES.every((name) => entries.some((entry) => entry.name === name))) {
        if (folder !== resolve(root)) continue;
        throw new Error(`Cannot read "${root}": the folder is a store of texts; give the texts themselves`);
      }
      for (const entry of entries) {
        if (entry.name.startsWith('.')) continue;
        const path = join(folder, entry.name);
        const kind = entry.isSymbolicLink() ? statSync(path) : entry;
        if (kind.isFile()) files.push(path);
        else if (kind.isDirectory()) (entry.isSymbolicLink() ? links : folders).push(path);
      }
    } catch (error) {
      const { path = folder } = error as NodeJS.ErrnoException;
      throw explainReadError(error as NodeJS.ErrnoException, path);
    }
  }
  if (files.length === 0) throw new Error(`Cannot read "${root}": the folder holds no files`);
  return files.sort();
}

async function* counted(
  stream: AsyncIterable<Uint8Array>,
  onRead?: (byteLength: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    onRead?.(chunk.length);
    yield chunk;
  }
}

/** All members of the file, as gzip itself reads them. */
export async function* gunzip(
  bytes: NodeJS.ReadableStream | AsyncIterable<Uint8Array>,
  onRead?: (byteLength: number) => void,
): AsyncGenerator<Uint8Array> {
  const output = createGunzip({ chunkSize: READ_BYTES });
  const source = (bytes as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let given: { readonly end: number; readonly chunk: Uint8Array }[] = []; // what may not be unpacked yet
  let reading: Promise<IteratorResult<Uint8Array>> | undefined;
  const read = () => {
    reading = source.next();
    return reading;
  };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let end = 0;
    for (let next = await read(); !next.done; next = await read()) {
      end += next.value.length;
      given = given.filter((earlier) => earlier.end > output.bytesWritten);
      given.push({ end, chunk: next.value });
      yield next.value;
    }
  }
  const done = new Promise<NodeJS.ErrnoException | null | undefined>((finish) => pipeline(chunks(), output, finish));
  let told = 0;
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) {
      onRead?.(output.bytesWritten - told); // what has been unpacked, not what waits
      told = output.bytesWritten;
      yield chunk;
    }
    const error = await done;
    if (error && !ENDED_EARLY.includes(error.code ?? '')) throw error;
    // It ends at the first zero behind a member: tapes and archives are padded so.
    await reading; // what it was asking for then is among what was given
    const unpacked = output.bytesWritten;
    for (const { end, chunk } of given) checkPadding(chunk.subarray(Math.max(0, chunk.length - (end - unpacked))));
    for (let next = await source.next(); !next.done; next = await source.next()) checkPadding(next.value);
  } catch (error) {
    // The first header was right.
    throw (error as Error).message === 'incorrect header check' ? new Error(BEHIND_GZIP, { cause: error }) : error;
  } finally {
    await source.return?.();
  }
}

/** Of a pipeline that ends before all was written into it; it may end without an error, too. */
const ENDED_EARLY = ['ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE'];
const BEHIND_GZIP = 'behind the compressed data are bytes that are none; unpack it by gunzip, which leaves them out';

function checkPadding(bytes: Uint8Array): void {
  if (bytes.some((byte) => byte !== 0)) throw new Error(BEHIND_GZIP);
}

/** All frames of the file. */
export async function* unzstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  yield* decodeZstd(decoder, bytes);
}
