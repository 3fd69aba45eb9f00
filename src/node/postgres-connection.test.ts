import { createServer, type Server, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DatabaseUnreachableError } from '../store/sql-connection.ts';
import { connectPostgres, shownDatabase } from './postgres-connection.ts';

const servers: Server[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
});

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.on('close', () => sockets.forEach((socket) => socket.destroy()));
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as { port: number }).port;
}

const message = (type: string, ...parts: (string | Buffer)[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.from(`${type}0000`);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const READY = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', 'I')]);

/** A server that lets everybody in, answers `set`, and then does what it is told with the first real statement. */
function answering(onStatement: (socket: Socket) => void) {
  return listen((socket) => {
    let begun = false;
    socket.on('data', (data) => {
      if (!begun) socket.write(READY);
      else if (data.toString('latin1').includes('statement_timeout'))
        socket.write(Buffer.concat([message('C', 'SET\0'), message('Z', 'I')]));
      else onStatement(socket);
      begun = true;
    });
  });
}

const failure = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason) => reason as Error,
  );
  expect(error).toBeInstanceOf(Error);
  return error!;
};

describe('connectPostgres', () => {
  it('keeps no result after it was given', async () => {
    const none = Buffer.concat([message('C', 'SELECT 0\0'), message('Z', 'I')]);
    const port = await answering((socket) => socket.write(none));
    const connection = await connectPostgres(`postgres://u@127.0.0.1:${port}/d`);
    const ask = async () => new WeakRef(await connection.query('select'));
    const results = [await ask(), await ask(), await ask()];
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await vi.waitFor(() => {
      collect();
      expect(results[0].deref()).toBeUndefined();
    });
    await connection.close();
  });

  it('takes connect_timeout of the URL, as whole seconds', async () => {
    const port = await listen(() => {});
    const connection = await connectPostgres(`postgres://u@127.0.0.1:${port}/d?connect_timeout=1`); // 1 means 2
    const begin = performance.now();
    expect((await failure(connection.query('select 1'))).message).toMatch('did not answer in time');
    expect(performance.now() - begin).toBeLessThan(15_000); // the limit without it
    await connection.close();
    const wrong = connectPostgres(`postgres://u@127.0.0.1:${port}/d?connect_timeout=soon`);
    expect((await failure(wrong)).message).toBe(
      '"connect_timeout" of the URL must be a whole number of seconds, got "soon"',
    );
  });

  it('gives up a server that says nothing when it is connected to', async () => {
    const port = await listen(() => {});
    const connection = await connectPostgres(`postgres://u@127.0.0.1:${port}/d`, { connectSeconds: 0.2 });
    const { message: said } = await failure(connection.query('select 1'));
    expect(said).toMatch(
      /^Cannot use postgres:\/\/u@127\.0\.0\.1:\d+\/d: .*did not answer in time \("connectSeconds"\)/,
    );
    await connection.close();
  });

  it('gives up a statement, and a copy, that is not answered', async () => {
    const port = await answering(() => {});
    const connection = await connectPostgres(`postgres://u@127.0.0.1:${port}/d`, { statementSeconds: 0.2 });
    const begin = performance.now();
    const [query, copy, transaction] = await Promise.all([
      failure(connection.query('select 1')),
      failure(connection.fill({ before: [], table: 't', rows: new Uint8Array(5), after: [] })),
      failure(connection.transaction((inner) => inner.query('select 1'))),
    ]);
    for (const error of [query, copy, transaction]) expect(error.message).toMatch(/"statementSeconds"/);
    expect(performance.now() - begin).toBeLessThan(100_000); // if omitted, it is 120 s
    await connection.close();
  });

  it.each([
    [
      '42501',
      'permission denied for table wordkin_collections',
      /; the owner gives the rights: "grant select" on the tables/,
    ],
    [
      '42704',
      'type "vector" does not exist',
      /; pgvector lies in a schema that is not on the search path: add it, as by \?options=/,
    ],
    ['42704', 'collation "x" does not exist', /does not exist$/],
    ['42P01', 'relation "wordkin_x" does not exist', /; a table of the collection is not there: bring it back/],
    ['42P07', 'relation "wordkin_x" already exists', /; it is left of another collection of this name: drop it/],
  ])('says what to do about %s, %s', async (code, text, told) => {
    const fields = `SERROR\0C${code}\0M${text}\0\0`;
    const port = await answering((socket) => socket.write(Buffer.concat([message('E', fields), message('Z', 'I')])));
    const connection = await connectPostgres(`postgres://u@127.0.0.1:${port}/d`);
    const error = await failure(connection.query('select 1'));
    expect(error.message).toMatch(told);
    expect(error.message).toContain(`/d: ${text}`);
    expect((error as NodeJS.ErrnoException).code).toBe(code);
    await connection.close();
  });

  it('gives up all that runs and all that follows by a signal', async () => {
    const port = await answering(() => {});
    const silent = await listen(() => {});
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [];
    for (const at of [port, silent]) {
      const connection = await connectPostgres(`postgres://u@127.0.0.1:${at}/d`, { signal });
      calls.push(
        failure(connection.query('select 1')),
        failure(connection.fill({ before: [], table: 't', rows: new Uint8Array(5), after: [] })),
      );
    }
    setTimeout(() => controller.abort(new Error('no more')), 100);
    for (const { message: said } of await Promise.all(calls)) expect(said).toBe('no more');
    expect((await failure(connectPostgres('postgres://u@127.0.0.1:1/d', { signal }))).message).toBe('no more');
  });

  it('rejects what runs on a connection that is cut, does not end the program, and connects again', async () => {
    let connections = 0;
    let cut = true;
    const port = await answering((socket) => {
      connections++;
      if (cut) socket.destroy();
      else socket.write(Buffer.concat([message('C', 'SELECT 0\0'), message('Z', 'I')]));
    });
    const connection = await connectPostgres(`postgres://u@127.0.0.1:${port}/d`);
    const errors = await Promise.all(Array.from({ length: 50 }, () => failure(connection.query('select 1'))));
    for (const error of errors) {
      expect(error).toBeInstanceOf(DatabaseUnreachableError);
      expect(error.message).toMatch(/the connection was lost: .* and the next call connects again/);
    }
    expect(connections).toBeGreaterThan(40);
    cut = false;
    await expect(connection.transaction(async () => 'done')).resolves.toBe('done');
    await connection.close();
  });

  it.each([
    ['ends the connection at once', (socket: Socket) => socket.destroy()],
    [
      'ends it behind the first statement',
      (socket: Socket) => socket.once('data', () => socket.destroy()).write(READY),
    ],
    ['is none of PostgreSQL', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['resets it', (socket: Socket) => socket.resetAndDestroy()],
  ])('rejects with a sentence where the server %s', async (_, act) => {
    const port = await listen((socket) => socket.once('data', () => act(socket)));
    const connection = await connectPostgres(`postgres://u@127.0.0.1:${port}/d`, { connectSeconds: 2 });
    for (let i = 0; i < 3; i++)
      expect((await failure(connection.query('select 1'))).message).toMatch(/^Cannot use postgres:\/\/u@127.*: .{10}/);
    await connection.close();
  });

  it.each([
    'postgres://bob:geheim@127.0.0.1:1/texts',
    'POSTGRES://bob:geheim@127.0.0.1:1/texts',
    'postgres://bob:%67eheim@127.0.0.1:1/texts',
    'postgres://bob@127.0.0.1:1/texts?password=geheim',
    'postgres://bob@127.0.0.1:1/texts?sslmode=disable&password=%67eheim',
    'postgres://127.0.0.1:1/texts?user=bob&password=geheim#x',
    'postgres://bob:geheim@/texts?host=/nowhere',
    'postgres://bob:ge/heim@127.0.0.1:1/texts',
    'postgres://bob:1/geheim@127.0.0.1:1/texts',
    'postgres://bob:1#geheim@127.0.0.1:1/texts',
    'postgres://bob:1?geheim@127.0.0.1:1/texts',
    'postgres://bob:a@geheim@127.0.0.1:1/texts',
    'postgres://bob:geheim@nowhere.invalid/texts',
    'postgres://bob:geheim@127.0.0.1:99999/texts',
    'postgres://bob:geheim@[::1/texts',
    'postgres://bob:ge heim %zz@127.0.0.1:1/texts',
  ])('tells no password: %s', async (url) => {
    vi.stubEnv('PGPASSWORD', 'geheim');
    const work = async () => {
      const connection = await connectPostgres(url, { connectSeconds: 2 });
      await connection.query('select 1').finally(() => connection.close());
    };
    const all = [shownDatabase(url)];
    for (let error: unknown = await failure(work()); error instanceof Error; error = error.cause)
      all.push(error.message, error.stack ?? '', JSON.stringify(error));
    for (const said of all) expect(said).not.toMatch(/geheim|ge heim|eheim/);
  });

  it.each(['postgres://u@127.0.0.1:1/d', 'postgres://u@nowhere.invalid/d', 'postgres://u@/d?host=/nowhere'])(
    'tells by the class of the error that nobody answers: %s',
    async (url) => {
      const connection = await connectPostgres(url, { connectSeconds: 2 });
      expect(await failure(connection.query('select 1'))).toBeInstanceOf(DatabaseUnreachableError);
      await connection.close();
    },
  );

  it('tells no password that the driver or the server repeats', async () => {
    const port = await listen((socket) => {
      socket.on('data', () => socket.write(message('E', 'SFATAL\0C28P01\0Mwrong: geheim or ge%68eim\0\0')));
    });
    vi.stubEnv('PGPASSWORD', 'geheim');
    const connection = await connectPostgres(`postgres://u:ge%68eim@127.0.0.1:${port}/d`);
    const error = await failure(connection.query('select 1'));
    expect(error.message).toContain('wrong: … or …');
    expect(error).not.toBeInstanceOf(DatabaseUnreachableError);
    expect((error.cause as Error).message).not.toContain('geheim');
    await connection.close();
  });

  it.each([0, -1, Number.NaN, Infinity])('refuses a limit of %d', async (connectSeconds) => {
    await expect(connectPostgres('postgres://127.0.0.1:1/x', { connectSeconds })).rejects.toThrow(/"connectSeconds"/);
  });
});

it.each([
  ['texts.db', 'texts.db'],
  ['postgres://localhost/texts', 'postgres://localhost/texts'],
  ['postgres://bob@host:5433/texts?sslmode=require', 'postgres://bob@host:5433/texts'],
  ['postgres://bob:x@host/texts', 'postgres://bob:…@host/texts'],
  ['mysql://bob:x@host/texts', 'mysql://bob:…@host/texts'],
  ['postgres://bob:x/y@host/texts', 'postgres://…'],
])('shownDatabase: %s as %s', (database, shown) => expect(shownDatabase(database)).toBe(shown));
