// Cuts text into words, numbers the words and counts them. Plain version: ../word-counter-reference.ts.
//
// Memory, from the start of the heap: masks, text, tokens, slots, arena.
//
// The arena holds records of 16 bytes and a content, padded to 8 bytes:
//   word       float64 count, uint32 length, uint32 number, UTF-8 bytes
//   chunk      uint32 number of tokens, uint32 reference, uint32 length | CHUNK, 0, bytes as they stand in the text
//   expansion  0, 0, uint32 length | EXPANSION, 0, references of words
// A chunk is what stands between two spaces and is not ASCII alone; its words are found once, outside, and kept here. The
// reference is that of its word, or where it has more than one, of an expansion. References are offsets in the arena / 8,
// so slots and arena may move.
//
// Slots are 8 bytes, uint32 hash and uint32 reference + 1, 0 where empty; the upper bits of the hash choose the slot, so a
// larger table is filled from the records without looking at the old one.

const CHUNK: u32 = 1 << 31;
const EXPANSION: u32 = 1 << 30;
const LENGTH: u32 = EXPANSION - 1;
const HEADER: usize = 16;
/** Number of tokens of a chunk whose words are not known yet. */
const PENDING: u32 = 0xffffffff;
const FIRST_SLOT_BITS: u32 = 12;
/** Behind the text, so that whole windows can be read; before it, for the bytes before the first. */
const PADDING: usize = 128;
const SENTENCE_END: i32 = -1;
const RUN_PIECE: usize = 1 << 18;
const LINE_FEED: u32 = 10;

let masks: usize = 0;
let textAt: usize = 0;
let textCapacity: usize = 0;
let tokensAt: usize = 0;
let slotsAt: usize = 0;
let slotBits: u32 = FIRST_SLOT_BITS;
let arenaAt: usize = 0;
let arenaUsed: usize = 0;
let entries: u32 = 0;
let words: u32 = 0;
let sentenceCount: u32 = 0;
let nextInRun: usize = 0;
let endOfRun: usize = 0;

export function text(): usize { return textAt; }
export function tokens(): usize { return tokensAt; }
export function capacity(): usize { return textCapacity; }
export function sentences(): u32 { return sentenceCount; }
export function wordCount(): u32 { return words; }
/** Bytes of slots and records. */
export function byteLength(): f64 { return f64(<usize>8 << slotBits) + f64(arenaUsed); }

/** Makes room for a text of so many bytes; what stands in the text and all words are kept. */
export function reserve(byteCount: usize): void {
  if (textAt != 0 && byteCount <= textCapacity) return;
  const first = textAt == 0;
  textCapacity = (byteCount + 63) & ~63;
  masks = (__heap_base + 63) & ~63;
  textAt = masks + 64 + PADDING;
  tokensAt = textAt + textCapacity + PADDING;
  const slots = tokensAt + 4 * (textCapacity + PADDING);
  const arena = slots + (<usize>8 << slotBits);
  ensure(arena + arenaUsed + PADDING);
  if (first) {
    memory.fill(masks, 0xff, 16);
    memory.fill(textAt - PADDING, 32, PADDING);
  } else {
    memory.copy(slots, slotsAt, arenaAt + arenaUsed - slotsAt);
  }
  slotsAt = slots;
  arenaAt = arena;
}

/** Forgets all words. */
export function clear(): void {
  slotBits = FIRST_SLOT_BITS;
  memory.fill(slotsAt, 0, <usize>8 << slotBits);
  arenaAt = slotsAt + (<usize>8 << slotBits);
  arenaUsed = 0;
  entries = 0;
  words = 0;
  nextInRun = 0;
  endOfRun = 0;
}

/** Words parted by ASCII white space; a line feed ends a sentence. Returns the number of tokens. */
export function cutAtWhitespace(byteCount: usize): usize {
  const end = pad(byteCount);
  let out = tokensAt;
  let begin = textAt;
  let ends: u32 = 0;
  for (let at = textAt; at <= end; at += 64) {
    for (let mask = whitespaceIn(at); mask != 0; mask &= mask - 1) {
      const stop = at + <usize>ctz(mask);
      if (stop > begin) out = count(wordAt(begin, stop - begin, 0), out);
      if (<u32>load<u8>(stop) == LINE_FEED) {
        store<i32>(out, SENTENCE_END);
        out += 4;
        ends++;
      }
      begin = stop + 1;
    }
  }
  sentenceCount = ends;
  return (out - tokensAt) >> 2;
}

