/**
 * Codes of int16 whose multiples are nearest to the values, so small that a product with int8 codes is below 2 ^ 31:
 * value ≈ scale × code.
 *
 * @param codes - filled from `at` on
 * @returns the scale, and the length of what rounding took away
 */
export function quantizeToInt16(
  values: ArrayLike<number>,
  codes: Int16Array,
  at: number,
): { scale: number; error: number } {
  let largest = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > largest) largest = size;
    sum += size;
  }
  // Rounding may add ½ to each, so 2 ^ 30 and not 2 ^ 31.
  const factor = largest > 0 ? Math.min(32767 / largest, 2 ** 30 / (127 * sum)) : 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    codes[at + i] = Math.round(values[i] * factor);
    if (factor > 0) squares += (values[i] - codes[at + i] / factor) ** 2;
  }
  return { scale: factor > 0 ? 1 / factor : 0, error: Math.sqrt(squares) };
}
