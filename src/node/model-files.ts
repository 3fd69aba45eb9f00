import { constants, readSync } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import { formatBytes, type ModelFile, type ModelFolder, type ReadOptions } from '../model/formats/model-file.ts';
import { type Compression, readModel, readModelFolder } from '../model/formats/read-model.ts';
import { limitUnpacked, pieces } from '../model/formats/unpack-limit.ts';
import { urlFile, urlFolder } from '../model/formats/url-file.ts';
import { formatByName, MODEL_FORMATS, type WrittenFile, writeModel } from '../model/formats/write-model.ts';
import { checkChoice } from '../text/check-choice.ts';
import { showValue } from '../text/show-value.ts';
import { gunzip, unzstd } from './text-files.ts';

export interface LoadOptions extends ReadOptions {
  /** Of an array (.npy): the word of each row; the file of words beside it if absent. */
  readonly words?: readonly string[] | undefined;
  /** Of a compressed file: the most bytes that it may unpack to, into a temporary file; 32 times the file and 1 GiB at least if absent. */
  readonly maximumUnpackedBytes?: number | undefined;
}

/**
 * Loads a model of any format that is known (docs/file-formats.md), told by content, not by name: from a file, which may
 * be compressed (.gz, .zst), from a folder, or from the web, an address that ends with a slash being a folder.
 *
 * @throws Error or ModelFormatError with the file's name and what is wrong with it
 */
