import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Exchange, Reply } from '../../server/exchange.ts';

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * The whole address of a request, or undefined where it has none: a `Host` that is none, or a target such as `*`. A target may be whole
 * itself; then it counts, and not the header.
 */
export function requestUrl({ url: target = '', headers, rawHeaders }: IncomingMessage): string | undefined {
  if (hasTwoHosts(rawHeaders)) return undefined; // who stands before the server may have looked at the other one
  if (/^https?:\/\//i.test(target)) return target;
  const { host = '' } = headers;
  return target.startsWith('/') && HOST.test(host) ? `http://${host}${target}` : undefined;
}

function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i].length === 4 && rawHeaders[i].toLowerCase() === 'host') hosts++;
  return hosts > 1;
}

/** A request of `node:http`. A `Request` and a `Response` would take longer to make than most answers. */
export class NodeExchange implements Exchange {
  readonly url: string;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #signal: AbortSignal | undefined;
  #mustInvite: boolean;

  /** @param mustInvite - the client sends the body only when it is told that the body is welcome ("Expect: 100-continue") */
  constructor(incoming: IncomingMessage, outgoing: ServerResponse, url: string, mustInvite = false) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.url = url;
    this.#mustInvite = mustInvite;
  }

  #invite(): void {
    if (this.#mustInvite) this.#outgoing.writeContinue();
    this.#mustInvite = false;
  }

  get method(): string {
    return this.#incoming.method!;
  }

  get headers(): this {
    return this;
  }

  /** A header of the request. */
  get(name: string): string | null {
    const value = this.#incoming.headers[name];
    return value === undefined ? null : String(value);
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#watch();
    return this.#signal;
  }

  #watch(): AbortSignal {
    const outgoing = this.#outgoing;
    const controller = new AbortController();
    const abort = () => {
      if (!outgoing.writableFinished) controller.abort();
    };
    if (outgoing.closed) abort();
    else outgoing.once('close', abort);
    return controller.signal;
  }

  get body(): ReadableStream<Uint8Array> {
    this.#invite();
    return Readable.toWeb(this.#incoming) as ReadableStream<Uint8Array>;
  }

  arrayBuffer(): Promise<Uint8Array> {
    const incoming = this.#incoming;
    this.#invite();
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => void chunks.push(chunk));
      incoming.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
      incoming.on('close', () => {
        if (!incoming.readableEnded) reject(new Error('The connection was closed'));
      });
    });
  }

  send({ status, headers, body }: Reply): void {
    const outgoing = this.#outgoing;
    if (this.#mustInvite) outgoing.shouldKeepAlive = false; // nobody knows whether the body comes before the next request
    if (body instanceof ReadableStream) {
      outgoing.writeHead(status, headers);
      outgoing.flushHeaders();
      // An error closes the connection, so that no client takes the answer for whole.
      pipeline(Readable.fromWeb(body as NodeReadableStream), outgoing, () => {});
      return;
    }
    const length = typeof body === 'string' ? Buffer.byteLength(body) : (body?.length ?? 0);
    outgoing.writeHead(status, status === 204 ? headers : { 'content-length': length, ...headers });
    endTogether(outgoing, body);
  }

  sent(): Promise<unknown> {
    return once(this.#outgoing, 'close');
  }
}

const ending: { readonly outgoing: ServerResponse; readonly body: string | Uint8Array | null }[] = [];

/**
 * Sends what is ready when all requests that have come together are answered: a client that sleeps is waked once, not for each answer, which
 * takes longer than most answers.
 */
function endTogether(outgoing: ServerResponse, body: string | Uint8Array | null): void {
  ending.push({ outgoing, body });
  if (ending.length === 1) setImmediate(endAll);
}

function endAll(): void {
  for (const { outgoing, body } of ending.splice(0)) outgoing.end(body);
}