/** A word a line; an empty line ends a sentence. */
export function cutAtLines(byteCount: usize): usize {
  const end = pad(byteCount);
  store<u8>(end, LINE_FEED);
  let out = tokensAt;
  let begin = textAt;
  let ends: u32 = 0;
  const feed = i8x16.splat(<i8>LINE_FEED);
  for (let at = textAt; at <= end; at += 64) {
    let mask = <u64>i8x16.bitmask(i8x16.eq(v128.load(at), feed))
      | (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 16), feed)) << 16)
      | (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 32), feed)) << 32)
      | (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 48), feed)) << 48);
    for (; mask != 0; mask &= mask - 1) {
      const stop = at + <usize>ctz(mask);
      if (stop > begin) {
        out = count(wordAt(begin, stop - begin, 0), out);
      } else if (stop < end) {
        store<i32>(out, SENTENCE_END);
        out += 4;
        ends++;
      }
      begin = stop + 1;
    }
  }
  sentenceCount = ends;
  return (out - tokensAt) >> 2;
}

/** Words as the tokenizer `words` cuts them; `findChunks` and `defineChunks` come first. */
export function cutIntoWords(byteCount: usize): usize {
  const end = pad(byteCount);
  let out = tokensAt;
  let begin = textAt;
  let ends: u32 = 0;
  let open: u64 = 0; // not ASCII alone so far
  for (let at = textAt; at <= end; at += 64) {
    let high = highIn(at);
    for (let mask = whitespaceIn(at); mask != 0; mask &= mask - 1) {
      const bit = mask & (0 - mask);
      const stop = at + <usize>ctz(mask);
      const before = high & (bit - 1);
      if (stop > begin) {
        out = (open | before) != 0 ? countChunk(begin, stop - begin, out) : cutAscii(begin, stop, out);
      }
      high ^= before;
      open = 0;
      if (<u32>load<u8>(stop) == LINE_FEED) {
        store<i32>(out, SENTENCE_END);
        out += 4;
        ends++;
      }
      begin = stop + 1;
    }
    open |= high;
  }
  sentenceCount = ends;
  return (out - tokensAt) >> 2;
}

/**
 * Writes the chunks that are new at `tokens`, a line each, and their references (uint32) behind it, from the next
 * multiple of four on. Returns the length of the lines in bytes.
 */
export function findChunks(byteCount: usize): usize {
  const end = pad(byteCount);
  const known = arenaUsed;
  let out = tokensAt;
  let begin = textAt;
  let open: u64 = 0;
  for (let at = textAt; at <= end; at += 64) {
    let high = highIn(at);
    let mask = whitespaceIn(at);
    if ((high | open) == 0) {
      if (mask != 0) begin = at + 64 - <usize>clz(mask);
      continue;
    }
    for (; mask != 0; mask &= mask - 1) {
      const bit = mask & (0 - mask);
      const stop = at + <usize>ctz(mask);
      const before = high & (bit - 1);
      if ((open | before) != 0) {
        const used = arenaUsed;
        wordAt(begin, stop - begin, CHUNK);
        if (arenaUsed != used) {
          memory.copy(out, begin, stop - begin);
          out += stop - begin;
          store<u8>(out++, LINE_FEED);
        }
      }
      high ^= before;
      open = 0;
      begin = stop + 1;
    }
    open |= high;
  }
  // New records are chunks alone, in the order of the lines.
  let reference = (out + 3) & ~3;
  for (let record = arenaAt + known; record < arenaAt + arenaUsed; record = nextRecord(record)) {
    store<u32>(reference, <u32>((record - arenaAt) >> 3));
    reference += 4;
  }
  return out - tokensAt;
}

/**
 * What the chunks consist of: at `tokens` a line for each, words parted by spaces, behind it their references as
 * `findChunks` gave them.
 */
