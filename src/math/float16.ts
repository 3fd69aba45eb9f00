let values: Float32Array | undefined;

/** The values of all 65,536 bit patterns of IEEE 754 half precision; made at the first call, 256 kB. */
export function float16Values(): Float32Array {
  values ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
  return values;
}

const bitsOf = new Uint32Array(1);
const floatOf = new Float32Array(bitsOf.buffer);

/** The half precision number nearest to a float32, ties to even; beyond ±65,519 infinity. */
export function toFloat16(value: number): number {
  floatOf[0] = value;
  const bits = bitsOf[0];
  const sign = (bits >>> 16) & 0x8000;
  const rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00; // NaN
  if (rest >= 0x477ff000) return sign | 0x7c00;
  if (rest < 0x38800000) {
    // Below 2^-14 the steps are of 2^-24: adding 1/2 rounds to them, as float32 near 1/2 has just these steps.
    floatOf[0] = Math.abs(value) + 0.5;
    return sign | (bitsOf[0] - 0x3f000000);
  }
  const rounded = rest + 0xfff + ((rest >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}
