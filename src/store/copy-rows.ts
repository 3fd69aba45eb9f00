import type { EncodedText } from './text-store.ts';
import { wordPositions } from './word-positions.ts';

const COPY_SIGNATURE = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00];

/**
 * Rows for COPY … (FORMAT binary) (PostgreSQL manual, COPY, "Binary Format"): for each field its length and value; a vector is
 * its dimension and a zero, 16 bits each, and big-endian float32.
 */
export function copyRows(texts: readonly EncodedText[]): Uint8Array {
  const encoder = new TextEncoder();
  const rows = texts.map(({ id, text, metadata = {}, vector, tokens }) => ({
    fields: [id, text, `\u0001${JSON.stringify(metadata)}`, wordPositions(tokens)].map((field) =>
      encoder.encode(field),
    ),
    vector,
  }));
  const byteLength = rows.reduce(
    (sum, { fields, vector }) =>
      sum + 2 + 5 * 4 + fields.reduce((all, { length }) => all + length, 0) + (vector ? 4 + 4 * vector.length : 0),
    COPY_SIGNATURE.length + 8 + 2,
  );
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(COPY_SIGNATURE);
  let at = COPY_SIGNATURE.length + 8;
  const writeField = (field: Uint8Array) => {
    view.setInt32(at, field.length);
    bytes.set(field, at + 4);
    at += 4 + field.length;
  };
  for (const { fields, vector } of rows) {
    view.setInt16(at, 5);
    at += 2;
    for (const field of fields.slice(0, 3)) writeField(field);
    view.setInt32(at, vector ? 4 + 4 * vector.length : -1);
    at += 4;
    if (vector) {
      view.setInt16(at, vector.length);
      at += 4;
      for (let d = 0; d < vector.length; d++, at += 4) view.setFloat32(at, vector[d]);
    }
    writeField(fields[3]);
  }
  view.setInt16(at, -1);
  return bytes;
}
