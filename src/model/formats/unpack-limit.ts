import { formatBytes, type ModelFile, ModelFormatError } from './model-file.ts';

const PIECE_BYTES = 1 << 20;

/** A file from front to back. */
export async function* pieces(file: ModelFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < file.byteLength; at += PIECE_BYTES) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, file.byteLength - at));
    await file.read(at, piece);
    yield piece;
  }
}

/**
 * Bytes of a compressed file as they come, until there are more than is believed: 32 times the file, and 1 GiB at least.
 * Vectors shrink to a quarter at best; what unpacks to more is made to fill the disk.
 *
 * @throws ModelFormatError
 */
export async function* limitUnpacked<T extends Uint8Array>(
  file: ModelFile,
  bytes: AsyncIterable<T>,
  maximumByteLength = Math.max(2 ** 30, 32 * file.byteLength),
): AsyncGenerator<T> {
  let byteLength = 0;
  try {
    for await (const chunk of bytes) {
      byteLength += chunk.length;
      if (byteLength > maximumByteLength) break;
      yield chunk;
    }
  } catch (cause) {
    throw new ModelFormatError(
      `Cannot read model "${file.name}": its compressed data is damaged or ends early (${(cause as Error).message})`,
      { cause },
    );
  }
  if (byteLength > maximumByteLength) {
    throw new ModelFormatError(
      `Cannot read model "${file.name}": it has ${formatBytes(file.byteLength)} and unpacks to more than ${formatBytes(maximumByteLength)}; if that is right, raise maximumUnpackedBytes`,
    );
  }
}
