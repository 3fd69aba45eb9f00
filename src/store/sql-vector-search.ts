import { normalized } from '../math/vector-operations.ts';
import { METRIC_TRAITS, type Metric } from '../search/metrics.ts';
import type { Collection } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { ID, Statement, whereClause } from './sql-statement.ts';
import type { OptimizeProgress, SearchKind, VectorHit, VectorQuery } from './text-store.ts';

/** From so many texts on vectors are searched by a graph: comparing all would take longer than 10 ms. */
const INDEX_FROM = 20_000;
/** pgvector's graphs hold no longer vectors: of float32, of float16. */
const LONGEST_INDEXED = { float: 2_000, half: 4_000 };
/** Neighbours looked at in the graph: recall .98 at 10 hits and 100,000 texts (docs/performance.md). */
const SEARCH_BREADTH = 100;
/** So many times the hits wanted are taken from a graph of float16, and measured anew by float32. */
const MEASURED_ANEW = 3;
/** Building a graph of millions of texts takes hours. */
const BUILD_LIMIT_SECONDS = 24 * 3600;
const PROGRESS_MILLISECONDS = 1_000;

/** Numbers of a graph; half: float16 of vectors at length 1, half the size (pgvector 0.7). */
type GraphKind = 'float' | 'half';

interface DistanceRow {
  readonly id: string;
  readonly distance: number;
}

