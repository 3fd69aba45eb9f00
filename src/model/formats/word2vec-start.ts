import { isUtf8 } from '../../text/utf8.ts';
import { isText } from './other-files.ts';
import { byteOrderMarkLength, countFields } from './text-rows.ts';
import { parseHeader, type Word2vecHeader } from './word2vec-header.ts';

const LINE_FEED = 10;
const SPACE = 32;
/** Lines of the beginning that are looked at. */
const SAMPLE_LINES = 100;
/** Of text vectors without a header whose words hold spaces: fewer numbers a line may be a table of something else. */
const CLEARLY_A_VECTOR = 10;
/** So many bytes without a control character are no vectors in binary, and so many fewer if they are well-formed UTF-8. */
const CLEARLY_TEXT_BYTES = 200;
const CLEARLY_UTF8_BYTES = 24;
/** Vectors in binary hold more zero bytes than a text has by mistake. */
const BYTES_PER_ZERO = 1000;

/** What the beginning of a file in one of word2vec's formats, or of GloVe text, tells. */
export interface Word2vecStart {
  readonly isText: boolean;
  readonly header: Word2vecHeader | undefined;
  /** Where the rows begin: behind the header and a byte order mark. */
  readonly rowsBegin: number;
  /** Numbers that most lines of a text end with; 0 in binary. */
  readonly dimensions: number;
}

/** Undefined if the file begins as none of these formats does. */
export function word2vecStart(start: Uint8Array, isWhole: boolean): Word2vecStart | undefined {
  const mark = byteOrderMarkLength(start);
  const headerEnd = start.indexOf(LINE_FEED, mark);
  const header = headerEnd < 0 ? undefined : parseHeader(start.subarray(mark, headerEnd));
  const rowsBegin = header ? headerEnd + 1 : mark;
  // Numbers in binary have zero bytes, text has none but by mistake.
  if (holdsManyZeros(start)) return header && { isText: false, header, rowsBegin, dimensions: 0 };
  const lines = sampleLines(start.subarray(mark), isWhole);
  const rows = header ? lines.slice(1) : lines;
  const dimensions = mostFrequent(rows.map(({ numbers }) => numbers));
  if (header) {
    const rest = start.subarray(rowsBegin);
    const isPlain =
      isUtf8(rest, 0, rest.length) &&
      rows.every(({ fields, numbers }) => numbers === header.dimensions && fields === numbers + 1);
    const isBinary = isWhole && !isPlain && isFilledByBinary(rest, header);
    const isTextual = !isBinary && (holdsVectors(rows, header.dimensions) || isClearlyText(rest));
    return { isText: isTextual, header, rowsBegin, dimensions: isTextual ? dimensions : 0 };
  }
  if (dimensions < 1) return undefined;
  const plain = lines.filter(({ fields, numbers }) => numbers === dimensions && fields === numbers + 1).length;
  const isVectors = 2 * plain >= lines.length || (dimensions >= CLEARLY_A_VECTOR && holdsVectors(lines, dimensions));
  return isVectors ? { isText: true, header, rowsBegin, dimensions } : undefined;
}

function holdsManyZeros(bytes: Uint8Array): boolean {
  const most = 1 + bytes.length / BYTES_PER_ZERO;
  let zeros = 0;
  for (let at = bytes.indexOf(0); at >= 0 && zeros <= most; at = bytes.indexOf(0, at + 1)) zeros++;
  return zeros > most;
}

function isClearlyText(bytes: Uint8Array): boolean {
  if (!isText(bytes)) return false;
  if (bytes.length >= CLEARLY_TEXT_BYTES) return true;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return bytes.length >= CLEARLY_UTF8_BYTES;
  } catch {
    return false;
  }
}

/** Whether rows in binary end where the file ends. A small vector may read as a number by accident; the ends of all rows do not. */
function isFilledByBinary(rows: Uint8Array, { wordCount, dimensions }: Word2vecHeader): boolean {
  let end = 0;
  for (let row = 0; row < wordCount; row++) {
    const space = rows.indexOf(SPACE, end);
    if (space < 0) return false;
    end = space + 1 + 4 * dimensions;
    if (rows[end] === LINE_FEED) end++;
  }
  return end === rows.length;
}

interface SampleLine {
  readonly fields: number;
  readonly numbers: number;
}

/** Lines that hold something, with how many numbers they end; the first field is a word in any case. */
function sampleLines(start: Uint8Array, isWhole: boolean): SampleLine[] {
  const texts: string[] = [];
  const decoder = new TextDecoder('latin1'); // numbers are ASCII
  for (let begin = 0; begin < start.length && texts.length <= SAMPLE_LINES; ) {
    const found = start.indexOf(LINE_FEED, begin);
    if (found < 0 && !isWhole && texts.length > 0) break; // it may be cut
    const end = found < 0 ? start.length : found;
    texts.push(decoder.decode(start.subarray(begin, end)));
    begin = end + 1;
  }
  return texts
    .map(countFields)
    .filter(({ fields }) => fields > 0)
    .map(({ fields, numbers }) => ({ fields, numbers: Math.min(numbers, fields - 1) }));
}

/** Whether at least half of the fields that should be numbers are. In a binary vector that comes by accident about never. */
function holdsVectors(lines: readonly SampleLine[], dimensions: number): boolean {
  let wanted = 0;
  let found = 0;
  for (const { fields, numbers } of lines) {
    wanted += Math.max(1, Math.min(dimensions, fields - 1));
    found += Math.min(dimensions, numbers);
  }
  return found > 0 && 2 * found >= wanted;
}

/** The number that comes most often; the largest of several. */
function mostFrequent(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  let [best, bestCount] = [0, 0];
  for (const [number, count] of counts) {
    if (count > bestCount || (count === bestCount && number > best)) [best, bestCount] = [number, count];
  }
  return best;
}
