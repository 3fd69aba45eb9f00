export interface QueryOptions {
  /** After so many seconds the wait is given up, where the connection has a limit; for what may take long. */
  readonly limitSeconds?: number | undefined;
}

/** A PostgreSQL with pgvector, embedded or a server. Errors have PostgreSQL's `code` (SQLSTATE) where it gave one. */
export interface SqlConnection {
  /** Whether nobody else can change the database as long as it is open. */
  readonly isExclusive: boolean;
  query<Row = Record<string, unknown>>(
    sql: string,
    parameters?: readonly (string | number | null)[],
    options?: QueryOptions,
  ): Promise<Row[]>;
  /** Fills a table with rows in PostgreSQL's binary COPY format. */
  copy(table: string, rows: Uint8Array): Promise<void>;
  /** The rows of a query in that format. */
  read(sql: string): Promise<Uint8Array>;
  /** All or nothing; the work uses the connection that it is given, one statement at a time. */
  transaction<Result>(work: (connection: SqlConnection) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}
