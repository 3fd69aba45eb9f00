// Merges sorted runs of counted words. Plain version: ../run-merger-reference.ts.
//
// Each run has a window into which the caller reads its next bytes; `merge` stops when it needs more, and when the results
// are to be taken. A binary heap orders the runs by the words where they stand.

const HEADER: usize = 16;
/** Results that are handed over at once. */
const BATCH: u32 = 1 << 14;
const WORD_BYTES: usize = 1 << 16;
const STATE: usize = 64;

const FULL: i32 = -1;
const END: i32 = -2;

// A run's state: window, bytes in it, next record, record not yet merged, word, length, number, ended; prefix, count.
let runs: u32 = 0;
let windowBytes: usize = 0;
let states: usize = 0;
let heap: usize = 0;
let pending: usize = 0;
let rare: usize = 0;
let rareLength: u32 = 0;
let entries: usize = 0;
let counts: usize = 0;
let words: usize = 0;

let minCount: f64 = 0;
/** What is kept becomes records of a run, with number 0 and counts that are so much larger; or, below 0, a word a line. */
let added: f64 = -1;
let heapSize: u32 = 0;
let pendingSize: u32 = 0;
let entryCount: u32 = 0;
let keptBefore: u32 = 0;
let kept: u32 = 0;
let wordBytes: usize = 0;
let distinct: f64 = 0;
let tokens: f64 = 0;

/** All runs at their beginning, without a byte; ids go on from `firstId`. */
export function setup(runCount: u32, window: usize, least: f64, rareCounts: u32, firstId: u32, addedToCounts: f64): void {
  runs = runCount;
  windowBytes = window;
  minCount = least;
  added = addedToCounts;
  rareLength = rareCounts;
  rare = (__heap_base + 63) & ~63;
  states = (rare + 8 * rareCounts + 63) & ~63;
  heap = states + STATE * runCount;
  pending = heap + 4 * runCount;
  entries = (pending + 4 * runCount + 63) & ~63;
  counts = (entries + 12 * (BATCH + runCount) + 63) & ~63;
  words = counts + 8 * BATCH;
  const windows = words + WORD_BYTES + window + 2 * HEADER;
  const end = windows + <usize>runCount * (window + HEADER);
  const have = <usize>memory.size() << 16;
  if (end > have && memory.grow(<i32>((end - have + 0xffff) >> 16)) < 0) unreachable();
  for (let run: u32 = 0; run < runCount; run++) {
    const state = states + STATE * run;
    memory.fill(state, 0, STATE);
    store<u32>(state, <u32>(windows + <usize>run * (window + HEADER)));
    store<u32>(pending + 4 * run, run);
  }
  pendingSize = runCount;
  heapSize = 0;
  keptBefore = firstId;
  kept = 0;
  takeResults();
}

export function windowOf(run: u32): usize { return load<u32>(states + STATE * run); }
/** Bytes of the window that have been merged. */
export function mergedBytes(run: u32): usize { return load<u32>(states + STATE * run, 12); }
export function filledBytes(run: u32): usize { return load<u32>(states + STATE * run, 4); }

/** So many bytes stand in the window of the run, 0 at its end. */
export function fill(run: u32, byteLength: u32): void {
  const state = states + STATE * run;
  store<u32>(state, byteLength, 4);
  store<u32>(state, 0, 8);
  store<u32>(state, 0, 12);
  if (byteLength == 0) store<u32>(state, 1, 28);
}

export function entriesAt(): usize { return entries; }
export function entryTotal(): u32 { return entryCount; }
export function countsAt(): usize { return counts; }
export function keptTotal(): u32 { return kept; }
export function wordsAt(): usize { return words; }
export function wordByteLength(): usize { return wordBytes; }
export function rareAt(): usize { return rare; }
export function distinctWords(): f64 { return distinct; }
export function tokenTotal(): f64 { return tokens; }

/** The results have been taken. */
export function takeResults(): void {
  keptBefore += kept;
  kept = 0;
  entryCount = 0;
  wordBytes = 0;
  distinct = 0;
  tokens = 0;
  memory.fill(rare, 0, 8 * rareLength);
}

