import { describeOtherFile, isText } from './other-files.ts';

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
/** Fewer numbers in a row may be anything, and so may fewer decimals. */
const FEWEST_NUMBERS = 5;
const FEWEST_DECIMALS = 2;
const LINES = 6;
const HELP = 'write them as word2vec text: a word and its numbers a line, separated by spaces';

/** What a file is that no format knows by its beginning. */
export function describeFile(start: Uint8Array): string {
  return (
    describeOtherFile(start) ??
    describeText(start) ??
    'it is none of the formats that are known: see docs/file-formats.md'
  );
}

/** What a text is that holds no vectors of a known format; undefined if the file is no text. */
export function describeText(start: Uint8Array): string | undefined {
  if (!isText(start)) return undefined;
  const text = new TextDecoder().decode(start);
  if (/^\s*(<!doctype\s+html|<html|<head|<body)/i.test(text))
    return 'it is an HTML page (web page) in place of a model; the address of the download may be that of a page about it';
  if (/^\s*<\?xml|^\s*<[a-z]+[\s>]/i.test(text)) return 'it is XML, which holds no model that is known';
  const vectors = describeVectors(text);
  if (vectors !== undefined) return vectors;
  if (/^\s*[{[]/.test(text))
    return `it is JSON, but none of the models in JSON that are known (ml5.js: {"vectors": …}); ${HELP}`;
  return 'it is a text without vectors; to make a model of a text, train one: `wordkin train`, in the library `train`';
}

/** What a text is that holds vectors, but not as any format does that is read: a table, lists in brackets, JSON; undefined for other text. */
function describeVectors(text: string): string | undefined {
  if (/^\s*[[{]/.test(text))
    return holdsLists(text) ? `it is JSON with lists of numbers, in no layout that is known; ${HELP}` : undefined;
  const lines = text.split(/\r?\n|\r/).filter((line) => line.trim() !== '');
  if (lines.length > 1) lines.pop(); // may be cut off
  const header = lines.length > 1 && !holdsNumbers(lines[0]) ? lines.shift() : undefined;
  const rows = lines.slice(0, LINES);
  if (rows.length === 0) return undefined;
  const also = header === undefined ? '' : ', without the line in front';
  if (rows.every((row) => /\]\s*"?$/.test(row) && holdsLists(row)))
    return `its vectors stand in brackets, as Python prints lists; ${HELP}${also}`;
  if (rows.every((row) => /\S\s/.test(row) && numbersIn(row.split(/\s+/), 'last')))
    return `its numbers stand in front of the words; ${HELP}`;
  const mark = [',', ';', '\t', '|'].find((separator) => rows.every((row) => numbersIn(row.split(separator), 'first')));
  if (mark === undefined) return undefined;
  const shown = mark === '\t' ? 'tabs' : `"${mark}"`;
  return `it is a table of vectors whose columns are separated by ${shown}; ${HELP}${also}`;
}

/** Whether all cells but the first, or the last, are numbers. */
function numbersIn(cells: readonly string[], word: 'first' | 'last'): boolean {
  const numbers = word === 'first' ? cells.slice(1) : cells.slice(0, -1);
  return numbers.every((cell) => NUMBER.test(cell.trim())) && isEnough(numbers);
}

function isEnough(numbers: readonly string[]): boolean {
  return (
    numbers.length >= FEWEST_NUMBERS ||
    (numbers.length >= FEWEST_DECIMALS && numbers.every((cell) => cell.includes('.')))
  );
}

function holdsNumbers(line: string): boolean {
  return isEnough(line.split(/[\s,;|[\]]+/).filter((cell) => NUMBER.test(cell)));
}

function holdsLists(text: string): boolean {
  return /\[\s*[-+]?[\d.]+(e[-+]?\d+)?(\s*,\s*|\s+)[-+]?[\d.]+(e[-+]?\d+)?([\s,]|$)/i.test(text);
}
