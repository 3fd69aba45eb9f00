// `wordkin serve` and `wordkin mcp` as users run them, asked by the clients that they use.
import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { OpenAIEmbeddings } from '@langchain/openai';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { embedMany } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSentenceEncoder, loadModel, type SentenceEncoder, saveModel, shrinkModel } from 'wordkin';
import { normalized } from '../dist/math/vector-operations.js';
import { type CommandResult, emptyStore, temporaryFolder, wordkin, wordkinEach, wordkinHere } from './command.ts';
import { post, type RunningServer, startServer, writeModel } from './serving.ts';

const folder = temporaryFolder();
const modelPath = join(folder, 'news.safetensors');
const texts = ['the king and the queen', 'a ship on the sea', 'unheard'];
let server: RunningServer;
let encoder: SentenceEncoder;
let embedded: number[][];
/** Those of length 1, from vectors with all digits. */
let unit: number[][];
beforeAll(async () => {
  await writeModel(modelPath);
  encoder = await createSentenceEncoder(await loadModel(modelPath));
  server = await startServer(modelPath, '--timeout', '200s', '--db', await emptyStore(join(folder, 'texts')));
  embedded = JSON.parse((await wordkinHere(['embed', modelPath, ...texts, '--json'])).stdout);
  unit = texts.map((text) => sevenDigits(normalized(encoder.encode(text).vector)));
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});

const sevenDigits = (vector: Iterable<number>) => Array.from(vector, (value) => Number(value.toPrecision(7)));

describe('clients get the vectors that wordkin embed gives, normalised', () => {
  it.each(['float', 'base64'] as const)('openai, %s', async (encoding_format) => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' });
    const { data } = await client.embeddings.create({ model: 'news', input: texts, encoding_format });
    const vectors = data.map(({ embedding }) =>
      typeof embedding === 'string'
        ? new Float32Array(Uint8Array.from(Buffer.from(embedding, 'base64')).buffer)
        : embedding,
    );
    expect(vectors.map(sevenDigits)).toEqual(unit);
    if (encoding_format === 'float') expect(vectors).toEqual(unit);
  });

  it('/embed, as they are', async () => {
    expect((await post(`${server.url}/embed`, { inputs: texts, normalize: false })).json).toEqual(embedded);
  });

  it('@langchain/openai', async () => {
    const embeddings = new OpenAIEmbeddings({
      model: 'news',
      apiKey: 'none',
      configuration: { baseURL: `${server.url}/v1` },
    });
    expect((await embeddings.embedDocuments(texts)).map(sevenDigits)).toEqual(unit);
    expect(sevenDigits(await embeddings.embedQuery(texts[1]))).toEqual(unit[1]);
  });

  it('@ai-sdk/openai-compatible', async () => {
    const provider = createOpenAICompatible({ name: 'wordkin', baseURL: `${server.url}/v1` });
    const { embeddings } = await embedMany({ model: provider.embeddingModel('news'), values: texts });
    expect(embeddings.map(sevenDigits)).toEqual(unit);
  });

  it('in batches that threads encode, in their order', async () => {
    const input = Array.from({ length: 2048 }, (_, i) =>
      texts[i % 2]
        .split(' ')
        .slice(i % 3)
        .join(' ')
        .repeat(1 + (i % 4)),
    );
    const { json } = await post(`${server.url}/v1/embeddings`, { model: 'news', input });
    expect(json.data.map((one: { index: number }) => one.index)).toEqual([...input.keys()]);
    const vectors = json.data.map((one: { embedding: number[] }) => one.embedding);
    expect(vectors).toEqual(input.map((text) => sevenDigits(normalized(encoder.encode(text).vector))));
    const long = await post(`${server.url}/v1/embeddings`, { model: 'news', input: [...texts, 'king '.repeat(9000)] });
    expect([long.status, long.json.error.message]).toEqual([400, expect.stringContaining('Text 3 has 9000 tokens')]);
  });

  it.each([
    [
      ['neighbors', modelPath, 'king', 'woman', '--minus', 'man', '--count', '3'],
      'neighbors',
      { words: ['king', 'woman'], minus: ['man'], count: 3 },
    ],
    [
      ['analogy', modelPath, 'man', 'king', 'woman', '--method', '3CosMul'],
      'analogy',
      { a: 'man', b: 'king', c: 'woman', method: '3CosMul' },
    ],
    [['similarity', modelPath, texts[0], texts[1]], 'similarity', { first: texts[0], second: texts[1] }],
    [['explain', modelPath, texts[0], texts[1]], 'explain', { first: texts[0], second: texts[1] }],
    [['context', modelPath, 'sea', '--count', '3'], 'context', { words: ['sea'], count: 3 }],
  ])('by the fields of the command %j', async (args, path, body) => {
    const { stdout } = await wordkinHere([...args, '--json']);
    expect((await post(`${server.url}/v1/${path}`, body)).json).toEqual(JSON.parse(stdout));
  });
});