export function defineChunks(byteCount: usize): void {
  let at = tokensAt;
  const end = tokensAt + byteCount;
  let reference = (end + 3) & ~3;
  while (at < end) {
    const chunk = load<u32>(reference);
    reference += 4;
    let number: u32 = 0;
    let first: u32 = 0;
    let expansion: usize = 0; // offset in the arena
    const line = at;
    let lineEnd = at;
    while (<u32>load<u8>(lineEnd) != LINE_FEED) lineEnd++;
    // Words first: they may be new records, and the expansion must stay in one piece.
    for (let pass = 0; pass < 2; pass++) {
      if (pass == 1) {
        if (number < 2) break;
        const record = newRecord(<usize>number << 2, EXPANSION);
        expansion = record - arenaAt;
        first = <u32>(expansion >> 3);
        number = 0;
      }
      at = line;
      while (at < lineEnd) {
        let stop = at;
        while (stop < lineEnd && <u32>load<u8>(stop) != 32) stop++;
        const word = <u32>((wordAt(at, stop - at, 0) - arenaAt) >> 3);
        if (pass == 0 && number == 0) first = word;
        if (pass == 1) store<u32>(arenaAt + expansion + HEADER + (<usize>number << 2), word);
        number++;
        at = stop + 1;
      }
    }
    const record = arenaAt + (<usize>chunk << 3);
    store<u32>(record, number);
    store<u32>(record, first, 4);
    at = lineEnd + 1;
  }
}

/**
 * Orders the words by their bytes. Entries of 16 bytes, key and reference, take the place of the slots, so the table is of no
 * more use then, but for `writeRun` and `clear`.
 */
export function sortWords(): void {
  const slots = <usize>8 << slotBits;
  const needed = <usize>words << 4;
  if (needed > slots) {
    ensure(slotsAt + needed + arenaUsed + PADDING);
    memory.copy(slotsAt + needed, arenaAt, arenaUsed);
    arenaAt = slotsAt + needed;
  }
  let out = slotsAt;
  for (let record = arenaAt; record < arenaAt + arenaUsed; record = nextRecord(record)) {
    if (load<u32>(record, 8) > LENGTH) continue;
    const reference = <u64>((record - arenaAt) >> 3);
    store<u64>(out, keyOf(reference, 0));
    store<u64>(out, reference, 8);
    out += 16;
  }
  nextInRun = slotsAt;
  endOfRun = out;
  sortRange(slotsAt, out, 0);
}

/**
 * Writes the next records of a run (vocabulary/word-run.ts) at `tokens` and returns their length in bytes, 0 at the end: small
 * pieces, because memory that has not been written to yet is slow.
 */
export function writeRun(): usize {
  const limit = tokensAt + RUN_PIECE;
  let out = tokensAt;
  while (nextInRun < endOfRun) {
    const record = arenaAt + (<usize>load<u32>(nextInRun, 8) << 3);
    const length = <usize>load<u32>(record, 8);
    if (out + 32 + length > limit && out > tokensAt) break;
    store<u32>(out, load<u32>(record, 12));
    store<u64>(out, load<u64>(record), 4);
    store<u32>(out, <u32>length, 12);
    for (let i: usize = 0; i < length; i += 8) store<u64>(out + HEADER + i, load<u64>(record + HEADER + i));
    out += HEADER + length;
    nextInRun += 16;
  }
  return out - tokensAt;
}

// --- words -----------------------------------------------------------------------------------------------------------

/** Counts the word of the record once and writes its number. */
@inline
function count(record: usize, out: usize): usize {
  store<f64>(record, load<f64>(record) + 1);
  store<u32>(out, load<u32>(record, 12));
  return out + 4;
}

function countChunk(begin: usize, length: usize, out: usize): usize {
  const chunk = wordAt(begin, length, CHUNK);
  const number = load<u32>(chunk);
  const reference = <usize>load<u32>(chunk, 4) << 3;
  if (number == 1) return count(arenaAt + reference, out);
  for (let i: u32 = 0; i < number; i++) {
    out = count(arenaAt + (<usize>load<u32>(arenaAt + reference + HEADER + (<usize>i << 2)) << 3), out);
  }
  return out;
}

/** The record of the word or chunk at `begin`, a new one if there is none. */
@inline
function wordAt(begin: usize, length: usize, kind: u32): usize {
  if (length <= 16) return shortWord(v128.and(v128.load(begin), v128.load(masks + 16 - length)), <u32>length | kind);
  return longWord(begin, length, kind);
}

