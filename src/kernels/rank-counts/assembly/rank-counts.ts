// Orders words by their counts and gives their places new names. Plain version: ../rank-counts.ts, rankCountsReference.
//
// JavaScript loops take three times as long: they run once, so that most is done before they are compiled.

const DIGIT_BITS: usize = 11;
const DIGITS: usize = 1 << DIGIT_BITS;

let placeCount: u32 = 0;
let counts: usize = 0;
let order: usize = 0;
let ranks: usize = 0;
let list: usize = 0;

/** Makes room for so many counts and for `listLength` places at a time. */
export function setup(length: u32, listLength: u32): void {
  placeCount = length;
  counts = (__heap_base + 63) & ~63;
  order = counts + 8 * <usize>length;
  ranks = order + 4 * <usize>length;
  list = ranks + 4 * <usize>length + 4 * DIGITS;
  const end = list + 4 * <usize>listLength, have = <usize>memory.size() << 16;
  if (end > have && memory.grow(<i32>((end - have + 0xffff) >> 16)) < 0) unreachable();
}

export function countsAt(): usize { return counts; }
export function orderAt(): usize { return order; }
export function ranksAt(): usize { return ranks; }
export function listAt(): usize { return list; }

/**
 * `order`: the places of the counts, the largest first, equal ones as they stand; by radix, from the last digit on. `ranks`: for
 * each place where it stands in the order, −1 from `most` on.
 */
export function rank(most: u32): void {
  const begins = ranks + 4 * <usize>placeCount;
  let largest: u64 = 0;
  for (let i: u32 = 0; i < placeCount; i++) {
    store<u32>(order + 4 * <usize>i, i);
    const count = <u64>load<f64>(counts + 8 * <usize>i);
    if (count > largest) largest = count;
  }
  let from = order, to = ranks;
  for (let shift: u64 = 0; shift < 64 && largest >> shift != 0; shift += <u64>DIGIT_BITS) {
    memory.fill(begins, 0, 4 * DIGITS);
    for (let i: u32 = 0; i < placeCount; i++) {
      const slot = slotOf(begins, i, shift);
      store<u32>(slot, load<u32>(slot) + 1);
    }
    let sum: u32 = 0;
    for (let digit: usize = 0; digit < DIGITS; digit++) {
      const slot = begins + 4 * digit, length = load<u32>(slot);
      store<u32>(slot, sum);
      sum += length;
    }
    for (let i: u32 = 0; i < placeCount; i++) {
      const place = load<u32>(from + 4 * <usize>i);
      const slot = slotOf(begins, place, shift), at = load<u32>(slot);
      store<u32>(slot, at + 1);
      store<u32>(to + 4 * <usize>at, place);
    }
    const other = from;
    from = to;
    to = other;
  }
  if (from != order) memory.copy(order, from, 4 * <usize>placeCount);
  for (let i: u32 = 0; i < placeCount; i++) {
    store<i32>(ranks + 4 * <usize>load<u32>(order + 4 * <usize>i), i < most ? <i32>i : -1);
  }
}

/** Where the place's digit is counted, the largest digit first. */
@inline function slotOf(begins: usize, place: u32, shift: u64): usize {
  const digit = <usize>(<u64>load<f64>(counts + 8 * <usize>place) >> shift) & (DIGITS - 1);
  return begins + 4 * (DIGITS - 1 - digit);
}

/** Of the first so many places in the list, each becomes its rank; those of −1 stay. */
export function renameList(length: u32): void {
  for (let at = list, end = list + 4 * <usize>length; at < end; at += 4) {
    const place = load<i32>(at);
    if (place >= 0) store<i32>(at, load<i32>(ranks + 4 * <usize>place));
  }
}
