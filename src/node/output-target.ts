import type { BigIntStats } from 'node:fs';
import { constants, fstatSync } from 'node:fs';
import { access, lstat, open, readdir, readlink, realpath, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { formatSizes } from '../model/formats/model-file.ts';
import type { FolderFormat } from '../model/formats/model-format.ts';
import { formatByName, formatNamed, type ModelFormat } from '../model/formats/writable-formats.ts';

import { isAddress } from './is-address.ts';
import { explainError } from './read-error.ts';
import { finishReplacing, readyFolder, replaceFile } from './replace-files.ts';
import { temporaryName } from './temporary-names.ts';

const MOST_LINKS = 40;
/** What of a folder says nothing about whether a model may be written to it. */
const UNSEEN = /^\.(wordkin-|DS_Store$)/;

export interface OutputCheck {
  /** Files and folders that the same work reads: none of them is to be replaced. "-" is standard input; addresses are passed over. */
  readonly inputs?: readonly string[] | undefined;
  /** What is going to be written, about. */
  readonly byteLength?: number | undefined;
}

/** Where a model goes. */
export interface ModelTarget {
  /** Where the files lie, behind symbolic links. */
  readonly folder: string;
  readonly names: readonly string[];
  /** The folder is not there yet. */
  readonly isNew: boolean;
  /** Of several files: see `replaceFiles`. */
  readonly ready?: string | undefined;
}

/**
 * Looks at the place of a model that is to be written, before the work, not after it.
 *
 * @throws Error that says why nothing can or should be written there
 */
export async function checkModelOutput(
  path: string,
  { format, ...check }: OutputCheck & { readonly format?: ModelFormat | undefined } = {},
): Promise<void> {
  const { folder, names, isNew } = await modelTarget(path, format);
  const action = `Cannot write model "${path}"`;
  await refuseInputs(
    names.map((name) => join(folder, name)),
    check.inputs ?? [],
    action,
  );
  await refuseUnwritable(isNew ? dirname(folder) : folder, check.byteLength ?? 0, action);
}

/**
 * As `checkModelOutput`, for another file: `what` it is, for the message.
 *
 * @param model - what is written, too: none of its files is to be this one
 */
export async function checkFileOutput(
  path: string,
  what: string,
  { model, ...check }: OutputCheck & { readonly model?: readonly [path: string, format: ModelFormat] } = {},
): Promise<void> {
  const action = `Cannot write ${what} "${path}"`;
  const target = await ownFileTarget(path, action);
  await refuseInputs([target], check.inputs ?? [], action);
  if (model) {
    const { folder, names } = await modelTarget(...model);
    const places = await Promise.all(names.map((name) => placeOf(join(folder, name))));
    if (places.includes(await placeOf(target)))
      throw new Error(`${action}: the model "${model[0]}" goes there; give another name`);
  }
  await refuseUnwritable(dirname(target), check.byteLength ?? 0, action);
}

/** Writes a file of text as `saveModel` does a model: whole or not at all, to where links lead, and nowhere but to a file. */
export async function writeTextFile(path: string, what: string, text: string): Promise<void> {
  const action = `Cannot write ${what} "${path}"`;
  const target = await ownFileTarget(path, action);
  await replaceFile(target, [new TextEncoder().encode(text)]).catch((error) => {
    throw explainError(error, action);
  });
}

/** Nothing that is written is packed. */
const PACKED = /\.(gz|zst|bz2|xz|7z|zip|tar|tgz)$/i;

/** Endings that everybody takes for these formats. */
const ENDINGS: readonly [RegExp, readonly ModelFormat[]][] = [
  [/\.safetensors$/i, ['safetensors']],
  [/\.npy$/i, ['numpy']],
  [/\.bin$/i, ['word2vec-binary', 'fasttext-binary']],
  [/\.(txt|vec)$/i, ['word2vec-text', 'glove-text', 'fasttext-text']],
];

/**
 * Where a model is to be written, which is no place where something else lies.
 *
 * @throws Error that says what lies there
 */
export async function modelTarget(path: string, format = formatByName(path)): Promise<ModelTarget> {
  const action = `Cannot write model "${path}"`;
  refuseNoName(path, action);
  const packed = PACKED.exec(path)?.[0];
  if (packed !== undefined)
    throw new RangeError(`${action}: models are written unpacked; leave out "${packed}", and pack the file afterwards`);
  const others = ENDINGS.find(([ending]) => ending.test(withoutSlash(path)))?.[1];
  if (others && !others.includes(format))
    throw new RangeError(
      `${action}: its name promises ${others.join(' or ')}, the format is ${format}; name it otherwise`,
    );
  const named = formatNamed(format);
  if (!named.folder && format !== 'numpy') {
    const target = await ownFileTarget(path, action);
    return { folder: dirname(target), names: [basename(target)], isNew: false };
  }
  const folder = named.folder ? withoutSlash(path) : dirname(path);
  const ready = named.folder ? readyFolder(folder, true) : readyFolder(arrayName(path), false);
  const find = () => (named.folder ? folderTarget(folder, named, action) : arrayTarget(path, action));
  await finishReplacing(folder, ready);
  try {
    return { ...(await find()), ready };
  } catch {
    // Perhaps another process was moving its files just now: then they are all there when that is finished.
    await finishReplacing(folder, ready);
    return { ...(await find()), ready };
  }
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/[\\/]+$/, '') : path;
}

