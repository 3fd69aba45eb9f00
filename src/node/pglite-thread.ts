// A thread that runs an embedded PostgreSQL, so that a long statement does not stop the program.
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';

export interface PgliteRequest {
  readonly number: number;
  /** Absent: close. */
  readonly sql?: string;
  readonly parameters?: unknown[] | undefined;
  readonly blob?: Uint8Array | undefined;
}

export type PgliteAnswer = { readonly number: number } & ({ readonly rows: unknown[] } | { readonly error: string });

const port = parentPort!;
const { path } = workerData as { path: string };
const database = PGlite.create({ dataDir: path, extensions: { vector } });

port.on('message', async ({ number, sql, parameters, blob }: PgliteRequest) => {
  try {
    const pglite = await database;
    if (sql === undefined) {
      await pglite.close();
      port.postMessage({ number, rows: [] } satisfies PgliteAnswer);
      port.close();
      return;
    }
    const options = blob ? { blob: new Blob([blob as Uint8Array<ArrayBuffer>]) } : {};
    const { rows } = await pglite.query(sql, parameters, options);
    port.postMessage({ number, rows } satisfies PgliteAnswer);
  } catch (error) {
    port.postMessage({ number, error: error instanceof Error ? error.message : String(error) } satisfies PgliteAnswer);
  }
});
