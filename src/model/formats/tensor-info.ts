/** Type, shape and place of a tensor, as the header of a safetensors file has them. */
export interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}
