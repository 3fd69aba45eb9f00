import { PAGE_BYTES } from '../../model/formats/allocate.ts';

const WASM_PAGE_BYTES = 65_536;
const MOST_WASM_PAGES = 65_536;
/** Less is not worth pages of its own. */
const FEWEST_BYTES = 2 ** 20;

/**
 * Shared memory for what lies in a file from `offset` on, so that no thread copies it. A large one has whole pages, and there the place that the
 * bytes have in those of the file: the system has it back when it is let go, while what lies among other memory may stay with the process.
 */
export function allocateShared(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
  const begin = byteLength < FEWEST_BYTES ? 0 : offset % PAGE_BYTES;
  return new Uint8Array(sharedBuffer(begin + byteLength) as ArrayBufferLike as ArrayBuffer, begin, byteLength);
}

function sharedBuffer(byteLength: number): SharedArrayBuffer {
  const pages = Math.ceil(byteLength / WASM_PAGE_BYTES);
  if (byteLength >= FEWEST_BYTES && pages <= MOST_WASM_PAGES) {
    try {
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      return memory.buffer as ArrayBufferLike as SharedArrayBuffer;
    } catch {
      // It takes more addresses than it has bytes, and a process may be given few.
    }
  }
  return new SharedArrayBuffer(byteLength);
}
