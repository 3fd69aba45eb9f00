import { READ_BYTES } from './byte-reader.ts';
import { formatBytes, type ModelFile, refuse } from './model-file.ts';

export const PAGE_BYTES = 4096;
/** Where a large array begins in its page: glibc and musl keep so much before it. */
const ARRAY_BEGIN = 16;

type Allocate = (offset: number, byteLength: number) => Uint8Array<ArrayBuffer>;

/**
 * Memory for what lies in a file from `offset` on. A large one has the place in its pages that the bytes have in those of the
 * file, so that a disk can write to it without a copy; elsewhere, and where arrays begin otherwise, that does no harm.
 */
export let allocateAlike: Allocate = (offset, byteLength) => {
  const shift = byteLength < READ_BYTES ? 0 : (offset + PAGE_BYTES - ARRAY_BEGIN) % PAGE_BYTES;
  return new Uint8Array(new ArrayBuffer(shift + byteLength), shift);
};

/** From now on what is read lies where `other` says: for a thread that reads models for others. */
export function allocateBy(other: Allocate): void {
  allocateAlike = other;
}

/**
 * `length` numbers for what a file of `file.byteLength` bytes describes. Formats that pack vectors may promise any size
 * in a few bytes; more than 64 times the file is taken for damage.
 *
 * @param offset - where they lie in the file, if they do, see `allocateAlike`
 * @throws ModelFormatError
 */
export function allocateFloats(file: ModelFile, length: number, offset = 0): Float32Array<ArrayBuffer> {
  const byteLength = 4 * length;
  if (byteLength <= Math.max(2 ** 26, 64 * file.byteLength)) {
    try {
      const { buffer, byteOffset } = allocateAlike(offset - (offset % 4), byteLength);
      return new Float32Array(buffer, byteOffset, length);
    } catch {
      // said below
    }
  }
  refuse(
    file,
    `it promises vectors of ${formatBytes(byteLength)} in a file of ${formatBytes(file.byteLength)}, more than can be held in memory`,
  );
}
