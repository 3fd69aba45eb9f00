import { concatenate } from '../text/concatenate.ts';
import { RequestError } from './errors.ts';
import type { IncomingRequest } from './exchange.ts';
import { bodyTooSlow } from './limits.ts';

/**
 * The bytes of a body of JSON.
 *
 * @param room - is told of the bytes before they are read; refuses them by throwing
 * @throws RequestError 415 for another kind of body, at once; 408 for one that does not come
 */
export function readBody(
  request: IncomingRequest,
  room: { hold(byteLength: number): void },
  timeoutMs: number,
): Promise<ArrayBuffer | Uint8Array> {
  const type = request.headers.get('content-type');
  if (type !== 'application/json' && (type === null || !/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type)))
    throw new RequestError(
      415,
      `The body must be JSON with the header "content-type: application/json", got ${type === null ? 'none' : JSON.stringify(type.slice(0, 60))}`,
      { code: 'unsupported_media_type' },
    );
  const length = request.headers.get('content-length');
  if (length === null) {
    const reading = readCounted(request, (byteLength) => room.hold(byteLength));
    return inTime(reading, timeoutMs);
  }
  room.hold(Number(length));
  return inTime(request.arrayBuffer(), timeoutMs);
}

/** @throws RequestError 415 for a body that is compressed */
export function checkEncoding({ headers }: IncomingRequest): void {
  const encoding = headers.get('content-encoding');
  if (encoding === null || encoding.toLowerCase() === 'identity') return;
  throw new RequestError(415, `The body must come as it is, without "content-encoding: ${encoding.slice(0, 60)}"`, {
    code: 'unsupported_encoding',
    headers: { 'accept-encoding': 'identity' },
  });
}

/** @throws RequestError 400 for a request that has a body where none is read: what is asked in it would be passed over */
export function checkNoBody({ method, headers }: IncomingRequest): void {
  if (headers.get('transfer-encoding') === null && Number(headers.get('content-length') ?? 0) === 0) return;
  throw new RequestError(400, `A ${method} takes no body here: parameters stand in the address, behind the ?`, {
    code: 'unexpected_body',
  });
}

/** @throws RequestError 400 for what is no JSON */
export function parseJson(bytes: ArrayBuffer | Uint8Array, parse: (json: string) => unknown = JSON.parse): unknown {
  const text = decodeText(bytes);
  try {
    return parse(text);
  } catch (cause) {
    throw new RequestError(400, `The body is not JSON: ${(cause as Error).message.slice(0, 200)}`, {
      code: 'invalid_json',
    });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws RequestError 400 for what is no UTF-8: other letters in its place would make another vector */
export function decodeText(bytes: ArrayBuffer | Uint8Array, what = 'The body'): string {
  try {
    return utf8.decode(bytes as ArrayBuffer);
  } catch {
    throw new RequestError(400, `${what} is not UTF-8`, { code: 'invalid_encoding' });
  }
}

/** A body whose length is not known before. */
async function readCounted(request: IncomingRequest, hold: (byteLength: number) => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(request)) {
    hold(chunk.length);
    chunks.push(chunk);
  }
  return concatenate(chunks);
}

/** The pieces of a body as they come. */
export async function* chunksOf(request: IncomingRequest): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  const reader = request.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.releaseLock();
  }
}

interface Reading {
  /** When it is given up. */
  readonly end: number;
  readonly timeoutMs: number;
  /** Its place among the readings; -1 where it is none any more. */
  place: number;
  reject(error: RequestError): void;
}

/**
 * Readings that have not ended: one timer for all, as one for each costs more than they. An array, in which the last one fills a gap: the tables
 * that a `Set` has outgrown keep what was in them until the old generation is collected.
 */
const readings: Reading[] = [];
const CHECK_MS = 25;
let timer: ReturnType<typeof setInterval> | undefined;

function checkReadings(): void {
  const now = performance.now();
  for (const reading of [...readings]) {
    if (now < reading.end) continue;
    forget(reading);
    reading.reject(bodyTooSlow(reading.timeoutMs));
  }
  if (readings.length > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function forget(reading: Reading): void {
  const { place } = reading;
  if (place < 0) return; // it was given up
  reading.place = -1;
  const last = readings.pop()!;
  if (last === reading) return;
  last.place = place;
  readings[place] = last;
}

/** @throws RequestError 408 where the reading takes longer, 400 where the client ends it */
export function inTime<T>(reading: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const entry: Reading = { end: performance.now() + timeoutMs, timeoutMs, place: readings.length, reject };
    readings.push(entry);
    timer ??= setInterval(checkReadings, CHECK_MS);
    reading.then(
      (value) => {
        forget(entry);
        resolve(value);
      },
      (error) => {
        forget(entry);
        reject(
          error instanceof RequestError
            ? error
            : new RequestError(400, 'The body ended early', { code: 'body_aborted' }),
        );
      },
    );
  });
}
