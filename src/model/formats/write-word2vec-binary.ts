import type { ModelContents } from '../embedding-model.ts';
import { checkWords, type WordRule } from './check-words.ts';
import { fileFormat } from './model-format.ts';

const LINE_FEED = 10;
const SPACE = 32;
const CHUNK_BYTES = 1 << 20;
const RULE: WordRule = {
  where: 'in a word2vec format',
  // Readers take a zero byte in a word for damage.
  refuses: /[ \n\0]|^$/,
  reason: 'it separates words with spaces',
};

/**
 * word2vec's binary format: "words dimensions\n", then for each word its bytes, a space, and the vector as float32 little endian,
 * and a line feed, which word2vec.c writes and gensim does not.
 */
export const word2vecBinary = fileFormat({
  name: 'word2vec-binary',
  ending: /\.bin$/i,
  keeps: [],
  write: (contents) => [['', writeWord2vecBinary(contents)]],
});

/**
 * A model in word2vec's binary format, piece by piece.
 *
 * @throws RangeError for a word with a space or line feed, which the format cannot hold
 */
export function writeWord2vecBinary(contents: ModelContents): Generator<Uint8Array> {
  checkWords(contents.words, RULE);
  return binaryRows(contents);
}

function* binaryRows({ words, dimensions, inputVectors }: ModelContents): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(inputVectors.buffer, inputVectors.byteOffset, inputVectors.byteLength);
  yield encoder.encode(`${words.length} ${dimensions}\n`);
  let chunk = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  for (let id = 0; id < words.length; id++) {
    const word = encoder.encode(words[id]);
    const needed = word.length + 2 + dimensions * 4;
    if (used + needed > chunk.length) {
      yield chunk.subarray(0, used);
      chunk = new Uint8Array(Math.max(CHUNK_BYTES, needed));
      used = 0;
    }
    chunk.set(word, used);
    chunk[used + word.length] = SPACE;
    chunk.set(bytes.subarray(id * dimensions * 4, (id + 1) * dimensions * 4), used + word.length + 1);
    chunk[used + needed - 1] = LINE_FEED;
    used += needed;
  }
  yield chunk.subarray(0, used);
}
