import { allocateFloats } from './allocate-floats.ts';
import type { BinaryReader } from './binary-reader.ts';

const CENTROIDS = 256;

export interface RowRange {
  readonly begin: number;
  readonly end: number;
}

/** Some of the rows of a matrix of a .bin, dense or packed by product quantisation; all of it is passed over. */
export async function readMatrix(
  reader: BinaryReader,
  packed: boolean,
  dimensions: number,
  what: string,
  choose: (rowCount: number) => readonly RowRange[],
): Promise<Float32Array<ArrayBuffer>[]> {
  if (packed) return readPackedMatrix(reader, dimensions, what, choose);
  const [rowCount, width] = [await reader.count(what), await reader.count(what)];
  if (width !== dimensions && rowCount > 0)
    reader.fail(`${what} have ${width} dimensions, its header says ${dimensions}`);
  reader.expect(4 * rowCount * width, `${what}, ${rowCount} × ${width},`);
  const parts: Float32Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { begin, end } of choose(rowCount)) {
    reader.skip(4 * (begin - at) * width, what);
    parts.push(await reader.floats((end - begin) * width, what));
    at = end;
  }
  reader.skip(4 * (rowCount - at) * width, what);
  return parts;
}

interface ProductQuantizer {
  readonly dimensions: number;
  readonly parts: number;
  readonly partLength: number;
  readonly lastLength: number;
  readonly centroids: Float32Array;
}

async function readQuantizer(reader: BinaryReader, dimensions: number, what: string): Promise<ProductQuantizer> {
  const [width, parts, partLength, lastLength] = [
    await reader.int32(what),
    await reader.int32(what),
    await reader.int32(what),
    await reader.int32(what),
  ];
  const fits = width === dimensions && partLength >= 1 && lastLength >= 1 && lastLength <= partLength && parts >= 1;
  if (!fits || (parts - 1) * partLength + lastLength !== dimensions)
    reader.fail(`${what} are packed in ${parts} parts of ${partLength} and ${lastLength} of ${width} dimensions`);
  const centroids = await reader.floats(dimensions * CENTROIDS, what);
  return { dimensions, parts, partLength, lastLength, centroids };
}

async function readPackedMatrix(
  reader: BinaryReader,
  dimensions: number,
  what: string,
  choose: (rowCount: number) => readonly RowRange[],
): Promise<Float32Array<ArrayBuffer>[]> {
  const withNorms = (await reader.uint8(what)) !== 0;
  const [rowCount, width] = [await reader.count(what), await reader.count(what)];
  if (width !== dimensions) reader.fail(`${what} have ${width} dimensions, its header says ${dimensions}`);
  const codeSize = await reader.int32(what);
  const codes = await reader.bytes(codeSize, what);
  const quantizer = await readQuantizer(reader, dimensions, what);
  const { parts, partLength, lastLength, centroids } = quantizer;
  if (codeSize !== rowCount * parts) reader.fail(`${what} are ${rowCount} rows of ${parts} codes, it has ${codeSize}`);
  const normCodes = withNorms ? await reader.bytes(rowCount, what) : undefined;
  const norms = withNorms ? (await readQuantizer(reader, 1, what)).centroids : undefined;
  return choose(rowCount).map(({ begin, end }) => {
    const rows = allocateFloats(reader.file, (end - begin) * dimensions);
    for (let row = begin; row < end; row++) {
      const norm = normCodes ? norms![normCodes[row]] : 1;
      for (let part = 0; part < parts; part++) {
        const length = part === parts - 1 ? lastLength : partLength;
        const source = part * CENTROIDS * partLength + codes[row * parts + part] * length;
        const target = (row - begin) * dimensions + part * partLength;
        for (let d = 0; d < length; d++) rows[target + d] = norm * centroids[source + d];
      }
    }
    return rows;
  });
}
