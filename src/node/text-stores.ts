import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import type { PoolClient } from 'pg';
import type { TextStoreOptions } from '../environment/text-stores.ts';
import { createPgliteConnection, type Pglite } from '../store/pglite-connection.ts';
import { type SqlConnection, SqlTextStore } from '../store/sql-text-store.ts';
import { explainMissingPackage } from './optional-package.ts';
import type { PgliteAnswer, PgliteRequest } from './pglite-thread.ts';
import { lockStore } from './store-lock.ts';

/** See src/environment/text-stores.ts. */
export async function openTextStore(database: string, options: TextStoreOptions = {}): Promise<SqlTextStore> {
  const { collection, mustExist = false } = options;
  const connection = /^postgres(ql)?:\/\//.test(database)
    ? await connectPostgres(database)
    : await openPglite(database, mustExist);
  try {
    return await SqlTextStore.open(connection, collection);
  } catch (error) {
    await connection.close().catch(() => {});
    throw error;
  }
}

async function openPglite(path: string, mustExist: boolean): Promise<SqlConnection> {
  if (/^\w+:\/\//.test(path))
    throw new Error(`Cannot open "${path}": a store is a folder or a URL that begins with postgres://`);
  const creating = `${path}.creating`;
  const isThere = () => existsSync(path) && !existsSync(creating);
  if (mustExist && !isThere())
    throw new Error(`Cannot open "${path}": there is no such store; fill one with "wordkin index"`);
  if (isThere() && readdirSync(path).length > 0 && !existsSync(resolve(path, 'PG_VERSION')))
    throw new Error(`Cannot open "${path}": the folder holds something else than a store`);
  mkdirSync(dirname(resolve(path)), { recursive: true });
  const unlock = lockStore(path);
  const there = isThere();
  if (!there) {
    // While this file is there, the folder holds half a database: a process that dies now leaves nothing to be kept.
    if (existsSync(creating)) rmSync(path, { recursive: true, force: true });
    writeFileSync(creating, '');
  }
  process.once('exit', unlock);
  const { pglite, stop } = startPglite(path);
  const release = async () => {
    await stop();
    process.off('exit', unlock);
    unlock();
  };
  try {
    if (!there) {
      await pglite.query('select 1');
      rmSync(creating);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return createPgliteConnection(pglite, release);
}

function startPglite(path: string): { pglite: Pglite; stop(): Promise<unknown> } {
  const thread = new Worker(new URL('./pglite-thread.js', import.meta.url), { workerData: { path } });
  const waiting = new Map<number, { resolve(rows: unknown[]): void; reject(error: Error): void }>();
  let failure: Error | undefined;
  let numbers = 0;
  thread.on('message', (answer: PgliteAnswer) => {
    const request = waiting.get(answer.number);
    waiting.delete(answer.number);
    if (waiting.size === 0) thread.unref(); // an idle store does not keep the program running
    if ('rows' in answer) request?.resolve(answer.rows);
    else request?.reject(new Error(`Cannot use store "${path}": ${answer.error}`));
  });
  thread.on('error', (error) => {
    failure = explainPglite(error as Error);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  });
  const send = (request: Omit<PgliteRequest, 'number'>) =>
    new Promise<unknown[]>((resolvePromise, reject) => {
      if (failure) return reject(failure);
      const number = ++numbers;
      waiting.set(number, { resolve: resolvePromise, reject });
      thread.ref();
      thread.postMessage({ number, ...request } satisfies PgliteRequest);
    });
  return {
    pglite: {
      async query(sql, parameters, options) {
        const blob = options?.blob && new Uint8Array(await options.blob.arrayBuffer());
        return { rows: await send({ sql, parameters, blob }) };
      },
      async close() {
        await send({});
      },
    },
    stop: () => thread.terminate(),
  };
}

function explainPglite(error: Error): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (/pglite-thread/.test(message.split('imported from')[0])) {
    return new Error(
      'Cannot open a store in a folder: the script of its thread is not there; leave wordkin out of the bundle ("external")',
      { cause: error },
    );
  }
  if (code !== 'ERR_MODULE_NOT_FOUND') return error;
  const packages = ['@electric-sql/pglite', '@electric-sql/pglite-pgvector'];
  return explainMissingPackage(error, 'open a store in a folder', ...packages);
}

async function importPostgres() {
  try {
    // One by one and in `try`: a bundler then takes them for optional.
    const { default: pg } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'pg');
    const { from } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'pg-copy-streams');
    return { pg, from };
  } catch (cause) {
    throw explainMissingPackage(cause, 'use a PostgreSQL server', 'pg', 'pg-copy-streams');
  }
}

async function connectPostgres(url: string): Promise<SqlConnection> {
  const { pg, from } = await importPostgres();
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => {}); // an idle connection that breaks is replaced
  const shown = url.replace(/\/\/([^:/@]*):[^@]*@/, '//$1:…@');
  const explain = (error: unknown): never => {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`Cannot use ${shown}: ${message || code}`, { cause: error });
  };
  const on = (client: PoolClient): SqlConnection => ({
    async query<Row>(sql: string, parameters?: readonly (string | number | null)[]) {
      return (await client.query(sql, parameters ? [...parameters] : undefined)).rows as Row[];
    },
    async copy(table, rows) {
      await pipeline([rows], client.query(from(`copy ${table} from stdin with (format binary)`)));
    },
    transaction: () => Promise.reject(new Error('a transaction is open already')),
    close: () => Promise.reject(new Error('a transaction is open')),
  });
  async function withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client: PoolClient = await pool.connect().catch(explain);
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      return explain(error);
    }
  }
  return {
    query: <Row>(sql: string, parameters?: readonly (string | number | null)[]) =>
      withClient((client) => on(client).query<Row>(sql, parameters)),
    copy: (table, rows) => withClient((client) => on(client).copy(table, rows)),
    transaction: (work) =>
      withClient(async (client) => {
        await client.query('begin');
        const result = await work(on(client)); // if it fails, the connection is closed: nothing is kept
        await client.query('commit');
        return result;
      }),
    close: () => pool.end(),
  };
}
