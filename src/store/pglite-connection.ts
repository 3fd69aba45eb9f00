import type { SqlConnection } from './sql-connection.ts';

/** What is used of PGlite, or of one that lives in another thread. */
export interface Pglite {
  query(
    sql: string,
    parameters?: unknown[],
    options?: { blob?: Blob },
  ): Promise<{ rows: unknown[]; blob?: Blob | undefined }>;
  close(): Promise<void>;
}

/** What a page imports of the two packages of the embedded PostgreSQL. */
export interface PgliteModules {
  /** Of @electric-sql/pglite. */
  readonly PGlite: { create(options: { dataDir: string; extensions: Record<string, never> }): Promise<Pglite> };
  /** Of @electric-sql/pglite-pgvector. */
  readonly vector: unknown;
}

/** An embedded PostgreSQL as a connection; it runs one transaction after the other. */
export function createPgliteConnection(pglite: Pglite, onClose: () => Promise<void> = async () => {}): SqlConnection {
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
      return (await pglite.query(sql, parameters ? [...parameters] : undefined)).rows as Row[];
    },
    async copy(table, rows) {
      await pglite.query(`copy ${table} FROM '/dev/blob' with (format binary)`, [], {
        blob: new Blob([rows as Uint8Array<ArrayBuffer>]),
      });
    },
    async read(sql) {
      const { blob } = await pglite.query(`copy (${sql}) TO '/dev/blob' with (format binary)`);
      return new Uint8Array(await blob!.arrayBuffer());
    },
    transaction: () => Promise.reject(new Error('a transaction is open already')),
    close: () => Promise.reject(new Error('a transaction is open')),
  };
  return {
    isExclusive: true,
    query: <Row>(sql: string, parameters?: readonly (string | number | null)[]) =>
      alone(() => direct.query<Row>(sql, parameters)),
    copy: (table, rows) => alone(() => direct.copy(table, rows)),
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
