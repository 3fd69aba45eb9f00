import { LARGE_BYTES } from './byte-reader.ts';

export const PAGE_BYTES = 4096;
/** Where a large array begins in its page: glibc and musl keep so much before it. */
const ARRAY_BEGIN = 16;

type Allocate = (offset: number, byteLength: number) => Uint8Array<ArrayBuffer>;

/**
 * Memory for what lies in a file from `offset` on. A large one has the place in its pages that the bytes have in those of the
 * file, so that a disk can write to it without a copy; elsewhere, and where arrays begin otherwise, that does no harm.
 */
export let allocateAlike: Allocate = (offset, byteLength) => {
  const shift = byteLength < LARGE_BYTES ? 0 : (offset + PAGE_BYTES - ARRAY_BEGIN) % PAGE_BYTES;
  return new Uint8Array(new ArrayBuffer(shift + byteLength), shift);
};

/** From now on what is read lies where `other` says: for a thread that reads models for others. */
export function allocateBy(other: Allocate): void {
  allocateAlike = other;
}
