import { float16Values } from '../../math/float16.ts';
import type { ModelContents } from '../embedding-model.ts';
import { keepRows, WordList } from '../word-list.ts';
import { BinaryReader } from './binary-reader.ts';
import { ByteReader } from './byte-reader.ts';
import { LONGEST_WORD_BYTES } from './check-words.ts';
import { ContentHash } from './content-hash.ts';
import { finiteContents } from './finite-vectors.ts';
import { gluedMarks } from './glued-marks.ts';
import type { ModelFile, ModelFolder } from './model-file.ts';
import type { ReadFileOptions } from './model-format.ts';
import { byteOrderMarkLength } from './text-rows.ts';

const LINE_FEED = 10;
const CHUNK_VALUES = 1 << 22;
const WORD_FILES = ['.words.txt', '.txt'];
/**
 * An array of vectors, see `numpy` of write-numpy.ts.
 *
 * @throws ModelFormatError
 */
export async function readNumpy(
  file: ModelFile,
  { limit = Infinity, words, folder, verify }: ReadFileOptions = {},
): Promise<ModelContents> {
  const reader = new BinaryReader(file);
  const start = await reader.bytes(8, 'its header');
  const version = start[6];
  if (version < 1 || version > 3) reader.fail(`it is of .npy version ${version}; 1 to 3 are known`);
  const sizes = new DataView((await reader.bytes(version === 1 ? 2 : 4, 'its header')).buffer);
  const headerLength = version === 1 ? sizes.getUint16(0, true) : sizes.getUint32(0, true);
  const header = new TextDecoder().decode(await reader.bytes(headerLength, 'its header'));
  const type = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1].match(/\d+/g)?.map(Number) ?? [];
  if (!/'fortran_order'\s*:\s*False/.test(header))
    reader.fail('it is in Fortran order; save it with numpy.ascontiguousarray');
  if (shape.length !== 2 || !shape.every((size) => Number.isSafeInteger(size) && size > 0))
    reader.fail(`it must have the shape (words, dimensions), got (${shape})`);
  const [rowCount, dimensions] = shape;
  const kept = Math.min(rowCount, limit);
  const values = await readValues(reader, type, rowCount * dimensions, kept * dimensions);
  if (kept === rowCount) reader.expectEnd(`its ${rowCount} × ${dimensions} values`);
  if (words) {
    if (words.length !== rowCount) reader.fail(`it has ${rowCount} rows, there are ${words.length} words`);
    if (new Set(words).size !== words.length) reader.fail('some word is there twice');
    return finiteContents(file, { words: words.slice(0, kept), dimensions, inputVectors: values }, { verify });
  }
  const list = new WordList();
  const rows = await readWords(reader, await findWords(reader, folder), list, rowCount, kept, hashIn(header));
  const { words: found, kept: distinct, warnings } = list.finish();
  warnings.push(...gluedMarks(list));
  const chosen = distinct ? distinct.map((row) => rows[row]) : rows;
  const inputVectors = chosen.length < kept ? keepRows(values, dimensions, chosen) : values;
  return finiteContents(file, { words: found, dimensions, inputVectors, warnings }, { verify });
}

async function readValues(
  reader: BinaryReader,
  type: string | undefined,
  length: number,
  kept: number,
): Promise<Float32Array<ArrayBuffer>> {
  switch (type) {
    case '<f4':
      return reader.floats(length, 'its values', kept);
    case '<f8':
    case '<f2': {
      const size = type === '<f8' ? 8 : 2;
      reader.expect(size * kept, 'its values');
      const values = new Float32Array(kept);
      for (let begin = 0; begin < kept; begin += CHUNK_VALUES) {
        const count = Math.min(CHUNK_VALUES, kept - begin);
        const { buffer } = await reader.bytes(size * count, 'its values');
        values.set(
          size === 8
            ? new Float64Array(buffer)
            : Float32Array.from(new Uint16Array(buffer), (bits) => float16Values()[bits]),
          begin,
        );
      }
      if (kept === length) return values;
      reader.skip(Math.min(size * (length - kept), reader.left), 'its values');
      return values;
    }
    default:
      return reader.fail(`its values are of type ${type}; <f4, <f8 and <f2 are known: save it with astype("float32")`);
  }
}

async function findWords(reader: BinaryReader, folder: ModelFolder | undefined): Promise<ModelFile> {
  const name = reader.file.name
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.npy(\.(gz|zst))?$/i, '');
  const candidates = WORD_FILES.map((ending) => name + ending);
  for (const candidate of candidates) {
    const found = await folder?.open(candidate);
    if (found) return found;
  }
  return reader.fail(`it has no words: put them beside it as ${candidates[0]}, one a line in the order of the rows`);
}

/** The row of each word; words that come twice are left out. */
async function readWords(
  reader: BinaryReader,
  file: ModelFile,
  list: WordList,
  rowCount: number,
  kept: number,
  wanted: string | undefined,
): Promise<Uint32Array> {
  const start = new Uint8Array(Math.min(3, file.byteLength));
  await file.read(0, start);
  const lines = new ByteReader(file, byteOrderMarkLength(start));
  const rows = new Uint32Array(kept);
  const hash = new ContentHash();
  let count = 0;
  for (let line = await lines.until(LINE_FEED, LONGEST_WORD_BYTES); line; ) {
    const end = line.at(-1) === 13 ? line.length - 1 : line.length;
    if (wanted !== undefined) hash.update(line.subarray(0, end)).update(END_OF_LINE);
    if (count < kept && list.add(line, 0, end)) rows[list.size - 1] = count;
    count++;
    line = await lines.until(LINE_FEED, LONGEST_WORD_BYTES);
  }
  if (lines.left > 0) reader.fail(`line ${count + 1} of "${file.name}" is longer than ${LONGEST_WORD_BYTES} bytes`);
  if (count !== rowCount) reader.fail(`it has ${rowCount} rows, "${file.name}" has ${count} words`);
  if (wanted !== undefined && hash.digest() !== wanted)
    reader.fail(
      `"${file.name}" holds other words than those it was saved with; put the right file there, or give the words as an option`,
    );
  return rows.subarray(0, list.size);
}

const HASH_BITS = 64;
const END_OF_LINE = Uint8Array.of(LINE_FEED);

/**
 * The hash of the words with which the array was saved, so that it is not read with those of another model. It stands in
 * the white space that follows the header's text, which all readers pass over: a tab is a 1, a space a 0.
 */
function hashIn(header: string): string | undefined {
  const padding = /\}([ \t]*)\n?$/.exec(header)?.[1].slice(0, HASH_BITS) ?? '';
  if (padding.length < HASH_BITS || !padding.includes('\t')) return undefined;
  return padding.replace(/[ \t]{4}/g, (bits) =>
    Number.parseInt(bits.replaceAll('\t', '1').replaceAll(' ', '0'), 2).toString(16),
  );
}
