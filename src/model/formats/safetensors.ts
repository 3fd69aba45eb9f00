import { allocateAlike } from './allocate.ts';
import { readAhead } from './byte-reader.ts';
import { type ModelFile, refuse } from './model-file.ts';
import { findDoubleKey, parseJson } from './read-json.ts';
import type { TensorInfo } from './tensor-info.ts';

/**
 * safetensors (github.com/huggingface/safetensors, "Format"): a uint64 header length, a JSON header, then tensors, which cover
 * all bytes behind the header, each once.
 */
const MAXIMUM_HEADER_BYTES = 100_000_000;
const CHUNK_BYTES = 1 << 26;
const BRACE = 0x7b;
const METADATA = '__metadata__';
/** Bytes of a value; types that are not listed are passed over unchecked. */
const VALUE_BYTES: Readonly<Record<string, number>> = {
  ...{ F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, U16: 2 },
  ...{ F8_E4M3: 1, F8_E5M2: 1, I8: 1, U8: 1, BOOL: 1 },
};

/** Whether the file begins like a safetensors file; white space may stand before the header's brace. */
export function looksLikeSafetensors(start: Uint8Array): boolean {
  if (start.length < 9 || start[6] !== 0 || start[7] !== 0) return false;
  const first = start.subarray(8).find((byte) => byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9);
  return first === BRACE;
}

/** A tensor to be written. */
export interface TensorData {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its bytes in pieces, made when they are asked for, once or twice. */
  readonly chunks: () => Iterable<Uint8Array>;
}

/** A tensor that lies in memory. */
export function tensorData(name: string, dtype: string, shape: readonly number[], data: ArrayBufferView): TensorData {
  return {
    name,
    dtype,
    shape,
    *chunks() {
      for (let begin = 0; begin < data.byteLength; begin += CHUNK_BYTES) {
        const size = Math.min(CHUNK_BYTES, data.byteLength - begin);
        yield new Uint8Array(data.buffer, data.byteOffset + begin, size);
      }
    },
  };
}

/** The header of a file of these tensors, with its length in front. Tensors begin at a multiple of 8 bytes in the file. */
export function safetensorsHeader(tensors: readonly TensorData[], metadata?: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = metadata ? { [METADATA]: metadata } : {};
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const byteLength = shape.reduce((product, size) => product * size, VALUE_BYTES[dtype]);
    header[name] = { dtype, shape, data_offsets: [end, end + byteLength] };
    end += byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + 8 * Math.ceil(json.length / 8)).fill(32);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return bytes;
}

/** The header of a safetensors file, and its tensors one by one; also for the files of other tools. */
export interface SafetensorsFile {
  readonly file: ModelFile;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fail: (what: string) => never;
  /** Bytes before the first tensor. */
  readonly headerByteLength: number;
  /** Undefined if there is no such tensor. */
  info(name: string): TensorInfo | undefined;
  /**
   * The values of a tensor, as they lie in the file.
   *
   * @param shape - what it must be; not checked if omitted
   * @param rows - only so many of its rows
   * @param look - is told, while they are read, how many of the values are there
   */
  tensor<T extends ArrayBufferView>(
    name: string,
    dtype: string,
    shape: readonly number[] | undefined,
    type: { new (buffer: ArrayBuffer, byteOffset: number, length: number): T; BYTES_PER_ELEMENT: number },
    rows?: number,
    look?: (values: T, there: number) => void,
  ): Promise<T>;
}

