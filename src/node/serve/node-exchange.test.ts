import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { NodeExchange, requestUrl } from './node-exchange.ts';

/** Sends bytes to a server, and the body when it is asked for; gives the exchange that it gets, and all that comes back. */
async function exchange(
  text: string,
  body?: string,
): Promise<{ got: NodeExchange; answer: Promise<string>; hangUp(): void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(text);
  const answer = new Promise<string>((resolve) => {
    let all = '';
    socket.on('data', (data) => (all += data));
    socket.on('close', () => resolve(all));
    socket.on('error', () => {});
  });
  socket.on('data', (data) => {
    if (body !== undefined && String(data).startsWith('HTTP/1.1 100')) socket.write(body);
  });
  const expects = text.includes('Expect:');
  const [incoming, outgoing] = await once(server, expects ? 'checkContinue' : 'request');
  server.close();
  const got = new NodeExchange(incoming, outgoing, requestUrl(incoming) ?? '', expects);
  return { got, answer, hangUp: () => void socket.destroy() };
}

const POST = (body: string, length = body.length) =>
  `POST /v1?a=b HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`;

it('reads a request, and sends its answer with its length in bytes', async () => {
  const { got, answer } = await exchange(POST('häfen'.repeat(9), 54));
  expect([got.method, got.url]).toEqual(['POST', 'http://localhost:1/v1?a=b']);
  expect([got.headers.get('content-length'), got.headers.get('origin')]).toEqual(['54', null]);
  expect(new TextDecoder().decode(await got.arrayBuffer())).toBe('häfen'.repeat(9));
  const sent = got.sent();
  got.send({ status: 201, headers: { 'x-a': 'b' }, body: 'Hafen für Schiffe' });
  expect(await answer).toMatch(
    /^HTTP\/1\.1 201 Created\r\n.*content-length: 18\r\n.*x-a: b\r\n.*\r\n\r\nHafen für Schiffe$/s,
  );
  await sent;
});

it('answers by a stream', async () => {
  const { got, answer } = await exchange(POST('x'));
  expect(await new Response(got.body).text()).toBe('x');
  got.send({ status: 200, headers: {}, body: new Response('streamed').body! });
  expect(await answer).toMatch(/Transfer-Encoding: chunked\r\n\r\n8\r\nstreamed\r\n0\r\n\r\n$/s);
});

it('cuts the connection where a stream fails, so that no answer looks whole', async () => {
  const { got, answer } = await exchange(POST('x'));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('half'));
      setImmediate(() => controller.error(new Error('failed')));
    },
  });
  got.send({ status: 200, headers: {}, body });
  expect(await answer).not.toMatch(/\r\n0\r\n\r\n$/);
});

it('tells that the client has gone: to those who read, who work and who come late', async () => {
  const { got, hangUp } = await exchange(POST('half', 100));
  const { signal } = got;
  const reading = got.arrayBuffer();
  hangUp();
  await expect(reading).rejects.toThrow('The connection was closed');
  if (!signal.aborted) await once(signal, 'abort');
  const late = await exchange(POST('half', 100));
  late.hangUp();
  await late.got.sent();
  expect(late.got.signal.aborted).toBe(true);
  late.got.send({ status: 200, headers: {}, body: 'nobody reads it' });
});

it.each([
  ['/a', 'localhost', 'http://localhost/a'],
  ['/a', '[::1]:80', 'http://[::1]:80/a'],
  ['/a', 'evil/path', undefined],
  ['/a', 'user@localhost', undefined],
  ['/a', undefined, undefined],
  ['*', 'localhost', undefined],
  ['http://other/a', 'localhost', 'http://other/a'],
])('makes an address of %j and %j', (url, host, expected) => {
  expect(requestUrl({ url, headers: { host }, rawHeaders: ['Host', host] } as IncomingMessage)).toBe(expected);
});

it('makes no address of two hosts', () => {
  const [headers, rawHeaders] = [{ host: 'localhost' }, ['Host', 'localhost', 'A', 'b', 'HOST', 'localhost']];
  expect(requestUrl({ url: '/a', headers, rawHeaders } as unknown as IncomingMessage)).toBeUndefined();
});

it('asks for a body only where it is read', async () => {
  const headers = 'POST /v1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n';
  const read = await exchange(headers, 'x');
  expect(new TextDecoder().decode(await read.got.arrayBuffer())).toBe('x');
  read.got.send({ status: 200, headers: { connection: 'close' }, body: 'read' });
  expect((await read.answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200']);
  const refused = await exchange(headers);
  refused.got.send({ status: 413, headers: {}, body: 'refused' });
  expect(await refused.answer).toMatch(/^HTTP\/1\.1 413 .*Connection: close/s);
});

it('sends answers to requests that came together in their order', async () => {
  const server = createServer((incoming, outgoing) => {
    const got = new NodeExchange(incoming, outgoing, requestUrl(incoming)!);
    // The first one takes longer.
    setTimeout(() => got.send({ status: 200, headers: {}, body: `${incoming.url} ` }), incoming.url === '/0' ? 20 : 0);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const last = 'GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  socket.write([0, 1, 2].map((i) => `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`).join('') + last);
  let all = '';
  for await (const data of socket) all += data;
  expect(all.match(/\/\d /g)).toEqual(['/0 ', '/1 ', '/2 ', '/3 ']);
  server.close();
});
