import type { ModelContents } from '../embedding-model.ts';
import { checkWords, type WordRule } from './check-words.ts';
import { ContentHash } from './content-hash.ts';
import { fileFormat } from './model-format.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const CHUNK_VALUES = 1 << 22;
const RULE: WordRule = {
  where: 'in a list of words',
  refuses: /[\n\r]|^\ufeff/,
  reason: 'it has a line break, or a byte order mark at its beginning',
};

/**
 * NumPy's .npy (numpy/lib/format.py): a magic number, a version, the length of a header in Python's syntax, the header,
 * the values. The words stand in a text file beside it, one a line, in the order of the rows.
 */
export const numpy = fileFormat({
  name: 'numpy',
  ending: /\.npy$/i,
  keeps: [],
  write(contents) {
    checkWords(contents.words, RULE);
    return [
      ['.words.txt', writeWordLines(contents.words)],
      ['.npy', writeNumpy(contents)],
    ];
  },
  readPath: (path) => path.replace(/(\.npy)?$/i, '.npy'),
});

/** The array, without its words. */
export function* writeNumpy({ words, dimensions, inputVectors }: ModelContents): Generator<Uint8Array> {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${words.length}, ${dimensions}), }`;
  const header = description + hashPadding(words);
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = new Uint8Array(10 + padded.length);
  start.set([...MAGIC, 1, 0, padded.length & 0xff, padded.length >> 8]);
  start.set(new TextEncoder().encode(padded), 10);
  yield start;
  for (let begin = 0; begin < inputVectors.length; begin += CHUNK_VALUES) {
    const part = inputVectors.subarray(begin, begin + CHUNK_VALUES);
    yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
}

function* writeWordLines(words: readonly string[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let begin = 0; begin < words.length; begin += 1 << 16) {
    yield encoder.encode(`${words.slice(begin, begin + (1 << 16)).join('\n')}\n`);
  }
}

/** As tabs and spaces: see `hashIn` of read-numpy.ts. */
function hashPadding(words: readonly string[]): string {
  const hash = new ContentHash();
  for (const lines of writeWordLines(words)) hash.update(lines);
  return hash
    .digest()
    .replace(/./g, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0'))
    .replaceAll('1', '\t')
    .replaceAll('0', ' ');
}
