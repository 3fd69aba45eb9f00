import { formatBytes, formatSizes, type ModelFile, refuse } from './model-file.ts';
import type { TensorInfo } from './tensor-info.ts';

/**
 * Says of a header that it is too long.
 *
 * @param room - so many bytes it may take
 * @throws ModelFormatError, always
 */
export function refuseHeader(file: ModelFile, headerLength: number, room: number): never {
  const [promised, left] = formatSizes(headerLength, room);
  refuse(file, `its header promises ${promised}, there are ${left} for it; it may have been cut off`);
}

/**
 * Says which of the tensors does not lie where it should.
 *
 * @param sorted - by their places
 * @throws ModelFormatError, always
 */
export function refuseTensors(
  file: ModelFile,
  sorted: readonly (readonly [string, TensorInfo])[],
  dataStart: number,
  neededBytes: (tensor: TensorInfo) => number,
): never {
  let end = 0;
  for (const [name, tensor] of sorted) {
    const { dtype, shape, data_offsets: offsets } = tensor;
    const byteLength = offsets[1] - offsets[0];
    const needed = neededBytes(tensor);
    if (byteLength < 0 || byteLength !== needed)
      refuse(
        file,
        `tensor "${name}" of type ${dtype} and shape [${shape}] needs ${needed} bytes, its offsets give ${byteLength}`,
      );
    if (offsets[0] !== end)
      refuse(
        file,
        `tensor "${name}" begins at byte ${offsets[0]}, the one before ends at ${end}: tensors must neither overlap nor leave a hole`,
      );
    end = offsets[1];
    if (dataStart + end > file.byteLength) {
      const [promised, left] = formatSizes(byteLength, Math.max(0, file.byteLength - dataStart - offsets[0]));
      refuse(file, `tensor "${name}" promises ${promised}, file has ${left} left; it may have been cut off`);
    }
  }
  refuse(file, `${formatBytes(file.byteLength - dataStart - end)} are left behind its last tensor`);
}

/** Says of a file that is none of ours, or of another version. */
export function describeVersion({ format, format_version: version }: Record<string, string>, newest: number): string {
  return format === 'wordkin'
    ? `it is of format version ${version}, this version of wordkin reads 1 to ${newest}; ${Number(version) > newest ? 'update wordkin' : 'convert it with an older one'}`
    : 'it is a safetensors file, but not one of wordkin; of Model2Vec and sentence-transformers give the folder';
}
