// Numbers in their order, each with a frequency, as bytes: twice the distance to the number before, plus one if the frequency is more than 1,
// and then the frequency less 2. Both in groups of seven bits, the lowest first, the highest bit telling that another group follows (LEB128).
// Most distances are below 64, and most frequencies 1: that is one byte.

/** A pair takes no more. Numbers are less than 2 ** 31. */
export const MOST_PAIR_BYTES = 10;

/**
 * @param distance - to the number before
 * @returns where the pair ends
 */
export function writePair(bytes: Uint8Array, begin: number, distance: number, frequency: number): number {
  if (frequency === 1) return writeGroups(bytes, begin, (distance << 1) >>> 0);
  return writeGroups(bytes, writeGroups(bytes, begin, ((distance << 1) | 1) >>> 0), frequency - 2);
}

/** How many bytes `writePair` writes. */
export function pairBytes(distance: number, frequency: number): number {
  return frequency === 1 ? groupsOf(distance << 1) : groupsOf(distance << 1) + groupsOf(frequency - 2);
}

/** Groups of seven bits that a number of 32 has. */
function groupsOf(value: number): number {
  return value === 0 ? 1 : Math.ceil((32 - Math.clz32(value)) / 7);
}

/** Writes a number in groups of seven bits; returns where it ends. */
export function writeGroups(bytes: Uint8Array, begin: number, value: number): number {
  let at = begin;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}

/** Numbers in their order, each with its frequency. */
export interface NumberList {
  numbers: Uint32Array;
  frequencies: Uint32Array;
  /** So many are there. */
  count: number;
}

/** With room for so many numbers. */
export const numberList = (length: number): NumberList => ({
  numbers: new Uint32Array(length),
  frequencies: new Uint32Array(length),
  count: 0,
});

/** Makes room for so many numbers; those that are there are given up if there was less. */
export function reserveNumbers(list: NumberList, length: number): void {
  if (length <= list.numbers.length) return;
  list.numbers = new Uint32Array(2 * length);
  list.frequencies = new Uint32Array(2 * length);
}

/**
 * Reads bytes begin … end − 1, which are pairs.
 *
 * @param before - the number that the first distance is from
 */
export function readPairs(bytes: Uint8Array, begin: number, end: number, before: number, into: NumberList): void {
  const { numbers, frequencies } = into;
  let number = before | 0;
  let count = 0;
  let at = begin | 0;
  while (at < end) {
    // Hardly any distance takes more than two groups.
    let value = bytes[at++];
    if (value > 0x7f) {
      let byte = bytes[at++];
      value = (value & 0x7f) | ((byte & 0x7f) << 7);
      for (let shift = 14; byte > 0x7f; shift += 7) {
        byte = bytes[at++];
        value |= (byte & 0x7f) << shift;
      }
    }
    number = (number + (value >>> 1)) | 0;
    let frequency = 1;
    if ((value & 1) === 1) {
      let byte = bytes[at++];
      frequency = 2 + (byte & 0x7f);
      for (let shift = 7; byte > 0x7f; shift += 7) {
        byte = bytes[at++];
        frequency += (byte & 0x7f) << shift;
      }
    }
    numbers[count] = number;
    frequencies[count++] = frequency;
  }
  into.count = count;
}

/** Writes the pairs of a list from one to another; returns where they end. */
export function writePairs(
  bytes: Uint8Array,
  begin: number,
  { numbers, frequencies }: NumberList,
  first: number,
  last: number,
  before: number,
): number {
  let at = begin;
  let number = before;
  for (let i = first; i < last; i++) {
    at = writePair(bytes, at, numbers[i] - number, frequencies[i]);
    number = numbers[i];
  }
  return at;
}

/** @param number - that the list does not hold; there must be room for it */
export function insertPair(list: NumberList, number: number, frequency: number): void {
  const { numbers, frequencies } = list;
  let at = list.count++;
  for (; at > 0 && numbers[at - 1] > number; at--) {
    numbers[at] = numbers[at - 1];
    frequencies[at] = frequencies[at - 1];
  }
  numbers[at] = number;
  frequencies[at] = frequency;
}

/** @param number - that the list holds */
export function removePair(list: NumberList, number: number): void {
  const { numbers, frequencies } = list;
  let at = 0;
  while (numbers[at] !== number) at++;
  for (list.count--; at < list.count; at++) {
    numbers[at] = numbers[at + 1];
    frequencies[at] = frequencies[at + 1];
  }
}