/** The file behind the links of `path`, which need not be there. */
async function fileTarget(path: string, action: string): Promise<string> {
  refuseNoName(path, action);
  if (/[\\/]$/.test(path)) throw new Error(`${action}: it is named as a folder, and a file is to be written`);
  let target = path;
  for (let links = 0; ; links++) {
    const kind = await kindOf(target);
    if (kind === 'link') {
      if (links === MOST_LINKS) throw new Error(`${action}: its symbolic links lead in a circle`);
      target = await behindLink(target, action);
      continue;
    }
    if (kind === 'folder') throw new Error(`${action}: it is a folder`);
    if (kind === 'other') throw noFile(action);
    if (kind === 'file') {
      await access(target, constants.W_OK).catch((error) => {
        throw explainError(error, action, ': it may not be changed');
      });
    }
    return target;
  }
}

/** As `fileTarget`, for a file that belongs to no other: not the words of an array, which would then have other words. */
async function ownFileTarget(path: string, action: string): Promise<string> {
  const target = await fileTarget(path, action);
  const array = target.replace(/\.words\.txt$/, '.npy');
  if (array !== target && (await kindOf(array)))
    throw new Error(`${action}: the words of the array "${array}" stand there; give another name`);
  return target;
}

async function folderTarget(
  folder: string,
  { fileNames, neededFiles }: FolderFormat,
  action: string,
): Promise<ModelTarget> {
  const target = { folder, names: fileNames };
  const stats = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw explainError(error, action);
  });
  if (!stats) return { ...target, isNew: true };
  if (!stats.isDirectory()) throw new Error(`${action}: it is a file, the format is a folder`);
  const names = (await readdir(folder)).filter((name) => !UNSEEN.test(name)).sort();
  const missing = neededFiles.find((name) => !names.includes(name));
  if (names.length > 0 && missing !== undefined)
    throw new Error(
      `${action}: the folder holds "${names.slice(0, 3).join('", "')}"${names.length > 3 ? ' …' : ''} and no model of this format (no "${missing}"); give another one`,
    );
  for (const name of target.names) {
    const kind = await kindOf(join(folder, name));
    if (kind !== undefined && kind !== 'file')
      throw new Error(`${action}: "${name}" in the folder is no file of its own; give another folder`);
  }
  return { ...target, isNew: false };
}

/** One link further. Those of open files, as /dev/stdout leads to, may name a pipe by what is no path. */
async function behindLink(link: string, action: string): Promise<string> {
  const target = resolve(dirname(link), await readlink(link));
  const leadsOn = (await kindOf(target)) === undefined && (await stat(link).catch(() => undefined)) !== undefined;
  if (leadsOn) throw noFile(action);
  return target;
}

