import { serve } from '@hono/node-server';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shortNumber } from '../math/short-number.ts';
import { normalized, vectorNorm } from '../math/vector-operations.ts';
import { testEncoder } from './model.contract.ts';
import type { LogEntry } from './route.ts';
import { createServer, type ServerOptions } from './server.ts';

const encoder = testEncoder();
const log: LogEntry[] = [];
const open = (options: Partial<ServerOptions> = {}) =>
  createServer({ models: { news: encoder, small: testEncoder(4) }, log: (entry) => log.push(entry), ...options });
const server = open();
const vector = (text: string) => encoder.encode(text).vector;
const short = (values: Iterable<number>) => Array.from(values, (value) => Number(shortNumber(value)));

/** Sends JSON, or another body as it is. */
async function ask(path: string, body?: unknown, { to = server, ...init }: RequestInit & { to?: typeof server } = {}) {
  const request = new Request(`http://localhost${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...init,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...init.headers },
  });
  const response = await to.fetch(request);
  const text = await response.text();
  const isJson = text !== '' && response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

describe('POST /v1/embeddings', () => {
  it('gives the vectors of the encoder, normalised, by numbers and by bytes', async () => {
    const input = ['the king', 'bread and peace', 'nothing known here'];
    const { json, headers } = await ask('/v1/embeddings', { model: 'news', input });
    expect(json).toEqual({
      object: 'list',
      data: input.map((text, index) => ({ object: 'embedding', index, embedding: short(normalized(vector(text))) })),
      model: 'news',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    });
    expect(decodeURIComponent(headers.get('x-wordkin-note')!)).toBe(
      '1 of 3 texts holds no word of the model; without one, a vector is all zeros',
    );
    const bytes = (await ask('/v1/embeddings', { model: 'news', input, encoding_format: 'base64' })).json;
    const decoded = bytes.data.map(({ embedding }: { embedding: string }) => {
      const { buffer } = Uint8Array.from(Buffer.from(embedding, 'base64'));
      return new Float32Array(buffer);
    });
    expect(decoded).toEqual(input.map((text) => normalized(vector(text))));
    expect(vectorNorm(decoded[0])).toBeCloseTo(1, 6);
  });

  it('takes the first dimensions', async () => {
    const { json } = await ask('/v1/embeddings', { model: 'news', input: 'the king', dimensions: 4 });
    const { embedding } = json.data[0];
    expect(embedding).toEqual(short(normalized(vector('the king').subarray(0, 4))));
    expect(vectorNorm(embedding)).toBeCloseTo(1, 6);
  });

  it('takes null for what is left out', async () => {
    const [nulls, none] = await Promise.all(
      [{ dimensions: null, encoding_format: null, user: null }, {}].map((fields) =>
        ask('/v1/embeddings', { model: 'news', input: 'king', ...fields }),
      ),
    );
    expect([nulls.status, nulls.json]).toEqual([200, none.json]);
  });

  const good = { model: 'news', input: 'king' };
  it.each([
    ['{"model": "news", ', 400, 'invalid_json', null, /^The body is not JSON/],
    ['[]', 400, 'invalid_type', null, /must be a JSON object, got an array of 0/],
    [{ model: 'news' }, 400, 'missing', 'input', /^"input" must be a text or an array of texts; it is missing/],
    [{ ...good, input: '' }, 400, 'invalid_value', 'input', /^"input" must be a text that is not empty, got ""/],
    [{ ...good, input: [] }, 400, 'invalid_value', 'input', /must hold a text at least/],
    [{ ...good, input: ['king', ''] }, 400, 'invalid_value', 'input', /^"input\[1\]" must be a text that is not empty/],
    [{ ...good, input: [1, 2] }, 400, 'invalid_value', 'input', /token ids are of another tokenizer/],
    [{ ...good, input: [[1, 2]] }, 400, 'invalid_value', 'input', /token ids are of another tokenizer/],
    [{ ...good, input: ['king', null] }, 400, 'invalid_value', 'input', /its element 1 is null/],
    [{ ...good, input: [['king']] }, 400, 'invalid_value', 'input', /its element 0 is an array of 1/],
    [{ ...good, input: { a: 1 } }, 400, 'invalid_value', 'input', /must be a text or an array of texts, got an object/],
    [
      { ...good, input: Array(10_000).fill('king') },
      400,
      'invalid_value',
      'input',
      /2048 texts at most, got an array of 10000/,
    ],
    [{ ...good, input: 'a\0b' }, 400, 'invalid_value', 'input', /NUL/],
    ['{"model":"news","input":"\\ud800"}', 400, 'invalid_value', 'input', /surrogate/],
    [
      { ...good, input: 'king '.repeat(8193) },
      400,
      'context_length_exceeded',
      null,
      /Text 0 has 8193 tokens, at most 8192/,
    ],
    [
      { ...good, input: Array(40).fill('king '.repeat(8000)) },
      400,
      'context_length_exceeded',
      null,
      /320000 tokens, at most 300000/,
    ],
    [{ ...good, dimensions: 0 }, 400, 'invalid_value', 'dimensions', /integer from 1 to 65536, got 0/],
    [
      { ...good, dimensions: 11 },
      400,
      'invalid_value',
      'dimensions',
      /from 1 to 10, as the model "news" has them, got 11/,
    ],
    [{ ...good, dimensions: 2.5 }, 400, 'invalid_value', 'dimensions', /must be an integer/],
    [{ ...good, encoding_format: 'hex' }, 400, 'invalid_value', 'encoding_format', /float or base64, got "hex"/],
    [{ ...good, dimension: 3 }, 400, 'unknown_field', 'dimension', /did you mean "dimensions"\?/],
    [
      { ...good, model: 'gpt' },
      404,
      'model_not_found',
      'model',
      /The model "gpt" is not served here; there is news, small/,
    ],
    [{ ...good, input: 'x'.repeat(5_000_000) }, 413, 'body_too_large', null, /longer than 4194304 bytes/],
  ])('refuses a request that is wrong: %#', async (body, status, code, param, message) => {
    const { json, ...answer } = await ask('/v1/embeddings', body);
    expect(answer.status).toBe(status);
    expect(json).toEqual({
      error: { message: expect.stringMatching(message), type: 'invalid_request_error', param, code },
    });
  });

  it('refuses a body that is no JSON by its type, so that no form of a foreign page can send it', async () => {
    const { status, json } = await ask('/v1/embeddings', good, { headers: { 'content-type': 'text/plain' } });
    expect([status, json.error.code]).toEqual([415, 'unsupported_media_type']);
  });

  it('refuses a body that is compressed', async () => {
    for (const [encoding, status] of [
      ['gzip', 415],
      ['identity', 200],
    ] as const)
      expect((await ask('/v1/embeddings', good, { headers: { 'content-encoding': encoding } })).status).toBe(status);
  });

  it('refuses what is no UTF-8', async () => {
    const body = Uint8Array.from('{"model":"news","input":"Flu\xdf"}', (letter) => letter.charCodeAt(0));
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const response = await server.fetch(new Request('http://localhost/v1/embeddings', init));
    expect([response.status, (await response.json()).error.message]).toEqual([400, 'The body is not UTF-8']);
  });

  it('counts a body whose length is not told', async () => {
    const stream = (byteLength: number) =>
      new ReadableStream({
        start(controller) {
          for (let at = 0; at < byteLength; at += 1 << 16) controller.enqueue(new Uint8Array(1 << 16).fill(32));
          controller.enqueue(new TextEncoder().encode(JSON.stringify(good)));
          controller.close();
        },
      });
    const send = async (byteLength: number) => {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: stream(byteLength), duplex: 'half' } as RequestInit;
      return (await server.fetch(new Request('http://localhost/v1/embeddings', init))).status;
    };
    expect(await send(1 << 20)).toBe(200);
    expect(await send(5 << 20)).toBe(413);
  });
});

describe('the other routes of clients', () => {
  it('tell the models', async () => {
    const { json } = await ask('/v1/models');
    expect(json).toMatchObject({ object: 'list', data: [{ id: 'news' }, { id: 'small' }] });
    expect((await ask('/v1/models/small')).json).toEqual({ ...json.data[1], object: 'model', owned_by: 'wordkin' });
    expect((await ask('/v1/models/large')).status).toBe(404);
  });

  it('answer as text-embeddings-inference does', async () => {
    expect((await ask('/embed', { inputs: ['the king', 'sea'], normalize: false })).json).toEqual(
      ['the king', 'sea'].map((text) => short(vector(text))),
    );
    expect((await ask('/embed', { inputs: 'sea', normalize: false, dimensions: 3 })).json).toEqual([
      short(vector('sea').subarray(0, 3)),
    ]);
    expect((await ask('/embed', { inputs: 'sea' })).json).toEqual([short(normalized(vector('sea')))]);
    expect(await ask('/embed', { inputs: 3 })).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining('"inputs" must be'), error_type: 'validation' },
    });
    expect((await ask('/info')).json).toMatchObject({ model_id: 'news', max_client_batch_size: 2048 });
  });
});

describe('the server', () => {
  it.each([
    [undefined, /Options must be an object/],
    [{}, '"models" must hold at least one model'],
    [{ models: { a: encoder.model } }, /"encoder" must be a sentence encoder, .* got an EmbeddingModel/],
    [{ models: { a: encoder }, apikeys: ['x'] }, 'There is no option "apikeys"; did you mean "apiKeys"?'],
    [{ models: { a: encoder }, apiKeys: 'x' }, '"apiKeys" must be an array of strings, got "x"'],
    [{ models: { a: encoder }, index: encoder }, /"index" must be a TextIndex/],
  ])('is not made of %o', (options, message) => {
    expect(() => createServer(options as unknown as ServerOptions)).toThrow(message);
  });

  it('says what there is not, and how it is asked for', async () => {
    expect(await ask('/v2/embeddings')).toMatchObject({ status: 404, json: { error: { code: 'route_not_found' } } });
    for (const path of ['/embeddings', '/v1/v1/embeddings', '//v1/embeddings/', '/openai/deployments/a/embeddings'])
      expect((await ask(path)).json.error.message).toContain('did you mean /v1/embeddings?');
    expect((await ask('/')).json.error.message).toBe('There is nothing here; /docs tells what there is');
    const { status, headers, json } = await ask('/v1/embeddings');
    expect([status, headers.get('allow'), json.error.code]).toEqual([405, 'POST', 'method_not_allowed']);
    for (const method of ['PROPFIND', 'HEAD', 'constructor'])
      expect((await ask('/v1/embeddings', undefined, { method })).status).toBe(405);
    expect(await ask('/v1/models', undefined, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('refuses a body where it reads none', async () => {
    const { status, json } = await ask('/v1/models', undefined, { headers: { 'content-length': '5' } });
    expect([status, json.error.code]).toEqual([400, 'unexpected_body']);
    expect((await ask('/v1/models', undefined, { headers: { 'content-length': '0' } })).status).toBe(200);
  });

  it('describes every parameter of a query', async () => {
    const { json } = await ask('/openapi.json');
    const { parameters } = json.paths['/v1/texts'].get;
    expect(parameters).toEqual([
      expect.objectContaining({ name: 'after', in: 'query', required: false, schema: expect.any(Object) }),
      expect.objectContaining({ name: 'count', schema: { type: 'integer', minimum: 1, maximum: 10_000 } }),
      expect.objectContaining({ name: 'where', description: expect.stringContaining('lang = "zh"') }),
    ]);
    expect((await ask('/docs')).text).toContain('data-name="where" data-in="query"');
  });

  it('finds a model whatever its name is', async () => {
    const name = 'ours/news 新%20#?';
    const to = open({ models: { [name]: encoder } });
    const { json } = await ask(`/v1/models/${encodeURIComponent(name)}`, undefined, { to });
    expect(json.id).toBe(name);
    for (const other of ['100%', '%ff', '__proto__'])
      expect((await ask(`/v1/models/${other}`, undefined, { to })).json.error.param).toBe('model');
  });

  it('asks for a key', async () => {
    const keyed = open({ apiKeys: ['first-key', 'second-key'] });
    const send = async (path: string, authorization?: string) =>
      (await ask(path, undefined, { to: keyed, headers: authorization === undefined ? {} : { authorization } })).status;
    expect(await send('/v1/models')).toBe(401);
    expect(await send('/v1/models', 'Bearer second-kez')).toBe(401);
    expect(await send('/v1/models', 'Bearer second-key-')).toBe(401);
    expect(await send('/v1/models', 'Bearer ')).toBe(401);
    expect(await send('/v1/models', 'Bearer second-key')).toBe(200);
    expect(await send('/metrics')).toBe(401);
    for (const path of ['/health', '/ready', '/docs', '/openapi.json']) expect(await send(path)).toBe(200);
    keyed.setApiKeys(['third-key']);
    expect(await send('/v1/models', 'Bearer second-key')).toBe(401);
    expect(await send('/v1/models', 'Bearer third-key')).toBe(200);
    expect(() => open({ apiKeys: [] })).toThrow(RangeError);
  });

  it('lets pages of other origins read nothing, unless they are named', async () => {
    const headers = { origin: 'https://page.example', 'access-control-request-method': 'POST' };
    const allowed = 'access-control-allow-origin';
    for (const [to, origin] of [
      [server, null],
      [open({ corsOrigins: ['https://other.example'] }), null],
      [open({ corsOrigins: ['https://page.example'] }), 'https://page.example'],
    ] as const) {
      expect((await ask('/v1/models', undefined, { to, headers })).headers.get(allowed)).toBe(origin);
      const preflight = await ask('/v1/embeddings', undefined, { to, method: 'OPTIONS', headers });
      expect([preflight.status, preflight.headers.get(allowed)]).toEqual([origin ? 204 : 405, origin]);
    }
  });

  it.each([
    ['*', true],
    ['https://page.example', true],
    ['http://localhost:8080', true],
    ['chrome-extension://abcdef', true],
    ['https://page.example/', false],
    ['https://page.example:443', false],
    ['https://Page.example', false],
    ['page.example', false],
    ['null', false],
    ['', false],
  ])('takes %j as an origin: %s', (origin, isOne) => {
    const make = () => open({ corsOrigins: [origin] });
    if (isOne) expect(make).not.toThrow();
    else expect(make).toThrow('"corsOrigins" must hold origins such as https://example.org');
  });

  it('answers to its own names only', async () => {
    const to = open({ hosts: ['localhost', '[::1]'] });
    const send = async (url: string) => (await to.fetch(new Request(url))).status;
    expect(await send('http://localhost:8080/v1/models')).toBe(200);
    expect(await send('http://[::1]:8080/v1/models')).toBe(200);
    expect(await send('http://evil.example:8080/v1/models')).toBe(403);
    expect(await send('http://evil.example/localhost')).toBe(403);
    expect(await send('http://evil.example:8080/health')).toBe(403);
  });

  it('logs no text and no key, and counts', async () => {
    log.length = 0;
    const to = open({ apiKeys: ['secret-key'] });
    const headers = { authorization: 'Bearer secret-key' };
    await ask('/v1/embeddings?secret=1', { model: 'news', input: 'secret king' }, { to, headers });
    await ask('/v1/embeddings', { model: 'secret', input: 'secret' }, { to, headers });
    expect(log).toMatchObject([
      { method: 'POST', route: '/v1/embeddings', status: 200, texts: 1, tokens: 2 },
      { status: 404, error: 'model_not_found' },
    ]);
    expect(JSON.stringify(log)).not.toContain('secret');
    const { text } = await ask('/metrics', undefined, { to, headers });
    expect(text).toContain('wordkin_requests_total{method="POST",route="/v1/embeddings",status="200"} 1\n');
    expect(text).toContain('wordkin_request_seconds_count{method="POST",route="/v1/embeddings"} 2\n');
    expect(text).toContain('wordkin_tokens_total 2\n');
    expect(text).not.toContain('secret');
  });

  it('refuses what is too much, and is as before when that is over', async () => {
    const to = open({ limits: { maximumRequests: 2, timeoutMs: 50 } });
    const slow = () => {
      const body = new ReadableStream({ pull: () => new Promise(() => {}) });
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        duplex: 'half',
      } as RequestInit;
      return to.fetch(new Request('http://localhost/v1/embeddings', init));
    };
    const held = [slow(), slow()];
    const { status, headers, json } = await ask('/v1/models', undefined, { to });
    expect([status, headers.get('retry-after'), json.error.code]).toEqual([503, '1', 'overloaded']);
    expect((await ask('/health', undefined, { to })).status).toBe(200);
    for (const response of held) expect((await response).status).toBe(408);
    expect((await ask('/v1/models', undefined, { to })).status).toBe(200);
  });

  it('answers what is in work when it is closed, and nothing new', async () => {
    const to = open();
    let send: (() => void) | undefined;
    const body = new ReadableStream({
      start(controller) {
        send = () => {
          controller.enqueue(new TextEncoder().encode(JSON.stringify({ model: 'news', input: 'king' })));
          controller.close();
        };
      },
    });
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit;
    const working = to.fetch(new Request('http://localhost/v1/embeddings', init));
    const closed = to.close();
    expect(await ask('/v1/models', undefined, { to })).toMatchObject({
      status: 503,
      json: { error: { code: 'stopping' } },
    });
    expect((await ask('/ready', undefined, { to })).status).toBe(503);
    send?.();
    expect((await working).status).toBe(200);
    await closed;
  });
});

describe('the openai client', () => {
  let listener: ReturnType<typeof serve>;
  let client: OpenAI;
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      listener = serve(
        { fetch: server.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
        ({ port }) => {
          client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'any', maxRetries: 0 });
          resolve();
        },
      );
    });
  });
  afterAll(() => void listener.close());

  it('gets the vectors of the encoder', async () => {
    const input = ['the king', 'sea'];
    const bytes = await client.embeddings.create({ model: 'news', input });
    expect(bytes.data.map(({ embedding }) => embedding)).toEqual(input.map((text) => [...normalized(vector(text))]));
    expect(bytes.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    const numbers = await client.embeddings.create({ model: 'news', input, encoding_format: 'float' });
    expect(numbers.data.map(({ embedding }) => embedding)).toEqual(
      input.map((text) => short(normalized(vector(text)))),
    );
    const { data } = await client.embeddings.create({ model: 'news', input: 'sea', dimensions: 3 });
    expect(data[0].embedding).toEqual([...normalized(vector('sea').subarray(0, 3))]);
  });

  it('gets errors as those of OpenAI', async () => {
    await expect(client.embeddings.create({ model: 'gpt', input: 'x' })).rejects.toThrow(OpenAI.NotFoundError);
    await expect(client.embeddings.create({ model: 'news', input: [] })).rejects.toMatchObject({
      constructor: OpenAI.BadRequestError,
      message: expect.stringContaining('"input" must hold a text at least'),
      param: 'input',
    });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['news', 'small']);
  });
});
