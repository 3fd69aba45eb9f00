import { pipeline } from 'node:stream/promises';
import type { ClientBase, ClientConfig, Pool, PoolClient } from 'pg';
import type { CopyToStreamQuery } from 'pg-copy-streams';
import {
  DatabaseUnreachableError,
  type QueryOptions,
  type SqlConnection,
  type TableFill,
} from '../store/sql-connection.ts';
import { type PostgresOptions, TEXT_STORE_RULES } from '../store/store-options.ts';
import { checkOptions } from '../text/check-options.ts';
import { explainMissingPackage } from './optional-package.ts';

const CONNECTIONS = 4;
const CONNECT_SECONDS = 15;
/** The server ends a statement itself so much earlier than this end gives it up. */
const GRACE_SECONDS = 2;

/**
 * Connects to a server by its URL, postgres://user@host/database. A connection that is lost rejects what runs on it; the next
 * call makes a new one.
 *
 * @throws Error without the password; RangeError for limits that are none
 */
export async function connectPostgres(url: string, options: PostgresOptions = {}): Promise<SqlConnection> {
  checkOptions<PostgresOptions>(options, TEXT_STORE_RULES);
  const { connectSeconds = connectTimeoutOf(url) ?? CONNECT_SECONDS, statementSeconds = 120, signal } = options;
  signal?.throwIfAborted();
  const shown = shownDatabase(url);
  const explain = explainer(url, shown);
  if (!parseAddress(url))
    throw explain(new Error('the URL cannot be read; signs such as @ : / ? # % in a password must be percent-encoded'));
  const packages = await loadPackages();
  let pool: Pool;
  try {
    pool = createPool(packages.pg, url, connectSeconds, statementSeconds);
  } catch (error) {
    throw explain(error);
  }
  const on = (client: PoolClient) => connectionOf(client, packages, statementSeconds);
  const { orAborted, release } = watchSignal(signal);
  async function withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    signal?.throwIfAborted();
    const connecting = pool.connect();
    let client: PoolClient;
    try {
      client = await orAborted(connecting);
    } catch (error) {
      connecting.then((late) => late.release(true)).catch(() => {});
      throw signal?.aborted ? error : explain(error);
    }
    try {
      const result = await orAborted(work(client));
      client.release();
      return result;
    } catch (error) {
      client.release(true); // closes it: what a transaction has done so far is undone
      throw signal?.aborted ? error : explain(error);
    }
  }
  const connection: SqlConnection = {
    isExclusive: false,
    query: <Row>(sql: string, parameters?: readonly (string | number | null)[], queryOptions?: QueryOptions) =>
      withClient((client) => on(client).query<Row>(sql, parameters, queryOptions)),
    fill: (work) => connection.transaction((client) => client.fill(work)),
    read: (sql) => withClient((client) => on(client).read(sql)),
    transaction: (work) =>
      withClient(async (client) => {
        await client.query('begin');
        const result = await work(on(client));
        await client.query('commit');
        return result;
      }),
    close() {
      release();
      return pool.end();
    },
  };
  return connection;
}

/** Gives up waiting when the signal says so. Not by `Promise.race` with a promise that lives as long as the connection: that would keep every result. */
function watchSignal(signal: AbortSignal | undefined) {
  const waiting = new Set<(reason: unknown) => void>();
  const abort = () => {
    for (const reject of waiting) reject(signal?.reason);
  };
  signal?.addEventListener('abort', abort, { once: true });
  return {
    orAborted: <Result>(work: Promise<Result>) =>
      new Promise<Result>((resolve, reject) => {
        waiting.add(reject);
        work.then(resolve, reject).finally(() => waiting.delete(reject));
      }),
    release: () => signal?.removeEventListener('abort', abort),
  };
}

type Packages = Awaited<ReturnType<typeof loadPackages>>;

