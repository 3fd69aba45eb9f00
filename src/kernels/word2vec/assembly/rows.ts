// Where rows lie: in the shared matrices, in copies of the worker for some blocks, or in copies for what it trains on.

import { multiplyAdd, splat, sumLanes } from '../../assembly-library/lanes';
import {
  COPIED_INPUTS, COPIED_OUTPUTS, FIRST_COPIED_OUTPUT, FIRST_HOTTEST_OUTPUT, HIDDEN, HOTTEST_INPUTS, HOTTEST_OUTPUTS,
  INPUT_COPIES, INPUT_MAP, INPUT_VECTORS, MERGE_SHARE, OUTPUT_COPIES, OUTPUT_MAP, OUTPUT_VECTORS, OWN_ROWS,
  OWN_ROWS_LIMIT, OWN_ROW_HEADER_BYTES, ROW_BYTES,
} from '../parameters';

// Where the matrices lie outside: copies a row of the output matrix (1) or the input matrix (0) to `address`, or from there.
@external('env', 'readRow') declare function readRow(output: u32, row: u32, address: usize): void;
@external('env', 'writeRow') declare function writeRow(output: u32, row: u32, address: usize): void;

/** Where the next own row is copied to. */
let ownRowsEnd: usize = 0;

/** Whether the copied rows are in use: from the first block after a merge on. */
let copied: bool = false;

/**
 * Brings a row into the cache. Written back as it is, because then the line comes as one's own: read only, it
 * would have to be asked for again from the other core when the row is updated (1.04x faster with two threads).
 */
@inline export function touch(row: usize, byteLength: usize): void {
  for (let byte: usize = 0; byte < byteLength; byte += 64) store<i32>(row + byte, load<i32>(row + byte));
}

/** The address of an input row: of the worker's copy where it has one. */
@inline export function inputRow(parameters: usize, word: u32): usize {
  const map = load<usize>(parameters, INPUT_MAP);
  if (map) return ownRow(parameters, map, load<usize>(parameters, INPUT_VECTORS), word, 0);
  const vectors = word < load<u32>(parameters, COPIED_INPUTS) ? load<usize>(parameters, INPUT_COPIES) : load<usize>(parameters, INPUT_VECTORS);
  return vectors + <usize>word * load<usize>(parameters, ROW_BYTES);
}

/** The address of an output row: of the worker's copy where it has one. */
@inline export function outputRow(parameters: usize, row: u32): usize {
  const map = load<usize>(parameters, OUTPUT_MAP);
  if (map) return ownRow(parameters, map, load<usize>(parameters, OUTPUT_VECTORS), row, 1);
  const copy = row - load<u32>(parameters, FIRST_COPIED_OUTPUT); // wraps around in front of the first
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  if (copy < load<u32>(parameters, COPIED_OUTPUTS)) return load<usize>(parameters, OUTPUT_COPIES) + <usize>copy * rowBytes;
  return load<usize>(parameters, OUTPUT_VECTORS) + <usize>row * rowBytes;
}

/** Begins a block: copies the rows that this worker is to have copies of, if it has merged them, and makes room for own rows. */
export function beginRows(parameters: usize): void {
  if (!load<usize>(parameters, OWN_ROWS_LIMIT) || ownRowsEnd == 0) ownRowsEnd = load<usize>(parameters, OWN_ROWS);
  else mergeOwnRowsIfFull(parameters);
  if (copied) return;
  copyRows(parameters, load<usize>(parameters, INPUT_VECTORS), 0, load<usize>(parameters, COPIED_INPUTS), load<usize>(parameters, INPUT_COPIES));
  copyRows(parameters, load<usize>(parameters, OUTPUT_VECTORS), load<usize>(parameters, FIRST_COPIED_OUTPUT), load<usize>(parameters, COPIED_OUTPUTS), load<usize>(parameters, OUTPUT_COPIES));
  copied = true;
}

/** Copies the rows that are written to most: `count` rows of one matrix from row `first`. */
function copyRows(parameters: usize, vectors: usize, first: usize, count: usize, copies: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const byteLength = count * rowBytes;
  memory.copy(copies, vectors + first * rowBytes, byteLength);
  memory.copy(copies + byteLength, copies, byteLength);
}

/**
 * Brings what has changed in the worker's copies into the shared matrix: of the change x of a row as much as the others have not
 * brought in already. Their change since the copy, y, has the part x · y / |x|² of x, and of all workers together a row takes twice the
 * largest share at most. The rows as they were when they were copied lie `toBefore` bytes behind their copies; with `anew` both are
 * copied again at once.
 */
