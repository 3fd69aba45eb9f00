import { basename, dirname, join } from 'node:path';
import { parseRetrievalFiles, type RetrievalTask } from '../evaluation/retrieval.ts';
import { type SentencePair, sentencePairsOf } from '../evaluation/sentence-pairs.ts';
import { Random } from '../math/random.ts';
import { counted } from '../text/counted.ts';
import { decimalNumber } from '../text/decimal-number.ts';
import { parseRecord } from '../text/json-records.ts';
import { sampleSentences } from '../text/sample-sentences.ts';
import { parseTable, tableLayout } from '../text/table-parser.ts';
import { linesOf } from '../text/text-lines.ts';
import type { TextSource } from '../text/text-source.ts';
import { lookAt, namesIn } from './input-files.ts';
import { readTextFile } from './read-text-file.ts';

/** Pairs of sentences with a score, separated by tabs, or else as CSV or JSON lines: whatever the file is called. */
export async function readSentencePairs(path: string): Promise<SentencePair[]> {
  const text = (await readTextFile(path)).replace(/^\ufeff+/, '');
  const [first] = linesOf(text);
  if (/^\[\s*([{[]|$)/.test(first?.text ?? ''))
    throw new SyntaxError(
      `Cannot read "${path}": it is an array of JSON; write a record a line instead: jq -c '.[]' FILE.json > FILE.jsonl`,
    );
  if (first?.text.startsWith('{')) return sentencePairsOf(jsonTable(text, path), `"${path}"`);
  const tabs = (first?.text.split('\t').length ?? 0) > 2;
  const layout = tableLayout(text, tabs ? '\t' : ',', (records) => sentencePairsOf(records).length > 0);
  const { delimiter, quotes, headerAt } = layout;
  let rows: string[][];
  try {
    rows = parseTable(text.slice(headerAt), delimiter, quotes);
  } catch (error) {
    throw new SyntaxError(`Cannot read "${path}": ${(error as Error).message}`, { cause: error });
  }
  return sentencePairsOf(rows, `"${path}"`);
}

/** Records of JSON as a table: the fields of the first one are its columns. */
function jsonTable(text: string, path: string): (string | undefined)[][] {
  let names: string[] | undefined;
  const rows: (string | undefined)[][] = [];
  for (const { text: line, number } of linesOf(text)) {
    const record = parseRecord(line, path, number);
    names ??= Object.keys(record);
    rows.push(
      names.map((name) => (record[name] === null || record[name] === undefined ? undefined : String(record[name]))),
    );
  }
  return [names ?? [], ...rows];
}

/** A retrieval test, and by which judgements. */
export interface RetrievalFolder {
  readonly task: RetrievalTask;
  /** The file of judgements, in the folder. */
  readonly judgements: string;
  /** What lowers the scores, or is not asked, and may not be meant. */
  readonly notes: readonly string[];
}

/**
 * A folder with corpus.jsonl, queries.jsonl and judgements, as BEIR has it: qrels/test.tsv, or qrels.tsv, or the only split
 * that is there; compressed or not. A path to a file in qrels takes that one.
 *
 * @throws Error for a file that is missing, or several splits without a test
 */
export async function readRetrievalTask(path: string): Promise<RetrievalFolder> {
  const given = lookAt(path)?.isFile() ? path : undefined;
  const parent = given === undefined ? path : dirname(given);
  const folder = given !== undefined && basename(parent) === 'qrels' ? dirname(parent) : parent;
  const judgements = given === undefined ? judgementsIn(folder) : given.slice(folder.length).replace(/^[\\/]+/, '');
  const there = namesIn(folder);
  const [corpus, queries, grades] = await Promise.all(
    ['corpus.jsonl', 'queries.jsonl', judgements].map(async (file) => {
      const name = join(folder, nameOf(file, there) ?? file);
      return { name, text: await readTextFile(name) };
    }),
  );
  const task = parseRetrievalFiles(corpus, queries, grades);
  return { task, judgements, notes: [...missingTexts(task)] };
}

/** A file as it is, or compressed. */
function nameOf(file: string, there: readonly string[]): string | undefined {
  return ['', '.gz', '.zst'].map((ending) => file + ending).find((name) => there.includes(name));
}

function* missingTexts({ documents, queries, relevant }: RetrievalTask): Generator<string> {
  const asked = new Set(queries.map(({ id }) => id));
  const known = new Set(documents.map(({ id }) => id));
  const judged = [...relevant.keys()];
  const left = judged.filter((id) => !asked.has(id)).length;
  const of = counted(judged.length, 'judged query', 'judged queries');
  if (left > 0)
    yield counted(
      left,
      `of ${of} is not in queries.jsonl, and is left out`,
      `of ${of} are not in queries.jsonl, and are left out`,
    );
  const answers = new Set(judged.filter((id) => asked.has(id)).flatMap((id) => [...relevant.get(id)!.keys()]));
  const lost = [...answers].filter((id) => !known.has(id)).length;
  const all = counted(answers.size, 'document');
  const that = 'that answer a query';
  if (lost > 0)
    yield counted(
      lost,
      `of ${all} ${that} is not in corpus.jsonl, and counts as not found`,
      `of ${all} ${that} are not in corpus.jsonl, and count as not found`,
    );
}

function judgementsIn(folder: string): string {
  const there = namesIn(folder);
  const missing = ['corpus.jsonl', 'queries.jsonl'].filter((name) => nameOf(name, there) === undefined);
  const splits = namesIn(join(folder, 'qrels')).filter((name) => /\.tsv(\.gz|\.zst)?$/.test(name));
  const alone = nameOf('qrels.tsv', there);
  if (alone === undefined && splits.length === 0) missing.push('qrels/test.tsv');
  if (missing.length > 0)
    throw new Error(
      `Cannot read "${folder}": it must hold corpus.jsonl, queries.jsonl and qrels/test.tsv or qrels.tsv; ${missing.join(', ')} is missing`,
    );
  if (alone !== undefined) return alone;
  const test = nameOf('test.tsv', splits);
  if (test !== undefined) return join('qrels', test);
  if (splits.length === 1) return join('qrels', splits[0]);
  throw new Error(
    `Cannot read "${folder}": it holds the splits ${splits.join(', ')}, and none is called test.tsv; give one of them, such as ${join(folder, 'qrels', splits[0])}`,
  );
}

/** Weights by word, from lines of a word and its weight; other words weigh 1. */
export async function readWordWeights(path: string): Promise<(word: string) => number> {
  const weights = new Map<string, number>();
  for (const { text, number } of linesOf(await readTextFile(path))) {
    const [word, weight, ...rest] = text.trim().split(/\s+/);
    const value = decimalNumber(weight);
    if (rest.length > 0 || value === undefined || value < 0)
      throw new SyntaxError(
        `Cannot read "${path}": line ${number} must be a word and its weight, got ${text.slice(0, 60)}`,
      );
    if (weights.has(word))
      throw new SyntaxError(`Cannot read "${path}": line ${number} has the word ${JSON.stringify(word)} again`);
    weights.set(word, value);
  }
  return (word) => weights.get(word) ?? 1;
}

/** Sentences of the corpus to fit on, the same each time. */
export function sampleCorpus(sources: readonly TextSource[], onRepairs?: (count: number) => void): Promise<string[]> {
  const random = new Random(1, 0);
  return sampleSentences(sources, () => random.uniform(), undefined, onRepairs);
}
