import { readChunks } from './byte-reader.ts';
import { ContentHash } from './content-hash.ts';
import { type ModelFile, refuse } from './model-file.ts';
import { openSafetensors, type TensorData } from './safetensors.ts';

/** What stands where the hash is to be. */
export const NO_HASH = '0'.repeat(16);

/**
 * The header with the hash of all behind the first 8 bytes: of the header, in which the hash itself is zeros, and of the tensors.
 */
export function withContentHash(header: Uint8Array, tensors: readonly TensorData[]): Uint8Array {
  const hash = new ContentHash().update(header.subarray(8));
  for (const { chunks } of tensors) for (const chunk of chunks()) hash.update(chunk);
  header.set(new TextEncoder().encode(hash.digest()), placeOfHash(header)!);
  return header;
}

/** Where the 16 digits of the hash stand in a header; undefined if there are none. */
function placeOfHash(header: Uint8Array): number | undefined {
  // The key stands in front of all that users can write into a header.
  const found =
    /^\s*\{"__metadata__":\{"format":"wordkin","format_version":"\d+","content_hash":"(?=[0-9a-f]{16}")/.exec(
      new TextDecoder('latin1').decode(header.subarray(8, 8 + 200)),
    );
  return found ? 8 + found[0].length : undefined;
}

const PIECE_BYTES = 1 << 24;

/**
 * Compares all of a file with the hash that its header holds; false if it holds none, as a file of an older version.
 *
 * @throws ModelFormatError if they differ
 */
export async function verifyContentHash(file: ModelFile): Promise<boolean> {
  const { headerByteLength, metadata } = await openSafetensors(file);
  const header = new Uint8Array(headerByteLength);
  await file.read(0, header);
  const place = placeOfHash(header);
  if (place === undefined) {
    if (metadata.content_hash !== undefined) refuse(file, 'the hash of its content does not stand where it should');
    return false;
  }
  header.set(new TextEncoder().encode(NO_HASH), place);
  const hash = new ContentHash().update(header.subarray(8));
  const piece = new Uint8Array(Math.min(PIECE_BYTES, file.byteLength - headerByteLength));
  for (let at = headerByteLength; at < file.byteLength; at += piece.length) {
    const part = piece.subarray(0, file.byteLength - at);
    await readChunks(file, at, part);
    hash.update(part);
  }
  const found = hash.digest();
  if (found !== metadata.content_hash)
    refuse(file, `its content has the hash ${found}, its header says ${metadata.content_hash}: it was damaged`);
  return true;
}
