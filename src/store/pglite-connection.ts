import type { SqlConnection, TableFill } from './sql-connection.ts';

/** What is used of PGlite. */
export interface Pglite {
  query(
    sql: string,
    parameters?: unknown[],
    options?: { blob?: Blob },
  ): Promise<{ rows: unknown[]; blob?: Blob | undefined }>;
  /** Several statements, all or nothing. */
  exec(sql: string, options?: { blob?: Blob }): Promise<{ rows: unknown[]; blob?: Blob | undefined }[]>;
  close(): Promise<void>;
  isInTransaction(): boolean;
  /** Writes what changed to where it is kept; PGlite calls it after each statement. */
  syncToFs(): Promise<void>;
}

/** What a page imports of the two packages of the embedded PostgreSQL. */
export interface PgliteModules {
  /** Of @electric-sql/pglite. */
  readonly PGlite: {
    create(options: {
      dataDir: string;
      extensions: Record<string, never>;
      initDbStartParams: string[];
    }): Promise<Pglite>;
  };
  /** Of @electric-sql/pglite-pgvector. */
  readonly vector: unknown;
}

/** What a connection asks of PGlite, which may live in another thread: bytes and rows alone. */
export interface PgliteCalls {
  query(sql: string, parameters?: unknown[]): Promise<unknown[]>;
  /** Several statements, all or nothing, one of which reads `bytes`; the rows of the last. */
  fill(sql: string, bytes: Uint8Array<ArrayBuffer>): Promise<unknown[]>;
  /** What a statement copies out. */
  read(sql: string): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export function pgliteCalls(pglite: Pglite): PgliteCalls {
  return {
    query: async (sql, parameters) => (await pglite.query(sql, parameters)).rows,
    fill: async (sql, bytes) => (await pglite.exec(sql, { blob: new Blob([bytes]) })).at(-1)!.rows,
    // Takes three fifths of the time of `query`, which prepares the statement first.
    read: async (sql) => new Uint8Array(await (await pglite.exec(sql)).at(-1)!.blob!.arrayBuffer()),
    close: () => pglite.close(),
  };
}

/** An embedded PostgreSQL as a connection; it runs one transaction after the other. */
export function createPgliteConnection(
  pglite: PgliteCalls,
  onClose: () => Promise<void> = async () => {},
): SqlConnection {
  let last: Promise<unknown> = Promise.resolve();
  /** Runs alone: what is called meanwhile waits. */
  function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  }
  const direct: SqlConnection = {
    isExclusive: true,
    async query<Row>(sql: string, parameters?: readonly (string | number | null)[]) {
      return (await pglite.query(sql, parameters ? [...parameters] : undefined)) as Row[];
    },
    /** At once: a call a statement would keep searches waiting for as long as this thread is busy between them. */
    async fill<Row>({ before, table, rows, after }: TableFill) {
      const copy = `copy ${table} FROM '/dev/blob' with (format binary)`;
      return (await pglite.fill([...before, copy, ...after].join(';\n'), rows as Uint8Array<ArrayBuffer>)) as Row[];
    },
    read: (sql) => pglite.read(`copy (${sql}) TO '/dev/blob' with (format binary)`),
    transaction: () => Promise.reject(new Error('a transaction is open already')),
    close: () => Promise.reject(new Error('a transaction is open')),
  };
  return {
    isExclusive: true,
    query: <Row>(sql: string, parameters?: readonly (string | number | null)[]) =>
      alone(() => direct.query<Row>(sql, parameters)),
    fill: (work) => alone(() => direct.fill(work)),
    read: (sql) => alone(() => direct.read(sql)),
    transaction: (work) =>
      alone(async () => {
        await direct.query('begin');
        try {
          const result = await work(direct);
          await direct.query('commit');
          return result;
        } catch (error) {
          await direct.query('rollback').catch(() => {});
          throw error;
        }
      }),
    close: () =>
      alone(async () => {
        try {
          await pglite.close();
        } finally {
          await onClose();
        }
      }),
  };
}
