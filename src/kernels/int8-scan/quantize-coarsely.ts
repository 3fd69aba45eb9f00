import { COARSE_ZERO } from './constants.ts';

/** Makes codes of seven bits of a query. Returns their scale, and the length of what rounding to them takes away. */
export function quantizeCoarsely(values: Int16Array, codes: Uint8Array): { scale: number; error: number } {
  let largest = 0;
  for (let d = 0; d < values.length; d++) largest = Math.max(largest, Math.abs(values[d]));
  const scale = largest / 63 || 1;
  let lost = 0;
  for (let d = 0; d < values.length; d++) {
    const code = Math.round(values[d] / scale);
    codes[d] = COARSE_ZERO + code;
    lost += (values[d] - scale * code) ** 2;
  }
  return { scale, error: Math.sqrt(lost) };
}
