import { BOOLEAN, COUNT, type OptionRules } from '../../text/check-options.ts';
import { showValue } from '../../text/show-value.ts';

/** A file, URL or Blob that can be read in any place. */
export interface ModelFile {
  /** For messages. */
  readonly name: string;
  readonly byteLength: number;
  /** Fills `target` with the bytes from `offset` on; the caller stays inside of the file. */
  read(offset: number, target: Uint8Array): Promise<void>;
}

/** A folder of files, or a place on the web with files beside each other. */
export interface ModelFolder {
  /** For messages. */
  readonly name: string;
  /** A file by its name, which may have a path such as "0_StaticEmbedding/model.safetensors"; undefined if there is none. */
  open(name: string): Promise<ModelFile | undefined>;
}

/** What is read of a model. */
export interface ReadOptions {
  /** Only the first so many words, as a rule the most frequent ones. */
  readonly limit?: number | undefined;
  /**
   * Compares the whole file with the hash of its content, which wordkin's own files hold, and looks for NaN and infinity in each
   * value, also of large models; takes about as long again. Of a file that holds no hash a warning says so.
   */
  readonly verify?: boolean | undefined;
}

export const READ_RULES: OptionRules<ReadOptions> = { limit: COUNT, verify: BOOLEAN };

/** A model file that is wrong; the message says where and what to do. */
export class ModelFormatError extends Error {
  override readonly name = 'ModelFormatError';
}

/**
 * Bytes as a file to read a model from.
 *
 * @param name - for messages
 * @throws TypeError for what is no Uint8Array
 */
export function memoryFile(bytes: Uint8Array, name = 'bytes'): ModelFile {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`"bytes" must be a Uint8Array, got ${showValue(bytes)}`);
  return {
    name,
    byteLength: bytes.length,
    async read(offset, target) {
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

/** @throws ModelFormatError, always */
export function refuse({ name }: { readonly name: string }, what: string): never {
  throw new ModelFormatError(`Cannot read model "${name}": ${what}`);
}

/** A size and a smaller one: in bytes where they would look alike. */
export function formatSizes(needed: number, left: number): [needed: string, left: string] {
  const shown = [needed, left].map(formatBytes);
  return (shown[0] === shown[1] ? [needed, left].map((size) => `${size} bytes`) : shown) as [string, string];
}

/** 28.8 MB, 1.2 kB: decimal units as file managers show them. */
export function formatBytes(byteLength: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = byteLength;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