function noFile(action: string): Error {
  return new Error(
    `${action}: it is no file but a device, a pipe or a socket, and a file is written beside and then moved to its place; give the name of a file`,
  );
}

function arrayName(path: string): string {
  return `${path.replace(/\.npy$/i, '')}.npy`;
}

/** An array, and its words beside it. */
async function arrayTarget(path: string, action: string): Promise<ModelTarget> {
  const array = arrayName(path);
  const words = array.replace(/\.npy$/, '.words.txt');
  for (const file of [array, words]) {
    if ((await kindOf(file)) === 'link')
      throw new Error(
        `${action}: "${file}" is a symbolic link, and two files are to be written; give the name behind it`,
      );
    await fileTarget(file, action);
  }
  if (!(await kindOf(array)) && (await kindOf(words)))
    throw new Error(
      `${action}: "${words}" is there without an array, and would be replaced by the words; move it, or give another name`,
    );
  return { folder: dirname(path), names: [basename(words), basename(array)], isNew: false };
}

function refuseNoName(path: string, action: string): void {
  if (path.trim() === '') throw new Error(`${action}: the name is empty; give the output a name`);
  if (path === '-')
    throw new Error(
      `${action}: a file is written, nothing to standard output; give the name of a file, "./-" for this one`,
    );
  if (isAddress(path)) throw new Error(`${action}: nothing can be written to an address; give the path of a file`);
}

/** The same for all spellings of a file, which need not be there. */
async function placeOf(file: string): Promise<string> {
  const folder = dirname(resolve(file));
  return join(await realpath(folder).catch(() => folder), basename(file));
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'link' | 'other' | undefined> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENAMETOOLONG') throw explainError(error, `Cannot write "${path}"`);
    return undefined; // what else is wrong with the path is told where the file is made
  });
  if (!stats) return undefined;
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

/** Compares what the files are, not their names: another name, a link, a hard link may lead to the same one. */
async function refuseInputs(replaced: readonly string[], inputs: readonly string[], action: string): Promise<void> {
  const known = new Map<string, string>();
  const add = (stats: BigIntStats | undefined, name: string) => stats && known.set(`${stats.dev}:${stats.ino}`, name);
  for (const input of inputs) {
    if (input === '-') add(fstatSync(0, { bigint: true }), 'standard input');
    for (const file of [input, ...(await filesBelow(input, 2)), ...wordsBeside(input)]) add(await identity(file), file);
  }
  for (const path of replaced) {
    const stats = await identity(path);
    const input = stats && known.get(`${stats.dev}:${stats.ino}`);
    if (input !== undefined)
      throw new Error(
        `${action}: it is an input of the same command, "${input}", and would be replaced; give another name`,
      );
  }
}

function identity(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

/** The words of an array that is an input. */
function wordsBeside(path: string): string[] {
  const [, stem] = /^(.*)\.npy(?:\.gz|\.zst)?$/i.exec(path) ?? [];
  return stem === undefined ? [] : [`${stem}.words.txt`, `${stem}.txt`];
}

async function filesBelow(folder: string, depth: number): Promise<string[]> {
  if (depth === 0 || (await stat(folder).catch(() => undefined))?.isDirectory() !== true) return [];
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const below = await Promise.all(paths.map((path) => filesBelow(path, depth - 1)));
  return [...paths, ...below.flat()];
}

async function refuseUnwritable(folder: string, byteLength: number, action: string): Promise<void> {
  const trial = join(folder, temporaryName('.wordkin-', '.tmp'));
  try {
    await (await open(trial, 'wx')).close();
    await rm(trial, { force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new Error(`${action}: there is no folder "${folder}"; make it first`, { cause: error });
    throw explainError(error as NodeJS.ErrnoException, action);
  }
  const left = await freeBytes(folder);
  if (left === undefined || left >= byteLength) return;
  const [needed, there] = formatSizes(byteLength, left);
  throw new Error(`${action}: it needs ${needed}, the disk has ${there} left`);
}

/** Bytes that may still be written to the disk of this folder; undefined where the system does not say. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  const stats = await statfs(folder).catch(() => undefined);
  return stats && stats.bavail * stats.bsize;
}
