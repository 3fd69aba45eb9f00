import { parseTable } from '../../../src/text/table-parser.ts';

/** A value for each word: the first two columns of a table, its first line being their names. */
export async function readColumn(file: File): Promise<Map<string, string>> {
  const isComma = /\.csv$/i.test(file.name);
  const [, ...rows] = parseTable(await file.text(), isComma ? ',' : '\t', isComma);
  return new Map(rows.filter((row) => row.length > 1).map(([word, value]) => [word, value]));
}
