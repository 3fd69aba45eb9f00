// Writes a text whose word frequencies follow Zipf's law: the word of rank r has a share of about 1 / (r + 2.7). The same
// arguments give the same bytes.
//
//   node bench/synthetic-zipf.mjs OUTPUT MEGABYTES [--words 200000] [--seed 1]
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { benchArguments } from './library/smoke.mjs';

const WORDS_IN_LINE = 20;
const PIECE_BYTES = 1 << 20;
/** At least so many draws are prepared once, and taken in an order that goes on changing. */
const DRAWS = 1 << 22;

export function writeZipfText(path, byteLength, { words = 200_000, seed = 1 } = {}) {
  let state = seed >>> 0 || 1;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  // Frequent words are short, as in any language: rank in base 26 behind a first letter.
  const texts = [];
  const ends = new Uint32Array(words);
  let sum = 0;
  const cumulated = new Float64Array(words);
  let length = 0;
  for (let rank = 0; rank < words; rank++) {
    let word = '';
    for (let rest = rank * 7 + 3; rest > 0; rest = Math.floor(rest / 26)) word += String.fromCharCode(97 + (rest % 26));
    texts.push(`${word} `);
    ends[rank] = length += word.length + 1;
    sum += 1 / (rank + 2.7);
    cumulated[rank] = sum;
  }
  const bytes = Buffer.from(texts.join(''));
  const draws = new Uint32Array(Math.max(DRAWS, 8 * words));
  for (let i = 0; i < draws.length; i++) {
    const wanted = random() * sum;
    let [low, high] = [0, words - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulated[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    draws[i] = low;
  }
  const file = openSync(path, 'w');
  const piece = new Uint8Array(PIECE_BYTES + 64);
  let at = 0;
  let count = 0;
  for (let written = 0; written < byteLength; ) {
    const rank = draws[Math.floor(random() * draws.length)];
    for (let i = rank === 0 ? 0 : ends[rank - 1]; i < ends[rank]; i++) piece[at++] = bytes[i];
    if (++count % WORDS_IN_LINE === 0) piece[at - 1] = 10;
    if (at < PIECE_BYTES && written + at < byteLength) continue;
    if (written + at >= byteLength) piece[at - 1] = 10;
    writeSync(file, piece, 0, at);
    written += at;
    at = 0;
  }
  closeSync(file);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({
    args: await benchArguments((text) => [text, '0.01', '--words', '500']),
    allowPositionals: true,
    options: { words: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
  });
  const [path, megabytes] = positionals;
  if (!path || !(Number(megabytes) > 0)) throw new Error('Give a file to write and its size in MB.');
  writeZipfText(path, Number(megabytes) * 1e6, { words: Number(values.words), seed: Number(values.seed) });
  console.log(`${path}: ${statSync(path).size} bytes`);
}
