export interface QueryOptions {
  /** After so many seconds the wait is given up, where the connection has a limit; for what may take long. */
  readonly limitSeconds?: number | undefined;
}

/** Rows for a table, and what is done before and after it: statements without parameters. */
export interface TableFill {
  readonly before: readonly string[];
  readonly table: string;
  /** In PostgreSQL's binary COPY format. */
  readonly rows: Uint8Array;
  readonly after: readonly string[];
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
  /** All or nothing; returns the rows of the last statement. */
  fill<Row = Record<string, unknown>>(work: TableFill): Promise<Row[]>;
  /** The rows of a query in PostgreSQL's binary COPY format. */
  read(sql: string): Promise<Uint8Array>;
  /** All or nothing; the work uses the connection that it is given, one statement at a time. */
  transaction<Result>(work: (connection: SqlConnection) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** The database does not answer now, or the connection to it was lost: nothing is wrong with what was asked. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';
  /** Of the system or PostgreSQL, where one was given: `ECONNREFUSED`, `57P03`. */
  readonly code: string | undefined;

  constructor(message: string, cause?: Error & { readonly code?: string | undefined }) {
    super(message, { cause });
    this.code = cause?.code;
  }
}