function mergeRows(parameters: usize, vectors: usize, first: usize, count: usize, copies: usize, toBefore: usize, anew: bool): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const most = load<f32>(parameters, MERGE_SHARE);
  let row = vectors + first * rowBytes;
  for (let copy = copies, end = copies + count * rowBytes; copy < end; copy += rowBytes, row += rowBytes) {
    mergeRow(row, copy, copy + toBefore, rowBytes, most, anew);
  }
}

/** Brings into `row` what has changed in its `copy` since it was as `before`; with `anew` both become as the row is then. */
@inline function mergeRow(row: usize, copy: usize, before: usize, rowBytes: usize, most: f32, anew: bool): void {
  let products = splat(0), squares = splat(0);
  for (let d: usize = 0; d < rowBytes; d += 16) {
    const old = v128.load(before + d);
    const x = f32x4.sub(v128.load(copy + d), old);
    products = multiplyAdd(x, f32x4.sub(v128.load(row + d), old), products);
    squares = multiplyAdd(x, x, squares);
  }
  const sums = sumLanes(products, squares, splat(0), splat(0));
  const square = f32x4.extract_lane(sums, 1);
  if (square == 0 && !anew) return;
  const share = splat(square == 0 ? 0 : min<f32>(most, max<f32>(0, 2 * most - f32x4.extract_lane(sums, 0) / square)));
  for (let d: usize = 0; d < rowBytes; d += 16) {
    const x = f32x4.sub(v128.load(copy + d), v128.load(before + d));
    const now = multiplyAdd(share, x, v128.load(row + d));
    v128.store(row + d, now);
    if (anew) {
      v128.store(copy + d, now);
      v128.store(before + d, now);
    }
  }
}

/** Brings what has changed in the copied rows into the shared matrices; the next block copies anew. */
export function mergeCopies(parameters: usize): void {
  if (load<usize>(parameters, OWN_ROWS_LIMIT)) mergeOwnRows(parameters);
  if (!copied) return;
  const inputs = load<usize>(parameters, COPIED_INPUTS), outputs = load<usize>(parameters, COPIED_OUTPUTS);
  mergeCopied(parameters, inputs, load<usize>(parameters, FIRST_COPIED_OUTPUT), outputs, false);
  copied = false;
}

/** The same for the rows that are merged more often, which are copied anew at once. */
export function mergeHottest(parameters: usize): void {
  if (!copied) return;
  const inputs = load<usize>(parameters, HOTTEST_INPUTS), outputs = load<usize>(parameters, HOTTEST_OUTPUTS);
  mergeCopied(parameters, inputs, load<usize>(parameters, FIRST_HOTTEST_OUTPUT), outputs, true);
}

/** Merges the first `inputs` of the copied input rows, and of the output rows `outputs` from row `firstOutput` on. */
function mergeCopied(parameters: usize, inputs: usize, firstOutput: usize, outputs: usize, anew: bool): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  mergeRows(parameters, load<usize>(parameters, INPUT_VECTORS), 0, inputs,
    load<usize>(parameters, INPUT_COPIES), load<usize>(parameters, COPIED_INPUTS) * rowBytes, anew);
  const outputCopies = load<usize>(parameters, OUTPUT_COPIES) + (firstOutput - load<usize>(parameters, FIRST_COPIED_OUTPUT)) * rowBytes;
  mergeRows(parameters, load<usize>(parameters, OUTPUT_VECTORS), firstOutput, outputs,
    outputCopies, load<usize>(parameters, COPIED_OUTPUTS) * rowBytes, anew);
}

/** The worker's own copy of a row, made when it is first asked for; `output` is 1 for the output matrix. */
function ownRow(parameters: usize, map: usize, vectors: usize, row: u32, output: u32): usize {
  const at = map + (<usize>row << 2);
  let copy = load<usize>(at);
  if (copy) return copy;
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  copy = ownRowsEnd;
  if (load<usize>(parameters, OWN_ROWS_LIMIT)) {
    store<u32>(copy, row);
    store<u32>(copy, output, 4);
    copy += OWN_ROW_HEADER_BYTES;
    readRow(output, row, copy);
    memory.copy(copy + rowBytes, copy, rowBytes);
    ownRowsEnd = copy + (rowBytes << 1);
  } else {
    memory.copy(copy, vectors + <usize>row * rowBytes, rowBytes);
    ownRowsEnd = copy + rowBytes;
  }
  store<usize>(at, copy);
  return copy;
}

