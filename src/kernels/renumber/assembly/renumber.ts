// Turns numbers of words in a table into word ids, in place. Plain version: ../renumber.ts, renumber.

import { HASH_FACTOR, SENTENCE_END } from '../constants';

let hash: i32 = 0;
let ends: u32 = 0;
let lastWasEnd: bool = false;

export function begin(): usize { return (__heap_base + 63) & ~63; }
export function hashOf(): i32 { return hash; }
export function sentenceEnds(): u32 { return ends; }
export function endsWithEnd(): bool { return lastWasEnd; }

/** Returns how many are left. */
export function renumber(tokens: usize, length: u32, wordIds: usize): u32 {
  let sum: i32 = 0;
  let wasEnd = false;
  let out = tokens;
  ends = 0;
  for (let at = tokens, end = tokens + 4 * <usize>length; at < end; at += 4) {
    const token = load<i32>(at);
    let id = SENTENCE_END;
    if (token == SENTENCE_END) {
      if (wasEnd) continue;
      wasEnd = true;
      ends++;
    } else {
      id = load<i32>(wordIds + 4 * <usize>token);
      if (id < 0) continue;
      wasEnd = false;
    }
    store<i32>(out, id);
    out += 4;
    const scattered = (id ^ (id >>> 15)) * <i32>0x9e3779b1;
    sum = sum * HASH_FACTOR + (scattered ^ (scattered >>> 16));
  }
  hash = sum;
  lastWasEnd = wasEnd;
  return <u32>((out - tokens) >> 2);
}
