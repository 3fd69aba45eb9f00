/** Whole numbers from 0 on, of one, two or four bytes each. */
export type WholeNumbers = Uint8Array | Uint16Array | Uint32Array;

const FIRST_LENGTH = 1024;
/** What is full moves to so many times the room. */
const GROWTH = 1.25;

/**
 * The array itself if it can hold the value at the index; otherwise a longer copy, or one with more bytes a number. What has no value yet
 * is 0.
 *
 * @param value - less than 2 ** 32
 */
export function withRoomFor(numbers: WholeNumbers, index: number, value: number): WholeNumbers {
  const isNarrow = value >= 2 ** (8 * numbers.BYTES_PER_ELEMENT);
  if (index < numbers.length && !isNarrow) return numbers;
  const length =
    index < numbers.length ? numbers.length : Math.max(FIRST_LENGTH, index + 1, Math.ceil(GROWTH * numbers.length));
  const larger = isNarrow
    ? new (value < 2 ** 16 ? Uint16Array : Uint32Array)(length)
    : new (numbers.constructor as new (length: number) => WholeNumbers)(length);
  larger.set(numbers);
  return larger;
}