/** Where the matrices lie outside: makes room where own rows have come to their limit. */
@inline export function mergeOwnRowsIfFull(parameters: usize): void {
  const limit = load<usize>(parameters, OWN_ROWS_LIMIT);
  if (limit && ownRowsEnd > limit) mergeOwnRows(parameters);
}

/**
 * Brings what has changed in the own rows into the matrices outside, as mergeRows does. A row that no other worker has changed, as are most,
 * takes all of it.
 */
function mergeOwnRows(parameters: usize): void {
  const rowBytes = load<usize>(parameters, ROW_BYTES);
  const most = load<f32>(parameters, MERGE_SHARE);
  const inputMap = load<usize>(parameters, INPUT_MAP);
  const outputMap = load<usize>(parameters, OUTPUT_MAP);
  const now = load<usize>(parameters, HIDDEN);
  for (let at = load<usize>(parameters, OWN_ROWS); at < ownRowsEnd; at += <usize>OWN_ROW_HEADER_BYTES + (rowBytes << 1)) {
    const row = load<u32>(at), output = load<u32>(at, 4);
    const copy = at + OWN_ROW_HEADER_BYTES;
    readRow(output, row, now);
    let changed: v128 = splat(0);
    for (let d: usize = 0; d < rowBytes; d += 16) changed = v128.or(changed, v128.xor(v128.load(now + d), v128.load(copy + rowBytes + d)));
    if (!v128.any_true(changed)) writeRow(output, row, copy);
    else {
      mergeRow(now, copy, copy + rowBytes, rowBytes, most, false);
      writeRow(output, row, now);
    }
    store<usize>((output ? outputMap : inputMap) + (<usize>row << 2), 0);
  }
  ownRowsEnd = load<usize>(parameters, OWN_ROWS);
}

/**
 * The end of a round of deterministic training, for rows [first, last) of one matrix: the changes that the slots have
 * made in their own copies are added in the order of the slots, times what `shareOfChanges` allows or, if not `byLength`, divided by the root of
 * their number. `maps` is that of the first slot, the others follow `stride` bytes apart; they are cleared.
 */
export function mergeSlots(vectors: usize, rowBytes: usize, maps: usize, stride: usize, slots: u32, first: u32, last: u32, byLength: bool): void {
  for (let row = first; row < last; row++) {
    const begin = maps + (<usize>row << 2);
    const end = begin + <usize>slots * stride;
    let changed: u32 = 0;
    for (let at = begin; at < end; at += stride) if (load<u32>(at)) changed++;
    if (!changed) continue;
    const target = vectors + <usize>row * rowBytes;
    const share = splat(byLength && changed > 1 ? shareOfChanges(target, begin, end, stride, rowBytes) : 1 / sqrt<f32>(<f32>changed));
    for (let d: usize = 0; d < rowBytes; d += 16) {
      const before = v128.load(target + d);
      let sum = splat(0);
      for (let at = begin; at < end; at += stride) {
        const copy = load<usize>(at);
        if (copy) sum = f32x4.add(sum, f32x4.sub(v128.load(copy + d), before));
      }
      v128.store(target + d, f32x4.add(before, f32x4.mul(share, sum)));
    }
    for (let at = begin; at < end; at += stride) store<u32>(at, 0);
  }
}

/** The largest share, 1 at most, by which the sum of the slots' changes of a row is no longer than the root of the sum of their squares. */
function shareOfChanges(target: usize, begin: usize, end: usize, stride: usize, rowBytes: usize): f32 {
  let squares = splat(0), squareOfSum = splat(0);
  for (let d: usize = 0; d < rowBytes; d += 16) {
    const before = v128.load(target + d);
    let sum = splat(0);
    for (let at = begin; at < end; at += stride) {
      const copy = load<usize>(at);
      if (!copy) continue;
      const change = f32x4.sub(v128.load(copy + d), before);
      squares = f32x4.add(squares, f32x4.mul(change, change));
      sum = f32x4.add(sum, change);
    }
    squareOfSum = f32x4.add(squareOfSum, f32x4.mul(sum, sum));
  }
  const sums = sumLanes(squares, squareOfSum, splat(0), splat(0));
  const whole = f32x4.extract_lane(sums, 1);
  return whole > 0 ? min<f32>(1, sqrt<f32>(f32x4.extract_lane(sums, 0) / whole)) : 1;
}
