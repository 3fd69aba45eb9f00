import { READ_BYTES } from './byte-reader.ts';
import { formatBytes, type ModelFile, refuse } from './model-file.ts';

const PAGE_BYTES = 4096;
/** Where a large array begins in its page: glibc and musl keep so much before it. */
const ARRAY_BEGIN = 16;

let isShared = false;

/** From now on what is read lies in shared memory, so that it need not be copied: for a thread that reads models for others. */
export function allocateShared(): void {
  isShared = true;
}

/**
 * Memory for what lies in a file from `offset` on. A large one has the place in its pages that the bytes have in those of the
 * file, so that a disk can write to it without a copy; elsewhere, and where arrays begin otherwise, that does no harm.
 */
export function allocateAlike(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
  if (byteLength < READ_BYTES)
    return bytesOf(isShared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength));
  if (isShared) return bytesOf(sharedPages((offset % PAGE_BYTES) + byteLength), offset % PAGE_BYTES, byteLength);
  const shift = (offset + PAGE_BYTES - ARRAY_BEGIN) % PAGE_BYTES;
  return bytesOf(new ArrayBuffer(shift + byteLength), shift);
}

const bytesOf = (buffer: ArrayBufferLike, begin = 0, length?: number) =>
  new Uint8Array(buffer as ArrayBuffer, begin, length);

const WASM_PAGE_BYTES = 65_536;
const MOST_WASM_PAGES = 65_536;

/** Memory of whole pages, which the system has back when it is let go; what lies among other memory may stay with the process. */
function sharedPages(byteLength: number): SharedArrayBuffer {
  const pages = Math.ceil(byteLength / WASM_PAGE_BYTES);
  if (pages > MOST_WASM_PAGES) return new SharedArrayBuffer(byteLength);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    .buffer as unknown as SharedArrayBuffer;
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
