import { guessEncoding } from './text-encoding.ts';
import { decodeUtf8 } from './utf8.ts';

/** What a file is that is no text in UTF-8, and what to do about it: two halves of a message. */
export interface ForeignContent {
  readonly what: string;
  readonly help: string;
}

/** So many bytes tell what a text is. */
export const SNIFF_BYTES = 1 << 18;

/** Fewer malformed sequences in the beginning are mistakes in the text, not another encoding. */
const MALFORMED = 10;
/** So many bytes of the beginning may have one malformed sequence. */
const BYTES_PER_MALFORMED = 500;

/** Text has more control characters but by mistake. */
const CONTROLS = 20;
const BYTES_PER_CONTROL = 20;

/** How the bytes that begin so are compressed, if it is a kind that can be unpacked here. */
export function compressionOf(bytes: Uint8Array): 'gzip' | 'zstd' | undefined {
  if (begins(bytes, [0x1f, 0x8b, 8])) return 'gzip';
  // A stream may begin with a frame to be skipped, as parallel compressors write it.
  const skipped = (bytes[0] & 0xf0) === 0x50 && begins(bytes.subarray(1), [0x2a, 0x4d, 0x18]);
  return skipped || begins(bytes, [0x28, 0xb5, 0x2f, 0xfd]) ? 'zstd' : undefined;
}

const MODEL_HELP = 'give the text that it was trained on';
const iconv = (encoding: string) => `convert it to UTF-8 first: iconv -f ${encoding} -t UTF-8`;
const ARCHIVE_HELP = 'unpack it first and give the files in it:';

/** Offset, first bytes (text, or numbers), what it is, what to do. */
const SIGNATURES: readonly [number, string | readonly number[], string, string][] = [
  [0, [0x1f, 0x8b, 8], 'it is compressed by gzip', 'unpack it first: gunzip'],
  [0, [0x28, 0xb5, 0x2f, 0xfd], 'it is compressed by zstd', 'unpack it first: unzstd'],
  [4, [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], 'it is compressed by bzip2', 'unpack it first: bunzip2'],
  [4, [0x17, 0x72, 0x45, 0x38, 0x50, 0x90], 'it is compressed by bzip2', 'unpack it first: bunzip2'],
  [0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'it is compressed by xz', 'unpack it first: unxz'],
  [0, [0x5d, 0, 0, 0x80, 0], 'it is compressed by lzma', 'unpack it first: unlzma'],
  [0, [0x04, 0x22, 0x4d, 0x18], 'it is compressed by lz4', 'unpack it first: unlz4'],
  [0, [0x1f, 0x9d], 'it is compressed by compress (.Z)', 'unpack it first: uncompress'],
  [0, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'it is a 7z archive', `${ARCHIVE_HELP} 7z x`],
  [0, [0x50, 0x4b, 3, 4], 'it is a zip archive, or a document that is one', `${ARCHIVE_HELP} unzip`],
  [0, [0x50, 0x4b, 5, 6], 'it is a zip archive, or a document that is one', `${ARCHIVE_HELP} unzip`],
  [0, [0x50, 0x4b, 7, 8], 'it is a zip archive, or a document that is one', `${ARCHIVE_HELP} unzip`],
  [0, 'Rar!\x1a\x07', 'it is a rar archive', `${ARCHIVE_HELP} unrar x`],
  [257, 'ustar', 'it is a tar archive', `${ARCHIVE_HELP} tar -xf`],
  [0, '{\\rtf', 'it is a document in RTF', 'save it as plain text in UTF-8'],
  [0, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], 'it is an Office document', 'save it as plain text in UTF-8'],
  [0, '%PDF-', 'it is a PDF document', 'take the text out of it first: pdftotext'],
  [0, '%!PS-', 'it is a PostScript document', 'take the text out of it first: ps2ascii'],
  [0, 'WARC/1.', 'it is an archive of the web (WARC, WET)', 'take the texts out of it first, such as with warcio'],
  [0, '!<arch>\n', 'it is an ar archive', 'unpack it first and give the files in it: ar x'],
  [0, 'Obj\x01', 'it is an Avro file', 'write its texts as JSON lines or CSV first'],
  [0, 'PAR1', 'it is a Parquet file', 'write its column of texts as JSON lines or CSV first'],
  [0, 'ARROW1', 'it is an Arrow file', 'write its column of texts as JSON lines or CSV first'],
  [0, 'FEA1', 'it is a Feather file', 'write its column of texts as JSON lines or CSV first'],
  [0, [0x89, ...ascii('HDF\r\n')], 'it is HDF5', 'write its texts as JSON lines or CSV first'],
  [0, 'LZIP', 'it is compressed by lzip', 'unpack it first: lzip -d'],
  [0, 'SQLite format 3\0', 'it is a database of SQLite', 'write its texts as JSON lines or CSV first'],
  [0, [0x93, ...ascii('NUMPY')], 'it is an array of NumPy', MODEL_HELP],
  [0, [0xba, 0x16, 0x4f, 0x2f], 'it is a model of fastText', MODEL_HELP],
  [8, '{"', 'it is a model in safetensors', MODEL_HELP],
  [
    0,
    'version https://git-lfs.github.com/spec/',
    'it is a pointer of Git LFS, not the file itself',
    'fetch the file: git lfs pull',
  ],
  [0, [0xff, 0xfe, 0, 0], 'it is UTF-32', iconv('UTF-32')],
  [0, [0, 0, 0xfe, 0xff], 'it is UTF-32', iconv('UTF-32')],
  [0, [0xff, 0xfe], 'it is UTF-16', iconv('UTF-16')],
  [0, [0xfe, 0xff], 'it is UTF-16', iconv('UTF-16')],
];

