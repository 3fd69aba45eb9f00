import { BYTES, type OptionRules, SIGNAL, STRINGS } from '../../text/check-options.ts';
import { maskSecrets } from '../../text/mask-secrets.ts';
import { showValue } from '../../text/show-value.ts';
import type { EmbeddingModel } from '../embedding-model.ts';
import { type ModelFile, type ModelFolder, READ_RULES, type ReadOptions } from './model-file.ts';
import { type ReadModelOptions, readModel, readModelFolder } from './read-model.ts';

/** Of `loadModel`, in Node and in pages. */
export const LOAD_RULES: OptionRules<
  ReadOptions & {
    readonly words?: readonly string[] | undefined;
    readonly maximumUnpackedBytes?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  }
> = { ...READ_RULES, words: STRINGS, maximumUnpackedBytes: BYTES, signal: SIGNAL };

/**
 * Reads a model from where Node and pages read it alike: the web, a `Blob`, or the files of a folder that were picked.
 *
 * @throws TypeError for anything else
 */
export async function readModelFrom(
  place: URL | Blob | Iterable<File>,
  options: ReadModelOptions,
  signal?: AbortSignal,
): Promise<EmbeddingModel> {
  signal?.throwIfAborted();
  if (place instanceof URL) return readModelUrl(place, options, signal);
  if (place instanceof Blob) return readModel(blobFile(place, 'name' in place ? String(place.name) : 'blob'), options);
  const files = isIterable(place) ? [...place] : [];
  if (files.length > 0 && files.every((file) => file instanceof Blob)) {
    return readModelFolder(pickedFolder(files), options);
  }
  throw new TypeError(
    `Cannot load a model: give its path or URL, a Blob or picked files, got ${showValue(place)} (readModel and memoryFile read bytes)`,
  );
}

async function readModelUrl(
  url: URL,
  options: ReadModelOptions,
  signal: AbortSignal | undefined,
): Promise<EmbeddingModel> {
  const { urlFile, urlFolder } = await import('./url-file.ts');
  if (url.pathname.endsWith('/')) return readModelFolder(urlFolder(url, signal), options);
  const file = await urlFile(url, signal);
  if (!file) throw new Error(`Cannot read model "${maskSecrets(String(url))}": the server has no such file`);
  return readModel(file, { ...options, folder: urlFolder(new URL('.', url), signal) });
}

/** A file in a `Blob`. */
export function blobFile(blob: Blob, name: string): ModelFile {
  return {
    name,
    byteLength: blob.size,
    async read(offset, target) {
      target.set(new Uint8Array(await blob.slice(offset, offset + target.length).arrayBuffer()));
    },
  };
}

/** Files of `<input webkitdirectory>`, whose paths begin with the name of the folder, or files picked together. */
function pickedFolder(files: readonly File[]): ModelFolder {
  const pathOf = (file: File) => (file.webkitRelativePath ?? '').split('/').slice(1).join('/') || file.name;
  return {
    name: files[0].webkitRelativePath?.split('/')[0] || 'files',
    async open(name) {
      const file = files.find((candidate) => pathOf(candidate) === name);
      return file && blobFile(file, name);
    },
  };
}

function isIterable(value: unknown): value is Iterable<File> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value && !ArrayBuffer.isView(value);
}
