import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { RequestError } from '../../server/errors.ts';
import { errorAnswer, toReply } from '../../server/route.ts';
import { SECURE_HEADERS } from '../../server/security.ts';
import type { Server } from '../../server/server.ts';
import { NodeExchange, requestUrl } from './node-exchange.ts';

const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than proxies keep theirs, so that it is they who close a connection. */
const KEEP_ALIVE_MS = 75_000;
const CHECKING_MS = 1_000;
/** A request that was on its way when the server began to stop arrives within it, also from a client that waits for a processor. */
const GRACE_MS = 1_000;
const REASONS: Record<string, string> = {
  EADDRINUSE: 'the port is in use; choose another one with --port',
  EACCES: 'ports below 1024 are not permitted; choose another one with --port',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
};

/** Sockets in front of a server. */
export class Listener {
  readonly #server: Server;
  readonly #http: HttpServer;
  readonly #timeoutMs: number;
  #isStopping = false;

  constructor(server: Server, timeoutMs: number) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    this.#http = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: 0, // bodies have deadlines of their own, see read-body.ts
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECKING_MS,
      },
      (incoming, outgoing) => this.#answer(incoming, outgoing, false),
    );
    this.#http.on('checkContinue', (incoming, outgoing) => this.#answer(incoming, outgoing, true));
    this.#http.on('checkExpectation', (incoming, outgoing) => {
      outgoing.shouldKeepAlive = false;
      new NodeExchange(incoming, outgoing, '').send(UNMET);
    });
    this.#http.on('connect', (_, socket) => refuse(socket as Socket, NO_TUNNEL));
    // Of a client that does not read its answer: a socket on which nothing moves is given up.
    this.#http.setTimeout(2 * timeoutMs);
    this.#http.on('clientError', refuseConnection);
  }

  #answer(incoming: IncomingMessage, outgoing: ServerResponse, mustInvite: boolean): void {
    if (this.#isStopping) outgoing.shouldKeepAlive = false;
    const { 'content-length': byteLength, 'transfer-encoding': encoding } = incoming.headers;
    if (encoding !== undefined || Number(byteLength) > LONG_BODY_BYTES)
      outgoing.once('finish', () => passOver(incoming, this.#timeoutMs));
    const url = requestUrl(incoming);
    const exchange = new NodeExchange(incoming, outgoing, url ?? '', mustInvite);
    if (url === undefined) exchange.send(NO_ADDRESS);
    else if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') exchange.send(NO_SUCH_ENCODING);
    else void this.#server.answer(exchange);
  }

  /** @throws Error with the reason, in words */
  async listen(host: string, port: number): Promise<AddressInfo> {
    this.#http.listen(port, host);
    try {
      await once(this.#http, 'listening');
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      throw new Error(`Cannot listen on ${host}:${port}: ${REASONS[code] ?? message}`, { cause: error });
    }
    return this.#http.address() as AddressInfo;
  }

  /** Takes no connection any more, and resolves when those that are there have had their answers. */
  async close(): Promise<void> {
    this.#isStopping = true;
    // That of http would cut connections on which the next request is on its way.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this.#http, resolve));
    const closing = setInterval(() => this.#http.closeIdleConnections(), GRACE_MS);
    const cutting = setTimeout(() => this.#http.closeAllConnections(), this.#timeoutMs);
    await closed;
    clearInterval(closing);
    clearTimeout(cutting);
    this.#http.close(() => {}); // its timers
  }
}

/** Bodies of so many bytes may not have come when they are refused. */
const LONG_BODY_BYTES = 1 << 16;

/** Lets a body that was refused come to its end, for many clients read an answer only then. */
function passOver(incoming: IncomingMessage, timeoutMs: number): void {
  if (incoming.complete) return;
  incoming.resume();
  const cutting = setTimeout(() => incoming.socket.destroy(), timeoutMs);
  incoming.once('close', () => clearTimeout(cutting));
}

const UNREADABLE: Record<string, RequestError> = {
  HPE_HEADER_OVERFLOW: new RequestError(431, 'Address and headers are longer than 16 kB', {
    code: 'headers_too_large',
  }),
  ERR_HTTP_REQUEST_TIMEOUT: new RequestError(408, `The headers did not come within ${HEADERS_TIMEOUT_MS / 1000} s`, {
    code: 'headers_timeout',
  }),
};

const refusal = (status: number, message: string, code = 'bad_request') =>
  toReply(errorAnswer(new RequestError(status, message, { code })), '-');
const NO_ADDRESS = refusal(400, 'The request names no host and path, or two hosts');
const NO_SUCH_ENCODING = refusal(501, 'The body may come as "transfer-encoding: chunked" only', 'unsupported_encoding');
const UNMET = refusal(417, 'The server does what "expect: 100-continue" asks for, and no other expectation');
const NO_TUNNEL = new RequestError(405, 'The server is no proxy', { code: 'method_not_allowed' });

/** A request that is none has no response object: it is answered by hand. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  refuse(
    socket,
    UNREADABLE[error.code ?? ''] ?? new RequestError(400, 'This is no HTTP request', { code: 'bad_request' }),
  );
}

function refuse(socket: Socket, error: RequestError): void {
  const { status = 400, body } = errorAnswer(error);
  const headers = Object.entries({
    ...SECURE_HEADERS,
    'content-type': 'application/json',
    'content-length': String((body as string).length),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} Refused\r\n${headers.join('')}\r\n${body as string}`);
}
