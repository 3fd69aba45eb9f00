import { cosineSimilarity } from '../math/vector-operations.ts';
import { checkEncoder, type SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { everyItem } from '../text/check-options.ts';
import { decimalNumber, lacksNumber } from '../text/decimal-number.ts';
import { showValue } from '../text/show-value.ts';
import { pearsonCorrelation, ranks } from './word-pairs.ts';

/** Two sentences, and how similar people find them. */
export interface SentencePair {
  readonly first: string;
  readonly second: string;
  /** Human score of their similarity, on any scale. */
  readonly score: number;
}

/** How similarities of sentences go together with what people say. */
export interface SentencePairResult {
  /** Rank correlation of cosine similarity and human score; NaN where all similarities or all scores are the same. */
  readonly spearman: number;
  readonly pearson: number;
  readonly pairs: number;
  /** Share of the pairs of which both sentences hold a known word; the others count with the similarity 0. */
  readonly coverage: number;
}

/**
 * Compares the similarity of sentences with human scores (semantic textual similarity).
 *
 * @throws RangeError for a score that is no finite number
 */
export function evaluateSentencePairs(encoder: SentenceEncoder, pairs: readonly SentencePair[]): SentencePairResult {
  checkEncoder(encoder);
  if (!Array.isArray(pairs))
    throw new TypeError(`"pairs" must be an array of { first, second, score }, got ${showValue(pairs)}`);
  const wrong = pairs.findIndex((pair) => !Number.isFinite(pair?.score));
  if (wrong >= 0)
    throw new RangeError(`"score" of pair ${wrong} must be a finite number, got ${showValue(pairs[wrong]?.score)}`);
  let covered = 0;
  const similarities = pairs.map(({ first, second }) => {
    const [a, b] = [encoder.encode(first), encoder.encode(second)];
    if (a.knownTokens > 0 && b.knownTokens > 0) covered++;
    return cosineSimilarity(a.vector, b.vector);
  });
  const scores = pairs.map(({ score }) => score);
  return {
    spearman: pearsonCorrelation(ranks(similarities), ranks(scores)),
    pearson: pearsonCorrelation(similarities, scores),
    pairs: pairs.length,
    coverage: pairs.length === 0 ? 0 : covered / pairs.length,
  };
}

/** Names of columns in collections of sentence pairs, without case and marks. */
const NAMES = {
  first: ['sentence1', 'sentencea', 'sent1', 'text1', 's1', 'first', 'question1', '1string'],
  second: ['sentence2', 'sentenceb', 'sent2', 'text2', 's2', 'second', 'question2', '2string'],
  score: [
    ...['score', 'similarityscore', 'relatednessscore', 'similarity', 'relatedness', 'goldscore', 'gold', 'label'],
    ...['isduplicate', 'quality'],
  ],
};
/** The STS benchmark: genre, file, year, id, score, two sentences, and in some rows where they come from. */
const BENCHMARK = { score: 4, first: 5, second: 6 };

/** Cells; undefined where there is none, as null in JSON. */
type Row = readonly (string | undefined)[];

interface Columns {
  readonly first: number;
  readonly second: number;
  readonly score: number;
}

/**
 * Sentence pairs of a table: by the names of its columns, as GLUE and SICK have them; in the layout of the STS benchmark; else
 * the two columns with the most words are the sentences, and the score is the only column of numbers that does not count the rows, or
 * the only one behind the sentences. A header is left out.
 *
 * @throws SyntaxError if there are no such columns
 */
export function sentencePairsOf(
  rows: readonly (readonly (string | undefined)[])[],
  name = 'sentence pairs',
): SentencePair[] {
  const isRow = (row: unknown) =>
    Array.isArray(row) && everyItem(row, (cell) => cell === undefined || typeof cell === 'string');
  if (!Array.isArray(rows) || !everyItem(rows, isRow))
    throw new TypeError(`"rows" must be an array of arrays of texts, got ${showValue(rows)}`);
  const named = columnsByName(rows[0] ?? []);
  const noNumber = rows.length > 1 && !rows[0].some(isNumber);
  const columns = named ?? columnsByContent(noNumber ? rows.slice(1) : rows);
  const header = named !== undefined || (noNumber && !(columns && lacksNumber(rows[0][columns.score])));
  const body = header ? rows.slice(1) : rows;
  if (columns === undefined || body.length === 0) {
    const cells: Row = rows[0] ?? [];
    const help = cells.some((cell) => /\d,\d/.test(cell ?? ''))
      ? '; write numbers with a point, not a comma'
      : body.length > 0 && body[0].length > 3
        ? '; name the columns in the first row, sentence1, sentence2 and score, or leave the others out'
        : '';
    throw new SyntaxError(
      `Cannot read ${name}: it needs two columns of text and one of numbers, the first row has ${JSON.stringify(cells).slice(0, 80)}${help}`,
    );
  }
  return body.map((row, index) => {
    const [first, second, score] = [row[columns.first], row[columns.second], decimalNumber(row[columns.score])];
    if (score === undefined || first === undefined || second === undefined) {
      const what = score !== undefined ? 'lacks a sentence' : `has no number in column ${columns.score + 1}`;
      throw new SyntaxError(
        `Cannot read ${name}: row ${index + 1 + (header ? 1 : 0)} ${what}: ${JSON.stringify(row).slice(0, 80)}`,
      );
    }
    return { first, second, score };
  });
}

function isNumber(cell: string | undefined): boolean {
  return decimalNumber(cell) !== undefined;
}

function columnsByName(header: Row): Columns | undefined {
  const names = header.map((cell = '') => cell.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const find = (wanted: readonly string[]) => wanted.map((name) => names.indexOf(name)).find((column) => column >= 0);
  const [first, second, score] = [find(NAMES.first), find(NAMES.second), find(NAMES.score)];
  return first === undefined || second === undefined || score === undefined ? undefined : { first, second, score };
}

function columnsByContent(body: readonly Row[]): Columns | undefined {
  const sample = body.slice(0, 100);
  const columns = (sample[0] ?? []).map((_, column) => column);
  const numbersIn = (column: number) => sample.filter((row) => isNumber(row[column])).length;
  // A few cells that hold none are mistakes, and told by their row.
  const mistakes = Math.max(sample.length > 2 ? 1 : 0, 0.1 * sample.length);
  const numeric = columns.filter((column) => numbersIn(column) >= Math.max(1, sample.length - mistakes));
  const text = columns.filter((column) => !numeric.includes(column));
  const { first, second, score } = BENCHMARK;
  // Here a score may lack more often: the number in front of it is an id.
  if (numbersIn(score) >= 0.5 * sample.length && text.includes(0) && text.includes(first) && text.includes(second))
    return BENCHMARK;
  const words = (column: number) => sample.reduce((sum, row) => sum + (row[column]?.split(/\s+/).length ?? 0), 0);
  const most = text
    .sort((a, b) => words(b) - words(a) || a - b)
    .slice(0, 2)
    .sort((a, b) => a - b);
  const last = scoreColumn(sample, numeric, most.at(-1) ?? 0);
  return last === undefined || most.length < 2 ? undefined : { first: most[0], second: most[1], score: last };
}

/** Of the columns of numbers that which is no number of the row: the only one, or the only one behind the sentences. */
function scoreColumn(sample: readonly Row[], numeric: readonly number[], lastSentence: number): number | undefined {
  const differing = numeric.filter((column) => !countsRows(sample, column));
  const scores = differing.length > 0 ? differing : numeric;
  if (scores.length <= 1) return scores[0];
  const behind = scores.filter((column) => column > lastSentence);
  return behind.length === 1 ? behind[0] : undefined;
}

/** Whether a column numbers the rows, one by one. */
function countsRows(rows: readonly Row[], column: number): boolean {
  const numbers = rows.map((row) => Number(row[column]));
  return rows.length > 2 && numbers.every((number, at) => number === numbers[0] + at);
}
