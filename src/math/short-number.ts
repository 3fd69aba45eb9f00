const ZERO = 48;
const POINT = 46;
const MINUS = 45;
/** Digits that a float32 has, whatever its value. */
const DIGITS = 7;
const POWERS = Array.from({ length: 12 }, (_, exponent) => 10 ** exponent);
/** `writeShortNumber` takes at most so many bytes. */
export const SHORT_NUMBER_BYTES = 24;

/** A float32 with the seven digits that it has, as JSON writes numbers. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}

/**
 * Writes what `shortNumber` gives as ASCII, twenty times as fast for lengths that vectors have.
 *
 * @param value - a float32
 * @param bytes - with room for `SHORT_NUMBER_BYTES`
 * @returns where it ends
 */
export function writeShortNumber(value: number, bytes: Uint8Array, at: number): number {
  const size = Math.abs(value);
  // Within these bounds the product below is exact: 24 bits of the float32 and 26 of 5^11.
  if (!(size >= 1e-5 && size < 1000)) return writeText(shortNumber(value), bytes, at);
  if (value < 0) bytes[at++] = MINUS;
  let places = size >= 1 ? 6 : 7;
  if (size >= 10) places = size >= 100 ? 4 : 5;
  else while (places < 11 && size * POWERS[places - 6] < 1) places++;
  let digits = Math.floor(size * POWERS[places] + 0.5);
  while (digits % 10 === 0) {
    digits /= 10;
    places--;
  }
  const whole = places > 0 ? Math.floor(digits / POWERS[places]) : digits * POWERS[-places];
  at = writeDigits(whole, bytes, at);
  if (places <= 0) return at;
  bytes[at++] = POINT;
  let rest = digits - whole * POWERS[places];
  for (let place = at + places - 1; place >= at; place--) {
    const next = (rest / 10) | 0;
    bytes[place] = ZERO + rest - 10 * next;
    rest = next;
  }
  return at + places;
}

/** A whole number below 10,000. */
function writeDigits(value: number, bytes: Uint8Array, at: number): number {
  let length = 1;
  while (value >= POWERS[length]) length++;
  for (let place = at + length - 1; place >= at; place--) {
    bytes[place] = ZERO + (value % 10);
    value = Math.floor(value / 10);
  }
  return at + length;
}

function writeText(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  return at;
}