/** A word of up to 16 bytes; those behind it are 0. */
function shortWord(bytes: v128, length: u32): usize {
  const hash = mix(i64x2.extract_lane(bytes, 0), i64x2.extract_lane(bytes, 1), 0);
  const mask = v128.load(masks + 16 - <usize>(length & LENGTH));
  const end = slotsAt + (<usize>8 << slotBits);
  let slot = slotsAt + (<usize>(hash >>> (32 - slotBits)) << 3);
  for (;;) {
    const entry = load<u64>(slot);
    if (entry == 0) break;
    if (<u32>entry == hash) {
      const record = arenaAt + (<usize>((entry >> 32) - 1) << 3);
      // Masked, because the next record may begin within the 16 bytes.
      const other = v128.and(v128.load(record + HEADER), mask);
      if (load<u32>(record, 8) == length && !v128.any_true(v128.xor(other, bytes))) return record;
    }
    slot += 8;
    if (slot == end) slot = slotsAt;
  }
  const record = newRecord(<usize>(length & LENGTH), length & CHUNK);
  v128.store(record + HEADER, bytes);
  return enter(record, hash, slot);
}

function longWord(begin: usize, length: usize, kind: u32): usize {
  const hash = hashLong(begin, length);
  const end = slotsAt + (<usize>8 << slotBits);
  let slot = slotsAt + (<usize>(hash >>> (32 - slotBits)) << 3);
  for (;;) {
    const entry = load<u64>(slot);
    if (entry == 0) break;
    if (<u32>entry == hash) {
      const record = arenaAt + (<usize>((entry >> 32) - 1) << 3);
      if (load<u32>(record, 8) == (<u32>length | kind) && equal(record + HEADER, begin, length)) return record;
    }
    slot += 8;
    if (slot == end) slot = slotsAt;
  }
  const record = newRecord(length, kind);
  memory.copy(record + HEADER, begin, length);
  return enter(record, hash, slot);
}

/** A record at the end of the arena, its content still to be written: it may be 16 bytes longer than `length`. */
function newRecord(length: usize, kind: u32): usize {
  const size = HEADER + ((length + 7) & ~7);
  ensure(arenaAt + arenaUsed + size + PADDING);
  const record = arenaAt + arenaUsed;
  arenaUsed += size;
  store<u64>(record, kind == CHUNK ? <u64>PENDING : 0);
  store<u32>(record, <u32>length | kind, 8);
  store<u32>(record, kind == 0 ? words : 0, 12);
  if (kind == 0) words++;
  return record;
}

/** Puts a new record into its slot and returns where it is: the table may have grown. */
function enter(record: usize, hash: u32, slot: usize): usize {
  const reference = (record - arenaAt) >> 3;
  store<u64>(slot, (<u64>(reference + 1) << 32) | <u64>hash);
  entries++;
  if (<usize>entries * 8 > (<usize>5 << slotBits)) grow();
  return arenaAt + (reference << 3);
}

/** Twice as many slots: the arena makes room for them, and they are filled anew from the records. */
function grow(): void {
  const before = <usize>8 << slotBits;
  ensure(arenaAt + before + arenaUsed + PADDING);
  memory.copy(arenaAt + before, arenaAt, arenaUsed);
  arenaAt += before;
  slotBits++;
  memory.fill(slotsAt, 0, 2 * before);
  const end = slotsAt + 2 * before;
  for (let record = arenaAt; record < arenaAt + arenaUsed; record = nextRecord(record)) {
    const kind = load<u32>(record, 8);
    if ((kind & EXPANSION) != 0) continue;
    const length = <usize>(kind & LENGTH);
    let hash: u32;
    if (length <= 16) {
      const bytes = v128.and(v128.load(record + HEADER), v128.load(masks + 16 - length));
      hash = mix(i64x2.extract_lane(bytes, 0), i64x2.extract_lane(bytes, 1), 0);
    } else {
      hash = hashLong(record + HEADER, length);
    }
    let slot = slotsAt + (<usize>(hash >>> (32 - slotBits)) << 3);
    while (load<u64>(slot) != 0) {
      slot += 8;
      if (slot == end) slot = slotsAt;
    }
    store<u64>(slot, (<u64>(((record - arenaAt) >> 3) + 1) << 32) | <u64>hash);
  }
}

