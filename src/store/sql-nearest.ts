import { normalized } from '../math/vector-operations.ts';
import { BestRows } from '../search/best-rows.ts';
import { fingerprint } from '../search/coded-vectors.ts';
import { METRIC_TRAITS } from '../search/metrics.ts';
import { compareUtf8 } from '../text/utf8.ts';
import type { Metadata } from './metadata.ts';
import type { Collection } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { ID, IS_LISTED, idLists, TEXT } from './sql-statement.ts';
import type { TextCandidate } from './text-table.ts';
import type { TextRecord, VectorHit, VectorQuery } from './text-store.ts';

/** Candidates that are read first: most searches have fewer. */
const FIRST_PAGE = 256;
/** A longer text, in bytes, is read only when it is a hit. */
const LONGEST_TEXT = 8_192;

interface CandidateRow {
  readonly id: string;
  readonly vector: Uint8Array | null;
  readonly text?: string | null;
  readonly metadata?: Metadata;
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
  const records = new Map<string, Required<TextRecord>>();
  for (let first = 0, size = Math.max(FIRST_PAGE, 2 * count); first < candidates.length; first += size, size *= 4) {
    if (candidates[first].bound < best.threshold) break;
    const page = candidates.slice(first, first + size);
    const rows = await readCandidates(sql, collection, page, withRecords && candidates.length <= FIRST_PAGE);
    for (const [i, { id, print }] of page.entries()) {
      const row = rows.get(id);
      const own = row?.vector ? sentVector(row.vector) : undefined;
      if (own?.length !== vector.length || fingerprint(own) !== print) return undefined;
      best.add(first + i, sign * measure(own, vector, unit));
      if (typeof row?.text === 'string') records.set(id, { id, text: row.text, metadata: row.metadata! });
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
  const record = `, case when octet_length(text) <= ${LONGEST_TEXT} then ${TEXT.replace(' as text', '')} end as text, metadata`;
  const rows = new Map<string, CandidateRow>();
  for (const list of idLists(candidates.map(({ id }) => id))) {
    const found = await sql.query<CandidateRow>(
      `select ${ID}, vector_send(vector) as vector${withRecords ? record : ''} from ${table} where ${IS_LISTED}`,
      [list],
    );
    for (const row of found) rows.set(row.id, row);
  }
  return rows;
}

/** A vector as pgvector sends it: its dimensions and a zero, 16 bits each, and big-endian float32. */
function sentVector(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vector = new Float32Array((bytes.length - 4) / 4);
  for (let d = 0, at = 4; d < vector.length; d++, at += 4) vector[d] = view.getFloat32(at);
  return vector;
}
