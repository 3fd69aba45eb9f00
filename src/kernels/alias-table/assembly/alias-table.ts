// Builds an alias table. Plain version: ../../../math/alias-table.ts, by the same steps, so that all bits are the same.
//
// JavaScript loops take eight times as long: they run once, so that most is done before they are compiled.

let columns: u32 = 0;
let scaled: usize = 0;
let thresholds: usize = 0;
let aliases: usize = 0;
let small: usize = 0;
let large: usize = 0;

/** Makes room for so many weights, which are to be written at `weightsAt`. */
export function setup(count: u32): void {
  columns = count;
  const bytes = 4 * <usize>count;
  scaled = (__heap_base + 63) & ~63;
  thresholds = scaled + 2 * bytes;
  aliases = thresholds + bytes;
  small = aliases + bytes;
  large = small + bytes;
  const end = large + bytes, have = <usize>memory.size() << 16;
  if (end > have && memory.grow(<i32>((end - have + 0xffff) >> 16)) < 0) unreachable();
}

export function weightsAt(): usize { return scaled; }
export function thresholdsAt(): usize { return thresholds; }
export function aliasesAt(): usize { return aliases; }

/** @param total - the sum of the weights */
export function build(total: f64): void {
  let smallEnd = small, largeEnd = large;
  for (let i: u32 = 0; i < columns; i++) {
    const place = scaled + 8 * <usize>i;
    const value = (load<f64>(place) / total) * <f64>columns;
    store<f64>(place, value);
    if (value < 1) {
      store<u32>(smallEnd, i);
      smallEnd += 4;
    } else {
      store<u32>(largeEnd, i);
      largeEnd += 4;
    }
  }
  while (smallEnd > small && largeEnd > large) {
    smallEnd -= 4;
    const poor = load<u32>(smallEnd), rich = load<u32>(largeEnd - 4);
    const share = load<f64>(scaled + 8 * <usize>poor);
    store<u32>(thresholds + 4 * <usize>poor, thresholdOf(share));
    store<u32>(aliases + 4 * <usize>poor, rich);
    const place = scaled + 8 * <usize>rich;
    const left = load<f64>(place) - (1 - share);
    store<f64>(place, left);
    if (left < 1) {
      largeEnd -= 4;
      store<u32>(smallEnd, rich);
      smallEnd += 4;
    }
  }
  // What is left has probability 1 up to rounding.
  for (let at = small; at < smallEnd; at += 4) takeAlways(load<u32>(at));
  for (let at = large; at < largeEnd; at += 4) takeAlways(load<u32>(at));
}

function takeAlways(column: u32): void {
  store<u32>(thresholds + 4 * <usize>column, 0xffffffff);
  store<u32>(aliases + 4 * <usize>column, column);
}

/** `toThreshold` for what is not negative: Math.round rounds halves up. */
@inline
function thresholdOf(probability: f64): u32 {
  const value = probability * 4294967296;
  const whole = floor<f64>(value);
  const rounded = (value - whole >= 0.5 ? whole + 1 : whole) - 1;
  return <u32>max<f64>(0, min<f64>(4294967295, rounded));
}
