import type { ModelContents } from '../embedding-model.ts';
import { keepRows, WordList } from '../word-list.ts';
import { allocateFloats } from './allocate-floats.ts';
import { BinaryReader } from './binary-reader.ts';
import { ByteReader } from './byte-reader.ts';
import { LONGEST_WORD_BYTES } from './check-words.ts';
import { finiteContents } from './finite-vectors.ts';
import { gluedMarks } from './glued-marks.ts';
import { type ModelFile, type ModelFolder, type ReadOptions, refuse } from './model-file.ts';
import { readJson } from './read-json.ts';
import { byteOrderMarkLength, parseRow, trimLineEnd } from './text-rows.ts';

const CONFIG = 'projector_config.json';
const LINE_FEED = 10;
const TAB = 9;
interface Configuration {
  readonly embeddings?: readonly {
    readonly tensorShape?: readonly number[];
    readonly tensorPath?: string;
    readonly metadataPath?: string;
  }[];
}

/**
 * A folder of the projector, see `projector` of write-projector.ts; undefined if it is none.
 *
 * @throws ModelFormatError
 */
export async function readProjector(
  folder: ModelFolder,
  { limit = Infinity, verify }: ReadOptions = {},
): Promise<ModelContents | undefined> {
  const configuration = await folder.open(CONFIG);
  if (!configuration) return undefined;
  const open = async (name: unknown) =>
    (typeof name === 'string' && /^[\w. -]+$/.test(name) ? await folder.open(name) : undefined) ??
    refuse(folder, `its configuration names the file ${JSON.stringify(name)}, which is not in the folder`);
  const { embeddings } = await readJson<Configuration>(configuration);
  const entry = Array.isArray(embeddings) ? embeddings[0] : undefined;
  const [rowCount, dimensions] = Array.isArray(entry?.tensorShape) ? entry.tensorShape : [];
  if (![rowCount, dimensions].every((size) => Number.isSafeInteger(size) && size > 0))
    refuse(
      folder,
      `its configuration must have a tensorShape [words, dimensions], got ${JSON.stringify(entry?.tensorShape)}`,
    );
  const tensor = await open(entry!.tensorPath);
  const kept = Math.min(rowCount, limit);
  if (2 * kept * dimensions > tensor.byteLength)
    refuse(
      folder,
      `its configuration promises ${rowCount} words × ${dimensions} dimensions, "${tensor.name}" is shorter`,
    );
  const more =
    (embeddings?.length ?? 1) > 1 ? [`its configuration names ${embeddings!.length} tensors, the first was read`] : [];
  const vectors = /\.bytes$/.test(tensor.name)
    ? await readBytes(tensor, rowCount, dimensions, kept)
    : await readRows(tensor, rowCount, dimensions, kept, more);
  const list = new WordList();
  const labels = await readLabels(await open(entry!.metadataPath), list, rowCount, kept);
  const { words, kept: distinct, warnings } = list.finish();
  more.push(...gluedMarks(list));
  const chosen = distinct ? distinct.map((row) => labels.rows[row]) : labels.rows;
  const counts = labels.counts && Float64Array.from(chosen, (row) => labels.counts![row]);
  const inputVectors = chosen.length < kept ? keepRows(vectors, dimensions, chosen) : vectors;
  const contents = { words, dimensions, inputVectors, counts, warnings: [...warnings, ...more] };
  return finiteContents(folder, contents, { verify });
}

async function readBytes(
  file: ModelFile,
  rowCount: number,
  dimensions: number,
  kept: number,
): Promise<Float32Array<ArrayBuffer>> {
  const reader = new BinaryReader(file);
  const vectors = await reader.floats(rowCount * dimensions, 'its vectors', kept * dimensions);
  if (kept === rowCount) reader.expectEnd(`its ${rowCount} rows × ${dimensions} dimensions`);
  return vectors;
}

async function readRows(
  file: ModelFile,
  rowCount: number,
  dimensions: number,
  kept: number,
  warnings: string[],
): Promise<Float32Array<ArrayBuffer>> {
  const reader = new ByteReader(file);
  const vectors = allocateFloats(file, kept * dimensions);
  const next = async () => {
    const line = await reader.until(LINE_FEED, 64 * dimensions);
    return line && trimLineEnd(line);
  };
  for (let row = 0; row < kept; row++) {
    const line = await next();
    const values = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    if (!line || parseRow(line, values) !== 0)
      refuse(file, `line ${row + 1} of ${rowCount} must be ${dimensions} numbers, separated by tabs`);
  }
  if (kept === rowCount) {
    if (!reader.delimited)
      warnings.push(
        `the last line of "${file.name}" has no line feed at its end: if the file was cut off there, its last number is another`,
      );
    while (reader.left > 0) {
      if ((await next())?.length !== 0) refuse(file, `its configuration promises ${rowCount} rows, it has more`);
    }
  }
  return vectors;
}

/** The column of the words by its name; the first where no column has one of them, such as an index in front. */
const WORD_COLUMNS = new Set(['word', 'token', 'label', 'name', 'text']);

async function readLabels(
  file: ModelFile,
  list: WordList,
  rowCount: number,
  kept: number,
): Promise<{ rows: Uint32Array; counts: Float64Array | undefined }> {
  const start = new Uint8Array(Math.min(3, file.byteLength));
  await file.read(0, start);
  const reader = new ByteReader(file, byteOrderMarkLength(start));
  const next = () => reader.until(LINE_FEED, LONGEST_WORD_BYTES + 64);
  const rows = new Uint32Array(kept);
  let line = await next();
  const columns = line ? new TextDecoder().decode(line).replace(/\r$/, '').split('\t') : [];
  const wordColumn = Math.max(
    0,
    columns.findIndex((name) => WORD_COLUMNS.has(name.toLowerCase())),
  );
  const countColumn = columns.indexOf('count');
  const counts = countColumn > 0 ? new Float64Array(kept) : undefined;
  if (columns.length > 1) line = await next();
  for (let row = 0; row < kept; row++, line = await next()) {
    if (!line) return refuse(file, `it has ${row} labels for ${rowCount} rows`);
    const cells = splitCells(line);
    if (cells.length !== columns.length)
      refuse(file, `label ${row + 1} has ${cells.length} columns, its first line has ${columns.length}`);
    const { byteOffset, length } = cells[wordColumn];
    const begin = byteOffset - line.byteOffset;
    if (list.add(line, begin, begin + length)) rows[list.size - 1] = row;
    if (counts) {
      const text = new TextDecoder().decode(cells[countColumn]);
      counts[row] = /^\d+(\.\d+)?(e\+?\d+)?$/i.test(text)
        ? Number(text)
        : refuse(file, `label ${row + 1} has the count "${text}"`);
    }
  }
  if (kept === rowCount && (line?.length || reader.left > 0))
    refuse(
      file,
      `it has more labels than the ${rowCount} rows of the vectors; a line of names in front belongs only to labels of several columns`,
    );
  return { rows: rows.subarray(0, list.size), counts };
}

/** The cells of a line, separated by tabs. */
function splitCells(line: Uint8Array): Uint8Array[] {
  const end = line.at(-1) === 13 ? line.length - 1 : line.length;
  const cells: Uint8Array[] = [];
  for (let begin = 0; begin <= end; ) {
    const tab = line.indexOf(TAB, begin);
    const stop = tab < 0 || tab > end ? end : tab;
    cells.push(line.subarray(begin, stop));
    begin = stop + 1;
  }
  return cells;
}