/** @throws ModelFormatError if the header is malformed, or tensors do not cover the file, each byte once */
export async function openSafetensors(file: ModelFile): Promise<SafetensorsFile> {
  const fail = (what: string): never => refuse(file, what);
  const { header, dataStart } = await readHeader(file);
  const { [METADATA]: metadata = {}, ...entries } = header;
  if (!isTextRecord(metadata)) fail(`its "${METADATA}" must be an object of texts`);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, found] of Object.entries(entries)) {
    if (!isTensorInfo(found)) fail(`its header has a malformed entry for tensor "${name}"`);
    tensors.set(name, found as TensorInfo);
  }
  await checkCover(file, tensors, dataStart);
  return {
    file,
    metadata: metadata as Record<string, string>,
    fail,
    headerByteLength: dataStart,
    info: (name) => tensors.get(name),
    async tensor(name, dtype, shape, type, rows = Infinity, look) {
      const found = tensors.get(name);
      if (!found) return fail(`it has no tensor "${name}"`);
      const [begin, end] = found.data_offsets;
      if (found.dtype !== dtype) fail(`tensor "${name}" must be ${dtype}, got ${found.dtype}`);
      if (shape && String(found.shape) !== String(shape))
        fail(`tensor "${name}" must have the shape [${shape}], got [${found.shape}]`);
      const byteLength = end - begin;
      const firstRows = rows < found.shape[0] ? (byteLength / found.shape[0]) * rows : byteLength;
      const offset = dataStart + begin;
      const bytes = allocateAlike(offset - (offset % 8), firstRows);
      const values = new type(bytes.buffer, bytes.byteOffset, bytes.length / type.BYTES_PER_ELEMENT);
      for await (const there of readAhead(file, offset, bytes))
        look?.(values, Math.floor(there / type.BYTES_PER_ELEMENT));
      return values;
    },
  };
}

async function readHeader(file: ModelFile): Promise<{ header: Record<string, unknown>; dataStart: number }> {
  const lengthBytes = new Uint8Array(8);
  if (file.byteLength < 8) refuse(file, `a safetensors file has at least 8 bytes, this one ${file.byteLength}`);
  await file.read(0, lengthBytes);
  const headerLength = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  const room = Math.min(MAXIMUM_HEADER_BYTES, file.byteLength - 8);
  if (headerLength > room) (await faults()).refuseHeader(file, headerLength, room);
  const headerBytes = new Uint8Array(headerLength);
  await file.read(8, headerBytes);
  const text = new TextDecoder().decode(headerBytes);
  const header = parseJson<Record<string, unknown>>(text);
  if (typeof header !== 'object' || header === null) return refuse(file, 'its header is not JSON');
  const twice = findDoubleKey(text);
  if (twice !== undefined) refuse(file, `its header has the key ${JSON.stringify(twice)} twice`);
  return { header, dataStart: 8 + headerLength };
}

/** What is wrong with a file: loaded where something is. */
const faults = () => import('./safetensors-faults.ts');

/** Tensors lie one behind the other from the end of the header to that of the file. */
async function checkCover(file: ModelFile, tensors: ReadonlyMap<string, TensorInfo>, dataStart: number): Promise<void> {
  const sorted = [...tensors].sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  let end = 0;
  const isRight = sorted.every(([, tensor]) => {
    const [begin, next] = tensor.data_offsets;
    if (begin !== end || next < begin || !(neededBytes(tensor) === next - begin)) return false;
    end = next;
    return true;
  });
  if (!isRight || dataStart + end !== file.byteLength)
    (await faults()).refuseTensors(file, sorted, dataStart, neededBytes);
}

/** Bytes of a tensor by its shape; by its offsets where its type is not known. */
function neededBytes({ dtype, shape, data_offsets: offsets }: TensorInfo): number {
  const valueBytes = VALUE_BYTES[dtype];
  return valueBytes === undefined
    ? offsets[1] - offsets[0]
    : shape.reduce((product, size) => product * size, valueBytes);
}

function isTextRecord(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

function isTensorInfo(info: unknown): info is TensorInfo {
  const { dtype, shape, data_offsets: offsets } = (info ?? {}) as Partial<TensorInfo>;
  const integers = (list: unknown) =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  return typeof dtype === 'string' && integers(shape) && integers(offsets) && offsets!.length === 2;
}
