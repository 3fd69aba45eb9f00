import { constants, existsSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { LoadOptions } from '../environment/model-files.ts';
import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import type { ModelFile, ModelFolder } from '../model/formats/model-file.ts';
// Pages load these formats when they meet one. A program has them from the beginning: a model of 17 MB would wait a tenth of its time for them.
import '../model/formats/read-word2vec-binary.ts';
import '../model/formats/word2vec-start.ts';
import { type Compression, type ReadModelOptions, readModel, readModelFolder } from '../model/formats/read-model.ts';
import { LOAD_RULES, readModelFrom } from '../model/formats/read-model-from.ts';
import { limitUnpacked, pieces } from '../model/formats/unpack-limit.ts';
import { formatByName, MODEL_FORMATS } from '../model/formats/writable-formats.ts';
import { type WrittenFile, writeModel } from '../model/formats/write-model.ts';
import { writeSafetensors } from '../model/formats/write-wordkin.ts';
import { checkChoice } from '../text/check-choice.ts';
import { checkOptions } from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';
import { isAddress } from './is-address.ts';
import { modelTarget } from './output-target.ts';
import { explainError } from './read-error.ts';
import { finishReplacing, readyFolder, replaceFile, replaceFiles } from './replace-files.ts';
import { TemporaryFolder } from './temporary-folder.ts';
import { gunzip, unzstd } from './text-files.ts';

/** See src/environment/model-files.ts. */
export async function loadModel(
  place: string | URL | Blob | Iterable<File>,
  options: LoadOptions = {},
): Promise<EmbeddingModel> {
  checkOptions<LoadOptions>(options, LOAD_RULES);
  const { maximumUnpackedBytes, signal, ...read } = options;
  signal?.throwIfAborted();
  const isRead = typeof place === 'string' && /^(https?|file):\/\//i.test(place);
  if (isRead && !URL.canParse(place)) throw new TypeError(`Cannot read model "${place}": it is no address of the web`);
  if (!isRead && typeof place === 'string' && isAddress(place))
    throw new TypeError(
      `Cannot read model "${place}": of addresses only those with http and https are read; download it and give the file`,
    );
  const there = isRead ? new URL(place) : place;
  if (typeof there === 'string') return loadFromDisk(there, read, { maximumUnpackedBytes, signal });
  if (there instanceof URL && there.protocol === 'file:')
    return loadFromDisk(fileURLToPath(there), read, { maximumUnpackedBytes, signal });
  const open = new OpenFiles();
  try {
    return await readModelFrom(there, { ...read, unpack: unpacker(open, maximumUnpackedBytes) }, signal);
  } finally {
    await open.close();
  }
}

/** So often a model of several files is read again because another one took its place meanwhile. */
const MOST_READINGS = 10;

async function loadFromDisk(
  path: string,
  options: ReadModelOptions,
  { maximumUnpackedBytes, signal }: Pick<LoadOptions, 'maximumUnpackedBytes' | 'signal'>,
): Promise<EmbeddingModel> {
  const [inFolder, beside] = [readyFolder(path, true), readyFolder(path, false)];
  for (let reading = 1; ; reading++) {
    const open = new OpenFiles(signal);
    // Files that wait now may have done so when the others were opened.
    const mayBeMixed = async () =>
      open.areSeveral && (existsSync(inFolder) || existsSync(beside) || open.haveChanged());
    try {
      await finishReplacing(path, inFolder);
      await finishReplacing(dirname(path), beside);
      const model = await readFromDisk(path, { ...options, unpack: unpacker(open, maximumUnpackedBytes) }, open);
      if (!(await mayBeMixed())) return model;
    } catch (error) {
      if (!(await mayBeMixed())) throw error;
    } finally {
      await open.close();
    }
    if (reading === MOST_READINGS)
      throw new Error(`Cannot read model "${path}": its files are replaced all the time; try again later`);
  }
}

async function readFromDisk(path: string, options: ReadModelOptions, open: OpenFiles): Promise<EmbeddingModel> {
  const stats = await stat(path).catch((error) => {
    throw explainError(error, `Cannot read model "${path}"`);
  });
  if (stats.isDirectory()) return readModelFolder(open.folder(path), options);
  if (!stats.isFile()) throw new Error(`Cannot read model "${path}": it is no file`);
  return readModel(await open.file(path), { ...options, folder: open.folder(dirname(path)) });
}

function unpacker(open: OpenFiles, maximumUnpackedBytes: number | undefined) {
  return (file: ModelFile, compression: Compression) =>
    unpackToTemporaryFile(file, compression, open, maximumUnpackedBytes);
}

/** Reads of so many bytes may go past the system's cache … */
const DIRECT_BYTES = 1 << 23;
/** … by whole blocks. */
const BLOCK_BYTES = 4096;
const PROBE_BYTES = 1 << 19;
const PROBES = 3;
const CLEARLY_FASTER = 1.5;

/** Files that stay open while a model is read. */
class OpenFiles {
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #opened: { path: string; stats: Stats }[] = [];
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  async file(path: string): Promise<ModelFile> {
    const handle = await open(path).catch((error) => {
      throw explainError(error, `Cannot read model "${path}"`);
    });
    this.onClose(() => handle.close());
    const stats = await handle.stat();
    this.#opened.push({ path, stats });
    let faster: Promise<FileHandle> | undefined;
    return {
      name: path,
      byteLength: stats.size,
      read: async (offset, target) => {
        this.#signal?.throwIfAborted();
        if (target.length < DIRECT_BYTES) return readFully(handle, path, offset, target);
        faster ??= this.#fasterWay(handle, path, offset, target);
        const way = await faster;
        try {
          await readBlocks(handle, way, path, offset, target);
        } catch (error) {
          // Memory that does not lie as the disk wants it, or a file system that copies always.
          if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
          faster = Promise.resolve(handle);
          await readFully(handle, path, offset, target);
        }
      },
    };
  }

  /**
   * The file opened for reading past the system's cache, straight from the disk to memory, if that is clearly faster than
   * reading through the cache, where the file stays for the next time; else the file as it is. Where new memory is slow (in
   * some virtual machines 13 µs a page) it is faster by four times; where the file is in the cache already it is not. So three
   * pieces of `target` are read in each way, of which the fastest counts: other programs can only make one slower.
   */
  async #fasterWay(handle: FileHandle, path: string, offset: number, target: Uint8Array): Promise<FileHandle> {
    const { O_DIRECT, O_RDONLY } = constants;
    const direct = O_DIRECT === undefined ? undefined : await open(path, O_RDONLY | O_DIRECT).catch(() => undefined);
    if (!direct) return handle;
    this.onClose(() => direct.close());
    if (!isSame(await direct.stat(), await handle.stat())) return handle; // another one has taken its place
    const first = restOfBlock(offset);
    const shortest = { direct: Infinity, cached: Infinity };
    try {
      for (let probe = 0; probe < 2 * PROBES; probe++) {
        const way = probe % 2 === 0 ? 'direct' : 'cached';
        const { fd } = way === 'direct' ? direct : handle;
        const begin = first + probe * PROBE_BYTES;
        const start = performance.now();
        readSync(fd, target, begin, PROBE_BYTES, offset + begin); // an answer could wait for what else is to be done here
        shortest[way] = Math.min(shortest[way], performance.now() - start);
      }
    } catch {
      return handle; // an error that is not of the way is met again
    }
    return CLEARLY_FASTER * shortest.direct < shortest.cached ? direct : handle;
  }

  folder(path: string): ModelFolder {
    return {
      name: path,
      open: async (name) => {
        const file = join(path, name);
        const stats = await stat(file).catch(() => undefined);
        return stats?.isFile() ? this.file(file) : undefined;
      },
    };
  }

  get areSeveral(): boolean {
    return this.#opened.length > 1;
  }

  /** Whether one of the files has been replaced or changed since it was opened. */
  async haveChanged(): Promise<boolean> {
    for (const { path, stats } of this.#opened) {
      const now = await stat(path).catch(() => undefined);
      if (!now || !isSame(now, stats)) return true;
    }
    return false;
  }

  onClose(closer: () => Promise<void>): void {
    this.#closers.push(closer);
  }

  async close(): Promise<void> {
    for (const closer of this.#closers.reverse()) await closer();
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.mtimeMs === b.mtimeMs && a.size === b.size;
}

/** Bytes from `offset` to the next block. */
function restOfBlock(offset: number): number {
  return (BLOCK_BYTES - (offset % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** Whole blocks of the file by `way`, what is left at both ends through the cache. */
async function readBlocks(
  handle: FileHandle,
  way: FileHandle,
  path: string,
  offset: number,
  target: Uint8Array,
): Promise<void> {
  const head = restOfBlock(offset);
  const end = target.length - ((target.length - head) % BLOCK_BYTES);
  await readFully(handle, path, offset, target.subarray(0, head));
  await readFully(way, path, offset + head, target.subarray(head, end));
  await readFully(handle, path, offset + end, target.subarray(end));
}

async function readFully(handle: FileHandle, path: string, offset: number, target: Uint8Array): Promise<void> {
  for (let at = 0; at < target.length; ) {
    const { bytesRead } = await handle.read(target, at, target.length - at, offset + at);
    if (bytesRead === 0) throw new Error(`Cannot read model "${path}": it became shorter while it was read`);
    at += bytesRead;
  }
}

async function unpackToTemporaryFile(
  file: ModelFile,
  compression: Compression,
  files: OpenFiles,
  maximumByteLength?: number,
): Promise<ModelFile> {
  const folder = new TemporaryFolder();
  files.onClose(async () => folder.dispose());
  const packed = pieces(file);
  const unpacked = compression === 'gzip' ? gunzip(Readable.from(packed)) : unzstd(packed);
  const path = join(folder.path, 'model');
  const handle = await open(path, 'wx');
  try {
    for await (const chunk of limitUnpacked(file, unpacked, maximumByteLength)) {
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
    }
  } catch (error) {
    throw explainError(error as NodeJS.ErrnoException, `Cannot unpack model "${file.name}" to "${folder.path}"`);
  } finally {
    await handle.close();
  }
  return { ...(await files.file(path)), name: file.name };
}

/** See src/environment/model-files.ts. */
export function modelBlob(model: EmbeddingModel): Blob {
  checkModel(model);
  // Vectors may lie in shared memory, which a Blob does not take: copied piece by piece.
  return new Blob(Array.from(writeSafetensors(model.contents), (chunk) => new Uint8Array(chunk)));
}

/** See src/environment/model-files.ts. Written beside, synced, renamed. */
export async function saveModel(model: EmbeddingModel, path: string, format = formatByName(path)): Promise<void> {
  checkModel(model);
  if (typeof path !== 'string') throw new TypeError(`"path" must be a path, got ${showValue(path)}`);
  checkChoice('format', format, MODEL_FORMATS);
  const { folder, names, isNew, ready } = await modelTarget(path, format);
  const { files } = writeModel(model.contents, format);
  try {
    if (isNew) await mkdir(folder, { recursive: false }).catch(unlessThere);
    if (ready === undefined) for (const [, chunks] of files) await replaceFile(join(folder, names[0]), chunks);
    else await replaceFiles(folder, ready, named(files, names));
  } catch (error) {
    if (isNew) await rmdir(folder).catch(() => {}); // as it was, if it is empty
    const failure = error as NodeJS.ErrnoException;
    const rest = isNew || failure.code === 'ENOENT' ? '' : '; what was there before is unchanged';
    throw explainError(failure, `Cannot write model "${path}"`, rest);
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Files that are told by what they end in get their whole names. */
function* named(files: Iterable<WrittenFile>, names: readonly string[]): Generator<WrittenFile> {
  for (const [name, chunks] of files) yield [names.find((whole) => whole.endsWith(name)) ?? name, chunks];
}
