/** Type, shape and place of a tensor, as the header of a safetensors file has them. */
export interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Bytes of a value; types that are not listed are passed over unchecked. */
export const VALUE_BYTES: Readonly<Record<string, number>> = {
  ...{ F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, U16: 2 },
  ...{ F8_E4M3: 1, F8_E5M2: 1, I8: 1, U8: 1, BOOL: 1 },
};

/** Bytes of a tensor by its shape; by its offsets where its type is not known. */
export function neededBytes({ dtype, shape, data_offsets: offsets }: TensorInfo): number {
  const valueBytes = VALUE_BYTES[dtype];
  return valueBytes === undefined
    ? offsets[1] - offsets[0]
    : shape.reduce((product, size) => product * size, valueBytes);
}