describe('models under names with a slash', () => {
  const paths = [
    'a.bin',
    'b.txt',
    'c.vec',
    'd.fasttext.bin',
    'e.glove.txt',
    'f.npy',
    'g-model2vec/',
    'h-projector/',
    'i.safetensors',
  ];
  const served = paths.map((path) => [`ours/${path.replace(/\W.*/, '')}`, join(folder, path)] as const);
  let running: RunningServer;
  beforeAll(async () => {
    const model = await loadModel(modelPath);
    for (const [, path] of served)
      await saveModel(path.endsWith('i.safetensors') ? shrinkModel(model, { quantization: 'int8' }) : model, path);
    running = await startServer(...served.map(([name, path]) => `${name}=${path}`), '--threads', '1');
  });
  afterAll(async () => {
    running.child.kill('SIGTERM');
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
  });

  it.each(served)('are served, of any format, from memory that threads share: %s', async (name, path) => {
    const input = [...texts, 'king '.repeat(3000)];
    const { json } = await post(`${running.url}/v1/embeddings`, { model: name, input });
    const own = await createSentenceEncoder(await loadModel(path));
    expect(json.data.map((one: { embedding: number[] }) => one.embedding)).toEqual(
      input.map((text) => sevenDigits(normalized(own.encode(text).vector))),
    );
  });

  it('are served on where nobody reads the log any more', async () => {
    running.child.stdout!.destroy();
    const ask = () => post(`${running.url}/v1/embeddings`, { model: 'ours/a', input: 'king' });
    while (!running.told().includes('the log ends here')) expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(200);
  });
});

it('keeps texts, which another process cannot take from it', async () => {
  const lines = texts.map((text, i) => JSON.stringify({ id: String(i), text, metadata: { i } })).join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  const added = await fetch(`${server.url}/v1/texts`, { method: 'POST', headers, body: lines });
  expect(
    (await added.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .at(-1),
  ).toMatchObject({ texts: 3, done: true });
  const found = await post(`${server.url}/v1/search`, { question: 'sea', where: 'i > 0' });
  expect(found.json).toMatchObject([{ id: '1', similarity: expect.any(Number) }]);
  const { code, stderr } = await wordkin(['serve', modelPath, '--db', join(folder, 'texts'), '--port', '0']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^wordkin: Cannot open .*\n$/)]);
});