@inline
function nextRecord(record: usize): usize {
  return record + HEADER + ((<usize>(load<u32>(record, 8) & LENGTH) + 7) & ~7);
}

/** 32 bits of 16 bytes and what came before them. Multiplications carry low bits upwards, the shift brings them down. */
@inline
function mix(low: u64, high: u64, before: u64): u32 {
  let x = (low ^ rotl<u64>(high * 0xff51afd7ed558ccd, 31) ^ before) * 0x9e3779b97f4a7c15;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93;
  return <u32>(x >> 32);
}

function hashLong(begin: usize, length: usize): u32 {
  let hash: u32 = <u32>length;
  let at = begin;
  const last = begin + length - 16;
  for (; at < last; at += 16) hash = mix(load<u64>(at), load<u64>(at, 8), (<u64>hash << 32) | <u64>hash);
  return mix(load<u64>(last), load<u64>(last, 8), (<u64>hash << 32) | <u64>hash);
}

/** For 16 bytes or more. */
function equal(a: usize, b: usize, length: usize): bool {
  const last = length - 16;
  for (let i: usize = 0; i < last; i += 16) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  }
  return !v128.any_true(v128.xor(v128.load(a + last), v128.load(b + last)));
}

// --- the tokenizer `words`, for ASCII ---------------------------------------------------------------------------------

/** Cuts [begin, end), which holds ASCII without white space. */
@inline
function cutAscii(begin: usize, end: usize, out: usize): usize {
  const length = end - begin;
  if (length > 16) return cutSlowly(begin, end, out);
  const bytes = v128.load(begin);
  const inside = <u32>i8x16.bitmask(wordCharacters(bytes)) & ((1 << <u32>length) - 1);
  if (inside == 0) return out;
  const first = ctz(inside);
  const run = inside >> first;
  // Several runs may be joined to one word, or be initials.
  if ((run & (run + 1)) != 0) return cutSlowly(begin, end, out);
  return countLower(begin + first, <usize>popcnt(run), out);
}

/** The rules of text/tokenizer.ts, byte by byte. */
function cutSlowly(begin: usize, end: usize, out: usize): usize {
  let at = begin;
  while (at < end) {
    if (!isWordCharacter(load<u8>(at))) {
      at++;
      continue;
    }
    // Initials: a letter, then a point and a letter as often as can be, and no word behind it.
    let stop = at + 1;
    if (isLetter(load<u8>(at))) {
      while (stop + 1 < end && load<u8>(stop) == 46 && isLetter(load<u8>(stop + 1))) stop += 2;
      if (stop > at + 1 && stop < end && isWordCharacter(load<u8>(stop))) stop -= 2;
    }
    if (stop == at + 1) {
      for (;;) {
        while (stop < end && isWordCharacter(load<u8>(stop))) stop++;
        if (stop + 1 >= end || !isWordCharacter(load<u8>(stop + 1))) break;
        const joint = load<u8>(stop);
        const joins = joint == 39 || joint == 45
          || ((joint == 44 || joint == 46) && isDigit(load<u8>(stop - 1)) && isDigit(load<u8>(stop + 1)));
        if (!joins) break;
        stop++;
      }
    }
    out = countLower(at, stop - at, out);
    at = stop;
  }
  return out;
}

/** Counts the ASCII word in small letters. */
@inline
function countLower(begin: usize, length: usize, out: usize): usize {
  if (length <= 16) {
    const lower = lowerCase(v128.load(begin));
    return count(shortWord(v128.and(lower, v128.load(masks + 16 - length)), <u32>length), out);
  }
  // In place: nobody reads these bytes again.
  for (let at = begin; at < begin + length; at++) {
    const byte = load<u8>(at);
    if (<u32>byte - 65 < 26) store<u8>(at, byte | 32);
  }
  return count(longWord(begin, length, 0), out);
}

@inline
function lowerCase(bytes: v128): v128 {
  const capital = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(65)), i8x16.splat(26));
  return v128.or(bytes, v128.and(capital, i8x16.splat(32)));
}

