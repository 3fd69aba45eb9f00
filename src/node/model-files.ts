import { open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type EmbeddingModel, floatContents } from '../model/embedding-model.ts';
import { formatBytes, type ModelFile } from '../model/model-file.ts';
import { MODEL_FORMATS, type ModelFormat, readModel } from '../model/read-model.ts';
import { writeSafetensors } from '../model/safetensors.ts';
import { writeWord2vecBinary, writeWord2vecText } from '../model/word2vec-format.ts';
import { checkChoice } from '../text/check-choice.ts';

/**
 * Loads a model: our safetensors, word2vec text or binary, GloVe text. Told by content, not by name.
 *
 * @throws Error or ModelFormatError with the file's name and what is wrong with it
 */
export async function loadModel(path: string): Promise<EmbeddingModel> {
  const handle = await open(path).catch((error) => {
    throw explain(error, `Cannot read model "${path}"`);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile())
      throw new Error(`Cannot read model "${path}": it is ${stats.isDirectory() ? 'a folder' : 'no file'}`);
    const file: ModelFile = {
      name: path,
      byteLength: stats.size,
      async read(offset, target) {
        for (let at = 0; at < target.length; ) {
          const { bytesRead } = await handle.read(target, at, target.length - at, offset + at);
          if (bytesRead === 0) throw new Error(`Cannot read model "${path}": it became shorter while it was read`);
          at += bytesRead;
        }
      },
    };
    return await readModel(file);
  } finally {
    await handle.close();
  }
}

/** The format that a file name asks for: .bin, .txt and .vec as word2vec writes them, otherwise safetensors. */
export function formatByName(path: string): ModelFormat {
  if (/\.bin$/i.test(path)) return 'word2vec-binary';
  if (/\.(txt|vec)$/i.test(path)) return 'word2vec-text';
  return 'safetensors';
}

/**
 * Saves a model so that a file at `path` is either the old one or the whole new one, whatever happens: written
 * beside, synced, renamed.
 *
 * @param format - by the file name if absent. Only safetensors keeps output vectors, counts and tokenizer.
 */
export async function saveModel(model: EmbeddingModel, path: string, format = formatByName(path)): Promise<void> {
  checkChoice('format', format, MODEL_FORMATS);
  const writers = { 'word2vec-binary': writeWord2vecBinary, 'word2vec-text': writeWord2vecText };
  const chunks =
    format === 'safetensors' ? writeSafetensors(model.contents) : writers[format](floatContents(model.contents));
  await writeBeside(path, chunks);
}

/**
 * Whether a file of about this size can be written: asked before a long training, not after.
 *
 * @throws Error that names the folder, what is needed and what is there
 */
export async function checkWritable(path: string, byteLength = 0): Promise<void> {
  const target = await stat(path).catch(() => undefined);
  if (target?.isDirectory()) throw new Error(`Cannot write model "${path}": it is a folder`);
  await writeBeside(path, [], { keep: false });
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

/** Removes temporary files of savers that were killed. */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names) {
    const [, pid] = (name.startsWith(prefix) && /^(\d+)\.tmp$/.exec(name.slice(prefix.length))) || [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(dirname(path), name), { force: true });
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
