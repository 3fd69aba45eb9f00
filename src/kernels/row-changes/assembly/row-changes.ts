// How far rows have moved from a base, and what all have moved them by. Plain version: ../row-changes-reference.ts.
// Without fused multiply-add: machines that have it and machines that have not must come to the same base, bit by bit.

/** Of a row's squared length: a change below is what rounding has left. */
const ROUNDING: f32 = 1e-13;

/** Makes of rows their changes, in place and in `changes`; `squares` gets the squared length of each, `movers` 1 where there is one. */
export function takeChanges(rows: usize, base: usize, changes: usize, squares: usize, movers: usize, count: usize, dimensions: usize): void {
  const rowBytes = dimensions << 2, laneBytes = rowBytes & ~15;
  for (let row: usize = 0; row < count; row++) {
    let squareLanes = f32x4.splat(0), lengthLanes = f32x4.splat(0);
    let d: usize = 0;
    for (; d < laneBytes; d += 16) {
      const value = v128.load(rows + d);
      const change = f32x4.sub(value, v128.load(base + d));
      v128.store(rows + d, change);
      v128.store(changes + d, change);
      squareLanes = f32x4.add(squareLanes, f32x4.mul(change, change));
      lengthLanes = f32x4.add(lengthLanes, f32x4.mul(value, value));
    }
    let square = sum(squareLanes), length = sum(lengthLanes);
    for (; d < rowBytes; d += 4) {
      const value = load<f32>(rows + d), change = value - load<f32>(base + d);
      store<f32>(rows + d, change);
      store<f32>(changes + d, change);
      square += change * change;
      length += value * value;
    }
    const hasStayed = square <= ROUNDING * length && square < Infinity; // not what is no number: all must hear of it
    if (hasStayed) {
      memory.fill(rows, 0, rowBytes);
      memory.fill(changes, 0, rowBytes);
    }
    store<f32>(squares, hasStayed ? 0 : square);
    store<f32>(movers, hasStayed ? 0 : 1);
    rows += rowBytes, base += rowBytes, changes += rowBytes, squares += 4, movers += 4;
  }
}

/** `squares`, of all changes of a row together, become that of their sum beside it. */
export function compareLengths(changes: usize, squares: usize, count: usize, dimensions: usize): void {
  const rowBytes = dimensions << 2, laneBytes = rowBytes & ~15;
  for (let row: usize = 0; row < count; row++) {
    let squareLanes = f32x4.splat(0);
    let d: usize = 0;
    for (; d < laneBytes; d += 16) {
      const change = v128.load(changes + d);
      squareLanes = f32x4.add(squareLanes, f32x4.mul(change, change));
    }
    let square = sum(squareLanes);
    for (; d < rowBytes; d += 4) square += load<f32>(changes + d) * load<f32>(changes + d);
    store<f32>(squares, square / load<f32>(squares));
    changes += rowBytes, squares += 4;
  }
}

/** Adds factor × changes to the base; `rows`, which are this side's own changes, become what is to be added to its rows. */
export function applyChanges(rows: usize, base: usize, changes: usize, factors: usize, count: usize, dimensions: usize): void {
  const rowBytes = dimensions << 2, laneBytes = rowBytes & ~15;
  for (let row: usize = 0; row < count; row++) {
    const factor = load<f32>(factors), factorLanes = f32x4.splat(factor);
    let d: usize = 0;
    for (; d < laneBytes; d += 16) {
      const change = f32x4.mul(factorLanes, v128.load(changes + d));
      v128.store(rows + d, f32x4.sub(change, v128.load(rows + d)));
      v128.store(base + d, f32x4.add(v128.load(base + d), change));
    }
    for (; d < rowBytes; d += 4) {
      const change = factor * load<f32>(changes + d);
      store<f32>(rows + d, change - load<f32>(rows + d));
      store<f32>(base + d, load<f32>(base + d) + change);
    }
    rows += rowBytes, base += rowBytes, changes += rowBytes, factors += 4;
  }
}

@inline function sum(lanes: v128): f32 {
  return f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1) + f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3);
}