@inline
function wordCharacters(bytes: v128): v128 {
  const letter = i8x16.lt_u(i8x16.sub(v128.or(bytes, i8x16.splat(32)), i8x16.splat(97)), i8x16.splat(26));
  const digit = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(48)), i8x16.splat(10));
  return v128.or(v128.or(letter, digit), i8x16.eq(bytes, i8x16.splat(95)));
}

@inline
function isLetter(byte: u8): bool { return (<u32>byte | 32) - 97 < 26; }
@inline
function isDigit(byte: u8): bool { return <u32>byte - 48 < 10; }
@inline
function isWordCharacter(byte: u8): bool { return isLetter(byte) || isDigit(byte) || byte == 95; }

// --- bytes -----------------------------------------------------------------------------------------------------------

/** Spaces behind the text; returns where it ends. */
function pad(byteCount: usize): usize {
  memory.fill(textAt + byteCount, 32, PADDING);
  return textAt + byteCount;
}

/** A bit for each of 64 bytes: \t \n \v \f \r and the space. */
@inline
function whitespaceIn(at: usize): u64 {
  return <u64>whitespace(v128.load(at)) | (<u64>whitespace(v128.load(at, 16)) << 16)
    | (<u64>whitespace(v128.load(at, 32)) << 32) | (<u64>whitespace(v128.load(at, 48)) << 48);
}

@inline
function whitespace(bytes: v128): u32 {
  const control = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(9)), i8x16.splat(5));
  return <u32>i8x16.bitmask(v128.or(control, i8x16.eq(bytes, i8x16.splat(32))));
}

/** A bit for each of 64 bytes: those that are not ASCII. */
@inline
function highIn(at: usize): u64 {
  return <u64><u32>i8x16.bitmask(v128.load(at)) | (<u64><u32>i8x16.bitmask(v128.load(at, 16)) << 16)
    | (<u64><u32>i8x16.bitmask(v128.load(at, 32)) << 32) | (<u64><u32>i8x16.bitmask(v128.load(at, 48)) << 48);
}

/**
 * Whether the text is well-formed UTF-8: Keiser & Lemire 2021 (arXiv 2010.03090), three look-ups by half bytes, whose common
 * bits are the errors that two bytes in a row can show; then the third and fourth bytes of characters are where they must be.
 */
export function isUtf8(byteCount: usize): bool {
  const end = pad(byteCount);
  let errors = i8x16.splat(0);
  let open = false; // the window before was not ASCII, so a character may go on
  for (let at = textAt; at <= end; at += 64) {
    const a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32), d = v128.load(at, 48);
    const high = i8x16.bitmask(v128.or(v128.or(a, b), v128.or(c, d))) != 0;
    if (high || open) {
      errors = v128.or(errors, v128.or(errorsIn(at, a), errorsIn(at + 16, b)));
      errors = v128.or(errors, v128.or(errorsIn(at + 32, c), errorsIn(at + 48, d)));
    }
    open = high;
  }
  return !v128.any_true(errors);
}

@inline
function errorsIn(at: usize, bytes: v128): v128 {
  // Bits: 1 too few continuation bytes, 2 too many, 4 overlong with 3 bytes, 8 beyond U+10FFFF, 16 surrogate,
  // 32 overlong with 2 bytes, 64 overlong with 4 bytes or far beyond, 128 two continuation bytes in a row.
  const half = i8x16.splat(15);
  const before = v128.load(at - 1);
  const first = i8x16.swizzle(
    i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 33, 1, 21, 73),
    i8x16.shr_u(before, 4),
  );
  const second = i8x16.swizzle(
    i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53),
    v128.and(before, half),
  );
  const third = i8x16.swizzle(
    i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1),
    i8x16.shr_u(bytes, 4),
  );
  const pairs = v128.and(v128.and(first, second), third);
  const thirdByte = i8x16.ge_u(v128.load(at - 2), i8x16.splat(<i8>0xe0));
  const fourthByte = i8x16.ge_u(v128.load(at - 3), i8x16.splat(<i8>0xf0));
  return v128.xor(pairs, v128.and(v128.or(thirdByte, fourthByte), i8x16.splat(-128)));
}

