import { B, inverseDocumentFrequency, K1 } from '../search/bm25-index.ts';
import type { ScoredItem } from '../search/rank-fusion.ts';
import type { SqlConnection } from './sql-connection.ts';
import { Statement, whereClause } from './sql-statement.ts';
import type { WordQuery } from './text-store.ts';
import { quoteWord } from './word-positions.ts';

/** A word that is in more texts than this share counts only if there is no rarer one in the question. */
const FREQUENT_SHARE = 0.1;
/** So many texts are looked at for the mean length. */
const SAMPLE = 1_000;
const MAXIMUM_WORDS = 32;

/** Number of texts and, of a sample of them, the mean number of different words. */
export interface WordStatistics {
  readonly texts: number;
  readonly meanWords: number;
}

export async function measureWords(sql: SqlConnection, table: string): Promise<WordStatistics> {
  const [row] = await sql.query<{ texts: number; mean: number | null }>(
    `select (select count(*)::float8 from ${table}) as texts,
      (select avg(length(words))::float8 from (select words from ${table} limit ${SAMPLE}) as sample) as mean`,
  );
  return { texts: row.texts, meanWords: Math.max(1, row.mean ?? 1) };
}

/**
 * BM25 as in `Bm25Index`, but that a text's length is the number of its different words. How often a word occurs is in its
 * ts_rank: of n occurrences that is .1 · 6/π² · (1 + 1/2² + … + 1/n²). What is missing to the whole of that series, x,
 * gives 1/n = x + x²/2 + x³/3 + x⁴/3, to .3 % for all n.
 */
export async function searchWords(
  sql: SqlConnection,
  table: string,
  size: WordStatistics,
  { tokens, count, where }: WordQuery,
): Promise<ScoredItem<string>[]> {
  const words = [...new Set(tokens)].filter((word) => quoteWord(word) !== undefined).slice(0, MAXIMUM_WORDS);
  if (words.length === 0) return [];
  const { texts: total, meanWords } = size;
  // Counting stops where a word is frequent: half of the texts hold "the".
  const most = Math.max(100, Math.floor(FREQUENT_SHARE * total));
  const counting = new Statement();
  const counts = words.map(
    (word) =>
      `(select count(*)::float8 from (select from ${table} where words @@ ${counting.add(quoteWord(word)!)}::tsquery limit ${most + 1}) as found)`,
  );
  const [row] = await sql.query<Record<string, number>>(
    `select ${counts.map((part, i) => `${part} as n${i}`).join(', ')}`,
    counting.parameters,
  );
  const found = words
    .map((word, i) => ({ word: quoteWord(word)!, texts: row[`n${i}`] }))
    .filter(({ texts }) => texts > 0);
  if (found.length === 0) return [];
  const rare = found.filter(({ texts }) => texts <= most);
  const scored = rare.length > 0 ? rare : found;
  const statement = new Statement();
  // Null where the word does not occur.
  const missing = scored.map(
    ({ word }, i) =>
      `(1 - nullif(ts_rank(words, ${statement.add(word)}::tsquery), 0)::float8 / 0.1) * ${Math.PI ** 2 / 6} as x${i}`,
  );
  const length = `${K1} * (${1 - B} + ${B} * length(words) / ${meanWords}::float8)`;
  const score = scored.map(({ texts }, i) => {
    const idf = Math.max(inverseDocumentFrequency(total, texts), 1e-6);
    return `coalesce(${idf * (K1 + 1)}::float8 / (1 + ${length} * x${i} * (1 + x${i} * (0.5 + x${i} * (1 + x${i}) / 3))), 0)`;
  });
  const any = scored.map(({ word }) => word).join(' | ');
  const conditions = [`words @@ ${statement.add(any)}::tsquery`, where && statement.filter(where)];
  // "offset 0" keeps PostgreSQL from computing each rank four times.
  return sql.query<ScoredItem<string>>(
    `select id as item, ${score.join(' + ')} as score from ${table}, lateral (select ${missing.join(', ')} offset 0) as ranks
    ${whereClause(conditions)} order by score desc, id limit ${statement.add(count)}::int`,
    statement.parameters,
  );
}
