import { allocateAlike } from './allocate.ts';
import { formatBytes, type ModelFile, refuse } from './model-file.ts';

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
