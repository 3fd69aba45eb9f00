import type { ModelContents } from '../embedding-model.ts';
import { checkWords, type WordRule } from './check-words.ts';
import { fileFormat } from './model-format.ts';
import { shortestDecimal } from './text-rows.ts';
import { parseHeader } from './word2vec-header.ts';

const CHUNK_LENGTH = 1 << 20;
const RULE: WordRule = {
  where: 'in a word2vec format',
  // A zero byte is what tells binary files.
  refuses: /[ \t\n\r\0]|^$/,
  reason: 'it separates words with spaces',
};

/** word2vec's text format: "words dimensions", then a line a word: the word and its values, separated by single spaces. */
export const word2vecText = fileFormat({
  name: 'word2vec-text',
  ending: /\.txt$/i,
  keeps: [],
  write: (contents) => [['', writeWord2vecText(contents)]],
});

/** fastText's .vec is word2vec's text format. */
export const fastTextText = fileFormat({
  name: 'fasttext-text',
  ending: /\.vec$/i,
  keeps: [],
  write: (contents) => [['', writeWord2vecText(contents)]],
});

/** GloVe's text format: that of word2vec without the first line. */
export const gloveText = fileFormat({
  name: 'glove-text',
  ending: /[./\\]glove(\.txt)?$/i,
  keeps: [],
  write: (contents) => [['', writeGloveText(contents)]],
});

function writeGloveText(contents: ModelContents): Generator<Uint8Array> {
  checkWords(contents.words, RULE);
  const [first] = contents.words;
  if (first.startsWith('\ufeff'))
    throw new RangeError(
      `Cannot write word ${JSON.stringify(first)} first in GloVe text: there it is a byte order mark; save as .safetensors instead`,
    );
  return textRows(contents);
}

/**
 * A model in word2vec's text format, piece by piece. Values are written as the shortest decimal that reads back as the same
 * float32.
 *
 * @throws RangeError for a word with white space, which the format cannot hold
 */
export function writeWord2vecText(contents: ModelContents): Generator<Uint8Array> {
  checkWords(contents.words, RULE);
  return textRows(contents, `${contents.words.length} ${contents.dimensions}\n`);
}

function* textRows({ words, dimensions, inputVectors }: ModelContents, header = ''): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = header;
  for (let id = 0; id < words.length; id++) {
    text += words[id];
    for (let i = id * dimensions; i < (id + 1) * dimensions; i++) text += ` ${shortestDecimal(inputVectors[i])}`;
    // A number and its value in the first line would be read as the header.
    if (id === 0 && header === '' && parseHeader(encoder.encode(text))) text += '.0';
    text += '\n';
    if (text.length < CHUNK_LENGTH) continue;
    yield encoder.encode(text);
    text = '';
  }
  yield encoder.encode(text);
}
