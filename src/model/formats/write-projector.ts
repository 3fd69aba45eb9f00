import type { ModelContents } from '../embedding-model.ts';
import { checkWords, type WordRule } from './check-words.ts';
import { folderFormat, type WrittenFile } from './model-format.ts';
import { shortestDecimal } from './text-rows.ts';

const CONFIG = 'projector_config.json';
/** More points than these the projector does not show. */
const MOST_POINTS = 100_000;
const CHUNK_LENGTH = 1 << 20;
const RULE: WordRule = {
  where: 'for the projector',
  // An empty line is passed over, and all labels behind it would move up.
  refuses: /[\t\n\r]|^\s*$|^\ufeff/,
  reason: 'a label must be text without tabs and line breaks',
};

/**
 * A folder for the TensorFlow Embedding Projector (tensorboard projector, vz_projector/data-provider.ts): a row of numbers,
 * separated by tabs, for each point, a row of metadata for each, with a line of names only where there is more than one column,
 * and a configuration that names the two.
 */
export const projector = folderFormat({
  name: 'projector',
  ending: /projector[\\/]$/i,
  keeps: ['counts'],
  fileNames: ['vectors.tsv', 'metadata.tsv', CONFIG],
  neededFiles: [CONFIG, 'vectors.tsv', 'metadata.tsv'],
  write(contents) {
    checkWords(contents.words, RULE);
    return projectorFiles(contents);
  },
  losses: ({ words }) =>
    words.length > MOST_POINTS ? [`nothing, but the projector shows ${MOST_POINTS} points at most`] : [],
});

function* projectorFiles(contents: ModelContents): Generator<WrittenFile> {
  const { words, dimensions } = contents;
  yield ['vectors.tsv', encoded(vectorLines(contents))];
  yield ['metadata.tsv', encoded(metadataLines(contents))];
  const embedding = {
    tensorName: 'wordkin',
    tensorShape: [words.length, dimensions],
    tensorPath: 'vectors.tsv',
    metadataPath: 'metadata.tsv',
  };
  const configuration = { embeddings: [embedding], modelCheckpointPath: '' };
  yield [CONFIG, encoded([`${JSON.stringify(configuration, undefined, 2)}\n`])];
}

function* vectorLines({ words, dimensions, inputVectors }: ModelContents): Generator<string> {
  for (let id = 0; id < words.length; id++) {
    let line = '';
    for (let i = id * dimensions; i < (id + 1) * dimensions; i++) {
      line += `${i === id * dimensions ? '' : '\t'}${shortestDecimal(inputVectors[i])}`;
    }
    yield `${line}\n`;
  }
}

function* metadataLines({ words, counts }: ModelContents): Generator<string> {
  if (counts) yield 'word\tcount\n';
  for (let id = 0; id < words.length; id++) {
    yield counts ? `${words[id]}\t${counts[id]}\n` : `${words[id]}\n`;
  }
}

function* encoded(lines: Iterable<string>): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < CHUNK_LENGTH) continue;
    yield encoder.encode(text);
    text = '';
  }
  yield encoder.encode(text);
}
