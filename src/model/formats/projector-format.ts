import type { ModelContents } from '../embedding-model.ts';
import { keepRows, WordList } from '../word-list.ts';
import { BinaryReader } from './binary-reader.ts';
import {
  allocateFloats,
  ByteReader,
  type ModelFile,
  type ModelFolder,
  ModelFormatError,
  type ReadOptions,
} from './model-file.ts';
import { readJson } from './model2vec-format.ts';
import { parseRow, shortestDecimal } from './word2vec-format.ts';

/**
 * A folder for the TensorFlow Embedding Projector (tensorboard projector, vz_projector/data-provider.ts): a row of tab-parted
 * numbers for each point, a row of metadata for each, with a line of names only where there is more than one column, and a
 * configuration that names the two.
 */
export const PROJECTOR_CONFIG = 'projector_config.json';
/** More points than these the projector does not show. */
export const MOST_POINTS = 100_000;
const LINE_FEED = 10;
const TAB = 9;
const LONGEST_LABEL_BYTES = 1 << 16;
const CHUNK_LENGTH = 1 << 20;

interface Configuration {
  readonly embeddings?: readonly {
    readonly tensorShape?: readonly number[];
    readonly tensorPath?: string;
    readonly metadataPath?: string;
  }[];
}

/**
 * @throws RangeError for a word that a line of metadata cannot hold
 */
export function* writeProjector(contents: ModelContents): Generator<[name: string, chunks: Iterable<Uint8Array>]> {
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
  yield [PROJECTOR_CONFIG, encoded([`${JSON.stringify(configuration, undefined, 2)}\n`])];
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
    // An empty line is passed over, and all labels behind it would move up.
    if (words[id].trim() === '' || /[\t\n\r]/.test(words[id])) {
      throw new RangeError(
        `Cannot write word ${JSON.stringify(words[id])} for the projector: a label must be text without tabs and line breaks; save as .safetensors instead`,
      );
    }
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

/** @throws ModelFormatError */
export async function readProjector(
  folder: ModelFolder,
  { limit = Infinity }: ReadOptions = {},
): Promise<ModelContents> {
  const fail = (what: string): never => {
    throw new ModelFormatError(`Cannot read model "${folder.name}": ${what}`);
  };
  const open = async (name: unknown) =>
    (typeof name === 'string' && /^[\w. -]+$/.test(name) ? await folder.open(name) : undefined) ??
    fail(`its configuration names the file ${JSON.stringify(name)}, which is not in the folder`);
  const { embeddings } = await readJson<Configuration>(await open(PROJECTOR_CONFIG));
  const entry = Array.isArray(embeddings) ? embeddings[0] : undefined;
  const [rowCount, dimensions] = Array.isArray(entry?.tensorShape) ? entry.tensorShape : [];
  if (![rowCount, dimensions].every((size) => Number.isSafeInteger(size) && size > 0))
    return fail(
      `its configuration must have a tensorShape [words, dimensions], got ${JSON.stringify(entry?.tensorShape)}`,
    );
  const tensor = await open(entry!.tensorPath);
  if (2 * rowCount * dimensions > tensor.byteLength)
    fail(`its configuration promises ${rowCount} words × ${dimensions} dimensions, "${tensor.name}" is shorter`);
  const kept = Math.min(rowCount, limit);
  const vectors = /\.bytes$/.test(tensor.name)
    ? await new BinaryReader(tensor).floats(rowCount * dimensions, 'its vectors', kept * dimensions)
    : await readRows(tensor, rowCount, dimensions, kept, fail);
  const list = new WordList();
  const labels = await readLabels(await open(entry!.metadataPath), list, rowCount, kept, fail);
  const { words, kept: distinct, warnings } = list.finish();
  const chosen = distinct ? distinct.map((row) => labels.rows[row]) : labels.rows;
  const counts = labels.counts && Float64Array.from(chosen, (row) => labels.counts![row]);
  const inputVectors = chosen.length < kept ? keepRows(vectors, dimensions, chosen) : vectors;
  return { words, dimensions, inputVectors, counts, warnings };
}

async function readRows(
  file: ModelFile,
  rowCount: number,
  dimensions: number,
  kept: number,
  fail: (what: string) => never,
): Promise<Float32Array<ArrayBuffer>> {
  const reader = new ByteReader(file);
  const vectors = allocateFloats(file, kept * dimensions);
  for (let row = 0; row < kept; row++) {
    const line = await reader.until(LINE_FEED, 64 * dimensions);
    const values = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    // The row behind a word that is empty: as the rows of word2vec, but parted by tabs.
    const padded = new Uint8Array((line?.length ?? 0) + 1);
    padded[0] = TAB;
    if (line) padded.set(line.at(-1) === 13 ? line.subarray(0, -1) : line, 1);
    const end = line?.at(-1) === 13 ? padded.length - 1 : padded.length;
    if (!line || parseRow(padded.subarray(0, end), values, TAB) !== 0)
      fail(`line ${row + 1} of ${rowCount} of "${file.name}" must be ${dimensions} numbers, parted by tabs`);
  }
  return vectors;
}

async function readLabels(
  file: ModelFile,
  list: WordList,
  rowCount: number,
  kept: number,
  fail: (what: string) => never,
): Promise<{ rows: Uint32Array; counts: Float64Array | undefined }> {
  const reader = new ByteReader(file);
  const next = () => reader.until(LINE_FEED, LONGEST_LABEL_BYTES);
  const rows = new Uint32Array(kept);
  let line = await next();
  const columns = line ? new TextDecoder().decode(line).split('\t') : [];
  const counts = columns.indexOf('count') === 1 ? new Float64Array(kept) : undefined;
  if (columns.length > 1) line = await next();
  for (let row = 0; row < kept; row++, line = await next()) {
    if (!line) fail(`"${file.name}" has ${row} labels for ${rowCount} rows`);
    const tab = line!.indexOf(TAB);
    const end = tab < 0 ? (line!.at(-1) === 13 ? line!.length - 1 : line!.length) : tab;
    if (list.add(line!, 0, end)) rows[list.size - 1] = row;
    if (counts) {
      counts[row] = Number(new TextDecoder().decode(line!.subarray(tab + 1)).split('\t')[0]);
      if (!(counts[row] >= 0)) fail(`line ${row + 2} of "${file.name}" has no count`);
    }
  }
  return { rows: rows.subarray(0, list.size), counts };
}
