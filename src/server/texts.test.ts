import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryTextStore } from '../store/memory-text-store.ts';
import { DatabaseUnreachableError } from '../store/sql-connection.ts';
import { TextIndex } from '../store/text-index.ts';
import type { TextStore } from '../store/text-store.ts';
import { testEncoder } from './model.contract.ts';
import type { LogEntry } from './route.ts';
import { createServer, type Server } from './server.ts';

const encoder = testEncoder();
const texts = [
  { id: 'a', text: 'the king and the queen', metadata: { year: 1900 } },
  { id: 'b', text: 'a ship on the sea', metadata: { year: 2000 } },
  { id: 'c', text: 'unheard', metadata: {} },
];
let store: TextStore;
let index: TextIndex;
let server: Server;
beforeEach(async () => {
  store = new MemoryTextStore();
  index = await TextIndex.open(encoder, store);
  server = createServer({ models: { news: encoder }, index, limits: { maximumBodyBytes: 20_000 } });
});

async function ask(
  path: string,
  { body, method = body === undefined ? 'GET' : 'POST' }: { body?: unknown; method?: string } = {},
) {
  const init = {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  const response = await server.fetch(new Request(`http://localhost${path}`, init));
  return { status: response.status, headers: response.headers, json: await response.json() };
}

const bytes = new TextEncoder();
/** Sends lines as a stream. */
async function send(
  lines: Iterable<string> | AsyncIterable<string>,
  encode = (text: string): Uint8Array => bytes.encode(text),
) {
  const body = new ReadableStream({
    async start(controller) {
      for await (const line of lines) controller.enqueue(encode(line));
      controller.close();
    },
  });
  const headers = { 'content-type': 'application/x-ndjson' };
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
  const response = await server.fetch(new Request('http://localhost/v1/texts', init));
  const answers = (await response.text()).trim().split('\n');
  return { status: response.status, answers: answers.map((line) => JSON.parse(line)) };
}
const record = (i: number) => `${JSON.stringify({ id: `t${String(i).padStart(5, '0')}`, text: `king ${i}` })}\n`;

describe('texts', () => {
  it('are added, listed, found and deleted', async () => {
    expect((await ask('/v1/texts', { body: { texts } })).json).toEqual({
      texts: 3,
      added: 3,
      updated: 0,
      repeated: 0,
      unchanged: 0,
      withoutWords: 1,
    });
    const changed = [texts[0], { id: 'b', text: 'a ship' }];
    expect((await ask('/v1/texts', { body: { texts: changed } })).json).toMatchObject({
      added: 0,
      updated: 1,
      unchanged: 1,
    });
    expect((await ask('/v1/texts?after=a&count=1')).json).toEqual([{ id: 'b', text: 'a ship', metadata: {} }]);
    const where = encodeURIComponent('year = 1900');
    expect((await ask(`/v1/texts?where=${where}`)).json).toEqual([texts[0]]);
    const { json } = await ask('/v1/search', { body: { question: 'ship', count: 1 } });
    expect(json).toEqual(await index.search('ship', { count: 1 }));
    const all = { count: 2, hybrid: true, explain: true, snippets: true, foldDuplicates: 0.9 };
    expect((await ask('/v1/search', { body: { question: 'ship', ...all } })).json).toEqual(
      await index.search('ship', all),
    );
    const hybrid = { question: 'unheard', hybrid: true, count: 1 };
    expect((await ask('/v1/search', { body: hybrid })).json).toMatchObject([{ id: 'c' }]);
    expect((await ask('/v1/texts', { body: { ids: ['a', 'x'] }, method: 'DELETE' })).json).toEqual({ deleted: 1 });
  });

  it.each([
    ['/v1/search', { question: 'sea', where: 'year >' }, 'invalid_value', /filter/],
    ['/v1/search', { question: 'sea', where: 'year = 1; drop table texts' }, 'invalid_value', /filter/],
    ['/v1/search', { question: 'unheard' }, 'invalid_value', /does not know the word "unheard"/],
    ['/v1/search', { question: 'sea', count: 0 }, 'invalid_value', /"count" must be an integer from 1/],
    ['/v1/search', { question: 'sea', metric: 'manhattan' }, 'invalid_value', /cosine or euclidean/],
    ['/v1/texts', { texts: [texts[0], { id: 'd', text: 'a\0b' }] }, 'invalid_value', /The text of "d" holds a NUL/],
    ['/v1/texts', { texts: [texts[0], { id: '', text: 'x' }] }, 'invalid_value', /"texts\[1\].id" must be/],
    ['/v1/texts', { texts: [{ ...texts[0], metadat: {} }] }, 'unknown_field', /no field "metadat" in "texts\[0\]"/],
  ])('are not touched by a request that is wrong: %#', async (path, body, code, message) => {
    const { status, json } = await ask(path, { body });
    expect([status, json.error.code]).toEqual([400, code]);
    expect(json.error.message).toMatch(message);
    expect(await index.count()).toBe(0);
  });

  it.each([
    ['count=1e1', /"count" must be an integer from 1 to 10000, got "1e1"/],
    ['count=0x10', /"count" must be an integer/],
    ['count=', /"count" must be an integer/],
    ['count=1&count=2', /"count" must be an integer.* got an array of 2/],
    ['after=%ff', /not percent-encoded UTF-8/],
    ['after=%zz', /not percent-encoded UTF-8/],
    ['__proto__=1', /no parameter "__proto__"/],
  ])('are not listed by a query that is wrong: %s', async (query, message) => {
    const { status, json } = await ask(`/v1/texts?${query}`);
    expect([status, json.error.message]).toEqual([400, expect.stringMatching(message)]);
  });

  it('notes a word that the model does not know', async () => {
    await ask('/v1/texts', { body: { texts } });
    for (const hybrid of [false, true]) {
      const { headers } = await ask('/v1/search', { body: { question: 'sea kign', hybrid } });
      expect(decodeURIComponent(headers.get('x-wordkin-note')!)).toContain('nearest spelling of "kign" is "king"');
    }
  });

  it.each([
    ['year = "1900"', [], /field "year" of "where" holds numbers, and "1900" is none of it: leave out the quotes/],
    ['yaer = 1900', [], /no text has the field "yaer" of "where"; did you mean "year"\?/],
    ['year != "1900"', ['a', 'b', 'c'], /leave out the quotes/],
    ['year = 1900 or yaer = 2000', ['a'], /no text has the field "yaer"/],
    ['year = 1900', ['a'], /^$/],
    ['year = 1800', [], /^$/],
  ])('notes what is wrong with a condition: %s', async (where, ids, note) => {
    await ask('/v1/texts', { body: { texts } });
    for (const { headers, json } of [
      await ask(`/v1/texts?where=${encodeURIComponent(where)}`),
      await ask('/v1/search', { body: { question: 'king sea', hybrid: true, where } }),
    ]) {
      expect(decodeURIComponent(headers.get('x-wordkin-note') ?? '')).toMatch(note);
      expect(ids).toEqual(expect.arrayContaining(json.map(({ id }: { id: string }) => id)));
      expect(json.length > 0).toBe(ids.length > 0);
    }
  });

  it('keep all fields of metadata, whatever their names are', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = '{"texts":[{"id":"a","text":"king","metadata":{"__proto__":5,"constructor":{"__proto__":6},"":7}}]}';
    await server.fetch(new Request('http://localhost/v1/texts', { method: 'POST', headers, body }));
    expect(JSON.stringify((await index.list())[0].metadata)).toBe('{"__proto__":5,"constructor":{"__proto__":6},"":7}');
    const { status, json } = await ask('/v1/texts', { body: { texts: [{ id: 'b', text: 'king', metadata: [1] }] } });
    expect([status, json.error.message]).toEqual([
      400,
      expect.stringMatching(/metadata" must be an object, got an array/),
    ]);
  });

  it('keep whole numbers apart that a JavaScript number cannot, as text, alone and in lines', async () => {
    const line = (id: string, number: string) =>
      `{"id":"${id}","text":"king","metadata":{"n":${number},"m":[${number}]}}`;
    const headers = { 'content-type': 'application/json' };
    const body = `{"texts":[${line('a', '9007199254740993')},${line('b', '12')}]}`;
    const added = await server.fetch(new Request('http://localhost/v1/texts', { method: 'POST', headers, body }));
    expect(added.status).toBe(200);
    await send([`${line('c', '-9007199254740995')}\n`]);
    expect((await index.list()).map(({ metadata }) => metadata)).toEqual([
      { n: '9007199254740993', m: ['9007199254740993'] },
      { n: 12, m: [12] },
      { n: '-9007199254740995', m: ['-9007199254740995'] },
    ]);
  });

  it('need a store', async () => {
    server = createServer({ models: { news: encoder } });
    expect(await ask('/v1/search', { body: { question: 'sea' } })).toMatchObject({
      status: 409,
      json: { error: { code: 'no_store' } },
    });
  });
});

describe('a store that fails', () => {
  it.each([
    ['cannot be reached', new DatabaseUnreachableError('Cannot use db: nobody listens'), 503, 'database_unreachable'],
    ['has a fault', new Error('a text of a user'), 500, 'internal_error'],
  ])('%s: the client is told by status and code, the log why', async (_, failure, status, code) => {
    const entries: LogEntry[] = [];
    server = createServer({ models: { news: encoder }, index, log: (entry) => entries.push(entry) });
    vi.spyOn(store, 'searchVectors').mockRejectedValue(failure);
    vi.spyOn(store, 'put').mockRejectedValue(failure);
    const searched = await ask('/v1/search', { body: { question: 'ship' } });
    expect([searched.status, searched.json.error.code]).toEqual([status, code]);
    const sent = await send([record(1), record(2)]);
    expect(sent.answers.at(-1).error.code).toBe(code);
    expect(entries.map(({ error }) => error)).toEqual([code, code]);
    const isReason = failure instanceof DatabaseUnreachableError;
    for (const { fault } of entries) expect(fault).toMatch(isReason ? /^Cannot use db: nobody listens$/ : /^Error at /);
    for (const told of [searched.json, sent.answers]) expect(JSON.stringify(told)).not.toMatch(/Cannot use|of a user/);
  });
});

describe('lines of texts', () => {
  it('are answered by what is durable', async () => {
    const { status, answers } = await send(Array.from({ length: 1203 }, (_, i) => record(i)));
    expect(status).toBe(200);
    expect(answers.map((line) => line.texts)).toEqual([500, 1000, 1203, 1203]);
    expect(answers.at(-1)).toEqual({
      texts: 1203,
      added: 1203,
      updated: 0,
      repeated: 0,
      unchanged: 0,
      withoutWords: 0,
      done: true,
    });
    expect(await index.count()).toBe(1203);
  });

  it('may be cut anywhere, end without a line feed, and hold empty ones', async () => {
    const text = `${record(1)}\r\n\n${JSON.stringify({ id: '水', text: '水 king' })}`;
    const pieces = bytes.encode(text);
    const body = new ReadableStream({
      start(controller) {
        for (const byte of pieces) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/jsonl' },
      body,
      duplex: 'half',
    } as RequestInit;
    const response = await server.fetch(new Request('http://localhost/v1/texts', init));
    expect(await response.text()).toContain('"done":true');
    expect((await index.list()).map(({ id }) => id)).toEqual(['t00001', '水']);
  });

  it('are kept up to one that is wrong', async () => {
    const first = await send(['{"id": 1}\n', record(1)]);
    expect([first.status, first.answers[0].error.message]).toEqual([
      400,
      expect.stringMatching(/^Cannot read line 1: "id" must be a text/),
    ]);
    const many = Array.from({ length: 700 }, (_, i) => record(i));
    const { status, answers } = await send([...many, '{"id"', '\n', record(800)]);
    expect(status).toBe(200);
    expect(answers.at(-1)).toMatchObject({
      texts: 700,
      error: { code: 'invalid_json', message: expect.stringContaining('line 701') },
    });
    expect(await index.count()).toBe(700);
    const latin = await send([record(1), '{"id":"x","text":"Fl\xfcsse"}\n'], (text) => Buffer.from(text, 'latin1'));
    expect(latin.answers.at(-1).error.message).toBe('Cannot read line 2: The line is not UTF-8');
    const long = await send([record(1), `{"id":"x","text":"${'y'.repeat(30_000)}"}`]);
    expect(long.answers.at(-1).error.code).toBe('body_too_large');
  });

  it('are waited for no longer than a request may take', async () => {
    async function* slow() {
      yield record(1);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      yield record(2);
    }
    server = createServer({ models: { news: encoder }, index, limits: { timeoutMs: 300 } });
    const { answers } = await send(slow());
    expect(answers.at(-1)).toMatchObject({ texts: 1, error: { code: 'body_timeout' } });
    expect(await index.count()).toBe(1);
  });
});