/** Finds vectors by pgvector: by comparing each, or by a graph. */
export class SqlVectorSearch {
  readonly #collection: Collection;
  #version = 0;
  #graph: GraphKind | undefined;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** Looks at what the database has. */
  async refresh(sql: SqlConnection): Promise<void> {
    const [extension] = await sql.query<{ version: string }>(
      "select extversion as version from pg_extension where extname = 'vector'",
    );
    const [major, minor] = (extension?.version ?? '').split('.').map(Number);
    this.#version = major > 0 ? 1000 : (minor ?? 0);
    const [index] = await sql.query<{ definition: string }>(
      `select pg_get_indexdef(indexrelid) as definition
      from pg_index join pg_class on pg_class.oid = indexrelid join pg_am on pg_am.oid = relam
      where indrelid = to_regclass($1) and amname = 'hnsw' and indisvalid`,
      [this.#collection.table],
    );
    this.#graph = index && (index.definition.includes('halfvec') ? 'half' : 'float');
  }

  async search(sql: SqlConnection, query: VectorQuery, dimensions: number): Promise<VectorHit[]> {
    if (cannotFind(query)) return [];
    const hasGraph = this.#graph && METRIC_TRAITS[query.metric].hasGraph;
    const rows = hasGraph ? await this.#searchGraph(sql, query, dimensions) : undefined;
    return rows ? hitsOf(rows, query) : this.searchAll(sql, query);
  }

  /** By comparing each. */
  async searchAll(sql: SqlConnection, query: VectorQuery): Promise<VectorHit[]> {
    return cannotFind(query) ? [] : hitsOf(await this.#readNearest(sql, query), query);
  }

  /** Undefined where the graph was left before it gave enough. */
  async #searchGraph(
    sql: SqlConnection,
    { vector, where, count }: VectorQuery,
    dimensions: number,
  ): Promise<DistanceRow[] | undefined> {
    const statement = new Statement();
    const half = this.#graph === 'half';
    const nearness = `${graphed(this.#graph!, dimensions)} <=> ${statement.add(textOf(half ? normalized(vector) : vector))}::${half ? 'halfvec' : 'vector'}`;
    const conditions = ['vector is not null', where && statement.filter(where)];
    const taken = half ? Math.min(2 ** 31 - 1, count * MEASURED_ANEW) : count;
    // "offset 0" keeps the inner query apart: it is in the order of the graph, the outer one in that of the distance.
    const inner = `select id, vector from ${this.#collection.table} ${whereClause(conditions)} order by ${nearness} limit ${statement.add(taken)}::int offset 0`;
    const distance = distanceSql(vector, 'cosine', statement);
    const text = `select ${ID}, (${distance})::float8 as distance, count(*) over ()::int as found from (${inner}) as near order by 2, near.id limit ${statement.add(count)}::int`;
    const rows = await sql.transaction(async (connection) => {
      const breadth = Math.min(1000, Math.max(SEARCH_BREADTH, taken));
      // The graph can be searched on until enough texts fulfil a condition.
      const further = this.#version >= 8 ? ", set_config('hnsw.iterative_scan', 'relaxed_order', true)" : '';
      await connection.query(`select set_config('hnsw.ef_search', '${breadth}', true)${further}`);
      return connection.query<DistanceRow & { found: number }>(text, statement.parameters);
    });
    // A graph that is searched on is left after so many texts: what fulfils a rare condition is behind them, too.
    const isLeft = rows.length < count || (this.#version >= 8 && rows[0].found < taken);
    return isLeft ? undefined : rows;
  }

  #readNearest(sql: SqlConnection, { vector, metric, where, count }: VectorQuery): Promise<DistanceRow[]> {
    const statement = new Statement();
    const distance = distanceSql(vector, metric, statement);
    const conditions = ['vector is not null', where && statement.filter(where)];
    const { table } = this.#collection;
    // An order by another expression than the graph's, as PostgreSQL would take the graph.
    const text = `select ${ID}, (${distance})::float8 as distance from ${table} ${whereClause(conditions)} order by (${distance}) + 0, ${table}.id limit ${statement.add(count)}::int`;
    return sql.query<DistanceRow>(text, statement.parameters);
  }

  /** Builds a graph where there are enough texts for one. */
  async optimize(
    sql: SqlConnection,
    texts: () => Promise<number>,
    dimensions: number,
    onProgress?: (progress: OptimizeProgress) => void,
  ): Promise<SearchKind> {
    await this.refresh(sql);
    if (this.#graph) return 'hnsw';
    const kind: GraphKind = this.#version >= 7 ? 'half' : 'float';
    if (dimensions > LONGEST_INDEXED[kind] || (await texts()) < INDEX_FROM) return 'exact';
    if ((await sql.query("select 1 as found from pg_am where amname = 'hnsw'")).length === 0) return 'exact'; // pgvector 0.4
    const stop = this.#reportProgress(sql, onProgress);
    try {
      await sql.transaction(async (connection) => {
        const limit = { limitSeconds: BUILD_LIMIT_SECONDS };
        await connection.query('set local statement_timeout = 0');
        await connection.query("set local maintenance_work_mem = '256MB'");
        // Another process may be building it.
        const name = this.#collection.named('hnsw');
        await connection.query('select pg_advisory_xact_lock(hashtext($1))', [name], limit);
        const operators = kind === 'half' ? 'halfvec_cosine_ops' : 'vector_cosine_ops';
        await connection.query(
          `create index if not exists ${name} on ${this.#collection.table} using hnsw ((${graphed(kind, dimensions)}) ${operators})`,
          [],
          limit,
        );
      });
    } finally {
      stop();
    }
    this.#graph = kind;
    return 'hnsw';
  }

  /** Tells each second how far the graph is: by a connection beside, if there is one. Returns how to stop that. */
  #reportProgress(sql: SqlConnection, onProgress?: (progress: OptimizeProgress) => void): () => void {
    if (!onProgress) return () => {};
    const begin = performance.now();
    const tell = async () => {
      const seconds = (performance.now() - begin) / 1000;
      if (sql.isExclusive) return await onProgress({ seconds });
      const [row] = await sql.query<{ done: number; total: number }>(
        `select blocks_done::float8 as done, blocks_total::float8 as total from pg_stat_progress_create_index
        where relid = to_regclass($1)`,
        [this.#collection.table],
      );
      await onProgress({ seconds, ...(row?.total > 0 && { share: row.done / row.total }) });
    };
    const timer = setInterval(() => void tell().catch(() => {}), PROGRESS_MILLISECONDS);
    return () => clearInterval(timer);
  }
}

function cannotFind({ vector, metric }: VectorQuery): boolean {
  return METRIC_TRAITS[metric].needsDirection && vector.every((value) => value === 0);
}

function hitsOf(rows: readonly DistanceRow[], { metric }: VectorQuery): VectorHit[] {
  return rows
    .filter((row) => !Number.isNaN(row.distance)) // a vector of zeros has no direction
    .map(({ id, distance }) => ({ id, value: METRIC_TRAITS[metric].ofSqlValue(distance) }));
}

/** What a graph holds. */
function graphed(kind: GraphKind, dimensions: number): string {
  return kind === 'half' ? `l2_normalize(vector)::halfvec(${Math.floor(dimensions)})` : 'vector';
}

function distanceSql(vector: Float32Array, metric: Metric, statement: Statement): string {
  return `vector ${METRIC_TRAITS[metric].sqlOperator} ${statement.add(textOf(vector))}::vector`;
}

function textOf(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}
