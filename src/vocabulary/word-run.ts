import type { SortedRun } from '../kernels/run-merger/run-merger.ts';

/**
 * A run: the words of one table in byte order, as one block of bytes that can wait on disk. A record is
 * uint32 number in its table, float64 count, uint32 length, then the word's bytes; little endian.
 */
export type WordRun = SortedRun;

/** A run that stays in memory. */
export function memoryRun(bytes: Uint8Array, wordCount: number, pieces?: readonly number[]): WordRun {
  return {
    ...(pieces && { pieces }),
    wordCount,
    byteLength: bytes.length,
    read: (offset, target) => target.set(bytes.subarray(offset, offset + target.length)),
  };
}

/** Memory that can be posted to other threads without a copy, where there is such a thing. */
export function sharedBuffer(byteLength: number): ArrayBuffer {
  // Typed arrays take both alike.
  return typeof SharedArrayBuffer === 'undefined'
    ? new ArrayBuffer(byteLength)
    : (new SharedArrayBuffer(byteLength) as unknown as ArrayBuffer);
}