/** Goes on until the results are full (−1), all is done (−2), or the run that is returned needs bytes. */
export function merge(): i32 {
  for (;;) {
    while (pendingSize > 0) {
      const run = load<u32>(pending + 4 * (pendingSize - 1));
      const state = states + STATE * run;
      if (load<u32>(state, 28) == 0) {
        if (!parse(state)) return run;
        push(run);
      }
      pendingSize--;
    }
    if (heapSize == 0) break;
    const first = load<u32>(heap);
    const state = states + STATE * first;
    const length = <usize>load<u32>(state, 20);
    if (entryCount >= BATCH || kept == BATCH || wordBytes + HEADER + length > WORD_BYTES + windowBytes) return FULL;
    let count: f64 = 0;
    do {
      const run = pop();
      count += load<f64>(states + STATE * run, 40);
      store<u32>(pending + 4 * pendingSize++, run);
    } while (heapSize > 0 && compare(states + STATE * load<u32>(heap), state) == 0);
    distinct += 1;
    tokens += count;
    if (count < <f64>rareLength) {
      const place = rare + 8 * <usize>count;
      store<f64>(place, load<f64>(place) + count);
    }
    let id: i32 = -1;
    if (count >= minCount) {
      id = <i32>(keptBefore + kept);
      store<f64>(counts + 8 * kept, count);
      kept++;
      const word = <usize>load<u32>(state, 16);
      let target = words + wordBytes;
      if (added >= 0) {
        store<u32>(target, 0);
        store<f64>(target, count + added, 4);
        store<u32>(target, <u32>length, 12);
        target += HEADER;
      }
      // Eight bytes at a time: there is room behind both.
      for (let i: usize = 0; i < length; i += 8) store<u64>(target + i, load<u64>(word + i));
      if (added < 0) store<u8>(target++ + length, 10);
      wordBytes = target + length - words;
    }
    for (let i: u32 = 0; i < pendingSize; i++) {
      const run = load<u32>(pending + 4 * i);
      const other = states + STATE * run;
      const entry = entries + 12 * entryCount++;
      store<u32>(entry, run);
      store<u32>(entry, load<u32>(other, 24), 4);
      store<i32>(entry, id, 8);
      store<u32>(other, load<u32>(other, 8), 12);
    }
  }
  return END;
}

/** Reads the next record, if it is there as a whole. */
function parse(state: usize): bool {
  const filled = load<u32>(state, 4), at = load<u32>(state, 8);
  if (at + <u32>HEADER > filled) return false;
  const record = <usize>load<u32>(state) + at;
  const length = load<u32>(record, 12);
  if (length > filled - at - <u32>HEADER) return false;
  store<u32>(state, at + <u32>HEADER + length, 8);
  store<u32>(state, <u32>(record + HEADER), 16);
  store<u32>(state, length, 20);
  store<u32>(state, load<u32>(record), 24);
  store<f64>(state, load<f64>(record, 4), 40);
  let prefix = bswap<u64>(load<u64>(record + HEADER));
  if (length < 8) {
    const rest = <u64>(64 - (length << 3));
    prefix = length == 0 ? 0 : (prefix >> rest) << rest;
  }
  store<u64>(state, prefix, 32);
  return true;
}

/** Order of the words where two runs stand. */
function compare(a: usize, b: usize): i32 {
  const prefixA = load<u64>(a, 32), prefixB = load<u64>(b, 32);
  if (prefixA != prefixB) return prefixA < prefixB ? -1 : 1;
  const wordA = <usize>load<u32>(a, 16), wordB = <usize>load<u32>(b, 16);
  const lengthA = load<u32>(a, 20), lengthB = load<u32>(b, 20);
  const shorter = <usize>min(lengthA, lengthB);
  for (let i: usize = 8; i < shorter; i++) {
    const difference = <i32>load<u8>(wordA + i) - <i32>load<u8>(wordB + i);
    if (difference != 0) return difference;
  }
  return lengthA == lengthB ? 0 : lengthA < lengthB ? -1 : 1;
}

function push(run: u32): void {
  const state = states + STATE * run;
  let at = heapSize++;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = load<u32>(heap + 4 * parent);
    if (compare(states + STATE * other, state) <= 0) break;
    store<u32>(heap + 4 * at, other);
    at = parent;
  }
  store<u32>(heap + 4 * at, run);
}

function pop(): u32 {
  const smallest = load<u32>(heap);
  const run = load<u32>(heap + 4 * --heapSize);
  if (heapSize == 0) return smallest;
  const state = states + STATE * run;
  let at: u32 = 0;
  for (;;) {
    let child: u32 = 2 * at + 1;
    if (child >= heapSize) break;
    let other = load<u32>(heap + 4 * child);
    if (child + 1 < heapSize) {
      const right = load<u32>(heap + 4 * (child + 1));
      if (compare(states + STATE * right, states + STATE * other) < 0) {
        child++;
        other = right;
      }
    }
    if (compare(states + STATE * other, state) >= 0) break;
    store<u32>(heap + 4 * at, other);
    at = child;
  }
  store<u32>(heap + 4 * at, run);
  return smallest;
}
