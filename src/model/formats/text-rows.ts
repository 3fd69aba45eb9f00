const SPACE = 32;
const TAB = 9;
const LONGEST_NUMBER_BYTES = 100;
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Fills `row` with the last fields of a line, which are separated by spaces or tabs, and tells where the text before them ends,
 * without the separators; −1 if they are not so many numbers. A decimal of up to 15 digits is a whole number divided by a power
 * of ten, both exact, as Number() itself computes it; a tenth of the time. Others go to Number().
 */
export function parseRow(line: Uint8Array, row: Float32Array): number {
  let end = line.length;
  for (let d = row.length - 1; d >= 0; d--) {
    let begin = end;
    while (begin > 0 && !isSeparator(line[begin - 1])) begin--;
    if (begin === end) return -1;
    let at = begin;
    const sign = line[at];
    if (sign === 45 || sign === 43) at++;
    let mantissa = 0;
    let digits = 0;
    let point = -1;
    for (; at < end; at++) {
      const digit = line[at] - 48;
      if (digit >= 0 && digit <= 9) {
        mantissa = 10 * mantissa + digit;
        digits++;
      } else if (line[at] === 46 && point < 0) point = digits;
      else break;
    }
    if (at === end && digits > 0 && digits <= 15) {
      const value = point < 0 ? mantissa : mantissa / POWERS_OF_TEN[digits - point];
      row[d] = sign === 45 ? -value : value;
    } else {
      if (end - begin > LONGEST_NUMBER_BYTES) return -1;
      const value = parseNumber(String.fromCharCode(...line.subarray(begin, end)));
      if (value === undefined) return -1;
      row[d] = value;
    }
    end = begin;
    while (end > 0 && isSeparator(line[end - 1])) end--;
  }
  return end;
}

export function isSeparator(byte: number): boolean {
  return byte <= SPACE && (byte === SPACE || byte === TAB);
}

/** Decimal numbers as programs write them; NaN and infinity are written in many forms. Undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (/^[-+]?(nan(\(\w*\))?|\d\.#(ind|[qs]nan)\d*)$/i.test(text)) return Number.NaN;
  if (/^[-+]?(inf(inity)?|\d\.#inf\d*)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return undefined;
}

/** The line without line end, spaces and tabs behind its last field. */
export function trimLineEnd(line: Uint8Array): Uint8Array {
  let end = line.length;
  while (end > 0 && (isSeparator(line[end - 1]) || line[end - 1] === 13)) end--;
  return line.subarray(0, end);
}

/** How many fields at the end of a line are numbers, and how many fields it has. */
export function countFields(line: string): { fields: number; numbers: number } {
  const parts = line.split(/[ \t\r]+/).filter((part) => part !== '');
  let numbers = 0;
  while (numbers < parts.length && looksNumeric(parts[parts.length - 1 - numbers])) numbers++;
  return { fields: parts.length, numbers };
}

/** A number, or what somebody meant to be one, such as 0,5. */
function looksNumeric(text: string): boolean {
  return (
    text.length <= LONGEST_NUMBER_BYTES && (parseNumber(text) ?? parseNumber(text.replace(',', '.'))) !== undefined
  );
}

/** Length of a byte order mark at the beginning of a text: 3 or 0 bytes. */
export function byteOrderMarkLength(start: Uint8Array): number {
  return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0;
}

/** The shortest decimal that reads back as the same float32. */
export function shortestDecimal(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
