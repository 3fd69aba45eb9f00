import { describe, expect, it } from 'vitest';
import { allocateShared } from './allocate-shared.ts';

describe('allocateShared', () => {
  it('gives shared memory of the wanted length, zeros, with the place of the file in a page where it is large', () => {
    for (const [offset, byteLength] of [
      [0, 0],
      [8, 100],
      [123_456, 2 ** 20],
      [4096 * 7 + 16, 3_000_001],
    ]) {
      const bytes = allocateShared(offset, byteLength);
      expect(bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(bytes.length).toBe(byteLength);
      expect(bytes.byteOffset).toBe(byteLength < 2 ** 20 ? 0 : offset % 4096);
      expect(bytes.every((value) => value === 0)).toBe(true);
    }
  });
});