function createPool(pg: Packages['pg'], url: string, connectSeconds: number, statementSeconds: number): Pool {
  // The limit is that of a connection; one that waits for its turn is not given up.
  class Client extends pg.Client {
    constructor(config: ClientConfig) {
      super({ ...config, connectionTimeoutMillis: 1000 * connectSeconds });
    }
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    keepAlive: true,
    query_timeout: 1000 * (statementSeconds + GRACE_SECONDS),
    Client: Client as unknown as new () => ClientBase,
    onConnect: async (client: ClientBase) => {
      await client.query(`set statement_timeout = ${Math.ceil(1000 * statementSeconds)}`);
    },
  });
  pool.on('error', () => {}); // an idle connection that breaks is replaced
  // One that breaks while it is used rejects the statement; without a listener it would end the program, too.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** The connection within a transaction, or for one statement. */
function connectionOf(client: PoolClient, { from, to }: Packages, statementSeconds: number): SqlConnection {
  return {
    isExclusive: false,
    async query<Row>(
      text: string,
      values: readonly (string | number | null)[] = [],
      { limitSeconds }: QueryOptions = {},
    ) {
      const limit = limitSeconds === undefined ? {} : { query_timeout: 1000 * limitSeconds };
      return (await client.query({ text, values: [...values], ...limit })).rows as Row[];
    },
    async fill<Row>({ before, table, rows, after }: TableFill) {
      for (const statement of before) await client.query(statement);
      const signal = AbortSignal.timeout(1000 * (statementSeconds + GRACE_SECONDS));
      await pipeline([rows], client.query(from(`copy ${table} from stdin with (format binary)`)), { signal });
      let last: unknown[] = [];
      for (const statement of after) last = (await client.query(statement)).rows;
      return last as Row[];
    },
    async read(sql) {
      const stream: CopyToStreamQuery & { callback?: () => void } = client.query(
        to(`copy (${sql}) to stdout with (format binary)`),
      );
      const chunks: Uint8Array[] = [];
      try {
        for await (const chunk of stream) chunks.push(chunk as Uint8Array);
      } finally {
        stream.callback?.(); // pg-copy-streams does not call it, and the timer of `query_timeout` would keep the program running
      }
      return Buffer.concat(chunks);
    },
    transaction: () => Promise.reject(new Error('a transaction is open already')),
    close: () => Promise.reject(new Error('a transaction is open')),
  };
}

async function loadPackages() {
  try {
    // One by one and in `try`: a bundler then takes them for optional.
    const { default: pg } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'pg');
    const { from, to } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'pg-copy-streams');
    return { pg, from, to };
  } catch (error) {
    throw explainMissingPackage(error, 'connect to PostgreSQL', 'pg', 'pg-copy-streams');
  }
}

/** A database as it may be shown: of an address user, host and database only, as passwords stand in many places of it. */
export function shownDatabase(database: string): string {
  const scheme = /^([a-z][\w+.-]*):\/\//i.exec(database);
  if (!scheme) return database;
  const url = parseAddress(database);
  const behind = database.slice(scheme[0].length).replace(/^[^/?#]*/, '');
  // An @ behind the host: a password with a sign that ends the host before it, as / or #.
  if (!url || behind.includes('@')) return `${scheme[0]}…`;
  const user = url.username && `${url.username}${url.password && ':…'}@`;
  return `${scheme[0]}${user}${url.hostname}${url.port && `:${url.port}`}${url.pathname}`;
}

/**
 * `connect_timeout` of the URL, as PostgreSQL's own library takes it: whole seconds, 1 meaning 2; 0 or less is no limit there, and
 * ours here.
 *
 * @throws RangeError for what is no whole number
 */
function connectTimeoutOf(url: string): number | undefined {
  const text = parseAddress(url)?.searchParams.get('connect_timeout') ?? undefined;
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isInteger(seconds) || seconds > 1e6)
    throw new RangeError(
      `"connect_timeout" of the URL must be a whole number of seconds, got ${JSON.stringify(text.slice(0, 20))}`,
    );
  return seconds <= 0 ? undefined : Math.max(2, seconds);
}

function parseAddress(address: string): URL | undefined {
  for (const text of [
    address,
    address.replace('@/', '@localhost/'),
    address.replace(/^(\w+:\/\/)\//, '$1localhost/'),
  ]) {
    try {
      return new URL(text);
    } catch {
      // perhaps an address without a host, as for a socket
    }
  }
  return undefined;
}

const LOST = /Connection terminated|ECONNRESET|EPIPE|57P0[1-3]|not queryable|read ECONN|socket/;
/** No connection can be had: nobody answers, in time or at all, or the server takes no more (53300). */
const UNREACHABLE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)(UNREACH|DOWN)|ETIMEDOUT|ENOENT|53300)|timeout expired/;

