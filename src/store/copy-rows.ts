// Rows in PostgreSQL's binary COPY format (PostgreSQL manual, COPY, "Binary Format"): a header, for each row the number of its fields
// and for each field its length and value; a vector of pgvector is its dimension and a zero, 16 bits each, and big-endian float32.

const COPY_SIGNATURE = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00];
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What a column takes: text, the bytes of a bytea, a vector, or null. */
export type CopyField = string | Uint8Array | Float32Array | null;

/** A column of type jsonb takes this. */
export function jsonbField(json: string): Uint8Array {
  return encoder.encode(`\u0001${json}`);
}

export function copyRows(rows: Iterable<readonly CopyField[]>): Uint8Array {
  const parts: { row: readonly (Uint8Array | Float32Array | null)[] }[] = [];
  let byteLength = COPY_SIGNATURE.length + 8 + 2;
  for (const fields of rows) {
    const row = fields.map((field) => (typeof field === 'string' ? encoder.encode(field) : field));
    byteLength += 2 + 4 * row.length;
    for (const field of row) byteLength += field === null ? 0 : lengthOf(field);
    parts.push({ row });
  }
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(COPY_SIGNATURE);
  let at = COPY_SIGNATURE.length + 8;
  for (const { row } of parts) {
    view.setInt16(at, row.length);
    at += 2;
    for (const field of row) {
      view.setInt32(at, field === null ? -1 : lengthOf(field));
      at += 4;
      if (field instanceof Float32Array) {
        view.setInt16(at, field.length);
        at += 4;
        for (let d = 0; d < field.length; d++, at += 4) view.setFloat32(at, field[d]);
      } else if (field !== null) {
        bytes.set(field, at);
        at += field.length;
      }
    }
  }
  view.setInt16(at, -1);
  return bytes;
}

function lengthOf(field: Uint8Array | Float32Array): number {
  return field instanceof Float32Array ? 4 + 4 * field.length : field.length;
}

/** Reads rows one after the other; what a field is, is asked of the reader. */
export class CopyReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  #begin = 0;
  #length = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = COPY_SIGNATURE.length + 8;
  }

  /** Goes to the next row; false behind the last. */
  nextRow(): boolean {
    const fields = this.#view.getInt16(this.#at);
    this.#at += 2;
    return fields >= 0;
  }

  /** Goes to the next field of the row; false if it is null. */
  nextField(): boolean {
    this.#length = this.#view.getInt32(this.#at);
    this.#begin = this.#at + 4;
    this.#at = this.#begin + Math.max(0, this.#length);
    return this.#length >= 0;
  }

  /** Where it stands, to go back there. */
  mark(): number {
    return this.#at;
  }

  reset(mark: number): void {
    this.#at = mark;
  }

  get text(): string {
    return decoder.decode(this.bytes);
  }

  /** A view. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#begin, this.#at);
  }

  /** Of jsonb: its JSON. */
  get json(): string {
    return decoder.decode(this.#bytes.subarray(this.#begin + 1, this.#at));
  }

  get bigint(): bigint {
    return this.#view.getBigInt64(this.#begin);
  }

  get integer(): number {
    return this.#view.getInt32(this.#begin);
  }

  get vector(): Float32Array {
    const vector = new Float32Array((this.#length - 4) / 4);
    for (let d = 0, at = this.#begin + 4; d < vector.length; d++, at += 4) vector[d] = this.#view.getFloat32(at);
    return vector;
  }
}
