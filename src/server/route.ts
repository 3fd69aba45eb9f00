import type { z } from 'zod';
import { DatabaseUnreachableError } from '../store/sql-connection.ts';
import { type ErrorShape, errorBody, RequestError, toRequestError } from './errors.ts';
import type { IncomingRequest, Reply } from './exchange.ts';
import type { Admission, ServerLimits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { checkEncoding, checkNoBody, parseJson, readBody } from './read-body.ts';
import { checkFields } from './schemas.ts';
import { SECURE_HEADERS, type Security } from './security.ts';

/** What is told of each request: nothing that a user has written, and no key. */
export interface LogEntry {
  /** When it was answered, in milliseconds since 1970. */
  readonly time: number;
  readonly id: string;
  readonly method: string;
  /** The pattern, such as `/v1/models/:model`. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
  /** Number of texts and of their tokens, where there are some. */
  readonly texts?: number | undefined;
  readonly tokens?: number | undefined;
  /** The code of an error. */
  readonly error?: string | undefined;
  /** Of a fault of the server: the class of the error and where it was thrown, or why the database cannot be reached. */
  readonly fault?: string | undefined;
}

/** What all routes of a server share. */
export interface ServerContext {
  readonly security: Security;
  readonly admission: Admission;
  readonly limits: ServerLimits;
  readonly metrics: Metrics;
  readonly log: ((entry: LogEntry) => void) | undefined;
}

/** Clients take headers of 16 kB at least; a character may become nine. */
const MOST_NOTE_CHARACTERS = 400;

/** A request whose fields have been checked. */
export class Call<Body = unknown, Query = unknown> {
  readonly request: IncomingRequest;
  readonly params: Readonly<Record<string, string>>;
  body!: Body;
  query!: Query;
  texts: number | undefined;
  tokens: number | undefined;
  /** Where an answer is sent in pieces: resolves when the last one was. */
  whenSent: Promise<unknown> | undefined;
  /** What the client was told of what went wrong, perhaps in the last line of an answer of status 200. */
  error: RequestError | undefined;
  /** For the log alone. */
  fault: string | undefined;
  readonly #id: string;
  readonly #timeoutMs: number;
  #signal: AbortSignal | undefined;
  #notes: string | undefined;

  constructor(id: string, request: IncomingRequest, params: Readonly<Record<string, string>>, timeoutMs: number) {
    this.#id = id;
    this.request = request;
    this.params = params;
    this.#timeoutMs = timeoutMs;
  }

  /** Aborted when the client has gone, or the time is over. */
  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.any([this.request.signal, AbortSignal.timeout(this.#timeoutMs)]);
    return this.#signal;
  }

  /** Says what a user should know of the answer, in the header `x-wordkin-note`, percent-encoded. */
  note(message: string): void {
    const text = encodeURIComponent(message.slice(0, MOST_NOTE_CHARACTERS).replace(/\p{Surrogate}/gu, '\ufffd'));
    this.#notes = this.#notes === undefined ? text : `${this.#notes}; ${text}`;
  }

  get notes(): Record<string, string> | undefined {
    return this.#notes === undefined ? undefined : { 'x-wordkin-note': this.#notes };
  }

  /** The error for the client; what it does not say of a fault of the server goes to the log. */
  fail(thrown: unknown): RequestError {
    this.error = toRequestError(thrown);
    if (!this.error || thrown instanceof DatabaseUnreachableError) this.fault = describeFault(thrown);
    const message = `The server failed; its log tells why under ${this.#id}`;
    this.error ??= new RequestError(500, message, { code: 'internal_error' });
    return this.error;
  }

  json(value: unknown): Answer {
    return { body: JSON.stringify(value), type: 'application/json' };
  }
}

/** What a route answers. */
export interface Answer {
  readonly body: Reply['body'];
  /** Media type. */
  readonly type: string;
  /** 200 if omitted. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route: what it takes and gives is checked by and described from the same schemas. */
export interface Route<Body = unknown, Query = unknown> {
  readonly method: 'get' | 'post' | 'delete';
  /** As hono has it: `/v1/models/:model`. */
  readonly path: string;
  readonly group: string;
  readonly summary: string;
  readonly description?: string;
  /** Of a JSON body. */
  readonly body?: z.ZodType<Body>;
  /** Parses its JSON; `JSON.parse` if omitted. */
  readonly parse?: (json: string) => unknown;
  /** The body may be lines of JSON, too, each of this kind; `handle` reads them. */
  readonly lines?: z.ZodType;
  readonly query?: z.ZodType<Query>;
  /** Of the answer with status 200; text if omitted. */
  readonly answer?: z.ZodType;
  readonly answerType?: string;
  /** Statuses of errors beside those that every route may have. */
  readonly statuses?: readonly number[];
  readonly errors?: ErrorShape;
  /** Answers without a key, and also when the server is busy. */
  readonly isOpen?: boolean;
  handle(call: Call<Body, Query>): Answer | Promise<Answer>;
}

/** Lets the compiler find the types of a route from its schemas. */
export function defineRoute<Body = undefined, Query = undefined>(route: Route<Body, Query>): Route {
  return route as unknown as Route;
}

const idPrefix = Math.floor(Math.random() * 36 ** 6)
  .toString(36)
  .padStart(6, '0');
let nextId = 0;

/** Answers requests to one route. `sent` resolves when the answer has left. */
export type Handler = (
  request: IncomingRequest,
  params: Readonly<Record<string, string>>,
  sent?: () => Promise<unknown>,
) => Promise<Reply>;

/** Checks a request, has the route answer it, and tells of it. */
export function createHandler(route: Route, context: ServerContext): Handler {
  const { security, limits, metrics, log } = context;
  const method = route.method.toUpperCase();
  const routeMetrics = metrics.route(method, route.path);
  return async (request, params, sent) => {
    const begin = performance.now();
    const id = `${idPrefix}-${(nextId++).toString(36)}`;
    const call = new Call(id, request, params, limits.timeoutMs);
    const room = new Room(context.admission);
    let answer: Answer;
    try {
      admit(route, call, room, context);
      if (route.body && !(route.lines && isLines(request))) {
        const body = await readBody(request, room, limits.timeoutMs);
        room.wait(body.byteLength);
        call.body = checkFields(route.body, parseJson(body, route.parse), 'field');
      }
      const working = route.handle(call);
      answer = 'then' in working ? await working : working;
    } catch (thrown) {
      answer = errorAnswer(call.fail(thrown), route.errors);
    }
    const finish = () => {
      room.leave();
      const { status = 200 } = answer;
      const { texts, tokens } = call;
      const seconds = (performance.now() - begin) / 1000;
      routeMetrics.observe(status, seconds);
      metrics.texts += texts ?? 0;
      metrics.tokens += tokens ?? 0;
      const milliseconds = Math.round(seconds * 1e6) / 1000;
      log?.({
        time: Date.now(),
        id,
        method,
        route: route.path,
        status,
        milliseconds,
        texts,
        tokens,
        error: call.error?.code ?? undefined,
        fault: call.fault,
      });
    };
    if (call.whenSent) call.whenSent.then(finish, finish);
    else finish();
    if (sent && answer.body instanceof Uint8Array) context.admission.holdUntil(answer.body.length, sent());
    return toReply(answer, id, call.notes, security.corsHeaders(request));
  };
}

/** What a request takes of the server while it is in work. */
class Room {
  readonly #admission: Admission;
  #isEntered = false;
  #heldBytes = 0;
  #waitingBytes = 0;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  enter(): void {
    this.#admission.enter();
    this.#isEntered = true;
  }

  hold(byteLength: number): void {
    this.#admission.hold(byteLength, this.#heldBytes);
    this.#heldBytes += byteLength;
  }

  wait(byteLength: number): void {
    this.#admission.wait(byteLength);
    this.#waitingBytes += byteLength;
  }

  leave(): void {
    this.#admission.waitingBytes -= this.#waitingBytes;
    if (this.#heldBytes > 0) this.#admission.release(this.#heldBytes);
    if (this.#isEntered) this.#admission.leave();
  }
}

/** @throws RequestError for a request that may not be answered */
function admit(route: Route, call: Call, room: Room, { security }: ServerContext): void {
  const { request } = call;
  security.checkHost(request);
  if (!route.isOpen) {
    security.checkKey(request);
    room.enter();
  }
  if (route.body) checkEncoding(request);
  else if (!route.isOpen) checkNoBody(request);
  if (route.query) call.query = checkFields(route.query, queryOf(request.url), 'parameter');
}

/** Whether the body is said to be lines of JSON. */
export function isLines(request: IncomingRequest): boolean {
  return /^application\/(x-ndjson|ndjson|jsonl|json-lines|x-jsonlines)\b/i.test(
    request.headers.get('content-type') ?? '',
  );
}

export function errorAnswer(error: RequestError, shape: ErrorShape = 'openai'): Answer {
  return {
    body: JSON.stringify(errorBody(error, shape)),
    type: 'application/json',
    status: error.status,
    headers: error.headers,
  };
}

export function toReply(
  { body, type, status = 200, headers }: Answer,
  id: string,
  notes?: Readonly<Record<string, string>>,
  cors?: Readonly<Record<string, string>>,
): Reply {
  // What is spread comes last: an object that grows behind a spread takes five times as long to make.
  const own = { 'content-type': type, 'x-request-id': id, ...SECURE_HEADERS };
  return { status, headers: notes || cors || headers ? { ...own, ...notes, ...cors, ...headers } : own, body };
}

export function toResponse({ status, headers, body }: Reply): Response {
  return new Response(body, { status, headers });
}

function queryOf(url: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  const text = /\?([^#]*)/.exec(url)?.[1] ?? '';
  try {
    decodeURIComponent(text);
  } catch {
    // Letters in the place of what is no UTF-8 would ask for something else.
    throw new RequestError(400, 'The query is not percent-encoded UTF-8', { code: 'invalid_encoding' });
  }
  const searchParams = new URLSearchParams(text);
  for (const name of searchParams.keys()) {
    const values = searchParams.getAll(name);
    query[name] = values.length === 1 ? values[0] : values;
  }
  return { ...query };
}

/** The class of an error and where it was thrown; its message may hold what a user has written, but for that of a database that is away. */
function describeFault(error: unknown): string {
  if (error instanceof DatabaseUnreachableError) return error.message;
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, 8).map((line) => line.trim())].join(' ');
}