/**
 * What the bytes are, if they are no text in UTF-8: an archive, a model, a web page, text in another encoding. `undefined` for
 * text, also where some of it is malformed.
 *
 * @param bytes - the beginning of a file; SNIFF_BYTES are enough
 */
export function foreignContent(bytes: Uint8Array): ForeignContent | undefined {
  const start = bytes.subarray(0, SNIFF_BYTES);
  for (const [offset, signature, what, help] of SIGNATURES) {
    if (!begins(start.subarray(offset), typeof signature === 'string' ? ascii(signature) : signature)) continue;
    // Their beginnings could be text.
    if (what.includes('bzip2') && !begins(start, ascii('BZh'))) continue;
    if (what.includes('safetensors') && start.subarray(4, 8).some((byte) => byte !== 0)) continue;
    return { what, help };
  }
  const { text, repairs } = decodeUtf8(start);
  if (/^\s*(<!doctype html|<html[\s>])/i.test(text.slice(0, 1000)))
    return { what: 'it is a web page (HTML)', help: 'take the text out of it first' };
  const nul = start.indexOf(0);
  if (repairs === 0 && nul < 0) return escapedEncoding(text) ?? controlCharacters(text, start) ?? vectorText(text);
  if (/^\d+ \d+\n/.test(text.slice(0, 40)) && (nul >= 0 || repairs > MALFORMED))
    return { what: "it is a model in word2vec's binary form", help: MODEL_HELP };
  if (nul >= 0)
    return (
      utf32(start) ??
      utf16(start, repairs === 0) ?? { what: `it is not text, byte ${nul} is 0`, help: 'give text in UTF-8' }
    );
  return controlCharacters(text, start) ?? otherEncoding(start, text, repairs);
}

function controlCharacters(text: string, bytes: Uint8Array): ForeignContent | undefined {
  const found = text.match(/[\x01-\x08\x0e-\x1a\x7f]/g)?.length ?? 0;
  if (found < CONTROLS || BYTES_PER_CONTROL * found < bytes.length) return undefined;
  return {
    what: `it is not text, ${found} of its first ${bytes.length} bytes are control characters`,
    help: 'give text in UTF-8',
  };
}

/** @throws Error for what is no text in UTF-8, with what it is */
export function checkText(name: string, bytes: Uint8Array): void {
  const foreign = foreignContent(bytes);
  if (foreign) throw new Error(`Cannot read "${name}": ${foreign.what}; ${foreign.help}`);
}

/** Four bytes a character, of which the highest is zero and the next one nearly always. */
function utf32(bytes: Uint8Array): ForeignContent | undefined {
  const whole = bytes.subarray(0, bytes.length & ~3);
  const zerosAt = [0, 0, 0, 0];
  for (let at = 0; at < whole.length; at++) if (whole[at] === 0) zerosAt[at % 4]++;
  const most = 0.9 * (whole.length / 4);
  const isLittle = zerosAt[3] > most && zerosAt[2] > most && zerosAt[0] < most;
  const isBig = zerosAt[0] > most && zerosAt[1] > most && zerosAt[3] < most;
  if (whole.length < 16 || isLittle === isBig) return undefined;
  const encoding = isLittle ? 'UTF-32LE' : 'UTF-32BE';
  return {
    what: `it is ${encoding} without a byte order mark`,
    help: iconv(encoding),
  };
}

/** Two bytes a character: one of the two orders gives text, with letters or line ends of ASCII. */
function utf16(bytes: Uint8Array, wellFormed: boolean): ForeignContent | undefined {
  // Letters of ASCII in two bytes are well-formed UTF-8, too, with a zero for each; other text may have a few by mistake.
  let zeros = 0;
  for (const byte of bytes) if (byte === 0) zeros++;
  if (wellFormed && 5 * zeros < bytes.length && !isOneScript(bytes)) return undefined;
  const even = bytes.subarray(0, bytes.length & ~1);
  const [little, big] = ['UTF-16LE', 'UTF-16BE'].map((label) => {
    const text = new TextDecoder(label).decode(even);
    return /[\0-\x08\x0e-\x1a\ufffd\uffff]/.test(text.slice(0, -1)) ? 0 : (text.match(/[\n\r -~]/g)?.length ?? 0);
  });
  if (little === big || Math.max(little, big) < 4) return undefined;
  const encoding = little > big ? 'UTF-16LE' : 'UTF-16BE';
  return {
    what: `it is ${encoding} without a byte order mark`,
    help: iconv(encoding),
  };
}