describe('what is no request', () => {
  /** One that waits no longer than this for what does not come. The other is as patient as the tests: the machine may be slow. */
  let hasty: RunningServer;
  beforeAll(async () => {
    hasty = await startServer(modelPath, '--timeout', '2s', '--threads', '1');
  });
  afterAll(async () => {
    hasty.child.kill('SIGTERM');
    expect(await hasty.ended).toBe(0);
  });

  /** Sends bytes, and gives all that comes until the connection is closed. */
  const send = (text: string, { end = false } = {}) =>
    new Promise<string>((resolvePromise) => {
      const { port } = new URL(hasty.url);
      let answer = '';
      const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true }, () => {
        socket.write(text);
        if (end) socket.end();
      });
      socket.setTimeout(200_000, () => socket.destroy());
      socket.on('data', (data) => (answer += data));
      socket.on('error', () => {});
      socket.on('end', () => socket.end());
      socket.on('close', () => resolvePromise(answer));
    });
  const request = (body: string, headers: string[] = [], version = '1.1') =>
    [
      `POST /v1/embeddings HTTP/${version}`,
      'Host: localhost',
      'Content-Type: application/json',
      ...(headers.some((header) => /^(content-length|transfer)/i.test(header))
        ? []
        : [`Content-Length: ${body.length}`]),
      ...headers,
      '',
      body,
    ].join('\r\n');
  const good = '{"model":"news","input":"king"}';

  it.each([
    ['bytes of another protocol', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(40_000)}`, 431],
    ['very many headers', `GET /health HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(20_000)}\r\n`, 431],
    ['two lengths', request(good, ['Content-Length: 31', 'Content-Length: 32']), 400],
    ['a length and chunks', request(good, ['Content-Length: 31', 'Transfer-Encoding: chunked']), 400],
    ['chunks that are compressed', request('', ['Transfer-Encoding: gzip, chunked', 'Connection: close']), 501],
    ['two hosts', request(good, ['Host: evil.example', 'Connection: close']), 400],
    ['an expectation that nobody knows', request(good, ['Expect: 200-maybe']), 417],
    [
      'a body that waits to be welcome, and is not',
      request('', ['Expect: 100-continue', 'Content-Length: 9999999']),
      413,
    ],
    ['a tunnel', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['a body that does not come', request('', ['Content-Length: 100']), 408],
    ['a body that is announced as too long', request('', ['Content-Length: 10000000']), 413],
    ['no name', 'GET /health HTTP/1.0\r\n\r\n', 400],
    ['a name that is none', 'GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    ['a target without a path', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
    ['a foreign name', `GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`, 403],
  ])('is answered by JSON: %s', async (_, text, status) => {
    const answer = await send(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).error.message).toEqual(expect.any(String));
  });

  it('does no harm: pipelined, with trailers, with a body that waits to be welcome', async () => {
    const many = await send(request(good).repeat(50) + request('{') + request(good, ['Connection: close']));
    expect(many.match(/HTTP\/1\.1 \d+/g)).toEqual([...Array(50).fill('HTTP/1.1 200'), 'HTTP/1.1 400', 'HTTP/1.1 200']);
    const chunks = `${good.length.toString(16)};a=b\r\n${good}\r\n0\r\nX-Trailer: yes\r\n\r\n`;
    expect(await send(request(chunks, ['Transfer-Encoding: chunked', 'Connection: close']))).toMatch(
      /^HTTP\/1\.1 200 /,
    );
    const invited = await send(
      request(good, ['Expect: 100-continue', `Content-Length: ${good.length}`, 'Connection: close']),
    );
    expect(invited.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200']);
  });

  it('does no harm: the connection is used on after an error, half closed, and by HTTP/1.0', async () => {
    const after = await send(request('{"model"') + request(good, ['Connection: close']));
    expect(after.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
    expect(await send(request(good, ['Connection: close']), { end: true })).toMatch(/^HTTP\/1\.1 200 /);
    expect(await send(request(good, [], '1.0'))).toMatch(/^HTTP\/1\.1 200 .*Connection: close/s);
    expect((await fetch(`${hasty.url}/health`)).status).toBe(200);
  });

  it('is refused where it is too long, and the server lives on', async () => {
    const { status, json } = await post(`${hasty.url}/v1/embeddings`, {
      model: 'news',
      input: 'x'.repeat(10_000_000),
    });
    expect([status, json.error.code]).toEqual([413, 'body_too_large']);
    expect((await post(`${hasty.url}/v1/embeddings`, good)).status).toBe(200);
  });
});

describe('a server under load', () => {
  const served = join(folder, 'served.safetensors');
  const pause = (milliseconds: number) => new Promise((resolvePromise) => setTimeout(resolvePromise, milliseconds));
  /** Asks over and over until told to stop; each answer is one of the given vectors. */
  function keepAsking(url: string, vectors: number[][]) {
    let stopping = false;
    const seen = new Set<number>();
    const failures: unknown[] = [];
    const expected = vectors.map(String);
    const loops = Array.from({ length: 6 }, async (_, i) => {
      const input = i < 4 ? 'the king' : Array(40).fill('the king'.padEnd(200)); // threads encode these, for their many characters
      while (!stopping) {
        try {
          const { status, json } = await post(`${url}/v1/embeddings`, { model: 'served', input });
          const places = json.data.map((one: { embedding: number[] }) => expected.indexOf(String(one.embedding)));
          if (status !== 200 || new Set(places).size !== 1 || places[0] < 0) failures.push(json);
          seen.add(places[0]);
          await pause(20);
        } catch (error) {
          const { cause } = error as { cause?: { code?: string } };
          if (!(stopping && cause?.code === 'ECONNREFUSED')) failures.push(cause ?? error);
          return;
        }
      }
    });
    return {
      seen,
      failures,
      /** From now on connections may be refused. */
      stop: () => {
        stopping = true;
      },
      ended: Promise.all(loops),
    };
  }

  it('takes over a model without a wrong answer, keeps it where a file is none, and ends without a dropped one', async () => {
    const vectorOf = async (seed: number) => {
      const other = await createSentenceEncoder(await writeModel(served, seed));
      return sevenDigits(normalized(other.encode('the king').vector));
    };
    const vectors = [await vectorOf(2), await vectorOf(1)];
    const running = await startServer(served, '--watch', '--quiet');
    const asking = keepAsking(running.url, [vectors[1], vectors[0]]);
    const told = async (text: string) => {
      while (!running.told().includes(text)) await pause(20);
    };
    while (asking.seen.size === 0) await pause(20);
    expect([...asking.seen]).toEqual([0]);
    const other = join(folder, 'other.safetensors');
    await writeModel(other, 2);
    renameSync(other, served); // seen by --watch
    await told('was taken over anew');
    while (asking.seen.size < 2) await pause(20);
    writeFileSync(other, 'no model');
    renameSync(other, served);
    running.child.kill('SIGHUP');
    await told('stays as it was');
    running.child.kill('SIGTERM');
    asking.stop();
    await asking.ended;
    expect(asking.failures).toEqual([]);
    expect(await running.ended).toBe(0);
    expect(running.log()).toBe('');
  });
});

describe('says in one sentence why it cannot serve', () => {
  const keys = (text: string) => {
    const path = join(folder, `${text.length} characters.txt`);
    writeFileSync(path, text, { mode: 0o600 });
    return ['--api-key-file', path];
  };
  const refused: [name: string, args: () => string[], message: RegExp][] = [
    [
      'a port in use',
      () => [modelPath, '--port', new URL(server.url).port],
      /Cannot listen on 127\.0\.0\.1:\d+: the port is in use/,
    ],
    ['no model', () => [join(folder, 'none.bin')], /Cannot read model ".*none\.bin": there is no such file/],
    ['two of one name', () => [modelPath, `news=${modelPath}`], /under one name, news: give one of them another/],
    [
      'other machines without a key',
      () => [modelPath, '--host', '0.0.0.0'],
      /without a key.*--api-key-file, or --insecure/,
    ],
    ['no key', () => [modelPath, ...keys('# none\n')], /holds no key/],
    ['a short key', () => [modelPath, ...keys('secret')], /line 1 has 6 characters, at least 16/],
    ['a key too long', () => [modelPath, ...keys('x'.repeat(2000))], /line 1 has 2000 characters, at most 1024/],
    ['keys too many', () => [modelPath, ...keys('sixteen-characters\n'.repeat(1001))], /holds 1001 keys, at most 1000/],
    [
      'an address with a port',
      () => [modelPath, '--host', '127.0.0.1:80'],
      /--host takes an address or a name; the port/,
    ],
    ['no address', () => [modelPath, '--host', ''], /Cannot listen on "": --host takes an address/],
    ['threads too many', () => [modelPath, '--threads', '99999'], /--threads takes 256 at most/],
    ['bodies too long', () => [modelPath, '--max-body', '99TB'], /--max-body takes 268435456 at most/],
    ['no origin', () => [modelPath, '--cors', 'https://example.org/page'], /--cors takes origins such as/],
    ['a name with a scheme', () => [modelPath, '--allow-host', 'http://x'], /--allow-host takes names such as/],
    ['a collection of nothing', () => [modelPath, '--collection', 'x'], /--collection without --db/],
    ['a port that is none', () => [modelPath, '--port', '70000'], /not a port from 0 to 65535/],
  ];
  const results: CommandResult[] = [];
  beforeAll(async () => {
    results.push(...(await wordkinEach(refused.map(([, args]) => ['serve', ...args()]))));
  });

  it.each(refused.map(([name, , message], i) => [name, i, message] as const))('%s', (_, i, message) => {
    const { code, stdout, stderr } = results[i];
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^wordkin: [^\n]+\n$/);
    expect(stderr).not.toContain('secret');
  });
});

it('serves agents over stdio', async () => {
  const args = [resolve(import.meta.dirname, '../dist/cli/main.js'), 'mcp', '--model', modelPath];
  const db = await emptyStore(join(folder, 'agent'));
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...args, '--db', db, '--allow-write'],
    stderr: 'ignore',
  });
  const client = new Client({ name: 'test', version: '1.0.0' });
  const patience = { timeout: 240_000 }; // the client's own is one minute
  await client.connect(transport, patience);
  const { tools } = await client.listTools(undefined, patience);
  expect(tools.map(({ name }) => name).sort()).toEqual(['add_texts', 'compare_texts', 'search_texts', 'similar_words']);
  const call = (name: string, given: object) => client.callTool({ name, arguments: { ...given } }, undefined, patience);
  await call('add_texts', { texts: [{ id: 'b', text: texts[1] }] });
  const { structuredContent } = await call('search_texts', { question: 'sea' });
  expect(structuredContent).toMatchObject({ texts: [{ id: 'b' }] });
  await client.close();
});
