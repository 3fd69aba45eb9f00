import { concatenate } from '../text/concatenate.ts';
import { RequestError } from './errors.ts';
import { bodyTooSlow } from './limits.ts';

/**
 * The JSON of a body.
 *
 * @param room - is told of the bytes before they are read, and of the body when it is there; refuses them by throwing
 * @throws RequestError 415 for another kind of body, 408 for one that does not come, 400 for what is no JSON
 */
export async function readJson(
  request: Request,
  room: { hold(byteLength: number): void; wait(byteLength: number): void },
  timeoutMs: number,
): Promise<unknown> {
  const type = request.headers.get('content-type');
  if (type !== 'application/json' && (type === null || !/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type)))
    throw new RequestError(
      415,
      `The body must be JSON with the header "content-type: application/json", got ${type === null ? 'none' : JSON.stringify(type.slice(0, 60))}`,
      { code: 'unsupported_media_type' },
    );
  const length = request.headers.get('content-length');
  let bytes: ArrayBuffer | Uint8Array;
  if (length !== null) {
    room.hold(Number(length));
    bytes = await inTime(request.arrayBuffer(), timeoutMs);
  } else
    bytes = await inTime(
      readCounted(request, (byteLength) => room.hold(byteLength)),
      timeoutMs,
    );
  room.wait(bytes.byteLength);
  const text = decodeText(bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestError(400, `The body is not JSON: ${(cause as Error).message.slice(0, 200)}`, {
      code: 'invalid_json',
    });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws RequestError 400 for what is no UTF-8: other letters in its place would make another vector */
export function decodeText(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return utf8.decode(bytes as ArrayBuffer);
  } catch {
    throw new RequestError(400, 'The body is not UTF-8', { code: 'invalid_encoding' });
  }
}

/** A body whose length is not known before. */
async function readCounted(request: Request, hold: (byteLength: number) => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(request)) {
    hold(chunk.length);
    chunks.push(chunk);
  }
  return concatenate(chunks);
}

/** The pieces of a body as they come. */
export async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  const reader = request.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.releaseLock();
  }
}

/** Readings that have not ended, with the times at which they are given up: one timer for all, as one for each costs more than they. */
const readings = new Set<{ readonly end: number; giveUp(): void }>();
const CHECK_MS = 25;
let timer: ReturnType<typeof setInterval> | undefined;

function checkReadings(): void {
  const now = performance.now();
  for (const { end, giveUp } of readings) if (now >= end) giveUp();
  if (readings.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/** @throws RequestError 408 where the reading takes longer, 400 where the client ends it */
export function inTime<T>(reading: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const entry = {
      end: performance.now() + timeoutMs,
      giveUp() {
        readings.delete(entry);
        reject(bodyTooSlow(timeoutMs));
      },
    };
    readings.add(entry);
    timer ??= setInterval(checkReadings, CHECK_MS);
    reading.then(
      (value) => {
        readings.delete(entry);
        resolve(value);
      },
      (error) => {
        readings.delete(entry);
        reject(
          error instanceof RequestError
            ? error
            : new RequestError(400, 'The body ended early', { code: 'body_aborted' }),
        );
      },
    );
  });
}
