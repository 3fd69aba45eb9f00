import { Bm25Index } from '../search/bm25-index.ts';
import { ExactIndex } from '../search/exact-index.ts';
import { fuseRankings } from '../search/rank-fusion.ts';
import { checkEncoder, type SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { checkText } from '../text/check-options.ts';
import { decimalNumber, lacksNumber } from '../text/decimal-number.ts';
import { parseRecord } from '../text/json-records.ts';
import { showValue } from '../text/show-value.ts';
import { linesOf } from '../text/text-lines.ts';

/** A retrieval test as BEIR has it. */
export interface RetrievalTask {
  readonly documents: readonly { readonly id: string; readonly text: string }[];
  readonly queries: readonly { readonly id: string; readonly text: string }[];
  /** For each query the documents that answer it, with their grade above 0. */
  readonly relevant: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Means over all queries, 0 to 1. */
export interface RetrievalScores {
  /** Normalised discounted cumulative gain of the first 10 hits, mean over the queries. */
  readonly ndcg10: number;
  readonly recall10: number;
  /** Mean reciprocal rank of the first right one of the first 10 hits. */
  readonly mrr10: number;
}

/** How well texts are found by vectors, by words (BM25), and by both. */
export interface RetrievalResult {
  readonly vectors: RetrievalScores;
  readonly bm25: RetrievalScores;
  /** Both, see `fuseRankings`. */
  readonly hybrid: RetrievalScores;
  readonly documents: number;
  readonly queries: number;
  /** Share of the queries with a known word. */
  readonly coverage: number;
}

const COUNT = 10;
/** Hits of each ranking that are joined. */
const FUSED = 100;

/**
 * How well a question finds its text: by vectors, by words (BM25 of the same tokens), and by both.
 *
 * @throws RangeError if no query has an answer
 */
export function evaluateRetrieval(encoder: SentenceEncoder, task: RetrievalTask): RetrievalResult {
  checkEncoder(encoder);
  if (!Array.isArray(task?.documents) || !Array.isArray(task.queries))
    throw new TypeError(`"task" must be { documents, queries, relevant }, got ${showValue(task)}`);
  const { documents, queries, relevant } = task;
  if (!(relevant instanceof Map))
    throw new TypeError(`"relevant" must be a Map of Maps, query → document → grade, got ${showValue(relevant)}`);
  const judged = queries.filter(({ id }) => (relevant.get(id)?.size ?? 0) > 0);
  if (judged.length === 0)
    throw new RangeError(`Cannot evaluate: none of the ${queries.length} queries has a document that answers it`);
  const tokens = documents.map(({ text }) => encoder.tokenizer.tokenize(text));
  const flat = new Float32Array(documents.length * encoder.dimensions);
  tokens.forEach((list, row) => flat.set(encoder.encodeTokens(list).vector, row * encoder.dimensions));
  const vectors = new ExactIndex(flat, encoder.dimensions);
  const words = new Bm25Index(tokens);
  const rankings: Record<'vectors' | 'bm25' | 'hybrid', number[][]> = { vectors: [], bm25: [], hybrid: [] };
  let covered = 0;
  for (const { text } of judged) {
    const query = encoder.tokenizer.tokenize(text);
    const { vector, knownTokens } = encoder.encodeTokens(query);
    if (knownTokens > 0) covered++;
    const byVector = knownTokens > 0 ? vectors.search(vector, { count: FUSED }).map(({ row }) => row) : [];
    const byWord = words.search(query, { count: FUSED }).map(({ row, score }) => ({ item: row, score }));
    rankings.vectors.push(byVector);
    rankings.bm25.push(byWord.map(({ item }) => item));
    rankings.hybrid.push(fuseRankings(byWord, byVector).map(({ item }) => item));
  }
  const scores = (lists: number[][]) =>
    meanScores(
      lists.map((rows, i) =>
        scoreRanking(
          rows.map((row) => documents[row].id),
          relevant.get(judged[i].id)!,
        ),
      ),
    );
  return {
    vectors: scores(rankings.vectors),
    bm25: scores(rankings.bm25),
    hybrid: scores(rankings.hybrid),
    documents: documents.length,
    queries: judged.length,
    coverage: judged.length === 0 ? 0 : covered / judged.length,
  };
}

/** The scores of one query (Järvelin and Kekäläinen 2002, gain = grade, discount log2(rank + 1)). */
export function scoreRanking(hits: readonly string[], relevant: ReadonlyMap<string, number>): RetrievalScores {
  let [gain, found, reciprocal] = [0, 0, 0];
  hits.slice(0, COUNT).forEach((id, i) => {
    const grade = relevant.get(id) ?? 0;
    if (grade <= 0) return;
    gain += grade / Math.log2(i + 2);
    found++;
    if (reciprocal === 0) reciprocal = 1 / (i + 1);
  });
  const ideal = [...relevant.values()]
    .sort((a, b) => b - a)
    .slice(0, COUNT)
    .reduce((sum, grade, i) => sum + grade / Math.log2(i + 2), 0);
  return {
    ndcg10: ideal > 0 ? gain / ideal : 0,
    recall10: relevant.size > 0 ? found / relevant.size : 0,
    mrr10: reciprocal,
  };
}

function meanScores(scores: readonly RetrievalScores[]): RetrievalScores {
  const mean = (pick: (score: RetrievalScores) => number) =>
    scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + pick(score), 0) / scores.length;
  return { ndcg10: mean((s) => s.ndcg10), recall10: mean((s) => s.recall10), mrr10: mean((s) => s.mrr10) };
}

/**
 * Reads the three files of a BEIR folder.
 *
 * @param corpus - corpus.jsonl: _id, title (may be empty), text
 * @param queries - queries.jsonl: _id, text
 * @param judgements - qrels.tsv: query-id, corpus-id, score, with a header, which may name the document first
 * @throws SyntaxError for a line that is not so, Error if no query is judged
 */
export function parseRetrievalTask(corpus: string, queries: string, judgements: string): RetrievalTask {
  for (const [name, text] of Object.entries({ corpus, queries, judgements })) checkText(name, text);
  return parseRetrievalFiles(
    { name: 'corpus.jsonl', text: corpus },
    { name: 'queries.jsonl', text: queries },
    { name: 'judgements', text: judgements },
  );
}

/** A file by the name that messages give it. */
interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** See `parseRetrievalTask`. */
export function parseRetrievalFiles(corpus: NamedText, queries: NamedText, judgements: NamedText): RetrievalTask {
  const relevant = parseJudgements(judgements);
  const asked = parseTexts(queries);
  const documents = parseTexts(corpus).map(({ id, title, text }) => ({
    id,
    text: title ? `${title.replace(/_/g, ' ')}\n${text}` : text,
  }));
  const known = new Set(documents.map(({ id }) => id));
  const judged = asked.flatMap(({ id }) => [...(relevant.get(id)?.keys() ?? [])]);
  if (judged.length > 0 && !judged.some((id) => known.has(id)))
    throw new Error(
      `Cannot evaluate: none of the ${judged.length} documents that answer a query, such as ${JSON.stringify(judged[0])}, is in "${corpus.name}"`,
    );
  if (!asked.some(({ id }) => relevant.has(id)))
    throw new Error(
      relevant.size === 0
        ? `Cannot evaluate: "${judgements.name}" judges no document above 0`
        : `Cannot evaluate: none of the ${relevant.size} queries that are judged, such as ${JSON.stringify(relevant.keys().next().value)}, is in "${queries.name}"`,
    );
  return {
    documents,
    queries: asked,
    relevant,
  };
}

function parseTexts({ name, text: content }: NamedText): { id: string; title: string | undefined; text: string }[] {
  const seen = new Set<string>();
  return Array.from(linesOf(content), ({ text: line, number }) => {
    const { _id: id, title, text } = parseRecord(line, name, number);
    if ((typeof id !== 'string' && typeof id !== 'number') || typeof text !== 'string')
      throw new SyntaxError(
        `Cannot read "${name}": line ${number} must be JSON with "_id" and "text", got ${line.slice(0, 60)}`,
      );
    if (seen.has(String(id)))
      throw new SyntaxError(`Cannot read "${name}": line ${number} has the id ${JSON.stringify(id)} again`);
    seen.add(String(id));
    return { id: String(id), title: typeof title === 'string' ? title : undefined, text };
  });
}

function parseJudgements({ name, text: content }: NamedText): Map<string, Map<string, number>> {
  const relevant = new Map<string, Map<string, number>>();
  let header = true;
  let documentFirst = false;
  for (const { text: line, number } of linesOf(content)) {
    const [one, other, score, ...more] = line.trimEnd().split('\t');
    const [query, document] = documentFirst ? [other, one] : [one, other];
    const grade = more.length === 0 ? decimalNumber(score) : undefined;
    const skipped = grade === undefined && header && more.length === 0 && !lacksNumber(score);
    header = false;
    if (skipped) documentFirst = /corpus|doc|pid/i.test(one) && /query|topic|qid/i.test(other);
    if (skipped) continue;
    if (grade === undefined)
      throw new SyntaxError(
        `Cannot read "${name}": line ${number} must be query, document, score, separated by tabs, got ${line.slice(0, 60)}`,
      );
    if (grade <= 0) continue;
    const list = relevant.get(query) ?? new Map<string, number>();
    if ((list.get(document) ?? grade) !== grade)
      throw new SyntaxError(
        `Cannot read "${name}": line ${number} judges document ${JSON.stringify(document)} for query ${JSON.stringify(query)} by ${grade}, an earlier line by ${list.get(document)}`,
      );
    relevant.set(query, list.set(document, grade));
  }
  return relevant;
}
