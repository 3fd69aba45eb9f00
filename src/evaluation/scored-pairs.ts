import { decimalNumber } from '../text/decimal-number.ts';
import { parseTable } from '../text/table-parser.ts';
import { linesOf } from '../text/text-lines.ts';

/** Two words, and how similar people find them. */
export interface ScoredPair {
  readonly first: string;
  readonly second: string;
  readonly score: number;
}

/** Names of columns, without case and marks. */
const NAMES = {
  first: ['word1', 'w1', 'worda', 'first', 'firstword', 'word'],
  second: ['word2', 'w2', 'wordb', 'second', 'secondword'],
  score: ['score', 'humanmean', 'mean', 'simlex999', 'similarity', 'relatedness', 'rating', 'gold'],
};

/** In which cells the words and the score of a line are, of how many. */
interface Layout {
  readonly first: number;
  readonly second: number;
  readonly score: number;
  readonly columns: number;
  /** Later cells of numbers: what each person said, of which the score is the mean. */
  readonly ratings: readonly number[];
}

/**
 * The pairs of a file: lines of two words and a score, of which more columns may tell more, as SimVerb, RareWords and WordSim-353 have it.
 *
 * @throws SyntaxError for any other line
 */
export function* scoredPairs(text: string): Generator<ScoredPair> {
  let layout: Layout | undefined;
  let isFirst = true;
  for (const { text: line, number } of linesOf(text, { comments: true })) {
    const cells = cellsOf(line);
    const header = isFirst ? layoutByName(cells) : undefined;
    isFirst = false;
    if (header) {
      layout = header;
      continue;
    }
    layout ??= layoutByContent(cells);
    const pair = pairOf(cells, layout);
    if (typeof pair !== 'string') yield pair;
    else
      throw new SyntaxError(
        `Cannot read word pairs: line ${number} must be two words and a score such as 7.35${pair}, got ${JSON.stringify(line.slice(0, 60))}`,
      );
  }
}

/** The pair of a line, or what to say where there is none. */
function pairOf(cells: readonly string[], { first, second, score, columns, ratings }: Layout): ScoredPair | string {
  const value = decimalNumber(cells[score]);
  if (/^-?\d+,\d+$/.test(cells[score] ?? '')) return ', with a point and not a comma in its decimals';
  if (!cells[first] || !cells[second] || value === undefined || cells.length > columns) return '';
  if (first === 0 && columns > 3 && decimalNumber(cells[0]) !== undefined && decimalNumber(cells[1]) === undefined)
    return ', without a number in front, or below a line with the names of the columns, such as id, word1, word2, score';
  if (
    ratings.length > 0 &&
    !isMeanOf(
      value,
      ratings.map((at) => decimalNumber(cells[at])),
    )
  ) {
    return '; here several columns hold numbers, so leave the score alone, or name the columns in the first line, such as word1, word2, score';
  }
  return { first: cells[first], second: cells[second], score: value };
}

/** Whether a score may be the mean of what several people said in whole numbers; some leave out who said otherwise than all others. */
function isMeanOf(score: number, ratings: readonly (number | undefined)[]): boolean {
  const given = ratings.filter((rating) => rating !== undefined);
  return (
    given.length > 2 && given.every(Number.isInteger) && score >= Math.min(...given) && score <= Math.max(...given)
  );
}

function layoutByName(cells: readonly string[]): Layout | undefined {
  const names = cells.map((cell) => cell.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const find = (wanted: readonly string[]) => names.findIndex((name) => wanted.includes(name));
  const [first, second, score] = [find(NAMES.first), find(NAMES.second), find(NAMES.score)];
  const at = { columns: cells.length, ratings: [] };
  if (first >= 0 && second >= 0 && score >= 0) return { first, second, score, ...at };
  if (cells.length < 3 || cells.slice(0, 3).some((cell) => decimalNumber(cell) !== undefined)) return undefined;
  if (score >= 2) return { first: 0, second: 1, score, ...at };
  // Without such a name it may be a pair with a score that is none.
  const isName = cells.length === 3 && /^\p{L}/u.test(cells[2]) && !/^(nan|na|n\/a|none|null|inf)/i.test(cells[2]);
  return isName ? { first: 0, second: 1, score: 2, ...at } : undefined;
}

/** Of a first line without names: the words, then what is a number; where several are, the mean of the others. */
function layoutByContent(cells: readonly string[]): Layout {
  const numbers = cells.map((_, at) => at).filter((at) => at >= 2 && decimalNumber(cells[at]) !== undefined);
  const [score = 2, ...ratings] = numbers;
  return { first: 0, second: 1, score, columns: Math.max(3, cells.length), ratings };
}

/** The words and the score of a line; between tabs a word may hold spaces. */
function cellsOf(line: string): string[] {
  const tabs = cut(line.trimEnd(), '\t');
  if (tabs.length > 2) return tabs;
  const fields = line.match(/\S+/g) ?? [];
  if (fields.length === 3) return fields.map(withoutQuotes);
  for (const delimiter of [';', ',']) {
    const cells = cut(line, delimiter);
    if (cells.length > 2) return cells;
  }
  return fields;
}

function cut(line: string, delimiter: string): string[] {
  const plain = line.split(delimiter);
  const cells = plain.length > 2 && line.includes('"') ? (quotedCells(line, delimiter) ?? plain) : plain;
  return cells.map((cell) => cell.trim());
}

/** Cells some of which are in quotes; `undefined` where a quote is a character. */
function quotedCells(line: string, delimiter: string): string[] | undefined {
  try {
    const records = parseTable(line, delimiter, true);
    return records.length === 1 ? records[0] : undefined;
  } catch {
    return undefined;
  }
}

const withoutQuotes = (cell: string) => cell.replace(/^"(.*)"$/, '$1');