/** Makes errors of the driver sentences about this database, in which no password stands. */
function explainer(url: string, shown: string): (error: unknown) => Error {
  const secrets = new Set<string>();
  const add = (secret: string | null | undefined) => {
    if (!secret) return;
    secrets.add(secret);
    try {
      secrets.add(decodeURIComponent(secret));
    } catch {
      // not encoded
    }
  };
  const parsed = parseAddress(url);
  add(parsed?.password);
  for (const [name, value] of parsed?.searchParams ?? []) if (/pass|secret|key/i.test(name)) add(value);
  add(/\/\/[^:/?#]*:(.*)@/s.exec(url)?.[1]);
  add(/[?&]password=([^&#]*)/i.exec(url)?.[1]);
  add(process.env.PGPASSWORD);
  const redact = (text: string) =>
    [url, ...[...secrets].sort((a, b) => b.length - a.length)].reduce(
      (message, secret) => message.replaceAll(secret, secret === url ? shown : '…'),
      text,
    );
  return (error) => {
    const { code, message = String(error), name } = error as NodeJS.ErrnoException;
    const isOwn = error instanceof TypeError || error instanceof RangeError || message.startsWith('Cannot ');
    if (isOwn && redact(message) === message) return error as Error;
    // An error of several addresses has no message of its own.
    const inner = (error as AggregateError).errors?.map((one: Error) => one.message).join(', ');
    const told = redact(message || inner || code || name);
    const cause = Object.assign(new Error(told), { code, name });
    const hint = explainCode(code, told);
    const lost = hint === undefined && LOST.test(`${code} ${told}`);
    const more = lost
      ? '; the connection was lost: what was not told as stored is not, and the next call connects again'
      : (hint ?? '');
    const sentence = `Cannot use ${shown}: ${told}${more}`;
    if (lost || UNREACHABLE.test(`${code} ${told}`)) return new DatabaseUnreachableError(sentence, cause);
    const explained = new Error(sentence, { cause });
    return code === undefined ? explained : Object.assign(explained, { code });
  };
}

function explainCode(code: string | undefined, message: string): string | undefined {
  if (code === 'ECONNREFUSED') return '; no server listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return '; the host is not known';
  if (code === '57014' || code === 'ABORT_ERR' || message === 'Query read timeout')
    return '; the statement took longer than its limit ("statementSeconds")';
  if (message.startsWith('timeout expired') || message.includes('timeout'))
    return '; the server did not answer in time ("connectSeconds")';
  if (code === '25006') return '; the database can be read only';
  if (code === '42P01')
    return '; a table of the collection is not there: bring it back from a backup, or fill a new collection';
  if (code === '42P07') return '; it is left of another collection of this name: drop it, or name another collection';
  if (code === '42501')
    return '; the owner gives the rights: "grant select" on the tables to search, also "insert, update, delete" to add texts, "grant create" on the schema for a new collection';
  if (code === '42704' && /type "(vector|halfvec)"/.test(message))
    return '; pgvector lies in a schema that is not on the search path: add it, as by ?options=-csearch_path%3Dpublic,extensions at the end of the address';
  return undefined;
}