/** Makes the memory reach up to `end`. */
function ensure(end: usize): void {
  const have = <usize>memory.size();
  if (end <= have << 16 || have == 65536) return;
  const pages = ((end + 0xffff) >> 16) - have;
  // An eighth more than is needed, so that it does not happen for each block.
  if (memory.grow(<i32>(pages + (have >> 3) + 16)) >= 0) return;
  if (memory.grow(<i32>pages) < 0) unreachable();
}

// --- order -----------------------------------------------------------------------------------------------------------

/**
 * Multikey quicksort (Bentley & Sedgewick 1997) with cached keys: seven bytes of the word, 0 behind its end, then how many
 * bytes are left, 8 if there are more than seven. So equal keys of different words go on for seven bytes at least.
 */
function sortRange(low: usize, high: usize, depth: usize): void {
  for (;;) {
    if (high - low <= 12 * 16) {
      insertionSort(low, high, depth);
      return;
    }
    const pivot = middle(load<u64>(low), load<u64>(low + (((high - low) >> 5) << 4)), load<u64>(high - 16));
    let smaller = low, at = low, larger = high;
    while (at < larger) {
      const key = load<u64>(at);
      if (key < pivot) {
        const entry = v128.load(at);
        v128.store(at, v128.load(smaller));
        v128.store(smaller, entry);
        smaller += 16;
        at += 16;
      } else if (key > pivot) {
        const entry = v128.load(at);
        larger -= 16;
        v128.store(at, v128.load(larger));
        v128.store(larger, entry);
      } else {
        at += 16;
      }
    }
    if (larger - smaller > 16) {
      for (let i = smaller; i < larger; i += 16) store<u64>(i, keyOf(load<u64>(i, 8), depth + 7));
    }
    // The largest part in this loop, so that the stack stays small.
    const below = smaller - low, same = larger - smaller, above = high - larger;
    if (same >= below && same >= above) {
      sortRange(low, smaller, depth);
      sortRange(larger, high, depth);
      low = smaller;
      high = larger;
      depth += 7;
      if (same == 16) return;
    } else if (below >= above) {
      if (same > 16) sortRange(smaller, larger, depth + 7);
      sortRange(larger, high, depth);
      high = smaller;
    } else {
      sortRange(low, smaller, depth);
      if (same > 16) sortRange(smaller, larger, depth + 7);
      low = larger;
    }
  }
}

function insertionSort(low: usize, high: usize, depth: usize): void {
  for (let i = low + 16; i < high; i += 16) {
    const entry = v128.load(i);
    let at = i;
    while (at > low && isBefore(entry, at - 16, depth)) {
      v128.store(at, v128.load(at - 16));
      at -= 16;
    }
    v128.store(at, entry);
  }
}

@inline
function isBefore(entry: v128, other: usize, depth: usize): bool {
  const key = i64x2.extract_lane(entry, 0), otherKey = load<u64>(other);
  if (key != otherKey) return <u64>key < otherKey;
  return isBeforeBehind(i64x2.extract_lane(entry, 1), load<u64>(other, 8), depth + 7);
}

function isBeforeBehind(reference: u64, other: u64, depth: usize): bool {
  const recordA = arenaAt + (<usize>reference << 3), recordB = arenaAt + (<usize>other << 3);
  const lengthA = <usize>load<u32>(recordA, 8), lengthB = <usize>load<u32>(recordB, 8);
  const shorter = lengthA < lengthB ? lengthA : lengthB;
  for (let i = depth; i < shorter; i++) {
    const byteA = load<u8>(recordA + HEADER + i), byteB = load<u8>(recordB + HEADER + i);
    if (byteA != byteB) return byteA < byteB;
  }
  return lengthA < lengthB;
}

/** The key of a word from byte `depth` on, which it has or ends at. */
function keyOf(reference: u64, depth: usize): u64 {
  const record = arenaAt + (<usize>reference << 3);
  const left = <usize>load<u32>(record, 8) - depth;
  const bytes = bswap<u64>(load<u64>(record + HEADER + depth));
  if (left > 7) return (bytes & ~0xff) | 8;
  if (left == 0) return 0;
  const rest = <u64>(64 - (left << 3));
  return ((bytes >> rest) << rest) | <u64>left;
}

@inline
function middle(a: u64, b: u64, c: u64): u64 {
  return max(min(a, b), min(max(a, b), c));
}
