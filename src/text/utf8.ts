const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * UTF-8 bytes as text. Each malformed sequence becomes U+FFFD (as the Unicode standard and every browser do,
 * section 3.9) and is counted.
 */
export function decodeUtf8(bytes: Uint8Array): { text: string; repairs: number } {
  try {
    return { text: strict.decode(bytes), repairs: 0 };
  } catch {
    const text = lenient.decode(bytes);
    return { text, repairs: count(text, '\ufffd') - countReplacementBytes(bytes) };
  }
}

/** Whether bytes begin … end − 1 are well-formed UTF-8 (Unicode, table 3-7). For short stretches, where a TextDecoder takes longer. */
export function isUtf8(bytes: Uint8Array, begin: number, end: number): boolean {
  for (let at = begin; at < end; ) {
    const first = bytes[at++];
    if (first < 0x80) continue;
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (first < 0xc2 || first > 0xf4 || at + more > end) return false;
    const second = bytes[at];
    if (first === 0xe0 && second < 0xa0) return false; // would be shorter
    if (first === 0xed && second > 0x9f) return false; // half of a character beyond 16 bits
    if (first === 0xf0 && second < 0x90) return false;
    if (first === 0xf4 && second > 0x8f) return false; // beyond the last character
    for (const last = at + more; at < last; at++) if ((bytes[at] & 0xc0) !== 0x80) return false;
  }
  return true;
}

/** Compares two texts in the order of their UTF-8 bytes, which is that of their code points. */
export function compareUtf8(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const [unitA, unitB] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (unitA === unitB) continue;
    // Surrogates stand for code points above all others, but below some of them as UTF-16 units.
    const [highA, highB] = [isSurrogate(unitA), isSurrogate(unitB)];
    return highA === highB ? unitA - unitB : highA ? 1 : -1;
  }
  return a.length - b.length;
}

/** Whether a text holds no half of a surrogate pair. */
export function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

/** Halves of surrogate pairs in the text of a line of JSON, which UTF-8 cannot hold: U+FFFD takes their place. Only escapes make them. */
export function countHalfPairs(line: string, text: string): number {
  return line.includes('\\u') ? (text.match(/\p{Cs}/gu)?.length ?? 0) : 0;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}

/** Occurrences of U+FFFD that stand in the bytes themselves. */
function countReplacementBytes(bytes: Uint8Array): number {
  let found = 0;
  for (let i = bytes.indexOf(0xef); i >= 0; i = bytes.indexOf(0xef, i + 1)) {
    if (bytes[i + 1] === 0xbf && bytes[i + 2] === 0xbd) found++;
  }
  return found;
}

function count(text: string, character: string): number {
  let found = 0;
  for (let i = text.indexOf(character); i >= 0; i = text.indexOf(character, i + 1)) found++;
  return found;
}
