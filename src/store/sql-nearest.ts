import { normalized } from '../math/vector-operations.ts';
import { BestRows } from '../search/best-rows.ts';
import { fingerprint } from '../search/coded-vectors.ts';
import { METRIC_TRAITS } from '../search/metrics.ts';
import { compareUtf8 } from '../text/utf8.ts';
import { CopyReader } from './copy-rows.ts';
import type { Metadata } from './metadata.ts';
import type { Collection } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { idLists } from './sql-statement.ts';
import type { TextRecord, VectorHit, VectorQuery } from './text-store.ts';
import type { TextCandidate } from './text-table.ts';

/** Candidates that are read first: most searches have fewer. */
const FIRST_PAGE = 256;
/** A longer text, in bytes, is read only when it is a hit. */
const LONGEST_TEXT = 8_192;

interface CandidateRow {
  readonly vector: Float32Array | undefined;
  readonly record: Required<TextRecord> | undefined;
}

/**
 * The nearest of the candidates, best first, by their vectors in the table. Where there are many, those that can be nearest are read first, and
 * no more than can still be among the hits. Undefined if a vector is no longer the one of which the codes were made.
 *
 * @param candidates - as `TextTable.vectorCandidates` gives them for the query
 */
export async function findNearest(
  sql: SqlConnection,
  collection: Collection,
  candidates: readonly TextCandidate[],
  { vector, metric, count, withRecords = false }: VectorQuery,
): Promise<VectorHit[] | undefined> {
  const unit = normalized(vector);
  const { nearerIsLarger, measure } = METRIC_TRAITS[metric];
  const sign = nearerIsLarger ? 1 : -1;
  const best = new BestRows(count, (a, b) => compareUtf8(candidates[a].id, candidates[b].id));
  const records = new Map<string, Required<TextRecord> | undefined>();
  for (let first = 0, size = Math.max(FIRST_PAGE, 2 * count); first < candidates.length; first += size, size *= 4) {
    if (candidates[first].bound < best.threshold) break;
    const page = candidates.slice(first, first + size);
    const rows = await readCandidates(sql, collection, page, withRecords && candidates.length <= FIRST_PAGE);
    for (const [i, { id, print }] of page.entries()) {
      const { vector: own, record } = rows.get(id) ?? {};
      if (own?.length !== vector.length || fingerprint(own) !== print) return undefined;
      best.add(first + i, sign * measure(own, vector, unit));
      records.set(id, record);
    }
  }
  return best.sorted().map(({ row, score }) => {
    const { id } = candidates[row];
    return { id, value: sign * score + 0, ...(withRecords && { record: records.get(id) }) }; // no −0
  });
}

async function readCandidates(
  sql: SqlConnection,
  { table }: Collection,
  candidates: readonly TextCandidate[],
  withRecords: boolean,
): Promise<Map<string, CandidateRow>> {
  const columns = withRecords
    ? `, metadata, case when octet_length(text) <= ${LONGEST_TEXT} then text end as text`
    : '';
  const found = new Map<string, CandidateRow>();
  for (const list of idLists(candidates.map(({ id }) => id))) {
    // Without parameters, as COPY takes none: no sign of an id is left in hexadecimal digits.
    const ids = `convert_from(decode('${hexadecimal(list)}', 'hex'), 'UTF8')::jsonb`;
    // As an array, so that the planner looks each up: the table is large.
    const isAsked = `id = any (array (select jsonb_array_elements_text(${ids})))`;
    const rows = new CopyReader(await sql.read(`select id, vector${columns} from ${table} where ${isAsked}`));
    while (rows.nextRow()) {
      rows.nextField();
      const id = rows.text;
      const vector = rows.nextField() ? rows.vector : undefined;
      let record: CandidateRow['record'];
      if (withRecords && rows.nextField()) {
        const metadata = JSON.parse(rows.json) as Metadata;
        if (rows.nextField()) record = { id, text: rows.text, metadata };
      }
      found.set(id, { vector, record });
    }
  }
  return found;
}

function hexadecimal(text: string): string {
  let digits = '';
  for (const byte of new TextEncoder().encode(text)) digits += (256 + byte).toString(16).slice(1);
  return digits;
}