export async function loadModel(place: string | URL, options: LoadOptions = {}): Promise<EmbeddingModel> {
  if (typeof place !== 'string' && !(place instanceof URL))
    throw new TypeError(
      `Cannot load a model: give its path or URL, got ${showValue(place)} (readModel and memoryFile read bytes)`,
    );
  const url = typeof place === 'string' ? (/^https?:\/\//i.test(place) ? new URL(place) : undefined) : place;
  const open = new OpenFiles();
  const unpack = (file: ModelFile, compression: Compression) =>
    unpackToTemporaryFile(file, compression, open, options.maximumUnpackedBytes);
  try {
    if (url && url.protocol !== 'file:') {
      if (url.pathname.endsWith('/')) return await readModelFolder(urlFolder(url), { ...options, unpack });
      const file = await urlFile(url);
      if (!file) throw new Error(`Cannot read model "${url}": the server has no such file`);
      return await readModel(file, { ...options, unpack, folder: urlFolder(new URL('.', url)) });
    }
    const path = url ? fileURLToPath(url) : String(place);
    const stats = await stat(path).catch((error) => {
      throw explain(error, `Cannot read model "${path}"`);
    });
    if (stats.isDirectory()) return await readModelFolder(open.folder(path), { ...options, unpack });
    if (!stats.isFile()) throw new Error(`Cannot read model "${path}": it is no file`);
    return await readModel(await open.file(path), { ...options, unpack, folder: open.folder(dirname(path)) });
  } finally {
    await open.close();
  }
}

/** Reads of so many bytes may go past the system's cache … */
const DIRECT_BYTES = 1 << 23;
/** … by whole blocks. */
const BLOCK_BYTES = 4096;
const PROBE_BYTES = 1 << 20;
const PROBES = 3;
const CLEARLY_FASTER = 1.5;

/** Files that stay open while a model is read. */
class OpenFiles {
  readonly #closers: (() => Promise<void>)[] = [];

  async file(path: string): Promise<ModelFile> {
    const handle = await open(path).catch((error) => {
      throw explain(error, `Cannot read model "${path}"`);
    });
    this.onClose(() => handle.close());
    const stats = await handle.stat();
    let faster: Promise<FileHandle> | undefined;
    return {
      name: path,
      byteLength: stats.size,
      read: async (offset, target) => {
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

  onClose(closer: () => Promise<void>): void {
    this.#closers.push(closer);
  }

  async close(): Promise<void> {
    for (const closer of this.#closers.reverse()) await closer();
  }
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
  const folder = await mkdtemp(join(tmpdir(), 'wordkin-'));
  files.onClose(() => rm(folder, { recursive: true, force: true }));
  const packed = pieces(file);
  const unpacked = compression === 'gzip' ? gunzip(Readable.from(packed)) : unzstd(packed);
  const path = join(folder, 'model');
  const handle = await open(path, 'wx');
  try {
    for await (const chunk of limitUnpacked(file, unpacked, maximumByteLength)) {
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
    }
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, `Cannot unpack model "${file.name}" to "${folder}"`);
  } finally {
    await handle.close();
  }
  return { ...(await files.file(path)), name: file.name };
}

/**
 * Saves a model so that what is at `path` is either the old one or the whole new one, whatever happens: written beside,
 * synced, renamed. A folder takes the place of one only if that holds a model and nothing else.
 *
 * @param format - by the name if absent, see `formatByName`; `lossesIn` tells what it cannot hold
 * @throws Error if it cannot be written; RangeError for words that the format cannot hold
 */
export async function saveModel(model: EmbeddingModel, path: string, format = formatByName(path)): Promise<void> {
  checkModel(model);
  if (typeof path !== 'string') throw new TypeError(`"path" must be a path, got ${showValue(path)}`);
  checkChoice('format', format, MODEL_FORMATS);
  const { folder, files } = writeModel(model.contents, format);
  if (folder) return writeFolderBeside(withoutSlash(path), files);
  for (const [ending, chunks] of files) {
    await writeBeside(ending === '' || path.endsWith(ending) ? path : path.replace(/\.npy$/i, '') + ending, chunks);
  }
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/[\\/]+$/, '') : path;
}

/**
 * Whether a file of about this size can be written: asked before a long training, not after.
 *
 * @throws Error that names the folder, what is needed and what is there
 */
export async function checkWritable(path: string, byteLength = 0, format = formatByName(path)): Promise<void> {
  const target = await stat(path).catch(() => undefined);
  const asFolder = format === 'model2vec' || format === 'projector';
  if (asFolder) await checkReplaceable(withoutSlash(path));
  else if (target?.isDirectory()) throw new Error(`Cannot write model "${path}": it is a folder`);
  await writeBeside(withoutSlash(path), [], { keep: false });
  const { bavail, bsize } = await statfs(dirname(path));
  if (bavail * bsize < byteLength) {
    throw new Error(
      `Cannot write model "${path}": it needs ${formatBytes(byteLength)}, the disk has ${formatBytes(bavail * bsize)} left`,
    );
  }
}

async function writeBeside(path: string, chunks: Iterable<Uint8Array>, { keep = true } = {}): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await removeLeftovers(path);
  try {
    const handle = await open(temporary, 'w');
    try {
      for (const chunk of chunks) {
        for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
      }
      if (keep) await handle.sync();
    } finally {
      await handle.close();
    }
    if (!keep) return await rm(temporary, { force: true });
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw explain(error as NodeJS.ErrnoException, `Cannot write model "${path}"`);
  }
}

/** Files that a folder of a model holds, ours and those of other tools. */
const FOLDER_FILES =
  /^(model\.safetensors|tokenizer\.json|tokenizer_config\.json|config\.json|modules\.json|config_sentence_transformers\.json|README\.md|vectors\.tsv|metadata\.tsv|projector_config\.json)$/;

/** Refuses to put a model in the place of a folder that holds something else. */
async function checkReplaceable(folder: string): Promise<void> {
  const target = await stat(folder).catch(() => undefined);
  if (!target) return;
  if (!target.isDirectory()) throw new Error(`Cannot write model "${folder}": it is a file, the format is a folder`);
  const other = (await readdir(folder)).find((name) => !FOLDER_FILES.test(name));
  if (other !== undefined) {
    throw new Error(
      `Cannot write model "${folder}": the folder holds "${other}", which would be lost; give another one`,
    );
  }
}

/** A folder that is there changes its name for a moment: there is no exchange of two in one step. */
async function writeFolderBeside(path: string, files: Iterable<WrittenFile>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const old = `${path}.${process.pid}.old.tmp`;
  await removeLeftovers(path);
  await checkReplaceable(path);
  try {
    await mkdir(temporary);
    for (const [name, chunks] of files) await writeBeside(join(temporary, name), chunks);
    await syncFolder(temporary);
    const replaces = (await stat(path).catch(() => undefined)) !== undefined;
    if (replaces) await rename(path, old);
    try {
      await rename(temporary, path);
    } catch (error) {
      if (replaces) await rename(old, path);
      throw error;
    }
    await syncFolder(dirname(path));
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw explain(error as NodeJS.ErrnoException, `Cannot write model "${path}"`);
  }
}

/**
 * Removes temporary files of savers that were killed. A folder that one had put aside comes back, if the new one has
 * not taken its place.
 */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names) {
    const [, pid] = (name.startsWith(prefix) && /^(\d+)(?:\.old)?\.tmp$/.exec(name.slice(prefix.length))) || [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const leftover = join(dirname(path), name);
    if (name.endsWith('.old.tmp') && !(await stat(path).catch(() => undefined))) await rename(leftover, path);
    else await rm(leftover, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes the rename itself durable, where the system lets a folder be synced (Windows does not). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

function explain(error: NodeJS.ErrnoException, action: string): Error {
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EACCES: 'permission denied',
    EROFS: 'the disk is read-only',
    ENOTDIR: 'part of the path is not a folder',
    ENOSPC: 'no space left on the device; what was there before is unchanged',
    EDQUOT: 'the disk quota is used up; what was there before is unchanged',
  };
  const reason = reasons[error.code ?? ''];
  return reason ? new Error(`${action}: ${reason}`, { cause: error }) : error;
}