/** Letters of one alphabet have one high byte in UTF-16, so that about half of all bytes are the same. */
function isOneScript(bytes: Uint8Array): boolean {
  const counts = [new Uint32Array(32), new Uint32Array(32)];
  for (let at = 0; at < bytes.length; at++) if (bytes[at] < 32) counts[at % 2][bytes[at]]++;
  return counts.some((half) =>
    half.some((count, byte) => byte > 0 && byte !== 10 && byte !== 13 && 3 * count > bytes.length),
  );
}

/** Encodings whose bytes are ASCII: what is none stands between escapes. */
function escapedEncoding(text: string): ForeignContent | undefined {
  const found = /\x1b\$(?:[@B(]|[)*]([A-H]))/.exec(text);
  let encoding = found && `ISO-2022-${found[1] === undefined ? 'JP' : found[1] === 'C' ? 'KR' : 'CN'}`;
  if (!encoding && !/[^\0-\x7f]/.test(text)) {
    if (mostly(text, /~\{[^\n]*/g, (run) => /^~\{([!-w][!-~])+(~\}|$)/.test(run))) encoding = 'HZ';
    else if (mostly(text, /\+[A-Za-z\d/]{3,}-?/g, isUtf7)) encoding = 'UTF-7';
  }
  if (!encoding) return undefined;
  const help = encoding === 'HZ' ? 'convert it to UTF-8 first: hz in Python' : iconv(encoding);
  return { what: `it is ${encoding === 'HZ' ? 'Chinese in HZ' : encoding}`, help };
}

/** Whether there are ten or more of them, and nearly all pass. */
function mostly(text: string, pattern: RegExp, passes: (run: string) => boolean): boolean {
  const runs = text.match(pattern) ?? [];
  return runs.length >= 10 && runs.filter(passes).length >= 0.9 * runs.length;
}

/** Whether a run of base64 is what UTF-7 writes: units of 16 bits, none of them a letter of ASCII, and the bits that are left are 0. */
function isUtf7(run: string): boolean {
  const digits = run.replace(/^\+|-$/g, '');
  if (!/[A-Z]/.test(run) || digits.length % 4 === 1) return false; // without a capital: a number with its sign
  const bytes = atob(digits);
  return bytes.length % 2 === 0 && !/^(?:..)*\0[\w\0-\x1f]/s.test(bytes) && btoa(bytes).startsWith(digits);
}

/** Nearly all that is not ASCII is malformed, and there is much of it. */
function otherEncoding(bytes: Uint8Array, text: string, repairs: number): ForeignContent | undefined {
  if (repairs < MALFORMED || repairs * BYTES_PER_MALFORMED < bytes.length) return undefined;
  let wellFormed = -repairs;
  for (const character of text) if (character > '\x7f') wellFormed++;
  if (wellFormed > repairs) return undefined;
  const found = surrogates(bytes);
  if (6 * found > repairs / 2)
    return {
      what: `it is CESU-8, not UTF-8 (${found} characters beyond U+FFFF, such as emoji, are two of three bytes each)`,
      help: 'convert it to UTF-8 first: uconv -f CESU-8 -t UTF-8',
    };
  const guess = guessEncoding(bytes);
  return {
    what: `it is not UTF-8${guess === undefined ? '' : ` but probably ${guess.name}`} (${repairs} malformed sequences in its first ${bytes.length} bytes)`,
    help: iconv(guess?.iconv ?? 'ENCODING'),
  };
}

/** How many pairs of surrogates of UTF-16 stand there as three bytes each. Every byte of them counts as malformed. */
function surrogates(bytes: Uint8Array): number {
  let found = 0;
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1))
    if ((bytes[at + 1] & 0xf0) === 0xa0 && bytes[at + 3] === 0xed && (bytes[at + 4] & 0xf0) === 0xb0) found++;
  return found;
}

/** Rows of word vectors: a word and always as many numbers, ten or more; in front there may be a header of two numbers. */
function vectorText(text: string): ForeignContent | undefined {
  // Most text is told by its first line, which may be long.
  const lines = text.slice(0, 1 << 16).split('\n', 7);
  if (lines.length < 4) return undefined;
  lines.pop(); // may be cut off
  const rows = /^\d+ \d+ ?\r?$/.test(lines[0]) ? lines.slice(1) : lines;
  let dimensions: number | undefined;
  for (const row of rows) {
    const numbers = row
      .trim()
      .split(/[ \t]+/)
      .slice(1);
    dimensions ??= numbers.length;
    if (numbers.length !== dimensions || dimensions < (rows === lines ? 10 : 2)) return undefined;
    if (!numbers.every((number) => /^-?(\d*\.\d+|\d+)(e[-+]?\d+)?$/i.test(number))) return undefined;
    if (2 * numbers.filter((number) => number.includes('.')).length < dimensions) return undefined;
  }
  return { what: `it is a model as text, vectors of ${dimensions} numbers`, help: MODEL_HELP };
}

function begins(bytes: Uint8Array, signature: readonly number[]): boolean {
  return bytes.length >= signature.length && signature.every((byte, at) => bytes[at] === byte);
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
